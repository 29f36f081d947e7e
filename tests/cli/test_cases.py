"""`open`, `list`, `show`, `record`, `do`, `explain`: work on cases from a terminal and from a program."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Said

Cli = Callable[..., Said]

pytestmark = pytest.mark.usefixtures("home")


def opened(cli: Cli, *more: str) -> Any:
    said = cli("open", "My order never came.", "--from", "ana@example.org", *more, "--json")
    assert said.code == 0, said
    return said.data


def show(cli: Cli, case: object = 1) -> Any:
    return cli("show", case, "--json").data


# --- JSON that programs rely on -----------------------------------------------------------------------------


def test_opening_a_case_answers_with_where_it_stands(cli: Cli) -> None:
    answer = opened(cli)
    clocks = [line for line in answer["why"] if line.startswith("clock ")]
    assert [line.split()[1] for line in clocks] == ["first-answer", "resolution", "silence"]
    answer["why"] = [line for line in answer["why"] if line not in clocks]
    assert answer == {
        "case": 1,
        "seq": 1,
        "step": "identify",
        "effects": ["1.0"],
        "why": ["a complaint opens the case in identify", "send acknowledgement to customer"],
        "instead": "",
        "repeated": False,
    }


def test_a_case_is_opened_once_for_an_external_id(cli: Cli) -> None:
    first = opened(cli, "--external-id", "web-17")
    again = opened(cli, "--external-id", "web-17")
    assert (again["case"], again["repeated"]) == (first["case"], True)
    said = cli("open", "Again.", "--external-id", "web-17")
    assert "Nothing was done now." in said.out


def test_a_key_makes_a_retry_safe(cli: Cli) -> None:
    assert opened(cli, "--key", "k-1")["case"] == opened(cli, "--key", "k-1")["case"] == 1
    said = cli("open", "Something else.", "--key", "k-1", "--json")
    assert (said.code, said.data["code"]) == (3, "key_reused")


def test_a_list_of_cases_has_a_row_for_each_the_newest_first(cli: Cli) -> None:
    opened(cli, "--external-id", "web-17", "--subject", "Order 17", "--language", "zh", "--severity", "2")
    opened(cli)
    data = cli("list", "--json").data
    assert [row["case"] for row in data["cases"]] == [2, 1]
    assert data["next"] is None
    row = data["cases"][1]
    assert (row["external_id"], row["workflow"], row["severity"]) == ("web-17", "ten-step", 2)
    assert (row["state"], row["step"], row["owner"]) == ("open", "identify", None)
    assert set(row) == {
        *("case external_id workflow version mode state step owner offered_to level severity".split()),
        *("cycle channel language subject received_at opened_at updated_at closed_at events".split()),
    }


def test_a_list_goes_on_below_the_last_case(cli: Cli) -> None:
    for _ in range(3):
        opened(cli)
    first = cli("list", "--limit", 2, "--json").data
    assert ([row["case"] for row in first["cases"]], first["next"]) == ([3, 2], 2)
    rest = cli("list", "--limit", 2, "--before", 2, "--json").data
    assert ([row["case"] for row in rest["cases"]], rest["next"]) == ([1], None)


@pytest.mark.parametrize(
    ("filters", "cases"),
    [
        (["--owner", "li"], [2]),
        (["--step", "withdrawn"], [1]),
        (["--state", "open"], [2]),
        (["--state", "ended"], [1]),
        (["--workflow", "online-shop"], []),
    ],
)
def test_a_list_can_be_narrowed(cli: Cli, filters: list[str], cases: list[int]) -> None:
    opened(cli)
    opened(cli)
    cli("do", 1, "withdraw", "--by", "customer")
    cli("record", 2, "owner=li", "--by", "agent:li")
    assert [row["case"] for row in cli("list", *filters, "--json").data["cases"]] == cases


def test_a_case_is_shown_with_its_facts_messages_and_log(cli: Cli) -> None:
    opened(cli, "--name", "Ana", "--fact", "origin.place=Leeds")
    cli("record", 1, "problem.confirmed=true", "--source", "customer", "--by", "agent:li")
    data = show(cli)
    assert data["customer"] == {"address": "ana@example.org", "name": "Ana"}
    fact = data["facts"]["problem.confirmed"]
    assert (fact["value"], fact["source"], fact["by"], fact["seq"]) == (True, "customer", "agent:li", 2)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", fact["occurred_at"])
    assert fact["occurred_at"] <= fact["recorded_at"]
    (message,) = data["messages"]
    assert (message["effect"], message["template"], message["status"]) == ("1.0", "acknowledgement", "due")
    assert [(row["seq"], row["event"], row["by"]) for row in data["log"]] == [
        (1, "ComplaintReceived", "customer"),
        (2, "FactsRecorded", "agent:li"),
    ]
    assert data["log"][0]["data"]["text"] == "My order never came."
    assert data["log"][0]["effects"] == ["1.0"]
    assert (data["merged_into"], data["absorbed"], data["quarantine"]) == (None, [], None)


def test_a_case_can_be_named_by_its_external_id(cli: Cli) -> None:
    opened(cli, "--external-id", "web-17")
    assert show(cli, "web-17")["case"] == 1


def test_an_external_id_that_is_a_number_wins_over_the_number(cli: Cli) -> None:
    opened(cli, "--external-id", "2")
    opened(cli)
    assert show(cli, "2")["case"] == 1
    assert show(cli, "1")["case"] == 1


def test_deadlines_are_explained_in_plain_words(cli: Cli) -> None:
    opened(cli)
    told = cli("explain", 1).out
    assert re.search(
        r"first-answer “First answer” runs from \w{3} [\d-]+ [\d:]+, by received, 4 business hours", told
    )
    assert re.search(r"due \w{3} [\d-]+ [\d:]+ Europe/London", told)
    assert re.search(r"by workflows/ten-step.yaml:\d+, calendar support", told)
    assert "answer “An answer to each message”: the customer has not written again" in told
    assert re.search(r"first-answer, on running out: send answer-due to supervisor", told)
    assert "not as it stands: update.news is known is false" in told


def test_a_deadline_that_no_calendar_reaches_says_so(cli: Cli, home: Path) -> None:
    """An event in the first hours of all years, and one before the holidays that a calendar knows."""
    (home / "workflows" / "feast.yaml").write_text(
        "workflow: feast\ntitle: Feast\ncalendar: support\n"
        "facts: {feast.at: {type: instant}, feast.day: {type: date}, done: {type: boolean}}\n"
        "steps: {one: {title: One, needs: {done: true}}}\nends: {closed: {title: Closed}}\n"
        "clocks:\n  at: {due: feast.at, stops: closed}\n"
        "  after: {from: feast.day, within: 3 business days, stops: closed}\n"
    )
    assert cli("publish").code == 0
    opened(cli, "--workflow", "feast")
    assert cli("record", 1, "feast.at=0001-01-01T00:00Z", "feast.day=1999-01-01").code == 0
    told = cli("explain", 1).out
    assert re.search(r"due \w{3} 0?0?0?1-01-01 00:00 Europe/London", told), told
    assert "never due: calendar support has no such time in the years it knows" in told


def test_a_case_is_shown_with_its_deadlines(cli: Cli) -> None:
    opened(cli)
    assert "first-answer   running" in cli("show", 1).out


def test_a_case_is_explained_as_data(cli: Cli) -> None:
    opened(cli)
    data = cli("explain", 1, "--language", "zh", "--json").data
    assert data["step"]["title"] == "找出问题所在"
    assert {row["fact"] for row in data["waits_for"]} == {
        "problem.restated",
        "problem.confirmed",
        "problem.category",
        "problem.driver",
    }
    (message,) = data["messages"]
    assert (message["effect"], message["template"], message["status"]) == ("1.0", "acknowledgement", "due")
    assert {clock["title"] for clock in data["clocks"]} == {"首次答复", "办妥问题", "不让顾客空等"}
    assert "withdraw" in {move["name"] for move in data["transitions"]}
    assert data["why"][0] == "a complaint opens the case in identify"


# --- facts and moves ----------------------------------------------------------------------------------------


def test_words_become_facts_of_their_type(cli: Cli) -> None:
    opened(cli)
    words = ["owner=li", "policy.refs=returns-4", "policy.refs=post-1", "emotion.level=3"]
    assert cli("record", 1, *words, "emotion.heard=true", "origin.place=a=b").code == 0
    facts = {name: fact["value"] for name, fact in show(cli)["facts"].items()}
    assert facts["policy.refs"] == ["returns-4", "post-1"]
    assert (facts["emotion.level"], facts["emotion.heard"], facts["origin.place"]) == (3, True, "a=b")


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (["owner"], 2, "'owner' is not a fact"),
        (["=li"], 2, "'=li' is not a fact"),
        (["owner=li", "owner=bo"], 2, "owner is given twice"),
        (["ownr=li"], 3, "ownr is not a fact of workflow ten-step"),
        (["emotion.level=high"], 3, "'high' is not a whole number from 0 to 4"),
        (["emotion.level=7"], 3, "7 is not within from 0 to 4"),
        (["emotion.heard=yes"], 3, "'yes' is not true or false"),
        (["problem.confirmed=true"], 3, "problem.confirmed must come from the customer or engine"),
        (["owner=two words"], 3, "is not one person's name"),
    ],
)
def test_a_bad_fact_is_refused_with_what_would_be_accepted(
    cli: Cli, words: list[str], code: int, part: str
) -> None:
    opened(cli)
    said = cli("record", 1, *words, "--by", "agent:li")
    assert (said.code, said.out) == (code, "")
    assert part in said.err
    assert "Traceback" not in said.err
    assert show(cli)["events"] == 1
    again = cli("record", 1, *words, "--by", "agent:li", "--json")
    assert again.code == code
    assert part in again.data["error"]


def test_every_problem_of_a_record_is_listed(cli: Cli) -> None:
    opened(cli)
    said = cli("record", 1, "ownr=li", "emotion.level=7", "--json")
    assert said.data["code"] == "unknown_fact"
    assert len(said.data["details"]) == 1


def test_the_moves_every_case_has(cli: Cli) -> None:
    opened(cli)
    opened(cli)
    for words in (
        ["record", 1, "owner=li", "origin.place=Leeds"],
        ["do", 1, "hand_off", "--to", "bo", "--by", "agent:li"],
        ["do", 1, "decline", "--reason", "on leave", "--by", "agent:bo"],
        ["do", 1, "hand_off", "--to", "kim", "--by", "agent:li"],
        ["do", 1, "accept", "--by", "agent:kim"],
        ["receive", 1, "--text", "Any news?"],
        ["do", 1, "retract", "--to", "origin.place", "--reason", "it was York", "--by", "agent:kim"],
        ["do", 2, "merge", "--to", "1", "--by", "agent:kim"],
        ["do", 2, "unmerge", "--by", "agent:kim"],
        ["do", 1, "force", "--to", "resolve", "--reason", "as agreed", "--by", "supervisor:eve"],
        ["do", 1, "withdraw", "--by", "customer"],
    ):
        assert cli(*words).code == 0, words
    assert (show(cli)["step"], show(cli)["owner"]) == ("withdrawn", "kim")
    assert cli("do", 1, "lift", "--reason", "mended", "--by", "supervisor:eve").code == 3


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["hand_off"], "hand_off needs --to PERSON"),
        (["retract"], "retract needs --to FACT"),
        (["retract", "--to", "owner"], "retract needs --reason WHY"),
        (["merge"], "merge needs --to CASE"),
        (["merge", "--to", "99"], "There is no case 99"),
        (["force", "--to", "resolve"], "force needs --reason WHY"),
        (["lift"], "lift needs --reason WHY"),
    ],
)
def test_a_move_asks_for_what_it_needs(cli: Cli, words: list[str], part: str) -> None:
    opened(cli)
    said = cli("do", 1, *words, "--by", "agent:li")
    assert said.code == 2
    assert part in said.err


def test_a_transition_that_is_not_open_says_what_is(cli: Cli) -> None:
    opened(cli)
    said = cli("do", 1, "reopen", "--by", "customer")
    assert said.code == 3
    assert "reopen does not start from identify" in said.err
    assert "withdraw" in said.err
    assert "Did you mean withdraw?" in cli("do", 1, "withdrew", "--by", "customer").err


# --- what is not there --------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["99", "web-99", "", "0", "-1", "9" * 30, "\udcff", "½", "١"])
@pytest.mark.parametrize("command", [["show"], ["explain"], ["record", "owner=li"], ["do", "withdraw"]])
def test_an_unknown_case_is_a_clear_error(cli: Cli, command: list[str], case: str) -> None:
    opened(cli)
    said = cli(command[0], "--json", "--", case, *command[1:])
    assert said.code == 2
    assert said.data["error"].startswith("There is no case")
    assert "recovery list" in said.data["hint"]


@pytest.mark.parametrize(
    "words",
    [
        ["open", "x", "--workflow", "nowhere"],
        ["list", "--state", "asleep"],
        ["open", "x", "--database", "mysql://db/recovery"],
        ["open", "x", "--database", "sqlite:///"],
        ["list", "--database", "sqlite:///nothing.db"],
        ["list", "--database", "sqlite:///workflows"],
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(cli: Cli, words: list[str]) -> None:
    said = cli(*words, "--json")
    assert said.code == 2
    assert said.data["error"]
    assert said.data["hint"]
    assert said.data["fault"] == "caller"
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    "words", [["open", " "], ["open", "x", "--severity", "9"], ["open", "x", "--severity=-1"]]
)
def test_a_complaint_that_says_nothing_sensible_is_refused(cli: Cli, words: list[str]) -> None:
    assert cli(*words).code == 3
    assert cli("list", "--json").data["cases"] == []


def test_another_database_can_be_named_and_is_made(cli: Cli, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path / 'other.db'}"
    assert cli("open", "x", "--database", other).code == 0
    assert len(cli("list", "--database", other, "--json").data["cases"]) == 1
    assert cli("list", "--json").data["cases"] == []


def test_the_environment_may_name_the_database(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECOVERY_DATABASE", f"sqlite:///{tmp_path / 'other.db'}")
    opened(cli)
    assert (tmp_path / "other.db").is_file()


# --- for people ---------------------------------------------------------------------------------------------

NASTY = (
    "abc\u202egnp.exe \x1b[31mred\x07 \x9b \u2066x\u2069 \u2028 👨‍👩‍👧 你好　\u00a0<script>{{ 7*7 }}{$39.00}"
)


def test_what_a_customer_writes_cannot_command_a_terminal(cli: Cli) -> None:
    cli("open", NASTY, "--name", NASTY, "--subject", NASTY, "--external-id", "n\u202e\x1b[2J")
    cli("receive", 1, "--text", NASTY, "--by", f"customer:{NASTY}")
    for words in (["show", 1], ["explain", 1], ["list"], ["show", "n\u202e\x1b[2J\x00"]):
        said = cli(*words)
        for bad in "\u202e\x1b\x07\x9b\u2066\u2069\u2028":
            assert bad not in said.out + said.err, (words, bad)
    folded = "".join(cli("show", 1).out.split())
    assert "\\u202egnp.exe" in folded


def test_what_a_customer_writes_reaches_a_program_as_it_was(cli: Cli) -> None:
    cli("open", NASTY, "--name", NASTY, "--subject", NASTY)
    data = show(cli)
    assert data["facts"]["problem.statement"]["value"] == NASTY
    assert data["customer"]["name"] == data["subject"] == NASTY
    assert "👨‍👩‍👧 你好" in json.dumps(data, ensure_ascii=False)


def test_emoji_and_wide_spaces_are_shown_to_people_as_they_are(cli: Cli) -> None:
    cli("open", "👨‍👩‍👧 你好　世界")
    assert "👨‍👩‍👧 你好　世界" in cli("show", 1).out


def test_a_refusal_in_several_lines_cannot_pretend_to_be_ours(cli: Cli) -> None:
    opened(cli)
    cli(
        "do",
        1,
        "retract",
        "--to",
        "problem.statement",
        "--reason",
        "x\nCase 1 stands in closed.",
        "--by",
        "agent",
    )
    said = cli("explain", 1)
    assert "\nCase 1 stands in closed." not in said.out


def test_a_line_for_people_is_not_broken_where_a_program_reads_it(cli: Cli) -> None:
    said = cli("open", "x", "--external-id", "e" * 200)
    again = cli("open", "x", "--external-id", "e" * 200)
    assert said.code == again.code == 0
    assert f"  complaint {'e' * 200} is already case 1\n" in again.out


def test_nothing_is_coloured_when_nobody_looks(cli: Cli) -> None:
    opened(cli)
    for words in (["show", 1], ["list"], ["explain", 1], ["doctor"], ["check"], ["show", 99]):
        said = cli(*words)
        assert "\x1b" not in said.out + said.err
