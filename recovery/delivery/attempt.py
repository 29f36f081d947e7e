"""One attempt to deliver a message: its words, the channel, and what that means for the outbox."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, assert_never

from recovery.commands import Settlement
from recovery.core.errors import NotFound
from recovery.core.instants import from_text
from recovery.delivery import outcomes
from recovery.delivery.backoff import again_at
from recovery.delivery.channels import Channel, Message
from recovery.delivery.render import Rendered, RenderFailed, render
from recovery.delivery.suppressing import leaving_by
from recovery.engine import Engine
from recovery.workflow.bundle import template

if TYPE_CHECKING:
    from recovery.store.records import OutboxRow


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an attempt ended.

    Attributes:
        outage: why the channel itself does not work; None when nothing is said about it.
    """

    settlement: Settlement
    outage: outcomes.OutOfOrder | None = None


def attempt(engine: Engine, channel: Channel, sender: str, row: OutboxRow, moment: datetime) -> Attempt:
    """Try to deliver a claimed message.

    Args:
        sender: the installation that sends, the first part of every key.
        moment: when (aware).
    """
    try:
        purpose = template(engine.bundle(row.bundle), row.template, row.language).purpose
        words = words_of(engine, row)
    except (RenderFailed, NotFound) as error:
        return Attempt(_settled(row, moment, "failed", reason=str(getattr(error, "message", error))))
    key = f"{sender}:{row.tenant}:{row.case}:{row.effect.replace('.', ':')}"
    message = Message(
        key=key,
        case=row.case,
        effect=row.effect,
        template=row.template,
        purpose=purpose,
        address=row.address,
        channel=row.channel,
        language=words.language,
        subject=words.subject,
        text=words.text,
        html=words.html,
        created_at=from_text(row.asked_at),
    )
    outcome = leaving_by(channel).deliver(message)
    return _judged(row, moment, key, _as_json(words), outcome)


def _judged(row: OutboxRow, moment: datetime, key: str, rendered: str, outcome: outcomes.Outcome) -> Attempt:
    match outcome:
        case outcomes.Delivered():
            return Attempt(_settled(row, moment, "delivered", rendered))
        case outcomes.Handed(task):
            return Attempt(_settled(row, moment, "handed", rendered, task))
        case outcomes.Rejected(reason):
            return Attempt(_settled(row, moment, "failed", rendered, reason))
        case outcomes.Cancelled(reason):
            return Attempt(_settled(row, moment, "cancelled", rendered, reason))
        case outcomes.RetryLater(reason, after):
            again = again_at(key, row.attempts + 1, moment, after)
            if again is None:
                reason = f"{reason}. It was given up after {row.attempts + 1} attempts"
                return Attempt(_settled(row, moment, "failed", rendered, reason))
            return Attempt(_settled(row, moment, "later", rendered, reason, again))
        case outcomes.Snoozed(until, reason):
            return Attempt(_settled(row, moment, "later", rendered, reason, until, is_attempt=False))
        case outcomes.OutOfOrder():
            return Attempt(untried(row, moment), outcome)
        case other:
            assert_never(other)


def untried(row: OutboxRow, moment: datetime) -> Settlement:
    """A claimed message is given back as it was."""
    return _settled(row, moment, "untried")


def _settled(
    row: OutboxRow,
    moment: datetime,
    end: str,
    rendered: str | None = None,
    reason: str | None = None,
    again: datetime | None = None,
    is_attempt: bool = True,
) -> Settlement:
    return Settlement(
        case=row.case,
        effect=row.effect,
        at=moment,
        end=end,  # type: ignore[arg-type]
        rendered=rendered,
        reason=reason,
        version=row.version,
        again_at=again,
        is_attempt=is_attempt,
    )


def _as_json(words: Rendered) -> str:
    said = {"subject": words.subject, "text": words.text, "html": words.html, "language": words.language}
    return json.dumps(said, ensure_ascii=False)


def words_of(engine: Engine, row: OutboxRow) -> Rendered:
    """The words of a message: those of an attempt before, which every attempt sends, or as they will be.

    Raises:
        RenderFailed: they cannot be made from what the message was asked for with.
        NotFound: the version of its case, or its template, is not in this database.
    """
    if row.rendered is None:
        return render(engine.bundle(row.bundle), row.template, row.language, row.context)
    said = json.loads(row.rendered)
    return Rendered(said["subject"], said["text"], said["html"], said["language"])
