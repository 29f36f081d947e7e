"""Bringing the clocks of a case up to date with what has just been decided: start, pause, stop, run on.

Nothing fires here: a clock that is due says so by its `due_at`, and `TimerFired` lets it run out.
"""

from __future__ import annotations

from datetime import datetime

from recovery.core.calendars.calendar import Unreachable
from recovery.core.case import Case
from recovery.core.clocks.due import due, pauses_of, start_of, warn
from recovery.core.clocks.model import Clock
from recovery.core.clocks.state import ClockState, case_trigger, mark_trigger
from recovery.core.draft import Draft
from recovery.core.instants import from_text, to_text, to_the_second
from recovery.core.spec import MERGED, Workflow


def settle(draft: Draft) -> None:
    """Let the clocks see every change since they last looked."""
    workflow = draft.workflow
    if not workflow.clocks or draft.case.mode != "live":
        return
    concerned = _concerned(draft)
    if concerned:
        for clock in workflow.clocks.values() if len(concerned) > 1 else concerned:
            if clock in concerned:
                _bring(draft, clock)
    draft.clocked = len(draft.changes)


def _concerned(draft: Draft) -> list[Clock]:
    """The clocks that the changes may matter to."""
    by_trigger = draft.workflow.clocks_by_trigger
    found: list[Clock] = []
    for change in draft.changes[draft.clocked :]:
        kind = change[0]
        if kind in ("facts", "forget"):
            for name in change[1]:
                found += by_trigger.get(name, ())
        elif kind == "mark":
            found += by_trigger.get(mark_trigger(change[1]), ())
            found += by_trigger.get(case_trigger("unanswered"), ())
        elif kind == "move":
            ends = draft.workflow.ends
            if change[1] in ends or change[2] in ends:
                return list(draft.workflow.clocks.values())
            found += draft.workflow.clocks_by_step[change[1]]
            found += draft.workflow.clocks_by_step[change[2]]
        elif kind == "open" or (kind == "count" and change[1] == "failures"):
            return list(draft.workflow.clocks.values())
        elif kind in ("set", "count"):
            found += by_trigger.get(case_trigger(change[1]), ())
    return found


def put(draft: Draft, name: str, state: ClockState) -> None:
    """Change how a clock stands."""
    draft.change("clock", name, state.row())


def timed(case: Case, clock: Clock, state: ClockState) -> ClockState:
    """The same with the moments at which it is due and warns, by what the case knows now."""
    if state.breached_at is not None and not clock.repeats:
        return state
    limit = clock.limit(case)
    try:
        due_at, warn_at = _moments(case, clock, state)
    except Unreachable:
        due_at = warn_at = None
    return state._replace(
        limit="" if limit is None else limit.text,
        due_at=None if due_at is None else to_text(due_at),
        warn_at=None if warn_at is None or state.warned_at is not None else to_text(warn_at),
    )


def _moments(case: Case, clock: Clock, state: ClockState) -> tuple[datetime | None, datetime | None]:
    limit = clock.limit(case)
    pauses = pauses_of(state)
    if clock.due_by is not None:
        start, span = from_text(state.since), None
        due_at: datetime | None = from_text(case.facts[clock.due_by])
        if pauses and pauses[-1].end is None:
            due_at = None
    else:
        assert limit is not None
        span = limit.span
        said = None if clock.counts_from is None else case.facts[clock.counts_from]
        start = start_of(clock, state.since, said)
        due_at = (
            span.before(start, clock.calendar)
            if clock.counts_back
            else due(span, start, clock.calendar, pauses)
        )
    if due_at is None:
        return None, None
    return due_at, warn(clock, span, start, due_at, pauses)


def _bring(draft: Draft, clock: Clock) -> None:
    case = draft.case
    state = case.clocks.get(clock.name)
    begun = _begun(draft, clock)
    ended = case.closed_at is not None and not _goes_on(draft.workflow, case, clock)
    if state is not None and state.is_on:
        at = _stop(draft, clock, state) or (draft.stamp.occurred_at if ended else None)
        if at is not None:
            _stopped(draft, clock, state, at)
        elif begun is None:
            put(draft, clock.name, state._replace(status="off", due_at=None, warn_at=None))
            draft.why.append(f"clock {clock.name} is off: nothing it starts by is left")
        else:
            _run_on(draft, clock, state)
    elif begun is not None and not ended:
        _start(draft, clock, state, begun)


def _begun(draft: Draft, clock: Clock) -> tuple[str, int] | None:
    """When what starts a clock happened, and in which event; None where it does not run in this case now."""
    case = draft.case
    for condition in (clock.when, clock.while_):
        if condition is not None and condition.evaluate(case) is not True:
            return None
    for fact in (clock.counts_from, clock.due_by):
        if fact is not None and fact not in case.facts:
            return None
    if clock.limits and clock.limit(case) is None:
        return None
    if clock.legal and clock.starts.kind == "received":
        return case.received_at, 1
    begun = clock.starts.moment(case)
    return begun if begun is None or begun[0] else (draft.stamp.occurred_at, draft.stamp.seq)


def _goes_on(workflow: Workflow, case: Case, clock: Clock) -> bool:
    """Legal clocks go on when the service is ended or the complaint taken back (domain.md §1)."""
    return clock.in_ends or (clock.legal and case.step not in (workflow.main_end, MERGED))


def _stop(draft: Draft, clock: Clock, state: ClockState) -> str | None:
    """When a clock stopped; None where nothing stops it."""
    for anchor in clock.stops:
        at = anchor.stopped(draft.case, state.seq)
        if at is not None:
            return at or draft.stamp.occurred_at
    return None


def _start(draft: Draft, clock: Clock, before: ClockState | None, begun: tuple[str, int]) -> None:
    """Start a clock, start it anew, or let it run on when what stopped it was taken back."""
    case = draft.case
    since, seq = begun
    new = ClockState("running", since, seq, case.cycle, "")
    if before is not None and before.status == "stopped" and not _anew(clock, before, case, seq):
        if before.runs and clock.times is not None and before.runs >= clock.times:
            return
        if _stop(draft, clock, before) is not None:
            return
        new = before._replace(status="running", stopped_at=None, stopped_in=0)
        if draft.workflow.is_end(draft.before.step) and not clock.legal and before.stopped_at is not None:
            new = new._replace(pauses=(*new.pauses, (before.stopped_at, draft.stamp.occurred_at)))
    elif _stop(draft, clock, new) is not None:
        return
    if _is_paused(draft, clock):
        new = new._replace(status="paused", pauses=(*new.pauses, (max(new.since, _last(new)), None)))
    new = timed(case, clock, new)
    put(draft, clock.name, new)
    draft.why.append(f"clock {clock.name} {_told(new)}")


def _anew(clock: Clock, before: ClockState, case: Case, seq: int) -> bool:
    if clock.starts.kind == "guard":
        return case.cycle > before.cycle and not clock.legal
    return seq > before.stopped_in


def _run_on(draft: Draft, clock: Clock, state: ClockState) -> None:
    """What may change while a clock runs: it counts anew, is paused or goes on, or has another limit."""
    case, at = draft.case, draft.stamp.occurred_at
    new = state
    anew = None if clock.restarts is None else clock.restarts.moment(case)
    if anew is not None and anew[0] and anew[1] > state.seq:
        new = new._replace(since=anew[0], seq=anew[1], warned_at=None, pauses=_open_pause(state, anew[0]))
    paused = _is_paused(draft, clock)
    if paused and new.status == "running" and not (new.due_at is not None and new.due_at <= at):
        new = new._replace(status="paused", pauses=(*new.pauses, (max(at, new.since, _last(new)), None)))
    elif not paused and new.status == "paused":
        begun = new.pauses[-1][0]
        new = new._replace(status="running", pauses=(*new.pauses[:-1], (begun, max(at, begun))))
    if new is state and not _counted_otherwise(case, clock, state):
        return
    new = timed(case, clock, new)
    if new != state:
        put(draft, clock.name, new)
        draft.why.append(f"clock {clock.name} {_told(new)}")


def _counted_otherwise(case: Case, clock: Clock, state: ClockState) -> bool:
    """Whether a clock may be due at another moment though nothing has happened to it itself."""
    if clock.counts_from is not None or clock.due_by is not None:
        return True
    limit = clock.limit(case)
    return limit is not None and limit.text != state.limit


def _open_pause(state: ClockState, since: str) -> tuple[tuple[str, str | None], ...]:
    return ((since, None),) if state.status == "paused" else ()


def _last(state: ClockState) -> str:
    """The end of its last pause."""
    return (state.pauses[-1][1] or "") if state.pauses else ""


def _is_paused(draft: Draft, clock: Clock) -> bool:
    if clock.legal or clock.pause_while is None:
        return False
    return clock.pause_while.evaluate(draft.case) is True


def _stopped(draft: Draft, clock: Clock, state: ClockState, at: str) -> None:
    """Stop a clock. What happened in time, and was only told late, is in time."""
    breached = state.breached_at
    if not clock.repeats:
        if breached is not None and at <= breached:
            breached = None
        elif breached is None and state.due_at is not None and at > state.due_at:
            breached = state.due_at
    new = state._replace(
        status="stopped",
        due_at=None,
        warn_at=None,
        breached_at=breached,
        stopped_at=at,
        stopped_in=draft.stamp.seq,
        pauses=tuple((start, end or max(start, at)) for start, end in state.pauses),
    )
    put(draft, clock.name, new)
    late = f", after it ran out at {to_the_second(breached)}" if breached is not None else ""
    draft.why.append(f"clock {clock.name} stopped at {to_the_second(at)}{late}")


def _told(state: ClockState) -> str:
    if state.status == "paused":
        return f"is paused since {to_the_second(state.pauses[-1][0])}"
    if state.due_at is None:
        return "runs, and is never due" if state.breached_at is None else "runs on"
    return f"runs since {to_the_second(state.since)}, due at {to_the_second(state.due_at)}"
