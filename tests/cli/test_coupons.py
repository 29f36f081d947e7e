"""`recovery coupon`: from the offer to the till, with codes shown to nobody who did not ask for them."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Said

Cli = Callable[..., Said]


@pytest.fixture
def code(home: Path, cli: Cli) -> str:
    """The code of a coupon just offered to case 1."""
    cli("open", "It broke.", "--from", "ana@example.org")
    assert cli("coupon", "offer", 1, "25 USD", "--days", 30, "--by", "agent:li").code == 0
    (row,) = cli("coupon", "list", "--reveal", "--json").data["coupons"]
    return str(row["code"])


def typed(cli: Cli, monkeypatch: pytest.MonkeyPatch, code: str) -> Callable[..., Said]:
    """Runs a command that reads the code from standard input."""

    def run(*words: Any) -> Said:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{code}\n"))
        return cli("coupon", *words)

    return run


def test_a_coupon_is_looked_up_and_used_once(cli: Cli, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    till = typed(cli, monkeypatch, code)
    assert "25 USD, goodwill@1 of case 1: issued." in till("show", "-").out
    used = till("redeem", "-", "--by", "agent:till", "--reference", "bill 7", "--json").data
    assert (used["status"], used["value"], used["note"]) == ("redeemed", "25 USD", "bill 7")
    again = till("redeem", "-", "--by", "agent:till")
    assert again.code == 3
    assert "redeemed by agent:till at" in again.err


def test_a_lost_code_is_replaced_and_a_coupon_taken_back(cli: Cli, code: str) -> None:
    reissued = cli("coupon", "reissue", 1, "goodwill", "--reason", "lost", "--by", "agent:li", "--json")
    assert reissued.data["effects"] == ["3.0"]
    assert cli("coupon", "redeem", code, "--by", "customer").code == 3
    assert cli("coupon", "revoke", 1, "goodwill@1", "--reason", "an error", "--by", "agent:li").code == 0
    rows = cli("coupon", "list", "--case", 1, "--json").data["coupons"]
    assert [(row["serial"], row["status"]) for row in rows] == [(1, "revoked"), (2, "revoked")]


def test_coupons_are_listed_by_the_day_they_end(cli: Cli, code: str) -> None:
    (row,) = cli("coupon", "list", "--json").data["coupons"]
    day = row["good_until"]
    assert cli("coupon", "list", "--expires-before", day, "--json").data["coupons"] == []
    assert cli("coupon", "list", "--expires-before", "2999-01-01", "--json").data["coupons"] == [row]
    assert cli("coupon", "list", "--status", "expired").out.strip() == "No coupons."
    wrong = cli("coupon", "list", "--expires-before", "soon")
    assert (wrong.code, "2027-01-31" in wrong.err) == (2, True)


@pytest.mark.parametrize("words", [["show"], ["redeem", "--by", "customer"]])
def test_a_typing_mistake_is_told_without_repeating_it(cli: Cli, code: str, words: list[str]) -> None:
    wrong = cli("coupon", words[0], code[:-1] + ("2" if code[-1] != "2" else "3"), *words[1:])
    assert "typing mistake" in wrong.err
    assert code[:6] not in wrong.err + wrong.out


def test_no_command_prints_a_code_that_was_not_asked_for(cli: Cli, code: str) -> None:
    sent = cli("worker", "--once")
    said = [sent]
    for words in (
        ["show", 1],
        ["show", 1, "--json"],
        ["explain", 1],
        ["explain", 1, "--json"],
        ["list", "--json"],
        ["coupon", "list"],
        ["coupon", "list", "--json"],
        ["coupon", "show", code, "--json"],
        ["coupon", "redeem", code, "--by", "customer", "--json"],
        ["coupon", "redeem", code, "--by", "customer"],
        ["coupon", "show", code],
        ["db", "verify", "--json"],
        ["show", 1, "--json"],
    ):
        said.append(cli(*words))
    assert not [one for one in said if code in one.out + one.err]
    letter = next(m for m in said[2].data["messages"] if m["template"] == "coupon-note")
    assert "······" in letter["text"]
