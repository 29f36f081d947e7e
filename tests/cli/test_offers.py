"""`recovery offers`: what the compensation policy recommends, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said

Cli = Callable[..., Said]

LATE = (
    "--fact",
    "category=delivery",
    "--fact",
    "driver=execution",
    "--fact",
    "severity=2",
    "--fact",
    "failures=0",
)


def test_the_offers_their_ceiling_and_why_are_shown(cli: Cli, home: Path) -> None:
    said = cli("offers", *LATE, "--fact", "price=80 USD", "--hours", "2")
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[:4] == [
        "Rule undelivered fits.",
        "  refund 80.00 USD, at once",
        "  coupon 8.00 USD, good for 90 days",
        "In all 88.00 USD; ceiling 96.00 USD (120% of price: 96.00 USD; the customer's value is not known: "
        "not raised).",
    ]
    assert "The agent's time costs 20.00 USD." in lines
    assert lines[lines.index("Why:") :] == [
        "Why:",
        "  conduct: no (driver is contact or emotion: driver is execution)",
        "  rude-while-serving: no (category is conduct: category is delivery)",
        "  failed-again: no (failures >= 1: failures is 0)",
        "  undelivered: yes (category is delivery or booking: category is delivery; "
        "severity >= 2: severity is 2)",
    ]


def test_a_case_says_what_it_knows_and_facts_that_are_given_win(cli: Cli, home: Path) -> None:
    cli("open", "My order never came.", "--from", "ana@example.org")
    facts = ("problem.category=delivery", "problem.driver=execution", "loss.price=80 USD")
    assert cli("record", "1", *facts, "--by", "agent:li").code == 0
    data = cli("offers", "1", "--json").data
    assert (data["rule"], data["total"], data["ceiling"]) == ("late", "16.00 USD", "48.00 USD")
    data = cli("offers", "1", "--fact", "severity=2", "--fact", "value=10000 USD", "--json").data
    assert (data["rule"], data["total"], data["ceiling"]) == ("undelivered", "88.00 USD", "144.00 USD")


def test_texts_are_shown_in_chinese_where_asked(cli: Cli, home: Path) -> None:
    said = cli("offers", "--fact", "driver=contact", "--language", "zh")
    assert "  comfort gesture: 主管亲自致电。, costs 10 USD" in said.out.splitlines()


def test_words_and_gifts_alone_are_refused_for_a_lower_driver(cli: Cli, home: Path) -> None:
    said = cli("offers", *LATE, "--give", "apology_letter", "--give", "gift=5 USD", "--json")
    assert (said.code, said.data["code"]) == (3, "gesture_only")


def test_a_part_refund_and_postage_need_a_reason(cli: Cli, home: Path) -> None:
    price = (*LATE, "--fact", "price=80 USD")
    assert cli("offers", *price, "--give", "refund=40 USD").code == 3
    assert cli("offers", *price, "--give", "refund=40 USD", "--because", "Half came.").code == 0
    whole = (*price, "--give", "refund=80 USD")
    assert cli("offers", *whole, "--customer-pays-postage", "--json").data["code"] == "postage_at_customer"


def test_what_may_be_given_is_shown_beside_what_the_policy_recommends(cli: Cli, home: Path) -> None:
    said = cli("offers", *LATE, "--fact", "price=80 USD", "--give", "refund=80 USD")
    assert said.out.splitlines() == [
        "This may be given: 80.00 USD in all, ceiling 96.00 USD.",
        "Warning: 80.00 USD is less than the base remedy, 88.00 USD: everybody gets at least that.",
        "The policy (rule undelivered) recommends:",
        "  refund 80.00 USD, at once",
        "  coupon 8.00 USD, good for 90 days",
    ]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--fact", "drivr=contact"), "drivr is nothing the policy can ask. Did you mean driver?"),
        (("--fact", "price=80"), "80 is nothing that price can be: it is an amount such as 12.50 USD."),
        (("--fact", "severity"), "Nothing is nothing that severity can be: it is a whole number."),
        (("--give", "refnd=1 USD"), "refnd is no offer. Did you mean refund?"),
        (("--give", "refund"), "How much? Such as refund=20 USD."),
        (("--give", "refund=1.5 JPY"), "JPY has no decimals"),
        (("--hours", "two"), "two is no number of hours. Such as 1.5."),
        (("--on", "today"), "today is no date. Such as 2026-11-22."),
    ],
)
def test_words_that_mean_nothing_are_refused_with_what_would_be_accepted(
    cli: Cli, home: Path, words: tuple[str, str], says: str
) -> None:
    said = cli("offers", *words)
    assert said.code == 2
    assert says in said.err


def test_a_project_without_a_policy_says_so(cli: Cli, home: Path) -> None:
    Path("config/compensation.yaml").unlink()
    said = cli("offers")
    assert said.code == 2
    assert "The project has no config/compensation.yaml." in said.err


def test_a_policy_with_errors_is_not_used(cli: Cli, home: Path) -> None:
    path = Path("config/compensation.yaml")
    path.write_text(
        path.read_text(encoding="utf-8").replace("100% of price", "50% of price"), encoding="utf-8"
    )
    said = cli("offers")
    assert said.code == 1
    assert "50% of price may be a part of what was paid" in said.err
