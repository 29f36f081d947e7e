"""The bench compares like with like; how fast is for `make bench` to say, never for a test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recovery.bench.run import REFERENCE_VARIABLE, Result, as_table, compare, run_all, write
from recovery.bench.steps import sqlite_engine, steps_per_second
from recovery.core.errors import NotFound


def test_every_step_is_a_whole_case_step_with_its_message_chain_and_key() -> None:
    with sqlite_engine("NORMAL") as engine:
        assert steps_per_second(engine, 7, 3) > 0
        logs = [engine.store.log(engine.tenant, case) for case in range(1, 8)]
        assert [[record.kind for record in log] for log in logs] == [
            ["ComplaintReceived", "FactsRecorded"]
        ] * 7
        assert all(log[-1].effects for log in logs)


def test_programs_run_in_turn_and_medians_are_compared() -> None:
    order: list[str] = []

    def rate(who: str, figures: list[float]) -> float:
        order.append(who)
        return figures[order.count(who) - 1]

    rates = {"ours": lambda: rate("ours", [1, 90, 60]), "raw": lambda: rate("raw", [120, 7, 900])}
    made: list[int] = []
    results = compare("step", rates, 3, lambda: made.append(1))
    assert order == ["ours", "raw"] * 3
    assert len(made) == 6
    assert results == [Result("step", 60, 120, "raw", 0.5, "steps/s")]


def test_results_are_a_list_for_programs_and_a_table_for_people(tmp_path: Path) -> None:
    results = [Result("step", 60, 120, "raw", 0.5, "steps/s")]
    write(results, tmp_path / "benchmarks" / "latest.json")
    assert json.loads((tmp_path / "benchmarks" / "latest.json").read_text()) == [
        {
            "name": "step",
            "ours": 60,
            "reference": 120,
            "reference_name": "raw",
            "ratio": 0.5,
            "unit": "steps/s",
        }
    ]
    assert "| step | 60 | raw 120 | 0.50 | steps/s |" in as_table(results)


def test_without_the_reference_programs_it_says_where_it_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(REFERENCE_VARIABLE, str(tmp_path / "gone.py"))
    with pytest.raises(NotFound, match=r"gone\.py"):
        run_all(steps=100, runs=1, progress=lambda _: None)
