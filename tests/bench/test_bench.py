"""The bench compares like with like; how fast is for `make bench` to say, never for a test."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from recovery.bench.reference import VARIABLE
from recovery.bench.report import as_table, keep, said
from recovery.bench.run import Missing, Result, compare, measure, rounds
from recovery.bench.stepping import STEP_POSTGRES, STEP_SQLITE
from recovery.bench.subject import Ground, Line, Programs, Subject
from recovery.bench.subjects import SUBJECTS, chosen, lines
from recovery.core.errors import EnvironmentFault, NotFound

STEP = Line("steps/s", {"raw": "≥ 0.4"})
RESULT = Result("step", 60, 120, "raw", 0.5, "steps/s")


@contextmanager
def _even(_: Ground) -> Iterator[Mapping[str, Programs]]:
    yield {"step": {"ours": lambda: 60.0, "raw": lambda: 120.0}}


def _broken(_: Ground) -> AbstractContextManager[Mapping[str, Programs]]:
    raise EnvironmentFault("The server is down.", hint="Start it.")


def test_programs_run_in_turn_and_medians_are_compared() -> None:
    order: list[str] = []

    def rate(who: str, figures: list[float]) -> float:
        order.append(who)
        return figures[order.count(who) - 1]

    rates = {"ours": lambda: rate("ours", [1, 90, 60]), "raw": lambda: rate("raw", [120, 7, 900])}
    made: list[int] = []
    results = compare("step", STEP, rates, 3, lambda: made.append(1))
    assert order == ["ours", "raw"] * 3
    assert len(made) == 3
    assert results == [RESULT]


def test_what_cannot_be_measured_is_named_and_the_rest_is_measured() -> None:
    subjects = [Subject("there", {"step": STEP}, _even), Subject("gone", {"a": STEP, "b": STEP}, _broken)]
    made: list[int] = []
    results, missing = measure(subjects, Ground(100, 2), lambda: made.append(1))
    assert results == [RESULT]
    assert missing == [Missing(("a", "b"), "The server is down. Start it.")]
    assert said(missing) == "Missing: a, b. The server is down. Start it."
    assert len(made) == rounds(subjects, 2)


def test_a_line_that_fails_is_named_and_the_others_of_its_subject_are_measured() -> None:
    def fails() -> float:
        raise EnvironmentFault("The database is locked.")

    @contextmanager
    def programs(_: Ground) -> Iterator[Mapping[str, Programs]]:
        yield {"bad": {"ours": fails, "raw": fails}, "step": {"ours": lambda: 60.0, "raw": lambda: 120.0}}

    results, missing = measure([Subject("both", {"bad": STEP, "step": STEP}, programs)], Ground(1, 2), print)
    assert results == [RESULT]
    assert missing == [Missing(("bad",), "The database is locked.")]


def test_without_a_server_the_lines_for_postgresql_are_missing() -> None:
    results, missing = measure([STEP_POSTGRES], Ground(100, 1), lambda: None)
    assert results == []
    assert missing[0].lines == ("step-postgres-single", "step-postgres-batch")
    assert "--postgres" in missing[0].why


def test_without_the_reference_programs_it_says_where_it_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "gone.py"))
    _, missing = measure([STEP_SQLITE], Ground(100, 1), lambda: None)
    assert "gone.py" in missing[0].why


def test_results_are_a_list_for_programs_and_a_table_for_people(tmp_path: Path) -> None:
    keep([RESULT], {"step": STEP}, tmp_path / "benchmarks")
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
    row = "| step | 60.0 | raw 120 | 0.50 | ≥ 0.4 | steps/s |"
    assert row in as_table([RESULT], {"step": STEP})
    assert row in (tmp_path / "benchmarks" / "latest.md").read_text(encoding="utf-8")


def test_lines_that_were_not_measured_this_time_stay_and_old_ones_go(tmp_path: Path) -> None:
    first, second, gone = (Result(name, 1, 1, "raw", 1, "µs") for name in ("first", "second", "gone"))
    every = {name: Line("µs", {"raw": ""}) for name in ("first", "second", "gone")}
    keep([second, gone], every, tmp_path)
    del every["gone"]
    keep([first], every, tmp_path)
    found = json.loads((tmp_path / "latest.json").read_text())
    assert [one["name"] for one in found] == ["first", "second"]


def test_subjects_are_chosen_by_name_and_those_that_take_long_only_so() -> None:
    assert [subject.name for subject in chosen(["scale", "decide"])] == ["decide", "scale"]
    assert "scale" not in [subject.name for subject in chosen([])]
    with pytest.raises(NotFound, match="imprt-sqlite") as raised:
        chosen(["imprt-sqlite"])
    assert "import-sqlite" in raised.value.hint


def test_every_line_has_a_name_of_its_own() -> None:
    assert len(lines()) == sum(len(subject.lines) for subject in SUBJECTS)
