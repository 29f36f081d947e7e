"""How messages leave: the keys of `config/channels.yaml`, the outcomes of an attempt, and what is posted."""

from __future__ import annotations

import json
import typing
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel

from docs.generate.markdown import attributes, code, described, meaning, only, table
from recovery.delivery import outcomes
from recovery.delivery.backoff import PAUSES
from recovery.delivery.channels.shape import WAYS, ChannelsFile, SenderKeys, SmtpWay, WaitsKeys, WebhookWay
from recovery.delivery.channels.webhook import payload
from recovery.delivery.message import Message

PARTS: dict[str, type[BaseModel]] = {
    "The file": ChannelsFile,
    "`sender`": SenderKeys,
    "A channel `by: smtp`": SmtpWay,
    "`waits`": WaitsKeys,
    "A channel `by: webhook`": WebhookWay,
}


def keys() -> str:
    """A table of keys for each part of the file."""
    parts = []
    for title, model in PARTS.items():
        rows = []
        for name, field in model.model_fields.items():
            if field.description is None:
                raise LookupError(f"{name} of {title} has no description in channels/shape.py.")
            rows.append([code(name), "yes" if field.is_required() else "", field.description])
        parts += [f"### {title}", table(["key", "required", "meaning"], rows)]
    return "\n\n".join(parts)


def ways() -> str:
    """Each way to deliver."""
    only("ways", WAYS)
    return table(
        ["`by`", "what becomes of a message"], [[code(name), meaning("ways", name)] for name in WAYS]
    )


def outcome_table() -> str:
    """Every outcome of an attempt, with its fields."""
    rows = []
    for one in typing.get_args(outcomes.Outcome):
        about = "; ".join(f"`{name}`: {words}" for name, words in attributes(one).items())
        fields = ", ".join(code(name) for name in one.__dataclass_fields__)
        rows.append([code(one.__name__), fields, " ".join([described(one), about]).strip()])
    return table(["outcome", "fields", "meaning"], rows)


def attempts() -> str:
    """What becomes of a message after each outcome."""
    found = {one.__name__: meaning("attempts", one.__name__) for one in typing.get_args(outcomes.Outcome)}
    only("attempts", found)
    return table(
        ["outcome", "what becomes of the message"], [[code(name), words] for name, words in found.items()]
    )


def pauses() -> str:
    """How long a message waits after each attempt."""
    rows = [[str(number), _span(pause)] for number, pause in enumerate(PAUSES, 1)]
    return table(["after attempt", "it waits"], [*rows, [str(len(PAUSES) + 1), "It is given up."]])


def _span(pause: timedelta) -> str:
    minutes = int(pause.total_seconds()) // 60
    count, unit = (minutes // 60, "hour") if minutes >= 60 else (minutes, "minute")
    return f"{count} {unit}" + ("s" if count > 1 else "")


def posted() -> str:
    """The fields of a webhook's `data`."""
    sample = Message(
        key="i:t:1:1:0",
        case=1,
        effect="1.0",
        template="",
        purpose="",
        address=None,
        channel="",
        language="",
        subject="",
        text="",
        html=None,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    names = list(json.loads(payload(sample))["data"])
    known = attributes(Message)
    only("posted", [name for name in names if name not in known])
    return table(
        ["field", "meaning"], [[code(name), known.get(name) or meaning("posted", name)] for name in names]
    )
