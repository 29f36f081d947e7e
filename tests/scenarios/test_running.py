"""What a story that was told says about the workflow: every expectation can hold, and can fail."""

from __future__ import annotations

import xml.etree.ElementTree as Xml
from pathlib import Path

import pytest

from recovery.core.errors import NotFound
from recovery.scenarios.comparing import WHAT
from recovery.scenarios.coverage import coverage
from recovery.scenarios.report import as_dict, coverages, junit
from recovery.scenarios.running import run_files, scenario_files
from recovery.scenarios.shape import ClockShape, ExpectShape
from tests.scenarios.telling import COMPLAINT, HEAD, WORKFLOWS, differences, told, written

GIVEN = (
    HEAD
    + "given: {facts: {trouble: came_broken, wish: A whole one., owner: kim, offer.kind: money_back, "
    + "offer.words: All of it.}}\n"
)


@pytest.mark.parametrize(
    ("expected", "difference"),
    [
        ("step: offer", ""),
        ("step: hear", "step: expected hear, but was offer, which needs offer.accepted = true"),
        ("open: true", ""),
        ("open: false", "open: expected false, but was true"),
        ("owner: kim", ""),
        ("owner: null", "owner: expected nothing, but was kim"),
        ("level: helper", ""),
        ("level: shopkeeper", "level: expected shopkeeper, but was helper"),
        ("severity: 1", ""),
        ("severity: 2", "severity: expected 2, but was 1"),
        ("cycle: 1", ""),
        ("cycle: 2", "cycle: expected 2, but was 1"),
        ("facts: {sorry.sent: true, stars: null}", ""),
        ("facts: {stars: 5}", "fact stars: expected 5, but was not on record"),
        ("facts: {trouble: null}", "fact trouble: expected not on record, but was came_broken"),
        ("sent: shop-sorry", ""),
        ("sent: []", "sent: expected nothing, but was shop-sorry"),
        ("sent: [shop-sorry, shop-sorry]", "sent: expected shop-sorry, shop-sorry, but was shop-sorry"),
        ("not_sent: shop-ask-back", ""),
        ("not_sent: [shop-sorry]", "not_sent: expected not shop-sorry, but was shop-sorry"),
        ("sent_to_owner: []", ""),
        ("sent_to_owner: shop-sorry", "sent_to_owner: expected shop-sorry, but was nothing"),
        ("sent_to_supervisor: []", ""),
        ("sent_to_supervisor: shop-sorry", "sent_to_supervisor: expected shop-sorry, but was nothing"),
        ("tasks: []", ""),
        ("tasks: undelivered", "tasks: expected undelivered, but was nothing"),
        ("asked: offer.accepted", ""),
        ("asked: [offer.accepted, owner]", "asked: expected offer.accepted, owner, but was offer.accepted"),
        ("not_asked: owner", ""),
        ("not_asked: offer.accepted", "not_asked: expected not offer.accepted, but was offer.accepted"),
        ("refused: no_text", "refused: expected no_text, but was accepted"),
    ],
)
def test_what_is_expected_is_compared(tmp_path: Path, expected: str, difference: str) -> None:
    found = differences(tmp_path, f"{COMPLAINT}  expect: {{{expected}}}", GIVEN)
    assert [line.split(" ", 1)[1] for line in found] == ([difference] if difference else [])


def test_every_expectation_is_compared_by_something() -> None:
    assert set(WHAT) == set(ExpectShape.model_fields) | set(ClockShape.model_fields)


WAITING = """
- at: Fri 2026-11-20 17:55
  complaint: The cup is cracked.
- at: Mon 2026-11-23 13:00
"""


@pytest.mark.parametrize(
    ("expected", "difference"),
    [
        ("breached: first-answer", ""),
        ("breached: []", "breached: expected nothing, but was first-answer"),
        ("clock first-answer: {due: Mon 2026-11-23 12:55}", ""),
        ("clock first-answer: {due: 2026-11-23T12:55Z}", ""),
        (
            "clock first-answer: {due: Mon 2026-11-23 12:54}",
            "due of clock first-answer: expected Mon 2026-11-23 12:54, but was Mon 2026-11-23 12:55 "
            "(breached, 4 business hours, from Fri 2026-11-20 17:55)",
        ),
        ("clock follow-up: {due: null, status: off, warned: false, runs: 0}", ""),
        (
            "clock follow-up: {due: Mon 2026-11-23 12:54}",
            "due of clock follow-up: expected Mon 2026-11-23 12:54, but was never (it never started)",
        ),
        ("clock first-answer: {status: breached, warned: true, runs: 1}", ""),
        (
            "clock first-answer: {status: running}",
            "status of clock first-answer: expected running, but was breached",
        ),
        (
            "clock first-answer: {warned: false}",
            "warned of clock first-answer: expected false, but was true",
        ),
        ("clock first-answer: {runs: 2}", "runs of clock first-answer: expected 2, but was 1"),
        ("sent_to_supervisor: answer-due, sent_to_owner: answer-due", ""),
    ],
)
def test_what_is_expected_of_clocks_is_compared(tmp_path: Path, expected: str, difference: str) -> None:
    head = HEAD.replace("online-shop", "ten-step")
    found = differences(tmp_path, f"{WAITING}  expect: {{{expected}}}", head)
    assert [line.split(" ", 1)[1] for line in found] == ([difference] if difference else [])


def test_a_difference_names_its_place_and_what_had_happened(tmp_path: Path) -> None:
    result = told(tmp_path, COMPLAINT + "  expect:\n    severity: 2\n    step: offer")
    assert [(one.line, one.column, one.what) for one in result.differences] == [
        (7, 17, "severity"),
        (8, 13, "step"),
    ]
    assert result.trace[0] == "Fri 2026-11-20 10:00  ComplaintReceived by customer"
    assert "  send shop-sorry to customer" in result.trace


def test_a_story_ends_at_the_first_moment_that_is_otherwise(tmp_path: Path) -> None:
    story = COMPLAINT + "  expect: {step: offer}\n- at: +1 hour\n  expect: {step: make_good}"
    assert len(differences(tmp_path, story)) == 1


def test_an_act_that_is_refused_fails_unless_that_was_expected(tmp_path: Path) -> None:
    act = COMPLAINT + "- at: +1 hour\n  record: {stars: 5}\n"
    (found,) = differences(tmp_path, act)
    assert found.startswith("7:5 record: expected accepted, but was refused as wrong_source: stars must come")
    assert differences(tmp_path, act + "  expect: {refused: wrong_source}") == []
    (found,) = differences(tmp_path, act + "  expect: {refused: no_facts}")
    assert "expected no_facts, but was wrong_source (stars must come" in found


def test_nothing_can_be_done_in_a_case_that_was_never_opened(tmp_path: Path) -> None:
    story = "- at: Fri 2026-11-20 10:00\n  note: x\n  expect: {refused: no_such_case}"
    assert differences(tmp_path, story) == []
    (found,) = differences(tmp_path, "- at: Fri 2026-11-20 10:00\n  expect: {step: hear}")
    assert found == "4:5 the case case: expected open, but was never opened"


def test_messages_count_from_one_expectation_to_the_next(tmp_path: Path) -> None:
    story = """
    - at: Fri 2026-11-20 10:00
      complaint: The cup is cracked.
    - at: +1 hour
      say: {text: A new one leaves today.}
    - at: +1 hour
      expect: {sent: [written, shop-sorry]}
    - at: +1 hour
      expect: {sent: []}
    """
    assert differences(tmp_path, story) == []


def test_a_message_that_waits_leaves_when_its_time_has_come(tmp_path: Path) -> None:
    story = """
    - at: Fri 2026-11-20 10:00
      complaint: The cup is cracked.
      expect: {sent: shop-sorry}
    - at: +1 hour
      say: {text: A new one leaves today., wait: 600}
      expect: {sent: []}
    - at: +9 minutes
      expect: {sent: []}
    - at: +1 minute
      expect: {sent: written}
    """
    assert differences(tmp_path, story) == []


def test_delivery_can_fail_and_stand_still(tmp_path: Path) -> None:
    story = """
    - at: Fri 2026-11-20 10:00
      delivery: stands still
      complaint: The cup is cracked.
      expect: {sent: [], tasks: []}
    - at: +3 days
      expect: {sent: []}
    - at: +1 hour
      delivery: works
      expect: {sent: shop-sorry}
    - at: +1 hour
      delivery: fails
      say: {text: A new one leaves today.}
      expect: {sent: [], tasks: undelivered}
    """
    assert differences(tmp_path, story) == []


def test_while_everything_stands_still_no_clock_runs_out(tmp_path: Path) -> None:
    story = """
    - at: Fri 2026-11-20 17:55
      complaint: The cup is cracked.
    - at: +1 minute
      delivery: stands still
    - at: Mon 2026-11-23 18:00
      expect: {breached: [], sent_to_supervisor: []}
    - at: +1 minute
      delivery: works
      expect: {breached: first-answer, sent_to_supervisor: answer-due}
    """
    assert differences(tmp_path, story, HEAD.replace("online-shop", "ten-step")) == []


def test_whoever_is_not_named_is_the_owner_or_somebody_of_the_lowest_level(tmp_path: Path) -> None:
    result = told(tmp_path, COMPLAINT + "- at: +1 hour\n  note: hm\n  expect: {step: offer}")
    assert result.trace[-2] == "Fri 2026-11-20 11:00  NoteAdded by helper"
    result = told(tmp_path, COMPLAINT + "- at: +1 hour\n  note: hm\n  expect: {step: hear}", GIVEN)
    assert result.trace[-2] == "Fri 2026-11-20 11:00  NoteAdded by helper:kim"


def test_given_facts_come_from_whoever_may_say_them(tmp_path: Path) -> None:
    head = GIVEN.replace("offer.words", "offer.accepted: true, sorry.sent: true, offer.words")
    story = COMPLAINT + "  expect: {step: make_good, facts: {offer.accepted: true, sorry.sent: true}}"
    assert differences(tmp_path, story, head) == []


def test_a_template_that_cannot_be_filled_is_refused(tmp_path: Path) -> None:
    head = HEAD.replace("online-shop", "ten-step")
    story = COMPLAINT + "- at: +1 hour\n  say: resolution\n  expect: {refused: not_filled}"
    assert differences(tmp_path, story, head) == []


def test_several_cases_have_names(tmp_path: Path) -> None:
    story = """
    - at: Fri 2026-11-20 10:00
      complaint: The cup is cracked.
    - at: Fri 2026-11-20 10:00
      case: second
      complaint: The plate too.
      expect: {sent: shop-sorry}
    - at: +1 hour
      case: second
      merge: case
      by: helper:kim
      expect: {step: merged}
    - at: +1 hour
      expect: {step: hear, sent: shop-sorry}
    """
    assert differences(tmp_path, story) == []


def test_many_run_in_several_processes_and_come_back_in_the_order_of_their_files(tmp_path: Path) -> None:
    for number in range(30):
        step = "offer" if number == 17 else "hear"
        written(
            tmp_path,
            f"{COMPLAINT}  expect: {{step: {step}}}",
            HEAD.replace("A story", f"Story {number}"),
            name=f"{number:02}.yaml",
        )
    results = run_files(WORKFLOWS, scenario_files(tmp_path, [tmp_path]), here=tmp_path, jobs=2)
    assert [result.name for result in results] == [f"Story {number}" for number in range(30)]
    assert [result.name for result in results if not result.ok] == ["Story 17"]
    chosen = run_files(WORKFLOWS, scenario_files(tmp_path, [tmp_path]), here=tmp_path, text="STORY 1")
    assert [result.name for result in chosen] == ["Story 1", *(f"Story {one}" for one in range(10, 20))]


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no .*nowhere"):
        scenario_files(tmp_path, [tmp_path / "nowhere"])


def test_a_scenario_is_about_the_project_it_stands_in(tmp_path: Path) -> None:
    outer = written(tmp_path, COMPLAINT)
    inner = tmp_path / "inner"
    for name in ("config", "workflows", "scenarios"):
        (inner / name).mkdir(parents=True)
    (inner / "config" / "recovery.yaml").write_text("workflow: small\n", encoding="utf-8")
    (inner / "workflows" / "small.yaml").write_text(
        "workflow: small\ntitle: Small\nfacts: {done: {type: boolean}}\n"
        "steps: {mend: {title: Mend, needs: {done: true}}}\n",
        encoding="utf-8",
    )
    own = written(inner / "scenarios", COMPLAINT, "scenario: Its own\n")
    files = scenario_files(tmp_path, [tmp_path])
    assert files == [own, outer]
    results = run_files(WORKFLOWS, files, here=tmp_path)
    assert [(one.workflow, one.ok) for one in results] == [("small", True), ("online-shop", True)]


def test_coverage_counts_what_stories_came_to(tmp_path: Path) -> None:
    result = told(tmp_path, COMPLAINT + "- at: +1 hour\n  do: let_it_go\n  by: customer")
    (found,) = [one for one in coverages(WORKFLOWS, [result]) if one.scenarios]
    assert found.workflow == "online-shop"
    assert "hear" not in found.untouched["steps"]
    assert "let_go" not in found.untouched["steps"]
    assert "offer" in found.untouched["steps"]
    assert "let_it_go" not in found.untouched["transitions"]
    assert [name for name in found.untouched["transitions"] if name.startswith("once_more")]
    assert found.untouched["messages"] == ["shop-ask-back"]
    assert any("stars <= 2" in name for name in found.untouched["rules"])
    assert found.parts - found.touched == sum(map(len, found.untouched.values()))


def test_of_two_transitions_with_one_name_the_one_that_was_made_counts(tmp_path: Path) -> None:
    head = GIVEN.replace(
        "offer.words", "offer.accepted: true, done.at: 2026-11-19T11:00:00Z, stars: 5, offer.words"
    )
    story = COMPLAINT + "  expect: {step: happy_again}\n- at: +1 day\n  do: once_more\n  by: customer"
    result = told(tmp_path, story, head)
    assert result.ok, result
    untouched = coverage(WORKFLOWS.find("online-shop").workflow, [result.touched]).untouched
    lines = [name for name in untouched["transitions"] if name.startswith("once_more")]
    assert len(lines) == 2


def test_results_are_data_and_junit(tmp_path: Path) -> None:
    good = written(tmp_path, COMPLAINT, HEAD.replace("A story", "Good & <true>"), name="1.yaml")
    bad = written(tmp_path, COMPLAINT + "  expect: {step: offer}", name="2.yaml")
    unreadable = written(tmp_path, "- at: soon", name="3.yaml")
    results = run_files(WORKFLOWS, [good, bad, unreadable], here=tmp_path)
    data = as_dict(results)
    assert (data["passed"], data["failed"]) == (1, 2)
    assert [one["ok"] for one in data["scenarios"]] == [True, False, False]
    suite = Xml.fromstring(junit(results))
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "1")
    assert [case.get("name") for case in suite] == ["Good & <true>", "A story", "A story"]
    assert "2.yaml:6:20: step: expected offer" in (suite[1].findtext("failure") or "")
    assert "3.yaml:4:9: `soon` is no moment." in (suite[2].findtext("error") or "")
