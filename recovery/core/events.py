"""Events: what happened, in the past tense. Every change enters the engine as one of these.

All are frozen and keyword-only. `by` says who did it as `role:name` (`agent:li`) or a bare role (`customer`,
`engine`, `import`); `occurred_at` is when it happened (aware; the engine adds when it learned of it).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from recovery.core import event
from recovery.core.empowerment import events as money
from recovery.core.stories import events as told

Event = event.Event
Source = event.Source
role, person = event.role, event.person

Mode = Literal["live", "history"]

TASKS = ("phone", "letter", "undelivered", "approval", "payment", "receipt", "story")
"""What waits for a person: a call to make, a letter to send, a message that could not be delivered, a
compensation to be approved, one to be paid, one whose payer was told and has sent no receipt yet, and a story
to be told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplaintReceived(Event):
    """A complaint opens a case. Only a text and a way to answer are asked of a customer (domain.md §1).

    `customer` may have `name`, `address`, `id`, `zone` (`Europe/London`). Without an address the channel is
    `portal`. `source` is who the text and `facts` come from. `mode` `history` marks a case of the past: it
    never sends anything. `signal`: nobody complained, something was noticed (a delivery overdue): the text is
    what it was, and not the customer's.
    """

    text: str | None = None
    customer: Mapping[str, str] = field(default_factory=dict)
    channel: str | None = None
    language: str = "en"
    subject: str | None = None
    external_id: str | None = None
    severity: int = 1
    facts: Mapping[str, Any] = field(default_factory=dict)
    source: Source = "customer"
    mode: Mode = "live"
    signal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsRecorded(Event):
    """Facts became known. All are put on record, or, when one is refused, none."""

    facts: Mapping[str, Any]
    source: Source = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRetracted(Event):
    """A fact turned out wrong. It stays in the log; the case no longer knows it."""

    fact: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRequested(Event):
    """Somebody asks for a transition by its name, with facts it may need (such as a reason)."""

    transition: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    source: Source = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveForced(Event):
    """A case is put into a state that no rule leads to: for supervisors and imports, always with a reason."""

    to: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOffOffered(Event):
    """The owner (or a supervisor) asks somebody else to take the case. Nothing changes hands yet.

    `meant`: who was asked, where they are away and `to` answers for them; the engine fills it in.
    """

    to: str
    reason: str | None = None
    meant: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOffAccepted(Event):
    """The person asked takes the case: only now is there a new owner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOffDeclined(Event):
    """The person asked does not take the case; the old owner still owns it."""

    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOffForced(Event):
    """A supervisor gives the case to somebody without waiting for a yes: its owner has left, or is ill."""

    to: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageReceived(Event):
    """The customer wrote or called again, in whatever way: a letter to the top of the house, too.

    `message_id` is that of their mail, and `in_reply_to` the one it answers. `attachments` are files of the
    case that came with it: SHA-256 → name. `auto`: no person wrote it (an absence note, anything whose
    `Auto-Submitted` is not `no`, RFC 3834): it is kept, and nobody answers it. `missed`: they called, and
    nobody picked up or the line was busy: an unanswered message without words.
    """

    text: str = ""
    channel: str | None = None
    subject: str | None = None
    message_id: str | None = None
    in_reply_to: str | None = None
    attachments: Mapping[str, str] = field(default_factory=dict)
    auto: bool = False
    missed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageWritten(Event):
    """Somebody of the house writes: what is sent are these words, `wait` seconds from now.

    Attributes:
        text: the words; paragraphs, lists and `**bold**` are laid out, all else stays as it is written.
        to: `customer`, `owner` or `supervisor`.
        template: the template the words were made from; the message then stands for it.
        language, channel: the case's own when left out.
        wait: the time in which it may still be cancelled.
        in_reply_to: the Message-ID of the customer's mail that it answers.
        despite: why a supervisor lets it pass although the phrase guard would stop it.
        doubts: what the phrase guard found in it, rule → words; the engine fills it in.
    """

    text: str
    subject: str | None = None
    to: str = "customer"
    template: str | None = None
    language: str | None = None
    channel: str | None = None
    wait: int = 60
    in_reply_to: str | None = None
    despite: str | None = None
    doubts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAdded(Event):
    """Somebody of the house writes a note. It never leaves the house."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachmentAdded(Event):
    """A file was attached. Its content is kept outside the log; `size` is in bytes."""

    name: str
    type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CollaborationAsked(Event):
    """Somebody (`of`) is asked to help with something by an hour, and never owns the case by that."""

    of: str
    what: str
    by_when: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CollaborationAnswered(Event):
    """Whoever was asked has answered. `collaboration` is its number in the case, from 1."""

    collaboration: str
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseMade(Event):
    """Somebody of the house promised something by a moment (domain.md §3).

    Attributes:
        what: in a few words, without vague ones: `to send the refund`.
        by_when: what the customer was told: a full hour on their own clock. Left out, it follows from the
            estimate and its margin (`promises.told`).
        estimate: when it will be done, as far as the house can tell: the internal deadline.
        to: to whom: the customer, or another one's name.
        contact: the promise is that they hear from us; then the fact `promise.next_contact` says so too.
    """

    what: str = ""
    by_when: datetime | None = None
    estimate: datetime | None = None
    to: str = "customer"
    contact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseKept(Event):
    """What was promised has been done, in time or not. `promise` is its number in the case, from 1."""

    promise: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseReleased(Event):
    """A promise holds no longer: whoever was given it said so, or it was put on record by mistake."""

    promise: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectDelivered(Event):
    """A message has left and was accepted by its receiver. `effect` is `seq.n` within the case.

    `receipt` is what whoever pays said a payment is known by, when it was a payment order.
    """

    effect: str
    receipt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectFailed(Event):
    """A message could not be delivered and will not be tried again."""

    effect: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectHanded(Event):
    """A message was given to a person, who calls, sends a letter or pays: a task of that kind (`TASKS`)."""

    effect: str
    task: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectCancelled(Event):
    """Somebody decided that a message is not to go out after all."""

    effect: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRetried(Event):
    """Somebody asks for a message that could not be delivered to be tried once more."""

    effect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDone(Event):
    """A person did what a task asked: called, sent the letter, or saw to what could not be delivered."""

    task: str
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponOffered(Event):
    """Somebody of the house offers a coupon by hand. The letter of the workflow's offer hands it over.

    `offer` is one that a rule of the workflow makes, `value` an amount such as `25 USD`. `standing` and
    `policy` are as in `CompensationOffered`: the engine fills them in.
    """

    offer: str
    value: str
    expires_after_days: int
    note: str | None = None
    standing: Mapping[str, Any] = field(default_factory=dict)
    policy: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponRedeemed(Event):
    """A coupon is used. `offer` is `goodwill@1`, with its cycle; `reference` the order it is used for."""

    offer: str
    serial: int
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponRevoked(Event):
    """A coupon is taken back. `goodwill` alone is the offer of the latest cycle; no `serial`: the latest."""

    offer: str
    reason: str
    serial: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponReissued(Event):
    """A code was lost: it is revoked, and another one sent in its place. Named as in `CouponRevoked`."""

    offer: str
    reason: str
    serial: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMerged(Event):
    """This case is the same trouble as another and goes on there."""

    into: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAbsorbed(Event):
    """Another case was merged into this one."""

    other: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeUndone(Event):
    """The merge was a mistake: this case stands again where it stood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReleased(Event):
    """A case that had been absorbed here goes on by itself again."""

    other: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseQuarantined(Event):
    """Handling this case failed in a way nobody foresaw; it is set aside so that the rest go on."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineLifted(Event):
    """Somebody mended what was wrong; the case takes part again."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonErased(Event):
    """Whatever told of the person was taken out of the case; steps, times and figures stay. Without any word.

    Attributes:
        reason: why, such as the number of the request; nothing that tells who they were.
        despite: why it is done although the case is still needed.
        kept: a digest of what is left of the events before; the engine fills it in.
    """

    reason: str
    despite: str | None = None
    kept: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired(Event):
    """Time has passed: what is due in a case up to a moment is seen to."""

    due_at: datetime


EVENTS: dict[str, type[Event]] = {
    cls.__name__: cls
    for cls in (*globals().copy().values(), *money.EVENTS, *told.EVENTS)
    if isinstance(cls, type) and issubclass(cls, Event) and cls is not Event
}
"""Every kind of event by its name, as it stands in the log: each class of this file, in its order."""

INSIDE = ("engine", "import")
"""Roles of the program itself. Nobody at a desk speaks for them: command line and plays refuse them."""
