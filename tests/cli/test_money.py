"""`recovery spend`, `recovery budget` and `recovery compensation …`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said

Cli = Callable[..., Said]
LI = ("--by", "agent:li")


@pytest.fixture
def case(cli: Cli, home: Path) -> str:
    """The external id of a case."""
    opened = cli("open", "The lamp came broken.", "--from", "ana@example.org", "--external-id", "shop-1")
    assert opened.code == 0
    return "shop-1"


def statuses(cli: Cli, case: str) -> list[str]:
    found = cli("compensation", "list", case, "--json").data["compensations"]
    return [one["status"] for one in found]


def test_an_offer_goes_from_the_command_line_to_its_receipt(cli: Cli, case: str) -> None:
    assert cli("compensation", "offer", case, "refund=1 USD", *LI, "--pay-within", "3").code == 3
    offered = cli("compensation", "offer", case, "refund=40 USD", *LI, "--hours", "2")
    assert (offered.code, "compensation 1 offered: refund 40 USD" in offered.out) == (0, True)
    assert cli("compensation", "accept", case, "1").code == 0
    assert "payment-order" in cli("outbox", "list").out
    assert cli("worker", "--once").code == 0
    assert "payment" in cli("tasks", "list").out
    assert cli("compensation", "fulfil", case, "1", "--by", "agent:bo").code == 3
    assert cli("compensation", "fulfil", case, "1", "--by", "agent:bo", "--receipt", "T-7").code == 0
    listed = cli("compensation", "list", case).out
    assert all(word in listed for word in ("refund", "40 USD", "fulfilled", "T-7"))
    assert "Compensations" in cli("show", case).out
    assert cli("db", "verify").code == 0


def test_what_is_above_a_limit_waits_for_a_supervisor(cli: Cli, case: str) -> None:
    spent = cli("spend", case, "gift=2500 USD", "--by", "agent:li", "--note", "Their wedding.", "--json")
    assert "a supervisor is asked" in spent.data["why"][0]
    assert cli("compensation", "approve", case, "1", "--by", "agent:bo").code == 3
    assert cli("compensation", "delegate", case, "1", "bo", "--by", "supervisor:eva").code == 0
    assert cli("compensation", "approve", case, "1", "--by", "agent:bo").code == 0
    assert statuses(cli, case) == ["due"]
    assert cli("compensation", "revoke", case, "1", "--by", "agent:li", "--reason", "x").code == 3
    assert cli("compensation", "revoke", case, "1", "--by", "supervisor:eva", "--reason", "x").code == 0


def test_a_no_of_a_supervisor_or_of_the_customer_ends_it(cli: Cli, case: str) -> None:
    cli("compensation", "offer", case, "refund=2500 USD", "--by", "agent:li")
    why = ("--reason", "Repair it first.")
    assert cli("compensation", "refuse", case, "1", "--by", "supervisor:eva", *why).code == 0
    cli("compensation", "offer", case, "apology_letter", "--by", "agent:li", "--expires", "2999-01-01T00:00Z")
    assert cli("compensation", "decline", case, "2", "--reason", "No letters.").code == 0
    assert statuses(cli, case) == ["refused", "declined"]
    wrong = cli("compensation", "offer", case, "gift", "--by", "agent:li", "--expires", "tomorrow")
    assert (wrong.code, "no moment" in wrong.err) == (2, True) or wrong.code == 3


def test_a_budget_shows_what_is_left_of_each_limit(cli: Cli, case: str) -> None:
    assert cli("budget").out == "Nobody has spent anything today.\n"
    cli("spend", case, "gift=30 USD", "--by", "agent:li")
    cli("compensation", "offer", case, "refund=100 USD", "--by", "agent:li")
    (mine,) = cli("budget", "--json").data["budgets"]
    assert (mine["by"], mine["limit"]) == ("agent:li", "2000.00 USD")
    assert (mine["used"], mine["reserved"], mine["left"]) == ("130.00 USD", "100.00 USD", "1870.00 USD")
    (other,) = cli("budget", "--by", "supervisor:eva", "--case", case, "--json").data["budgets"]
    assert other["left"] == "20000.00 USD"
    assert cli("budget", "--case", case).code != 0
    assert "empowerment" in cli("budget", "--by", "agent:li").out


def test_whoever_was_paid_again_and_again_is_listed(cli: Cli, case: str) -> None:
    assert cli("compensation", "review").out == "Nobody was paid so often.\n"
    for offer in ("a", "b", "c"):
        cli("spend", case, "gift=1.50 USD", "--by", "agent:li", "--offer", offer)
    (payee,) = cli("compensation", "review", "--json").data["payees"]
    assert (payee["times"], payee["sums"], payee["by"]) == (3, ["4.50 USD"], ["agent:li"])
    shown = cli("compensation", "review").out
    assert "4.50 USD" in shown
    assert "a customer" in shown
    cli("spend", case, "gift=1.50 USD", "--by", "agent:li", "--offer", "d", "--to", "Dee")
    assert "Dee" in cli("compensation", "review", "--at-least", "1").out
