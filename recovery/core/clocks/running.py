"""Bringing the clocks of a case up to date with what has just been decided: start, pause, stop, run on.

Nothing fires here: a clock that is due says so by its `due_at`, and `TimerFired` lets it run out.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from recovery.core.case import Case
from recovery.core.clocks.due import BEYOND, due, pauses_of, start_of, warn
from recovery.core.clocks.model import Clock
from recovery.core.clocks.state import ClockState, case_trigger, mark_trigger
from recovery.core.draft import Draft
from recovery.core.instants import from_text, to_text, to_the_second
from recovery.core.spec import MERGED, Workflow

Pauses = tuple[tuple[str, str | None], ...]


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
    workflow = draft.workflow
    by_trigger = workflow.clocks_by_trigger
    found: list[Clock] = []
    for change in draft.changes[draft.clocked :]:
        kind = change[0]
        if kind == "effect":  # no clock goes by what is sent, only by what was delivered
            continue
        if kind in ("facts", "forget"):
            if not by_trigger.keys().isdisjoint(change[1]):
                for name in change[1]:
                    found += by_trigger.get(name, ())
        elif kind == "move":
            _, source, to, *_ = change
            if source in workflow.ends or to in workflow.ends:
                return list(workflow.clocks.values())
            found += workflow.clocks_by_step[source]
            found += workflow.clocks_by_step[to]
        elif kind == "mark":
            found += by_trigger.get(mark_trigger(change[1]), ())
            found += by_trigger.get(case_trigger("unanswered"), ())
        elif kind == "open" or (kind == "count" and change[1] == "failures"):
            return list(workflow.clocks.values())
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
    span = None if limit is None else limit.span
    due_at = warn_at = None
    with suppress(*BEYOND):
        start, due_at = _due(case, clock, state)
        if due_at is not None and state.warned_at is None:
            warn_at = warn(clock, None if clock.counts_back else span, start, due_at, pauses_of(state))
    return state._replace(
        limit="" if limit is None else limit.text,
        due_at=None if due_at is None else to_text(due_at),
        warn_at=None if warn_at is None else to_text(warn_at),
    )


def _due(case: Case, clock: Clock, state: ClockState) -> tuple[datetime, datetime | None]:
    """From when its time is reckoned, and when it is over."""
    pauses = pauses_of(state)
    since = from_text(state.since)
    if (clock.due_by is not None or clock.counts_back) and pauses and pauses[-1].end is None:
        return since, None  # a pause moves no moment that is named, but nothing happens in it
    if clock.due_by is not None:
        return since, from_text(case.facts[clock.due_by])
    limit = clock.limit(case)
    assert limit is not None
    said = None if clock.counts_from is None else case.facts[clock.counts_from]
    start = start_of(clock, state.since, said)
    if clock.counts_back:
        return since, limit.span.before(start, clock.calendar)
    return start, due(limit.span, start, clock.calendar, pauses)


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
            _off(draft, clock, state)
        elif case.cycle > state.cycle and not clock.legal and begun[1] > state.seq:
            _start(draft, clock, None, begun)
        else:
            _run_on(draft, clock, state, begun)
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


def _off(draft: Draft, clock: Clock, state: ClockState) -> None:
    """Nothing it starts by is left. What passes outside of what a clock runs `while` does not count."""
    at = draft.stamp.occurred_at
    pauses = state.pauses
    if clock.while_ is not None and not clock.legal and clock.while_.evaluate(draft.case) is not True:
        pauses = pauses if state.status == "paused" else (*pauses, (_from(state, at), None))
    elif state.status == "paused":
        pauses = _closed(pauses, at)
    put(draft, clock.name, state._replace(status="off", due_at=None, warn_at=None, pauses=pauses))
    draft.why.append(f"clock {clock.name} is off: nothing it starts by is left")


def _start(draft: Draft, clock: Clock, before: ClockState | None, begun: tuple[str, int]) -> None:
    """Start a clock, start it anew, or let it run on when what stopped it was taken back."""
    since, seq = begun
    if before is not None and not _anew(draft, clock, before, seq):
        if clock.times is not None and before.runs >= clock.times:
            return
        if _stop(draft, clock, before) is not None:
            return
        new = counted(draft, clock, _taken_up(draft, clock, before))
        at = new.due_at
        if new.runs and not clock.repeats and at is not None and at <= draft.stamp.recorded_at:
            new = new._replace(breached_at=at, due_at=None, warn_at=None)  # it has run out once already
    else:
        new = ClockState("running", since, seq, draft.case.cycle, "")
        if _stop(draft, clock, new) is not None:
            return
        if _is_paused(draft, clock):
            new = new._replace(status="paused", pauses=((since, None),))
        new = timed(draft.case, clock, new)
    put(draft, clock.name, new)
    draft.why.append(f"clock {clock.name} {_told(new)}")


def _anew(draft: Draft, clock: Clock, before: ClockState, seq: int) -> bool:
    """Whether what starts a clock that stopped, or went off, has happened once more since."""
    case, starts = draft.case, clock.starts
    if starts.kind == "guard":
        assert starts.guard is not None
        became_true = starts.guard.evaluate(draft.before) is not True
        return became_true or (case.cycle > before.cycle and not clock.legal)
    return seq > (before.stopped_in if before.status == "stopped" else before.seq)


def _taken_up(draft: Draft, clock: Clock, before: ClockState) -> ClockState:
    """A clock that runs again by what it ran by before. The time a case rested in an end does not count."""
    at, pauses = draft.stamp.occurred_at, before.pauses
    if before.status == "off":
        pauses = _closed(pauses, at)
    elif draft.workflow.is_end(draft.before.step) and not clock.legal and before.stopped_at is not None:
        pauses = (*pauses, (before.stopped_at, max(at, before.stopped_at)))
    return before._replace(status="running", stopped_at=None, stopped_in=0, pauses=pauses)


def _run_on(draft: Draft, clock: Clock, state: ClockState, begun: tuple[str, int]) -> None:
    """What may change while a clock runs: it counts anew, is paused or goes on, or has another limit."""
    said = _said_anew(draft, clock, state, begun)
    if said is state and not _may_differ(draft, clock, state):
        return
    new = counted(draft, clock, said)
    if new != state:
        put(draft, clock.name, new)
        draft.why.append(f"clock {clock.name} {_told(new)}")


def _may_differ(draft: Draft, clock: Clock, state: ClockState) -> bool:
    """Whether counting again may find anything else; it takes longer than to see that it cannot."""
    case = draft.case
    if clock.counts_from is not None or clock.due_by is not None:
        return True
    limit = clock.limit(case)
    if limit is not None and limit.text != state.limit:
        return True
    anew = None if clock.restarts is None else clock.restarts.moment(case)
    if anew is not None and anew[1] > state.seq:
        return True
    return _is_paused(draft, clock) is not (state.status == "paused")


def _said_anew(draft: Draft, clock: Clock, state: ClockState, begun: tuple[str, int]) -> ClockState:
    """A clock whose fact names another moment just now: it warns and runs out by that one, too."""
    name = clock.due_by or clock.counts_from
    fact = None if name is None else draft.case.fact(name)
    if fact is None or fact.seq != draft.stamp.seq or clock.repeats:
        return state
    since, seq = begun
    fresh = state._replace(since=since, seq=seq, warned_at=None, breached_at=None)
    moved = timed(draft.case, clock, fresh).due_at != (state.due_at or state.breached_at)
    return fresh if moved else state


def counted(draft: Draft, clock: Clock, state: ClockState) -> ClockState:
    """A clock that is on, with what just now restarts or pauses it or lets it go on, and when it is due."""
    case, at = draft.case, draft.stamp.occurred_at
    new = state
    anew = None if clock.restarts is None else clock.restarts.moment(case)
    if anew is not None and anew[0] and anew[1] > state.seq:
        pauses = _after(anew[0], state.pauses)
        new = new._replace(since=anew[0], seq=anew[1], warned_at=None, breached_at=None, pauses=pauses)
    paused = _is_paused(draft, clock)
    if paused and new.status == "running" and not (new.due_at is not None and new.due_at <= at):
        new = new._replace(status="paused", pauses=(*new.pauses, (_from(new, at), None)))
    elif not paused and new.status == "paused":
        new = new._replace(status="running", pauses=_closed(new.pauses, at))
    return timed(case, clock, new)


def _after(since: str, pauses: Pauses) -> Pauses:
    """What of the pauses is left for a clock that counts anew since a moment: the rest in an end, too."""
    return tuple([(max(start, since), end) for start, end in pauses if end is None or end > since])


def _from(state: ClockState, at: str) -> str:
    """When a pause that is noticed then begins: not before the clock does, nor within its last pause."""
    return max(at, state.since, (state.pauses[-1][1] or "") if state.pauses else "")


def _closed(pauses: Pauses, at: str) -> Pauses:
    """The same, with the last one over by then."""
    return tuple((start, end or max(start, at)) for start, end in pauses)


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
        pauses=_closed(state.pauses, at),
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
