"""The shape of `config/channels.yaml`: one model for each way to deliver. What it means: `settings.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from recovery.workflow.basics import STATE_ID, Line, Shape, Word

Name = Annotated[str, StringConstraints(pattern=STATE_ID, max_length=40)]
Host = Annotated[str, StringConstraints(min_length=1, max_length=253)]
Variable = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Seconds = Annotated[int, Field(ge=1, le=3600)]


RATE = r"[1-9][0-9]{0,4} per (second|minute|hour|day)"
PerTime = Annotated[str, StringConstraints(pattern=f"^{RATE}$")]


class Limits(Shape):
    """How much a channel is given."""

    at_most: PerTime | None = Field(
        None,
        description="How many messages a worker gives it at most: `60 per minute` (`second`, `hour`, `day`). "
        "Others wait, in their order.",
    )
    per_domain: PerTime | None = Field(
        None, description="The same for each domain of mail addresses: `20 per minute`."
    )


class SenderKeys(Shape):
    """Who mail comes from."""

    address: Word = Field(description="The address mail comes from. Somebody must read it: customers answer.")
    name: Annotated[str, StringConstraints(max_length=200)] = Field(
        "", description="The name beside it, as customers see it."
    )
    replies: Word | None = Field(
        None,
        description="Another address for answers. `{case}` in it becomes `case-17-` and a signature, so that "
        "an answer finds its case: `care+{case}@example.org`.",
    )
    secret_from: Variable | None = Field(
        None, description="The environment variable with the secret that signs those addresses."
    )


class WaitsKeys(Shape):
    """How long is waited, in whole seconds."""

    connect: Seconds = Field(10, description="Seconds to wait for a connection.")
    answer: Seconds = Field(30, description="Seconds to wait for each answer.")
    accept: Seconds = Field(
        120, description="Seconds to wait until a whole mail is taken; too few send twice."
    )


class Plain(Shape):
    """A way that needs nothing more."""

    by: Literal["folder", "console", "portal", "phone_task", "letter_task", "payment_task"] = Field(
        description="`folder`, `console`, `portal`, `phone_task`, `letter_task`, `payment_task`, `smtp` or "
        "`webhook`."
    )


class SmtpWay(Limits):
    """Through a mail server."""

    by: Literal["smtp"] = Field(description="`smtp`.")
    host: Host = Field(description="The mail server's name.")
    port: Annotated[int, Field(ge=1, le=65535)] | None = Field(
        None, description="Its port; 587 with `starttls`, 465 with `tls`, 25 with `none` when left out."
    )
    tls: Literal["none", "starttls", "tls"] = Field(
        "starttls",
        description="`starttls`, `tls` (from the beginning) or `none`. Certificates are always checked.",
    )
    user: Word | None = Field(None, description="The user for the login.")
    password_from: Variable | None = Field(None, description="The environment variable with the password.")
    waits: WaitsKeys = Field(
        WaitsKeys(), description="How long is waited: `{connect: 10, answer: 30, accept: 120}`."
    )


class WebhookWay(Limits):
    """Posted to a service."""

    by: Literal["webhook"] = Field(description="`webhook`.")
    url: Word = Field(description="Where messages are posted: `https://`; `http://` only on this machine.")
    secret_from: Variable = Field(
        description="The environment variable with the secret that signs them (Standard Webhooks)."
    )


Way = Plain | SmtpWay | WebhookWay

WAYS: Mapping[str, type[Way]] = {
    **dict.fromkeys(("folder", "console", "portal", "phone_task", "letter_task", "payment_task"), Plain),
    "smtp": SmtpWay,
    "webhook": WebhookWay,
}
"""Each way to deliver, with its keys."""


class ChannelsFile(Shape):
    """The whole file; `channels` are read one by one, each as what it is."""

    sender: SenderKeys | None = Field(None, description="Who mail comes from.")
    only_to: list[Line] | None = Field(
        None,
        description="The only addresses, and `@domains`, that may be written to, for test installations. All "
        "other messages are not sent.",
    )
    channels: dict[Name, object] = Field(
        default_factory=dict, description="A case's channels, each with the way it is delivered."
    )
