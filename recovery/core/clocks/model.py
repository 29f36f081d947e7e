"""What a clock is: plain frozen data, made by `recovery.workflow.clocks` from checked YAML."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from recovery.core.calendars.calendar import Calendar
from recovery.core.calendars.local import date_in
from recovery.core.calendars.spans import Span
from recovery.core.clocks.state import CYCLE, SENT, Mark, case_trigger, mark_trigger, step_trigger
from recovery.core.facts import Text
from recovery.core.guards import CASE_VALUES, Guard
from recovery.core.instants import from_text

if TYPE_CHECKING:
    from recovery.core.case import Case
    from recovery.core.spec import Rule


@dataclass(frozen=True, slots=True)
class Anchor:
    """What starts or stops a clock.

    Attributes:
        kind: `received`; `mark` (see `state`); `fact`: it came on record; `guard`: it became true.
        name: of the mark or fact.
    """

    kind: Literal["received", "mark", "fact", "guard"]
    name: str = ""
    guard: Guard | None = None

    def moment(self, case: Case) -> tuple[str, int] | None:
        """When what starts a clock happened, and in which event; None where it has not.

        Of a guard the moment is that of the event just now being decided.
        """
        if self.kind == "received":
            mark = case.marks.get(CYCLE)
            return (case.received_at, 1) if mark is None else (mark.at, mark.seq)
        if self.kind == "mark":
            mark = case.marks.get(self.name)
            return None if mark is None else (mark.at, mark.seq)
        if self.kind == "fact":
            fact = case.fact(self.name)
            return None if fact is None else (fact.occurred_at, fact.seq)
        assert self.guard is not None
        return ("", 0) if self.guard.evaluate(case) else None

    def stopped(self, case: Case, since: int) -> str | None:
        """When what stops a clock that started in event `since` happened; None where it has not.

        Of a guard it is empty: the moment of the event just now being decided.
        """
        if self.kind == "mark":
            mark = case.marks.get(self.name)
            # A letter that is named counts also when the event that started the clock asked for it.
            after = since - 1 if self.name.startswith(SENT) else since
            return mark.at if mark is not None and _answers(mark, after) else None
        if self.kind == "fact":
            fact = case.fact(self.name)
            return None if fact is None else fact.occurred_at
        if self.kind == "guard":
            assert self.guard is not None
            return "" if self.guard.evaluate(case) else None
        return None

    def triggers(self) -> Iterator[str]:
        """What a change has to be about to matter: names of facts, marks and values of the case."""
        if self.kind == "guard":
            assert self.guard is not None
            yield from guard_triggers(self.guard)
        elif self.kind != "received":
            yield self.name if self.kind == "fact" else mark_trigger(self.name)

    def __str__(self) -> str:
        return str(self.guard) if self.kind == "guard" else self.name or self.kind


def _answers(mark: Mark, since: int) -> bool:
    return mark.asked > since


def guard_triggers(guard: Guard) -> Iterator[str]:
    """The facts a guard asks about, and the values of the case."""
    yield from guard.facts()
    if isinstance(guard, InStep):
        yield step_trigger(guard.step)
        return
    if isinstance(guard, OfEnds):
        return
    text = str(guard)
    yield from (case_trigger(name) for name in CASE_VALUES if f"case.{name}" in text)


@dataclass(frozen=True, slots=True)
class Open:
    """The condition `open`: the case has not reached an end."""

    def evaluate(self, case: Case) -> bool:
        return case.closed_at is None

    def facts(self) -> Iterator[str]:
        return iter(())

    def __str__(self) -> str:
        return "case.open"


@dataclass(frozen=True, slots=True)
class OfEnds:
    """A condition that tells only ends from one another: no move between steps matters to it."""

    guard: Guard

    def evaluate(self, case: Case) -> Any:
        return self.guard.evaluate(case)

    def facts(self) -> Iterator[str]:
        return self.guard.facts()

    def __str__(self) -> str:
        return str(self.guard)


@dataclass(frozen=True, slots=True)
class InStep:
    """The condition `step NAME`: the case stands there."""

    step: str

    def evaluate(self, case: Case) -> bool:
        return case.step == self.step

    def facts(self) -> Iterator[str]:
        return iter(())

    def __str__(self) -> str:
        return f'case.step == "{self.step}"'


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a clock runs in some cases: the first row that fits counts.

    Attributes:
        severity: of the case; None fits all.
        received_from, received_before: the local date of receipt, effective dating; None fits all.
    """

    span: Span
    severity: int | None = None
    when: Guard | None = None
    received_from: date | None = None
    received_before: date | None = None
    text: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", str(self.span))  # kept with every state, and asked for at every look

    def fits(self, case: Case, calendar: Calendar) -> bool:
        """Whether this row is the one for a case."""
        if self.severity is not None and case.severity != self.severity:
            return False
        if self.received_from is not None or self.received_before is not None:
            day = date_in(calendar.tz, from_text(case.received_at))
            if self.received_from is not None and day < self.received_from:
                return False
            if self.received_before is not None and day >= self.received_before:
                return False
        return self.when is None or self.when.evaluate(case) is True


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """A deadline, as a workflow declares it.

    Attributes:
        stops: any of these stops it.
        restarts: what lets it count anew while it runs.
        when: in which cases it runs; `while_` as long as what.
        limits: how long; empty where `due_by` is given.
        counts_from: a fact (date or instant) it counts from; `counts_back` says backwards.
        due_by: a fact (instant) that names the very moment it is due.
        repeats: it runs out again and again, `times` at most.
        after_hours: receipt at or after close counts as the next business day.
        legal: a law sets it: it never pauses, and goes on at side ends.
        in_ends: it runs in every end, too.
        warn_share: per cent of the time after which it warns; `warn_before`: that long before it is due.
        at_last: what happens when it has run out `times` times.
    """

    name: str
    calendar: Calendar
    starts: Anchor = Anchor("received")
    stops: tuple[Anchor, ...] = ()
    restarts: Anchor | None = None
    when: Guard | None = None
    while_: Guard | None = None
    pause_while: Guard | None = None
    limits: tuple[Limit, ...] = ()
    counts_from: str | None = None
    counts_back: bool = False
    due_by: str | None = None
    repeats: bool = False
    times: int | None = None
    after_hours: bool = False
    legal: bool = False
    in_ends: bool = False
    warn_share: int | None = None
    warn_before: Span | None = None
    on_warn: tuple[Rule, ...] = ()
    on_breach: tuple[Rule, ...] = ()
    at_last: tuple[Rule, ...] = ()
    title: Text = field(default_factory=dict)
    source: str = ""
    file: str = ""
    line: int = 0

    def limit(self, case: Case) -> Limit | None:
        """How long it runs in a case; None where no row fits."""
        return next((limit for limit in self.limits if limit.fits(case, self.calendar)), None)

    def rules(self) -> Iterator[Rule]:
        """Every rule it may fire."""
        yield from (*self.on_warn, *self.on_breach, *self.at_last)

    def anchors(self) -> Iterator[Anchor]:
        """Everything that starts, restarts or stops it."""
        yield self.starts
        yield from self.stops
        if self.restarts is not None:
            yield self.restarts

    def triggers(self) -> set[str]:
        """What a change has to be about to matter to it (see `Anchor.triggers`)."""
        found = {case_trigger("severity")} if any(limit.severity for limit in self.limits) else set()
        for anchor in self.anchors():
            found.update(anchor.triggers())
        guards = (self.when, self.while_, self.pause_while, *(limit.when for limit in self.limits))
        for guard in guards:
            if guard is not None:
                found.update(guard_triggers(guard))
        found.update(name for name in (self.counts_from, self.due_by) if name is not None)
        return found
