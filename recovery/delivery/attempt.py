"""One attempt to deliver a message: its words, the channel, and what that means for the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, assert_never

from recovery.commands import Settlement
from recovery.core.empowerment.ordering import PAYER, PAYMENT
from recovery.core.errors import NotFound
from recovery.core.instants import from_text
from recovery.delivery import outcomes
from recovery.delivery.backoff import again_at
from recovery.delivery.channels import Channel, Message
from recovery.delivery.overtaken import overtaken
from recovery.delivery.patience import Sending, waits
from recovery.delivery.render import RenderFailed
from recovery.delivery.suppressing import leaving_by
from recovery.delivery.together import joined, tells, told, told_elsewhere
from recovery.delivery.wording import as_json, words_of
from recovery.engine import Engine

if TYPE_CHECKING:
    from recovery.store.records import OutboxRow


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an attempt ended.

    Attributes:
        outage: why the channel itself does not work; None when nothing is said about it.
        others: what becomes of messages of other cases that were claimed with it.
    """

    settlement: Settlement
    outage: outcomes.OutOfOrder | None = None
    others: tuple[Settlement, ...] = ()

    @property
    def has_used_channel(self) -> bool:
        """Whether the channel was given the message, so that something is known of it."""
        settled = self.settlement
        return self.outage is not None or (settled.rendered is not None and settled.is_attempt)


def attempt(
    engine: Engine,
    channel: Channel,
    sender: str,
    row: OutboxRow,
    moment: datetime,
    sending: Sending,
    beside: Sequence[OutboxRow] = (),
) -> Attempt:
    """Try to deliver a claimed message.

    One that others are told in is made, and given back with its words: it leaves when it is claimed again.

    Args:
        beside: what may be told in it (see `together`).
        sending: what this process is sending just now.
        sender: the installation that sends, the first part of every key.
        moment: when (aware).
    """
    others = tuple([_settled(other, moment, "untried") for other in beside])
    elsewhere = told_elsewhere(engine, row, moment)
    if elsewhere is not None:
        return Attempt(elsewhere, others=others)
    instead = overtaken(engine, row)
    if instead is not None:
        return Attempt(_settled(row, moment, "cancelled", reason=instead), others=others)
    later = waits(engine, row, moment, sending)
    if later is not None:
        settled = _settled(row, moment, "later", None, later.reason, later.until, is_attempt=False)
        return Attempt(settled, others=others)
    made = joined(engine, row, beside, moment) if beside else None
    if made is not None:
        letter, added = made
        cases = {one.case for one in added}
        return Attempt(letter, others=(*added, *(one for one in others if one.case not in cases)))
    try:
        worded = words_of(engine, row)
    except (RenderFailed, NotFound) as error:
        failed = _settled(row, moment, "failed", reason=str(getattr(error, "message", error)))
        return Attempt(failed, others=others)
    words = worded.rendered
    key = f"{sender}:{row.tenant}:{row.case}:{row.effect.replace('.', ':')}"
    message = Message(
        key=key,
        case=row.case,
        effect=row.effect,
        template=row.template,
        purpose=worded.purpose,
        address=row.address,
        channel=row.channel,
        language=words.language,
        subject=words.subject,
        text=words.text,
        html=words.html,
        created_at=from_text(row.asked_at),
        in_reply_to=worded.in_reply_to,
        by_hand=worded.by_hand,
        payment=row.context.get(PAYMENT) if row.recipient == PAYER else None,
    )
    outcome = leaving_by(channel).deliver(message)
    done = _judged(row, moment, key, as_json(words, tells(row)), outcome)
    return replace(done, others=(*others, *told(row, done.settlement)))


def _judged(row: OutboxRow, moment: datetime, key: str, rendered: str, outcome: outcomes.Outcome) -> Attempt:
    match outcome:
        case outcomes.Delivered(_, paid_as):
            return Attempt(_settled(row, moment, "delivered", rendered, receipt=paid_as))
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
            return Attempt(_settled(row, moment, "untried"), outcome)
        case other:
            assert_never(other)


def untried(row: OutboxRow, moment: datetime, beside: Sequence[OutboxRow] = ()) -> Attempt:
    """A claimed message is given back as it was, and so is what might have been told in it."""
    others = tuple([_settled(other, moment, "untried") for other in beside])
    return Attempt(_settled(row, moment, "untried"), others=others)


def _settled(
    row: OutboxRow,
    moment: datetime,
    end: str,
    rendered: str | None = None,
    reason: str | None = None,
    again: datetime | None = None,
    is_attempt: bool = True,
    receipt: str | None = None,
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
        receipt=receipt,
    )
