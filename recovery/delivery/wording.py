"""The words of a message that is about to leave: whose they are, and whether they may."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from recovery.core.conversation import WRITTEN
from recovery.core.phrases.rules import blocked, kind_of
from recovery.delivery.render import Beside, Rendered, RenderFailed, render
from recovery.delivery.written import letter_of
from recovery.guarding import check, told
from recovery.workflow.bundle import Bundle, template
from recovery.workflow.findings import BadFile

if TYPE_CHECKING:
    from recovery.engine import Engine
    from recovery.store.records import OutboxRow

MESSAGE = "message"
"""The purpose of a message that was made from no template."""


class Worded(NamedTuple):
    """A message's words.

    Attributes:
        by_hand: a person wrote them.
        in_reply_to: the Message-ID of the mail they answer.
    """

    purpose: str
    rendered: Rendered
    by_hand: bool = False
    in_reply_to: str | None = None


def words_of(engine: Engine, row: OutboxRow, beside: Sequence[OutboxRow] = ()) -> Worded:
    """The words of a claimed message, the same at every attempt.

    Args:
        beside: messages of other cases that it tells of as well.

    What a template makes is held to the phrase rules here, filled as it is. What a person wrote was held to
    them when it was accepted.

    Raises:
        RenderFailed: it cannot be filled, or must not be said.
        NotFound: the version it belongs to is not there.
    """
    bundle = engine.bundle(row.bundle)
    kept = _kept(row)
    written = row.context.get(WRITTEN)
    if written is not None:
        purpose = _purpose(bundle, row) if not written["free"] else MESSAGE
        letter = kept or letter_of(row.context, row.recipient, row.language)
        return Worded(purpose, letter, True, written["in_reply_to"])
    purpose = _purpose(bundle, row)
    if kept is not None:
        return Worded(purpose, kept)
    others = [Beside(engine.bundle(other.bundle), other.template, other.context) for other in beside]
    rendered = render(bundle, row.template, row.language, row.context, others)
    if row.recipient == "customer":
        _may_be_said(engine, bundle, row, purpose, rendered)
    return Worded(purpose, rendered)


def as_json(words: Rendered, more: Mapping[str, Any]) -> str:
    """The words as the outbox keeps them.

    Args:
        more: what is kept with them.
    """
    said = {"subject": words.subject, "text": words.text, "html": words.html, "language": words.language}
    return json.dumps({**said, **more}, ensure_ascii=False)


def _kept(row: OutboxRow) -> Rendered | None:
    """The words of an attempt before: every attempt sends the same."""
    if row.rendered is None:
        return None
    said = json.loads(row.rendered)
    return Rendered(said["subject"], said["text"], said["html"], said["language"])


def _purpose(bundle: Bundle, row: OutboxRow) -> str:
    try:
        return template(bundle, row.template, row.language).purpose
    except BadFile as error:
        raise RenderFailed(error.message) from None


def _may_be_said(engine: Engine, bundle: Bundle, row: OutboxRow, purpose: str, words: Rendered) -> None:
    """Only where something is found is it asked what the case knows and what the customer said."""
    text, kind = f"{words.subject}\n\n{words.text}", kind_of(purpose)
    if not check(bundle, text, words.language, kind):
        return
    found = blocked(check(bundle, text, words.language, kind, engine.case(row.case)))
    if found:
        raise RenderFailed(f"The phrase guard keeps it from being sent. {' '.join(map(told, found))}")
