"""How the clocks of a case stand: since when and why, how much has passed, when due, by which rule."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, NamedTuple

from recovery.core.case import Case
from recovery.core.clocks.due import BEYOND, accrued, start_of
from recovery.core.clocks.model import Clock
from recovery.core.clocks.state import ClockState
from recovery.core.instants import from_text
from recovery.core.spec import Workflow


class Standing(NamedTuple):
    """One clock of one case. All moments are text instants (UTC).

    Attributes:
        status: `running`, `paused`, `breached` (it ran out and nothing has stopped it), `stopped`, `off`.
        starts_by: what started it; `starts_at` what it counts from.
        due_at: when it runs out, or, where it has, when it did; None while it is paused.
        accrued_seconds: how much of its time had passed, business time where it counts that.
        calendar, zone: what it counts by.
        rule: `file:line`, where it is declared; `source` the text it comes from.
    """

    name: str
    status: Literal["running", "paused", "breached", "stopped", "off"]
    starts_by: str
    starts_at: str
    limit: str
    due_at: str | None
    warn_at: str | None
    warned_at: str | None
    breached_at: str | None
    stopped_at: str | None
    runs: int
    pauses: list[tuple[str, str | None]]
    accrued_seconds: int
    calendar: str
    zone: str
    legal: bool
    rule: str
    source: str

    def as_dict(self) -> dict[str, Any]:
        """It as plain data, for JSON."""
        return {**self._asdict(), "pauses": [list(pause) for pause in self.pauses]}


def standing(workflow: Workflow, case: Case, now: datetime) -> list[Standing]:
    """Every clock of a case that ever started, in the order they are declared."""
    return [
        _standing(clock, case, case.clocks[name], now)
        for name, clock in workflow.clocks.items()
        if name in case.clocks
    ]


def _standing(clock: Clock, case: Case, state: ClockState, now: datetime) -> Standing:
    status: Any = state.status
    if state.is_on and state.breached_at is not None and not clock.repeats:
        status = "breached"
    return Standing(
        name=clock.name,
        status=status,
        starts_by=str(clock.starts),
        starts_at=state.since,
        limit=state.limit,
        due_at=state.due_at or (state.breached_at if not clock.repeats else None),
        warn_at=state.warn_at,
        warned_at=state.warned_at,
        breached_at=state.breached_at,
        stopped_at=state.stopped_at,
        runs=state.runs,
        pauses=list(state.pauses),
        accrued_seconds=_accrued(clock, case, state, now),
        calendar=clock.calendar.name,
        zone=clock.calendar.zone,
        legal=clock.legal,
        rule=f"{clock.file}:{clock.line}",
        source=clock.source,
    )


def _accrued(clock: Clock, case: Case, state: ClockState, now: datetime) -> int:
    limit = clock.limit(case)
    said = None if clock.counts_from is None else case.facts.get(clock.counts_from)
    try:
        start = start_of(clock, state.since, said)
        until = now if state.stopped_at is None else from_text(state.stopped_at)
        span = None if limit is None else limit.span
        return int(accrued(span, start, until, state, clock.calendar).total_seconds())
    except BEYOND:
        return 0
