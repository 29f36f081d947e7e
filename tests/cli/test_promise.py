"""`promise`: what was promised, by an hour, and whether it was kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.conftest import Said

Cli = Callable[..., Said]

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def case(cli: Cli) -> str:
    said = cli("open", "My order never came.", "--from", "ana@example.org", "--json")
    return str(said.data["case"])


def test_a_promise_is_made_listed_and_kept(cli: Cli, case: str) -> None:
    assert "Nothing was promised." in cli("promise", case).out
    made = cli(
        "promise", case, "to send the refund", "--when", "2030-12-02T15:00", "--by", "agent:li", "--json"
    )
    assert [row["status"] for row in made.data["promises"]] == ["open"]
    assert made.data["promises"][0]["by_when"] == "2030-12-02T15:00:00.000000Z"
    assert "to send the refund" in cli("promise", case).out
    kept = cli("promise", case, "--kept", "1", "--reason", "sent", "--by", "agent:li", "--json")
    assert [(row["status"], row["note"]) for row in kept.data["promises"]] == [("kept", "sent")]
    assert cli("promise", case, "--json").data["why"] == []


def test_a_promise_is_released_with_a_reason(cli: Cli, case: str) -> None:
    cli("promise", case, "--contact", "--when", "2030-12-02T15:00", "--by", "agent:li")
    assert cli("promise", case, "--release", "1", "--by", "agent:li").code == 3
    assert (
        cli("promise", case, "--release", "1", "--reason", "she called herself", "--by", "agent:li").code == 0
    )
    assert "released" in cli("promise", case).out


def test_vague_words_and_half_hours_are_refused(cli: Cli, case: str) -> None:
    vague = cli("promise", case, "to call soon", "--when", "2030-12-02T15:00", "--json")
    assert (vague.code, vague.data["code"]) == (3, "phrase_blocked")
    half = cli("promise", case, "to call", "--when", "2030-12-02T15:30", "--json")
    assert (half.code, half.data["code"]) == (3, "not_to_the_hour")


def test_a_time_that_is_none_and_two_things_at_once_are_wrong(cli: Cli, case: str) -> None:
    wrong = cli("promise", case, "to call", "--when", "tomorrow", "--json")
    assert "tomorrow" in wrong.data["error"]
    assert cli("promise", case, "to call", "--kept", "1", "--json").code != 0


def test_an_explanation_lists_promises(cli: Cli, case: str) -> None:
    cli("promise", case, "to send the refund", "--when", "2030-12-02T15:00", "--by", "agent:li")
    told = cli("explain", case).out
    assert "1  to the customer: to send the refund, by Mon 2030-12-02 15:00 UTC: open" in told
    assert "Promises" in cli("show", case).out


def test_a_day_may_be_named_by_a_word(cli: Cli, case: str) -> None:
    made = cli("promise", case, "to call", "--when", "tomorrow 15:00", "--by", "agent:li", "--json")
    (row,) = made.data["promises"]
    assert row["status"] == "open"
    assert row["by_when"][13:] == ":00:00.000000Z"
    unread = cli("promise", case, "to call", "--when", "yesterday 15:00", "--by", "agent:li")
    assert unread.code != 0
    assert "is no time" in unread.err
