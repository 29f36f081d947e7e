"""Small worlds, and what a case surely knows: the reasoning behind the checks of the whole."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.core.facts import FactType
from recovery.workflow.bundle import collect, load
from recovery.workflow.domains import describe, worlds
from recovery.workflow.expressions import read_guard
from recovery.workflow.knowledge import implied, surely_known
from tests.workflow.small import WORKFLOW, changed, findings_of, write
from tests.workflow.test_guards import FACTS, WORDS
from tests.yardstick import slowness


def guard(text: str) -> Any:
    found, problems = read_guard(text, WORDS)
    assert problems == []
    return found


def answers(text: str) -> set[bool | None]:
    tried = worlds([guard(text)], FACTS, WORDS.case)
    assert tried is not None
    return {guard(text).evaluate(world) for world in tried}


@pytest.mark.parametrize(
    "text",
    [
        "mark == 3",
        "mark > 2 and mark < 4",
        "weight > 1.5 and weight < 2",
        'kind == "late"',
        'words == "a"',
        'words != "a"',
        'day > "2026-11-22" and day < "2026-11-24"',
        'day < "2026-11-22"',
        "day < until",
        "mark == left",
        '"a" in notes',
        '"a" in notes and "b" in notes',
        '"a" not in notes',
        "words in notes",
        'kind in ["late"]',
        "happy",
        "not happy",
        'case.step == "mend"',
        "case.failures > 3",
        'case.channel == "mail"',
    ],
)
def test_a_condition_on_facts_can_be_true_false_and_on_facts_alone_unknown(text: str) -> None:
    assert answers(text) - {None} == {True, False}
    assert (None in answers(text)) is ("case." not in text)


@pytest.mark.parametrize(
    "text",
    [
        "mark < 2 and mark > 4",
        'kind == "late" and kind == "broken"',
        "happy and not happy",
        "mark > 4 and mark < 5",
    ],
)
def test_a_contradiction_is_never_true(text: str) -> None:
    assert True not in answers(text)


@given(
    st.integers(1, 5),
    st.integers(1, 5),
    st.integers(1, 5),
    st.sampled_from(["<", "<=", "==", "!=", ">", ">="]),
)
def test_a_few_numbers_stand_for_all(value: int, one: int, two: int, sign: str) -> None:
    """What is true for some number at all is true in one of the worlds."""
    text = f"(mark {sign} {one} or mark == {two}) and mark != {three}" if (three := one % 5 + 1) else ""
    found, _ = read_guard(text, WORDS)
    if found is not None:
        kinds = {"mark": FactType("mark", "integer", minimum=1, maximum=5)}
        tried = worlds([found], kinds, {}) or []
        some = any(found.evaluate(_only("mark", number)) for number in range(1, 6))
        assert any(found.evaluate(world) for world in tried) is some


def _only(name: str, value: Any) -> Any:
    from types import SimpleNamespace

    return SimpleNamespace(facts={name: value})


def test_where_there_are_too_many_worlds_nothing_is_claimed() -> None:
    many = (
        " and ".join(f"{name} is known" for name in FACTS)
        + " and "
        + " and ".join(f"mark {sign} {number}" for number in (2, 3, 4) for sign in ("==", "!="))
    )
    assert worlds([guard(many)], FACTS, WORDS.case, at_most=100) is None


def test_a_world_is_described_by_what_is_known_in_it() -> None:
    (world, *_) = worlds([guard('kind == "late"'), guard("case.severity > 1")], FACTS, WORDS.case) or ()
    assert describe(world) == 'kind is "late" and case.severity is 1'


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("mark > 2", {"mark"}),
        ("happy", {"happy"}),
        ("not happy", {"happy"}),
        ("not (mark > 2)", {"mark"}),
        ("not (mark > 2 and happy)", set()),
        ("mark is known", {"mark"}),
        ("mark is unknown", set()),
        ("mark > 2 and day is known", {"mark", "day"}),
        ("mark > 2 or happy", set()),
        ("mark > 2 and happy or mark < 2", {"mark"}),
        ("case.severity > 1", set()),
        ("day < until", {"day", "until"}),
    ],
)
def test_a_true_condition_tells_which_facts_are_known(text: str, facts: set[str]) -> None:
    assert implied(guard(text)) == facts


def known(root: Path, text: str) -> dict[str, frozenset[str]]:
    bundle, findings = collect(root, write(root, text))
    assert bundle is not None, list(map(str, findings))
    return surely_known(load(bundle))


def test_a_step_knows_what_the_steps_before_it_need(tmp_path: Path) -> None:
    found = known(tmp_path, WORKFLOW)
    assert found["hear"] == {"problem.statement"}
    assert found["mend"] == {"problem.statement", "kind", "sorry"}
    assert found["closed"] == {"problem.statement", "kind", "sorry", "owner", "happy"}
    assert found["withdrawn"] == {"problem.statement"}


def test_what_one_way_leaves_unknown_is_not_surely_known(tmp_path: Path) -> None:
    skip = "  skip: {from: withdrawn, to: mend, by: agent, needs: {kind: }}\n"
    assert known(tmp_path, WORKFLOW + skip)["mend"] == {"problem.statement", "kind"}


def test_what_a_way_back_forgets_is_not_surely_known(tmp_path: Path) -> None:
    back = changed("        go: hear\n", "        go: mend\n        forget: [kind, happy]\n")
    assert known(tmp_path, back)["mend"] == {"problem.statement", "sorry"}


def test_rules_on_entering_and_with_transitions_lead_on_too(tmp_path: Path) -> None:
    text = (
        changed(
            "    title: Mend\n",
            "    title: Mend\n    on_enter:\n      - if: price is known\n        go: closed\n",
        )
        + "  part: {from: hear, to: same, by: agent, then: [{record: {weight: '1'}}, {go: mend}]}\n"
    )
    found = known(tmp_path, text)
    assert found["mend"] == {"problem.statement"}
    assert found["closed"] == {"problem.statement"}


def test_a_step_that_always_sends_on_is_left_no_other_way(tmp_path: Path) -> None:
    text = changed("    title: Mend\n", "    title: Mend\n    on_enter:\n      - go: withdrawn\n")
    codes = [finding.code for finding in findings_of(tmp_path, text)]
    assert codes == []
    assert "stop" in text


def test_a_file_of_many_long_conditions_is_checked_in_time(tmp_path: Path) -> None:
    facts = "".join(f"  f{n:03}: {{type: integer}}\n" for n in range(400))
    rows = "".join(
        f"  s{n}: {{title: a, on_leave: ["
        + ", ".join(
            '{if: "'
            + " and ".join(f"f{(n * 7 + j * 3 + k) % 450:03} > {k}" for k in range(5))
            + '", escalate: 1}'
            for j in range(5)
        )
        + "]}\n"
        for n in range(150)
    )
    slower, began = slowness(), time.process_time()
    found = findings_of(tmp_path, f"workflow: small\ntitle: a\nfacts:\n{facts}steps:\n{rows}")
    assert time.process_time() - began < 3 * slower
    assert {finding.code for finding in found} == {"unknown_fact"}
