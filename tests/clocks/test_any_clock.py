"""Properties of any clock in any case, and of pauses against a count on an hourly calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recovery.core import events as ev
from recovery.core.calendars.calendar import Calendar, Window
from recovery.core.clocks.due import Pause, due
from recovery.core.clocks.state import ClockState
from recovery.core.decision import Decision
from recovery.core.empowerment.state import next_of_compensations
from recovery.core.instants import to_text
from recovery.core.spec import Workflow
from recovery.core.stories.state import next_untold
from recovery.workflow.spans import read_span
from tests.core.builders import Story
from tests.core.random_workflows import examples, workflows
from tests.core.strategies import COMPLAINTS, SENSIBLE, Planned

pytestmark = pytest.mark.slow
SLOW_TO_BUILD = [HealthCheck.too_slow, HealthCheck.data_too_large]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

CHANGES = st.sampled_from([{"ok": True}, {"ok": False}, {"kind": "x"}, {"kind": "y"}, {"rating": 4}]).map(
    lambda facts: Planned(ev.FactsRecorded, {"facts": facts, "source": "agent"})
)
PASSING = st.one_of(CHANGES, CHANGES, st.just(Planned(ev.TimerFired, {})), SENSIBLE)


@settings(
    max_examples=examples(150), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(workflows(), COMPLAINTS, st.lists(st.tuples(PASSING, st.integers(0, 60)), min_size=4, max_size=14))
def test_clocks_are_due_when_the_first_of_them_is_and_fire_neither_early_nor_twice(
    flow: Workflow, complaint: dict[str, Any], stream: list[tuple[Planned, int]]
) -> None:
    """`Story` checks besides that the log, also from JSON, folds to the case, clocks and all."""
    story = Story(flow)
    first = ev.ComplaintReceived(**{"by": "customer", "occurred_at": story.now, **complaint})
    if not isinstance(story.handle(first), Decision):
        return
    fired: set[tuple[str, int, str]] = set()
    for plan, hours in stream:
        story.now += hours * HOUR
        before, now = story.case, story.now
        event = plan.event(story)
        now = story.now
        answer = story.handle(event)
        if not isinstance(answer, Decision):
            continue
        _due_is_the_least(story)
        _fired_in_time_and_once(before.clocks, answer, to_text(now), fired)
        if isinstance(event, ev.TimerFired):
            left = story.case.due_at
            assert left is None or left > min(to_text(event.due_at), to_text(now))


def _due_is_the_least(story: Story) -> None:
    case = story.case
    running = [state for state in case.clocks.values() if state.status == "running"]
    moments = [at for state in running for at in (state.warn_at or state.due_at,) if at is not None]
    others = (next_of_compensations(case.compensations), next_untold(case.untold))  # due without a clock
    moments += [at for at in others if at is not None]
    assert case.due_at == (min(moments, default=None) if case.quarantine is None else None)
    for state in case.clocks.values():
        assert all(end is not None for _, end in state.pauses[:-1])
        assert all(start <= (end or start) for start, end in state.pauses)
        if state.status == "paused":
            assert state.pauses[-1][1] is None
            assert state.due_at is None
        if state.status == "running" and state.pauses:
            assert state.pauses[-1][1] is not None
        if state.warn_at is not None and state.due_at is not None:
            assert state.warn_at < state.due_at
    if case.mode == "history":
        assert case.clocks == {}


def _fired_in_time_and_once(
    clocks: dict[str, ClockState], decision: Decision, now: str, fired: set[tuple[str, int, str]]
) -> None:
    """Follow each clock through the changes of one event."""
    states = dict(clocks)
    for change in decision.changes:
        if change[0] != "clock":
            continue
        name, new = change[1], ClockState.of(change[2])
        old = states.get(name)
        if old is not None and new.runs > old.runs:
            assert old.status == "running"
            assert old.due_at is not None
            assert old.due_at <= now
            assert isinstance(decision.event, ev.TimerFired)
            key = (name, old.seq, old.due_at)
            assert key not in fired, "it ran out twice for the same deadline"
            fired.add(key)
        states[name] = new


# --- pauses -------------------------------------------------------------------------------------------------

START = datetime(2026, 11, 20, 0, 0, tzinfo=UTC)
WINDOWS = st.sampled_from([(), ((9, 17),), ((9, 12), (13, 17)), ((0, 24),), ((20, 24),)])


@st.composite
def paused(draw: st.DrawFn) -> tuple[Calendar, datetime, list[Pause]]:
    """A calendar of whole hours in UTC, a start, and pauses of whole hours after it."""
    week = [draw(WINDOWS) for _ in range(7)]
    week[draw(st.integers(0, 6))] = ((9, 17),)
    calendar = Calendar("hourly", "UTC", tuple(tuple(Window(a * 60, b * 60) for a, b in day) for day in week))
    start = START + draw(st.integers(0, 200)) * HOUR
    pauses, at = [], start
    for _ in range(draw(st.integers(0, 4))):
        begin = at + draw(st.integers(0, 40)) * HOUR
        at = begin + draw(st.integers(0, 90)) * HOUR
        pauses.append(Pause(begin, at))
    return calendar, start, pauses


@settings(max_examples=examples(200))
@given(paused(), st.integers(1, 40), st.booleans())
def test_hours_in_a_pause_never_count(
    case: tuple[Calendar, datetime, list[Pause]], amount: int, business: bool
) -> None:
    calendar, start, pauses = case
    at, left = start, amount
    while left:
        counts = not business or (calendar.windows(at.date()) and _is_open(calendar, at))
        left -= bool(counts) and not any(begin <= at < end for begin, end in pauses if end)
        at += HOUR
    span = read_span(f"{amount} {'business ' if business else ''}hours")
    assert due(span, start, calendar, pauses) == at


def _is_open(calendar: Calendar, at: datetime) -> bool:
    return any(opens <= at.hour * 60 < closes for opens, closes in calendar.windows(at.date()))


@settings(max_examples=examples(200))
@given(paused(), st.integers(1, 12), st.booleans())
def test_days_that_a_pause_covers_never_count_and_none_ends_a_span_within_a_pause(
    case: tuple[Calendar, datetime, list[Pause]], amount: int, business: bool
) -> None:
    calendar, start, pauses = case
    pauses = [pause for pause in pauses if pause.end is not None and pause.start < pause.end]
    day, left = start.date(), amount
    while True:
        day += DAY
        opens, closes = _day(calendar, day, business)
        if opens == closes or any(begin <= opens and closes <= (end or begin) for begin, end in pauses):
            continue
        left -= 1
        if left <= 0 and not any(begin < closes <= (end or begin) for begin, end in pauses):
            break
    span = read_span(f"{amount} {'business ' if business else ''}days")
    assert due(span, start, calendar, pauses) == closes


def _day(calendar: Calendar, day: date, business: bool) -> tuple[datetime, datetime]:
    """From when to when a day counts; nothing where it does not."""
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if not business:
        return begin, begin + DAY
    windows = calendar.windows(day)
    if not windows:
        return begin, begin
    return begin + windows[0].opens * timedelta(minutes=1), begin + windows[-1].closes * timedelta(minutes=1)
