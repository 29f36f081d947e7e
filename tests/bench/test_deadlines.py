"""The bench of deadlines asks both programs the same, and they answer the same."""

from __future__ import annotations

import builtins
from typing import Any

import pytest

from recovery.bench import deadlines
from recovery.bench.run import measure
from recovery.bench.subject import Ground
from recovery.core.calendars.arithmetic import next_open


def test_pandas_and_ours_find_the_same_deadlines_but_for_the_edge_at_closing() -> None:
    calendar = deadlines.desk()
    hours, walls = deadlines.pandas_hours(calendar)
    on_the_edge = 0
    for start, wall in zip(deadlines.starts(), walls, strict=True):
        ours = deadlines.SHORT.due(start, calendar)
        theirs = (wall + hours).tz_localize(calendar.zone).to_pydatetime()
        if ours != theirs:  # what runs out exactly at closing is due at closing; pandas says the next opening
            assert theirs == next_open(calendar, ours)
            on_the_edge += 1
    assert on_the_edge == 1


def test_every_line_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "SECONDS", 0.001)
    results, missing = measure([deadlines.DEADLINE, deadlines.DEADLINE_LONG], Ground(1, 1), lambda: None)
    assert missing == []
    assert [result.name for result in results] == ["deadline", "deadline-long", "deadline-long-cold"]


def test_without_pandas_its_line_is_missing_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *more: Any) -> Any:
        if name == "pandas":
            raise ImportError(name)
        return real(name, *more)

    monkeypatch.setattr(builtins, "__import__", without)
    results, missing = measure([deadlines.DEADLINE], Ground(1, 1), lambda: None)
    assert results == []
    assert missing[0].why == "pandas is not installed. `make setup` installs it."
