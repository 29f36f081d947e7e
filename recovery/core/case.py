"""The case: one snapshot, and `apply`, the only way it changes.

`decide` makes *changes*, small JSON-native rows; `apply` puts one into a snapshot. The log keeps the same
rows, so folding the log gives the snapshot by construction, under any later version of the rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from recovery.core.facts import Fact

Change = list[Any]
"""`[what, …]`, JSON-native; the kinds are the functions of `_APPLY`."""


@dataclass(slots=True)
class Case:
    """One case as it stands. Treat it as read-only; only `apply` writes.

    Attributes:
        facts: name → `[value, source, by, occurred_at, recorded_at, seq]`; `fact()` gives it typed.
        level: index into the workflow's escalation levels.
        failures: how often the recovery failed; each failure begins a new cycle.
        sent: messages already sent, for `once`: key → effect.
        awaiting: effect (`seq.n`) → `[template, facts its delivery puts on record]`.
        undelivered: effect → `[template, why it could not be delivered]`.
    """

    tenant: str
    id: int
    workflow: str
    bundle: str
    step: str
    mode: str = "live"
    external_id: str | None = None
    channel: str = "portal"
    language: str = "en"
    subject: str | None = None
    customer: dict[str, str] = field(default_factory=dict)
    severity: int = 1
    level: int = 0
    failures: int = 0
    facts: dict[str, list[Any]] = field(default_factory=dict)
    offered_to: str | None = None
    sent: dict[str, str] = field(default_factory=dict)
    awaiting: dict[str, list[Any]] = field(default_factory=dict)
    undelivered: dict[str, list[str]] = field(default_factory=dict)
    messages: int = 0
    merged_into: int | None = None
    merged_from: str | None = None
    absorbed: list[int] = field(default_factory=list)
    quarantine: str | None = None
    received_at: str = ""
    opened_at: str = ""
    updated_at: str = ""
    closed_at: str | None = None
    seq: int = 0

    @property
    def owner(self) -> str | None:
        """The one named owner, or None before step `own`."""
        fact = self.facts.get("owner")
        return None if fact is None else fact[0]

    @property
    def cycle(self) -> int:
        """1 for the first recovery, one more for each failure."""
        return self.failures + 1

    def fact(self, name: str) -> Fact | None:
        """A fact with its source and times, or None while it is not known."""
        row = self.facts.get(name)
        return None if row is None else Fact(*row)

    def copy(self) -> Case:
        """A snapshot that may be changed without changing this one."""
        return Case(
            self.tenant,
            self.id,
            self.workflow,
            self.bundle,
            self.step,
            self.mode,
            self.external_id,
            self.channel,
            self.language,
            self.subject,
            self.customer,
            self.severity,
            self.level,
            self.failures,
            dict(self.facts),
            self.offered_to,
            dict(self.sent),
            dict(self.awaiting),
            dict(self.undelivered),
            self.messages,
            self.merged_into,
            self.merged_from,
            list(self.absorbed),
            self.quarantine,
            self.received_at,
            self.opened_at,
            self.updated_at,
            self.closed_at,
            self.seq,
        )


@dataclass(frozen=True, slots=True)
class Stamp:
    """When and as which event of its case a change is made (text instants)."""

    seq: int
    occurred_at: str
    recorded_at: str


def opened(tenant: str, id: int, workflow: str, bundle: str, header: Mapping[str, Any], stamp: Stamp) -> Case:
    """The empty case a complaint opens; `header` is the rest of the `open` change."""
    return Case(
        tenant=tenant,
        id=id,
        workflow=workflow,
        bundle=bundle,
        received_at=stamp.occurred_at,
        opened_at=stamp.recorded_at,
        **header,
    )


def apply(case: Case, change: Change, stamp: Stamp) -> None:
    """Put one change into the snapshot.

    Raises:
        KeyError: the log holds a kind of change this version does not know.
    """
    _APPLY[change[0]](case, change, stamp)


def _fact(case: Case, change: Change, stamp: Stamp) -> None:
    _, name, value, source, by = change
    case.facts[name] = [value, source, by, stamp.occurred_at, stamp.recorded_at, stamp.seq]


def _forget(case: Case, change: Change, _: Stamp) -> None:
    for name in change[1]:
        case.facts.pop(name, None)


def _move(case: Case, change: Change, stamp: Stamp) -> None:
    _, _source, case.step, _why, ended = change
    case.closed_at = stamp.occurred_at if ended else None


def _set(case: Case, change: Change, _: Stamp) -> None:
    setattr(case, change[1], change[2])


def _count(case: Case, change: Change, _: Stamp) -> None:
    setattr(case, change[1], getattr(case, change[1]) + 1)


def _effect(case: Case, change: Change, _: Stamp) -> None:
    _, effect, template, once, when_delivered = change
    if once:
        case.sent[once] = effect
    case.awaiting[effect] = [template, when_delivered]


def _settled(case: Case, change: Change, _: Stamp) -> None:
    _, effect, failure = change
    template, _facts = case.awaiting.pop(effect)
    if failure is not None:
        case.undelivered[effect] = [template, failure]


def _absorb(case: Case, change: Change, _: Stamp) -> None:
    case.absorbed.append(change[1])


def _release(case: Case, change: Change, _: Stamp) -> None:
    case.absorbed.remove(change[1])


_APPLY = {
    "fact": _fact,
    "forget": _forget,
    "move": _move,
    "set": _set,
    "count": _count,
    "effect": _effect,
    "settled": _settled,
    "absorb": _absorb,
    "release": _release,
}


def fold(case: Case | None, records: Iterable[Mapping[str, Any]]) -> Case | None:
    """The snapshot that a case's log records add up to.

    Each record has `tenant`, `case`, `seq`, `occurred_at`, `recorded_at` (text instants) and `changes`; the
    first change of the first one is `["open", workflow, bundle, header]`.
    """
    for record in records:
        stamp = Stamp(record["seq"], record["occurred_at"], record["recorded_at"])
        for change in record["changes"]:
            if change[0] == "open":
                case = opened(record["tenant"], record["case"], change[1], change[2], change[3], stamp)
            else:
                assert case is not None, "the first change of a log opens the case"
                apply(case, change, stamp)
        if case is not None:
            case.seq = stamp.seq
            case.updated_at = stamp.recorded_at
    return case
