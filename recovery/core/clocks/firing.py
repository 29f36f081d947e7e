"""What happens when a clock warns or runs out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from recovery.core.clocks.model import Clock
from recovery.core.clocks.running import counted, put, settle
from recovery.core.clocks.state import ClockState
from recovery.core.draft import Draft, Refused
from recovery.core.empowerment import running_out
from recovery.core.events import TimerFired
from recovery.core.instants import from_text, to_text, to_the_second
from recovery.core.stories import telling
from recovery.core.walk import act

LATE = timedelta(minutes=1)
"""From how late on it is said that something was noticed late."""

ROUNDS = 100
"""How often clocks may set off one another in one event."""


def fired(draft: Draft, event: TimerFired) -> None:
    """Let everything happen that is due up to a moment, in the order of its due times."""
    until = min(to_text(event.due_at), draft.stamp.recorded_at)
    if not _is_due(draft, until):
        raise Refused("nothing_due", f"Nothing is due up to {until}.", "Somebody else has seen to it.")
    for _ in range(ROUNDS):
        clock = _earliest(draft, until)
        other = _other(draft, until) if draft.case.compensations else None
        if other is not None and (clock is None or other[0] < clock[0]):
            other[1](draft, other[2])
        elif clock is not None:
            _happen(draft, clock[2])
        settle(draft)
        if not _is_due(draft, until):
            return
    raise Refused(
        "endless_clocks",
        f"The clocks of workflow {draft.workflow.id} set off one another without end.",
        "Let none of them restart what is due at once.",
        fault="workflow",
    )


def _is_due(draft: Draft, until: str) -> bool:
    due_at = draft.case.due_at
    return due_at is not None and due_at <= until


def _other(draft: Draft, until: str) -> tuple[str, Callable[[Draft, str], None], str] | None:
    """What is due first that is no clock: when, what is done, and about what."""
    found = [
        (*due, happen)
        for due, happen in (
            (running_out.earliest(draft, until), running_out.happen),
            (telling.earliest(draft, until), telling.happen),
        )
        if due is not None
    ]
    if not found:
        return None
    at, about, happen = min(found, key=lambda one: one[0])
    return at, happen, about


def _earliest(draft: Draft, until: str) -> tuple[str, int, str] | None:
    """When a clock is due first, its place, and which; of several, the one declared first."""
    order = list(draft.workflow.clocks)
    due = [
        (at, order.index(name) if name in order else len(order), name)
        for name, state in draft.case.clocks.items()
        if (at := state.next_at) is not None and at <= until
    ]
    return min(due) if due else None


def _happen(draft: Draft, name: str) -> None:
    state, clock = draft.case.clocks[name], draft.workflow.clocks.get(name)
    draft.run = state.runs + 1
    if clock is None:
        put(draft, name, state._replace(status="off", due_at=None, warn_at=None))
        draft.why.append(f"clock {name} is off: this version has none of this name")
    elif state.warn_at is not None:
        put(draft, name, state._replace(warn_at=None, warned_at=draft.stamp.occurred_at))
        draft.why.append(f"clock {name} warns: due at {to_the_second(state.due_at or state.warn_at)}")
        act(draft, clock.on_warn, f"clock {name}, on warning")
    else:
        assert state.due_at is not None
        _run_out(draft, clock, state, state.due_at)


def _run_out(draft: Draft, clock: Clock, state: ClockState, at: str) -> None:
    now = draft.stamp.occurred_at
    late = from_text(now) - from_text(at)
    noticed = f", late by {late}" if late >= LATE else ""
    draft.why.append(f"clock {clock.name} ran out at {to_the_second(at)}{noticed}")
    runs = state.runs + 1
    last = clock.times is not None and runs >= clock.times
    new = state._replace(runs=runs, breached_at=state.breached_at or at, due_at=None)
    if last:
        new = new._replace(status="stopped", stopped_at=now, stopped_in=draft.stamp.seq)
    elif clock.repeats:  # counted from now: whoever was away for days does not make up for each time
        new = counted(draft, clock, new._replace(since=now, seq=draft.stamp.seq, warned_at=None, pauses=()))
    put(draft, clock.name, new)
    act(draft, clock.on_breach, f"clock {clock.name}, on running out")
    if last and clock.at_last:
        settle(draft)
        act(draft, clock.at_last, f"clock {clock.name}, on running out for the last time")
