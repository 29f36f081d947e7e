"""What is wrong in a scenario file is found with its place before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from recovery.play.script import LINES
from recovery.scenarios.running import run_files
from recovery.scenarios.shape import ACTS, MomentShape
from tests.scenarios.telling import COMPLAINT, HEAD, WORKFLOWS, findings, told


def test_a_good_file_has_no_findings(tmp_path: Path) -> None:
    assert findings(tmp_path, COMPLAINT) == []


@pytest.mark.parametrize(
    ("story", "found"),
    [
        ("- at: Fri 2026-11-20 10:00\n  complain: x", "5:5 unknown_key: `complain` is not a key"),
        ("- complaint: x", "4:5 missing_key: `0` has no `at`"),
        ("- at: Thu 2026-11-20 10:00", "4:9 wrong_moment: 2026-11-20 is not a Thu. It is a Fri."),
        ("- at: +1 day", "4:9 wrong_moment: `+1 day` follows no moment."),
        (COMPLAINT + "- at: Fri 2026-11-20 09:59", "6:9 wrong_moment: `Fri 2026-11-20 09:59` comes before"),
        (
            COMPLAINT + "- at: +1 hour\n  note: a\n  merge: b",
            "8:5 two_acts: Two things happen at once: note and",
        ),
        (
            COMPLAINT + "- at: +1 hour\n  message: hm\n  from: customer",
            "8:5 unknown_key: `from` says who facts",
        ),
        (COMPLAINT + "- at: +1 hour\n  do:", "7:5 wrong_type: do wants a text."),
        (COMPLAINT + "- at: +1 hour\n  record: x", "7:13 wrong_type: record wants a mapping."),
        (COMPLAINT + "- at: +1 hour\n  accept: li", "7:13 wrong_type: accept wants no value."),
        (COMPLAINT + "- at: +1 hour\n  say: {subject: x}", "7:10 missing_key: There is nothing to say."),
        (COMPLAINT + "- at: +1 hour\n  force: {to: offer}", "7:12 wrong_value: force needs reason: a text."),
        (
            COMPLAINT + "- at: +1 hour\n  do: {transiton: x}",
            "7:10 unknown_key: `transiton` is not a field of do. Did you mean transition?",
        ),
        (
            COMPLAINT + "- at: +1 hour\n  say: {text: x, wait: long}",
            "7:26 wrong_value: wait of say is 'long', not a whole number of seconds.",
        ),
        (
            COMPLAINT + "- at: +1 hour\n  by: engine\n  note: x",
            "7:9 wrong_value: by is 'engine'; that is the program itself.",
        ),
        (COMPLAINT + "  delivery: never", "6:15 wrong_value: `never` is not accepted here."),
        (
            COMPLAINT + "  expect: {stp: hear}",
            "6:14 unknown_key: `stp` is nothing that can be expected. Did you",
        ),
        (COMPLAINT + "  expect: {step: hera}", "6:20 unknown_step: `hera` is not a step or an end"),
        (COMPLAINT + "  expect: {level: boss}", "6:21 unknown_role: `boss` is not a level of escalation"),
        (COMPLAINT + "  expect: {sent: [shop-sory]}", "6:21 unknown_template: `shop-sory` is not a message"),
        (
            COMPLAINT + "  expect: {not_sent: shop-sory}",
            "6:24 unknown_template: `shop-sory` is not a message",
        ),
        (COMPLAINT + "  expect: {asked: truble}", "6:21 unknown_fact: `truble` is not a fact of workflow"),
        (
            COMPLAINT + "  expect: {facts: {truble: x}}",
            "6:22 unknown_fact: `truble` is not a fact of workflow",
        ),
        (
            COMPLAINT + "  expect: {facts: {stars: 7}}",
            "6:29 wrong_value: stars: 7 is not within from 1",
        ),
        (
            COMPLAINT + "  expect: {clock slience: {due: null}}",
            "6:14 unknown_clock: `slience` is not a clock",
        ),
        (COMPLAINT + "  expect: {breached: [slience]}", "6:25 unknown_clock: `slience` is not a clock of"),
        (COMPLAINT + "  expect: {severity: high}", "6:24 wrong_type: `high` is not a whole number."),
        (COMPLAINT + "  expect: {open: yes}", "6:20 wrong_type: `yes` is not true or false. `yes` is a text"),
        (COMPLAINT + "  expect: {tasks: [fax]}", "6:22 wrong_value: `fax` is not accepted here."),
    ],
)
def test_a_slip_is_found_with_line_and_column(tmp_path: Path, story: str, found: str) -> None:
    (first, *rest) = findings(tmp_path, story)
    assert first.startswith(found)
    assert rest == []


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (
            "scenario: A\nworkflow: online-shap\n",
            "2:11 unknown_workflow: There is no workflow online-shap. Did you",
        ),
        (HEAD + "given: {zone: London}\n", "3:15 unknown_zone: `London` is not a time zone."),
        (HEAD + "given: {calendar: suport}\n", "3:19 unknown_calendar: There is no calendar suport. Did you"),
        (HEAD + "given: {facts: {truble: x}}\n", "3:17 unknown_fact: `truble` is not a fact of workflow"),
        (
            HEAD + "given: {sevrity: 1}\n",
            "3:9 unknown_key: `sevrity` is not a key that is known here. Did you",
        ),
        ("workflow: online-shop\n", "1:1 missing_key: The file has no `scenario`."),
        (HEAD + "rule: [a]\n", "3:7 wrong_type: a list is not a text."),
    ],
)
def test_a_slip_in_the_head_is_found_too(tmp_path: Path, head: str, found: str) -> None:
    (first, *_) = findings(tmp_path, COMPLAINT, head)
    assert first.startswith(found)


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    story = COMPLAINT + "  expect: {step: hera, sent: x, stars: 1, owner: [a]}\n- at: soon\n- note: x\n"
    assert sorted(line.split(" ")[1] for line in findings(tmp_path, story)) == [
        "missing_key:",
        "unknown_key:",
        "unknown_step:",
        "unknown_template:",
        "wrong_moment:",
        "wrong_type:",
    ]


@pytest.mark.parametrize("text", ["", "story:", "- a\n- b", "a: [", "\0", "scenario: x\nstory: []\n"])
def test_a_file_that_is_no_scenario_fails_with_its_place(tmp_path: Path, text: str) -> None:
    file = tmp_path / "story.yaml"
    file.write_text(text)
    (result,) = run_files(WORKFLOWS, [file], here=tmp_path)
    assert not result.ok
    assert result.findings[0].file == "story.yaml"


def test_a_file_is_called_by_its_scenario_even_when_something_is_wrong(tmp_path: Path) -> None:
    result = told(tmp_path, "- at: soon")
    assert (result.name, result.line, result.ok) == ("A story", 1, False)


def test_an_act_of_a_play_is_an_act_of_a_story() -> None:
    assert set(ACTS) == set(LINES) - {"tick"}
    assert set(ACTS) <= set(MomentShape.model_fields)
