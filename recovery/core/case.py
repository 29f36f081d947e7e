"""The case: one snapshot, and `apply`, the only way it changes.

`decide` makes *changes*, small JSON-native rows; `apply` puts one into a snapshot. The log keeps the same
rows, so folding the log gives the snapshot by construction, under any later version of the rules.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from recovery.core.clocks.state import HEARD, MESSAGE, ClockState, Mark, next_due
from recovery.core.collaboration_state import CollaborationState
from recovery.core.coupon_state import CouponState
from recovery.core.empowerment.state import CompensationState, next_of_compensations, read_compensation
from recovery.core.facts import Fact
from recovery.core.promises import PromiseState
from recovery.core.stories.state import PraiseState, StoryState, UntoldState, next_untold, read_story

Change = list[Any]
"""`[what, …]`, JSON-native; the kinds are those of `APPLY`."""


@dataclass
class Case:
    """One case as it stands. Treat it as read-only; only `apply` writes, and never into what a field holds:
    it puts another in its place, so that a copy may share everything with its original.

    Attributes:
        facts: name → value; `fact()` gives it with its source and times.
        said: the same facts by who said them when: `"seq source by"` → `(occurred_at, recorded_at, facts)`.
        signal: nobody complained: something that was noticed opened it.
        level: index into the workflow's escalation levels.
        failures: how often the recovery failed; each failure begins a new cycle.
        sent: messages already sent, for `once`: key → effect.
        awaiting: effect (`seq.n`) → `(template, facts its delivery puts on record)`.
        inside: effects among those sent that are for somebody in the house, not for the customer.
        undelivered: effect → `(template, why it could not be delivered, facts its delivery puts on record)`.
        tasks: what waits for a person: an effect → `(kind, its template)`; see `events.TASKS`.
        attachments: SHA-256 → `(name, type, bytes)` of each file that belongs to the case.
        messages: how often the customer wrote again.
        coupons: an offer and its cycle, `goodwill@1` → its coupon.
        promises: each promise that was made, by its number from 1.
        collaborations: who was asked to help with what, by its number from 1.
        compensations: each compensation that was ever offered, by its number from 1.
        stories, praise: each that was told or given, by its number from 1.
        untold: who owes a story, by name.
        clocks: each clock that ever started, by its name.
        due_at: when one of these is to be seen to next (text instant); never while in quarantine, or erased.
        erased_at: when whoever it was about was erased, last (text instant).
        marks: when things last happened that clocks start or stop by (see `clocks.state`).
    """

    tenant: str
    id: int
    workflow: str
    bundle: str
    step: str
    mode: str = "live"
    signal: bool = False
    external_id: str | None = None
    channel: str = "portal"
    language: str = "en"
    subject: str | None = None
    customer: dict[str, str] = field(default_factory=dict)
    severity: int = 1
    level: int = 0
    failures: int = 0
    facts: dict[str, Any] = field(default_factory=dict)
    said: dict[str, tuple[str, str, dict[str, Any]]] = field(default_factory=dict)
    offered_to: str | None = None
    sent: dict[str, str] = field(default_factory=dict)
    awaiting: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    inside: list[str] = field(default_factory=list)
    undelivered: dict[str, tuple[str, str, dict[str, Any]]] = field(default_factory=dict)
    tasks: dict[str, tuple[str, str]] = field(default_factory=dict)
    attachments: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    coupons: dict[str, CouponState] = field(default_factory=dict)
    promises: dict[str, PromiseState] = field(default_factory=dict)
    collaborations: dict[str, CollaborationState] = field(default_factory=dict)
    compensations: dict[str, CompensationState] = field(default_factory=dict)
    stories: dict[str, StoryState] = field(default_factory=dict)
    untold: dict[str, UntoldState] = field(default_factory=dict)
    praise: dict[str, PraiseState] = field(default_factory=dict)
    clocks: Mapping[str, ClockState] = field(default_factory=dict)
    due_at: str | None = None
    marks: dict[str, Mark] = field(default_factory=dict)
    messages: int = 0
    merged_into: int | None = None
    merged_from: str | None = None
    absorbed: list[int] = field(default_factory=list)
    quarantine: str | None = None
    erased_at: str | None = None
    received_at: str = ""
    opened_at: str = ""
    updated_at: str = ""
    closed_at: str | None = None
    seq: int = 0

    @property
    def owner(self) -> str | None:
        """The one named owner, or None before step `own`."""
        return self.facts.get("owner")

    @property
    def cycle(self) -> int:
        """1 for the first recovery, one more for each failure."""
        return self.failures + 1

    @property
    def unanswered(self) -> bool:
        """Whether the customer wrote and has heard nothing since, where the workflow's clocks go by that."""
        wrote, heard = self.marks.get(MESSAGE), self.marks.get(HEARD)
        return wrote is not None and (heard is None or heard.asked <= wrote.seq)

    def fact(self, name: str) -> Fact | None:
        """A fact with its source and times, or None while it is not known."""
        for voice, (occurred_at, recorded_at, facts) in self.said.items():
            if name in facts:
                seq, source, by = voice.split(" ", 2)
                return Fact(facts[name], source, by, occurred_at, recorded_at, int(seq))
        return None

    @classmethod
    def of(cls, values: dict[str, Any]) -> Case:
        """A case of the values of all its fields (see `NEW`), which become its own: none is set by itself."""
        case = object.__new__(cls)
        case.__dict__ = values
        return case

    def copy(self) -> Case:
        """A snapshot that `apply` may change without changing this one."""
        return Case.of(self.__dict__.copy())


NEW: Mapping[str, Any] = vars(Case("", 0, "", "", ""))
"""What a new case has in its fields. Cases may share it, for nobody writes into what a field holds."""


class Stamp(NamedTuple):
    """As which event of its case, by whom and when a change is made (text instants)."""

    seq: int
    by: str
    occurred_at: str
    recorded_at: str


def opened(tenant: str, id: int, workflow: str, bundle: str, header: Mapping[str, Any], stamp: Stamp) -> Case:
    """The empty case a complaint opens; `header` is the rest of the `open` change."""
    values = {
        **NEW,
        "tenant": tenant,
        "id": id,
        "workflow": workflow,
        "bundle": bundle,
        "received_at": stamp.occurred_at,
        "opened_at": stamp.recorded_at,
        **header,
    }
    return Case.of(values)


def apply(case: Case, change: Change, stamp: Stamp) -> None:
    """Put one change into the snapshot.

    Raises:
        KeyError: the log holds a kind of change this version does not know.
    """
    APPLY[change[0]](case, change, stamp)


def _facts(case: Case, change: Change, stamp: Stamp) -> None:
    _, given, source = change
    seq, by, occurred_at, recorded_at = stamp
    voice = f"{seq} {source} {by}"
    if not case.facts.keys().isdisjoint(given):
        _unsay(case, given)
    said = case.said
    if voice in said:
        case.said = {**said, voice: (occurred_at, recorded_at, {**said[voice][2], **given})}
        case.facts = facts_of(case.said)
    else:
        case.said = {**said, voice: (occurred_at, recorded_at, given)}
        case.facts = {**case.facts, **given}


def _fact(case: Case, change: Change, stamp: Stamp) -> None:
    """One fact alone, as the first logs have it."""
    _, name, value, source, by = change
    _facts(case, ["facts", {name: value}, source], stamp._replace(by=by))


def _forget(case: Case, change: Change, _: Stamp) -> None:
    _unsay(case, change[1])


def _unsay(case: Case, names: Collection[str]) -> None:
    """Take facts off the record, and voices of which nothing is left."""
    said = {}
    for voice, (occurred_at, recorded_at, facts) in case.said.items():
        if left := {name: value for name, value in facts.items() if name not in names}:
            said[voice] = (occurred_at, recorded_at, left)
    case.said = said
    case.facts = facts_of(said)


def facts_of(said: Mapping[str, tuple[str, str, dict[str, Any]]]) -> dict[str, Any]:
    """Name → value, of what was said."""
    found: dict[str, Any] = {}
    for _occurred_at, _recorded_at, facts in said.values():
        found.update(facts)
    return found


def _move(case: Case, change: Change, stamp: Stamp) -> None:
    _, _source, case.step, _why, ended = change
    case.closed_at = stamp.occurred_at if ended else None


def _set(case: Case, change: Change, _: Stamp) -> None:
    setattr(case, change[1], change[2])
    if change[1] == "quarantine":
        case.due_at = _next_due(case)


def _next_due(case: Case) -> str | None:
    """When a case is to be seen to next."""
    if case.quarantine is not None or case.erased_at is not None:
        return None
    at = next_due(case.clocks)
    if not case.compensations:
        return at
    others = (at, next_of_compensations(case.compensations), next_untold(case.untold))
    return min((one for one in others if one is not None), default=None)


def _erased(case: Case, _: Change, stamp: Stamp) -> None:
    """Whoever it was about is erased: nothing in it is due any more."""
    case.erased_at, case.due_at = stamp.recorded_at, None


def _count(case: Case, change: Change, _: Stamp) -> None:
    setattr(case, change[1], getattr(case, change[1]) + 1)


def _effect(case: Case, change: Change, _: Stamp) -> None:
    _, effect, template, once, when_delivered, *inside = change
    if inside:
        case.inside = [*case.inside, effect]
    if once:
        case.sent = {**case.sent, once: effect}
    case.awaiting = {**case.awaiting, effect: (template, when_delivered)}


def _settled(case: Case, change: Change, _: Stamp) -> None:
    _, effect, failure = change
    template, facts = case.awaiting[effect]
    case.awaiting = _without(case.awaiting, effect)
    if failure is not None:
        case.undelivered = {**case.undelivered, effect: (template, failure, facts)}
    elif effect in case.inside:
        case.inside = [key for key in case.inside if key != effect]


def _cancelled(case: Case, change: Change, _: Stamp) -> None:
    """It was never sent, so whatever sends such a message once may still send it."""
    effect = change[1]
    if effect in case.awaiting:
        case.awaiting = _without(case.awaiting, effect)
    else:
        case.undelivered = _without(case.undelivered, effect)
    case.sent = {once: key for once, key in case.sent.items() if key != effect}


def _retry(case: Case, change: Change, _: Stamp) -> None:
    effect = change[1]
    template, _failure, facts = case.undelivered[effect]
    case.undelivered = _without(case.undelivered, effect)
    case.awaiting = {**case.awaiting, effect: (template, facts)}


def _task(case: Case, change: Change, _: Stamp) -> None:
    _, key, kind, about = change
    case.tasks = {**case.tasks, key: (kind, about)}


def _done(case: Case, change: Change, _: Stamp) -> None:
    case.tasks = _without(case.tasks, change[1])


def _attach(case: Case, change: Change, _: Stamp) -> None:
    _, sha256, name, kind, size = change
    case.attachments = {**case.attachments, sha256: (name, kind, size)}


def _without(rows: dict[str, Any], gone: str) -> dict[str, Any]:
    rows = rows.copy()
    del rows[gone]
    return rows


def _coupon(case: Case, change: Change, _: Stamp) -> None:
    _, offer, serial, value, expires_at, _effect = change
    case.coupons = {**case.coupons, offer: CouponState(value, expires_at, serial)}


def _coupon_ended(case: Case, change: Change, stamp: Stamp) -> None:
    _, offer, _serial, status, _note = change
    ended = case.coupons[offer]._replace(status=status, by=stamp.by, at=stamp.recorded_at)
    case.coupons = {**case.coupons, offer: ended}


def _promise(case: Case, change: Change, _: Stamp) -> None:
    case.promises = {**case.promises, change[1]: PromiseState(*change[2])}


def _clock(case: Case, change: Change, _: Stamp) -> None:
    case.clocks = {**case.clocks, change[1]: ClockState.of(change[2])}
    case.due_at = _next_due(case)


def _collaboration(case: Case, change: Change, _: Stamp) -> None:
    case.collaborations = {**case.collaborations, change[1]: CollaborationState(*change[2])}


def _compensation(case: Case, change: Change, _: Stamp) -> None:
    _, number, row, _moves = change
    case.compensations = {**case.compensations, number: read_compensation(row)}
    case.due_at = _next_due(case)


def _story(case: Case, change: Change, _: Stamp) -> None:
    case.stories = {**case.stories, change[1]: read_story(change[2])}


def _untold(case: Case, change: Change, _: Stamp) -> None:
    """Who owes a story, the one of whom something changed last at the end."""
    _, who, row = change
    rest = {name: one for name, one in case.untold.items() if name != who}
    case.untold = rest if row is None else {**rest, who: UntoldState(*row)}
    case.due_at = _next_due(case)


def _praise(case: Case, change: Change, _: Stamp) -> None:
    case.praise = {**case.praise, change[1]: PraiseState(*change[2])}


def _mark(case: Case, change: Change, stamp: Stamp) -> None:
    _, name, *asked = change
    case.marks = {**case.marks, name: Mark(stamp.occurred_at, stamp.seq, asked[0] if asked else stamp.seq)}


def _absorb(case: Case, change: Change, _: Stamp) -> None:
    case.absorbed = [*case.absorbed, change[1]]


def _release(case: Case, change: Change, _: Stamp) -> None:
    case.absorbed = case.absorbed.copy()
    case.absorbed.remove(change[1])


APPLY = {
    "facts": _facts,
    "fact": _fact,
    "forget": _forget,
    "move": _move,
    "set": _set,
    "count": _count,
    "effect": _effect,
    "settled": _settled,
    "cancelled": _cancelled,
    "retry": _retry,
    "task": _task,
    "done": _done,
    "attach": _attach,
    "coupon": _coupon,
    "coupon_ended": _coupon_ended,
    "promise": _promise,
    "collaboration": _collaboration,
    "compensation": _compensation,
    "story": _story,
    "untold": _untold,
    "praise": _praise,
    "clock": _clock,
    "mark": _mark,
    "absorb": _absorb,
    "release": _release,
    "erased": _erased,
}
"""How each kind of change is put into the snapshot."""
