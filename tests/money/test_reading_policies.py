"""`config/compensation.yaml`: what is wrong with it is told with line and column."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from recovery.checking import check_paths
from recovery.starting import FOLDERS
from recovery.workflow.compensation import policy_of, read_policy
from recovery.workflow.findings import BadFile, errors
from recovery.workflow.reader import read_yaml
from recovery.workflow.schema import POLICY_PUBLISHED, published
from tests.money.policies import HEAD, codes, read, rules
from tests.real_data import ROOT

ALL = "rule: all, when: {}, offer: [{coupon: 10 USD, expires: 60 days}]"

CASES = {
    "an amount without currency": (
        "rule: a, when: {}, offer: [{credit: »10}]",
        "wrong_type", "`10` is not a text.",
    ),
    "an amount that its currency cannot have": (
        "rule: a, when: {}, offer: [{credit: »10.5 JPY}]",
        "wrong_value", "`10.5 JPY`: JPY has no decimals, and 10.5 JPY has 1.",
    ),
    "an amount below nothing": (
        "rule: a, when: {}, offer: [{credit: »-1 USD}]",
        "wrong_value", "`-1 USD` is less than nothing.",
    ),
    "a share of nothing": (
        "rule: a, when: {}, offer: [{credit: »20%}]",
        "wrong_value", "`20%` does not say of what. Such as 20% of price.",
    ),
    "a share of what no policy knows": (
        "rule: a, when: {}, offer: [{credit: »20% of prise}]",
        "wrong_value", "`prise` is no amount that a policy knows. Did you mean price?",
    ),
    "a share of the customer's value": (
        "rule: a, when: {}, offer: [{credit: »20% of value}]",
        "wrong_value", "`value` is no amount that a policy knows.",
    ),
    "a tariff that there is not": (
        "rule: a, when: {}, offer: [{payment: »tariff eu262}]",
        "wrong_value", "There is no tariff `eu262`.",
    ),
    "an offer of no kind": (
        "rule: a, when: {}, offer: [»{expires: 60 days}]",
        "one_kind", "An offer has no kind. One of apology_letter",
    ),
    "an offer of two kinds": (
        "rule: a, when: {}, offer: [»{credit: 1 USD, gift: A pen.}]",
        "one_kind", "An offer is credit and gift at once.",
    ),
    "a coupon for ever": (
        "rule: a, when: {}, offer: [»{coupon: 1 USD}]",
        "missing_key", "A coupon has no `expires`.",
    ),
    "a coupon that is over at once": (
        "rule: a, when: {}, offer: [{coupon: 1 USD, expires: »0 days}]",
        "wrong_value", "`0 days` is over at once.",
    ),
    "a key beside the wrong kind": (
        "rule: a, when: {}, offer: [{credit: 1 USD, »expires: 9 days}]",
        "misplaced_key", "`expires` does not stand beside a credit. One of pay_within.",
    ),
    "a misspelt key": (
        "rule: a, when: {}, offer: [{»refnd: 1 USD}]",
        "unknown_key", "`refnd` is not a key that is known here. Did you mean refund?",
    ),
    "a condition about nothing": (
        "rule: a, when: {»drivr: contact}, offer: [{credit: 1 USD}]",
        "unknown_fact", "`drivr` is nothing a policy can ask. Did you mean driver?",
    ),
    "a value its fact cannot have": (
        "rule: a, when: {driver: »contakt}, offer: [{credit: 1 USD}]",
        "wrong_value", "`contakt` is nothing that driver can be. Did you mean contact?",
    ),
    "a comparison of words": (
        'rule: a, when: {driver: »">= contact"}, offer: [{credit: 1 USD}]',
        "wrong_value", "driver has no more and less: `>= contact`.",
    ),
    "a condition without a value": (
        "rule: a, when: {severity:» }, offer: [{credit: 1 USD}]",
        "wrong_type", "nothing is no condition. A value, a list of values, or a comparison",
    ),
    "a customer's value that chooses the remedy": (
        'rule: a, when: {»value: "> 100 USD"}, offer: [{credit: 1 USD}]',
        "value_chooses", "A customer's value may raise a ceiling and chooses no remedy.",
    ),
    "words and gifts for the lower drivers": (
        "rule: a, when: {driver: [execution, contact]}, »offer: [{gift: A pen.}]",
        "gesture_only", "Rule a has words and gifts alone, for failures of execution too.",
    ),
    "a refund of a part": (
        "rule: a, when: {}, offer: [{refund: »50% of price}]",
        "part_refund", "50% of price may be a part of what was paid; refunds are whole and at once.",
    ),
    "postage for the customer": (
        "rule: a, when: {}, offer: [{refund: 100% of price, postage: »customer}]",
        "postage_at_customer", "The customer would pay for sending goods back.",
    ),
    "a ceiling below the offers": (
        "rule: a, when: {}, offer: [{credit: 10 USD}, {gift: A pen., cost: 3 USD}], ceiling: »12.99 USD",
        "ceiling_below_base", "The offers come to more than the ceiling of 12.99 USD",
    ),
}  # fmt: skip
"""What is wrong → one rule with » before the place, the code, and how the finding begins."""


@pytest.mark.parametrize("what", CASES)
def test_a_finding_says_where_what_and_what_would_be_accepted(what: str) -> None:
    marked, code, says = CASES[what]
    made, findings = read(rules(marked.replace("»", "")))
    assert made is None
    assert codes(errors(findings)) == [code]
    column = rules(marked).splitlines()[1].index("»") + 1
    assert str(errors(findings)[0]).startswith(f"config/compensation.yaml:10:{column}: {says}")


@pytest.mark.parametrize("reason", ["Half of it came.", "{en: Half of it came., zh: 只到了一半。}"])
def test_a_reasoned_override_lets_a_part_be_refunded(reason: str) -> None:
    offer = (
        f"{{refund: 50% of price, postage: customer, because: {reason if '{' in reason else repr(reason)}}}"
    )
    made, findings = read(rules(f"rule: a, when: {{}}, offer: [{offer}]"))
    assert made is not None, findings
    because = made.rules[0].offers[0].because
    assert because is not None
    assert because["en"] == "Half of it came."


def test_conduct_answered_with_compensation_alone_is_a_notice() -> None:
    for when in (
        "driver: [contact, emotion]",
        "driver: execution, category: conduct",
        "driver: execution, conduct: true",
    ):
        made, findings = read(rules(f"rule: a, when: {{{when}}}, offer: [{{credit: 5 USD}}]", ALL))
        assert made is not None
        assert codes(findings) == ["conduct_compensation_only"], when


def test_a_ceiling_above_150_per_cent_of_the_price_is_a_notice_with_its_source() -> None:
    made, findings = read(rules(ALL + ", ceiling: 151% of price"))
    assert made is not None
    assert codes(findings) == ["above_share_of_price"]
    assert "Haesevoets 2017" in findings[0].message
    assert read(rules(ALL + ", ceiling: 150% of price"))[1] == []


def test_a_rule_that_is_never_reached_and_cases_without_a_rule_are_found() -> None:
    _, findings = read(rules(ALL, "rule: late, when: {category: delivery}, offer: [{credit: 5 USD}]"))
    assert codes(findings) == ["never_reached"]
    _, findings = read(rules("rule: late, when: {category: delivery}, offer: [{credit: 5 USD}]"))
    assert codes(findings) == ["no_last_rule"]
    assert findings[0].level == "notice"


def test_two_rules_of_one_name_are_found() -> None:
    _, findings = read(rules("rule: all, when: {severity: 3}, offer: [{credit: 5 USD}]", ALL))
    assert codes(findings) == ["doubled_rule"]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("tariffs: {t: {source: s}}\n", "The tariff t has neither rows and an amount per day."),
        ("tariffs: {t: {source: s, per_day: 5 USD}}\n", "An amount per day needs `days`"),
        ("tariffs: {t: {source: s, per_day: 5 USD, days: driver}}\n", "An amount per day needs `days`"),
        ("tariffs: {t: {source: s, rows: [{when: {}, amount: 5 USX}]}}\n", "`5 USX`: USX is no currency."),
        (
            "tariffs: {t: [{source: s, valid_to: 2026-04-01, rows: [{when: {}, amount: 5 USD}]}, "
            "{source: s, valid_from: 2026-04-01, rows: [{when: {}, amount: 6 USD}]}]}\n",
            "Two versions of the tariff t count on 2026-04-01.",
        ),
        (
            "facts: {price: {type: money, from: a.b}}\n",
            "Every policy has `price`: it is read from loss.price.",
        ),
        (
            "facts: {x: {type: integer, from: case.levl}}\n",
            "A case has no `case.levl`. Did you mean case.level?",
        ),
        (
            "value_raises_ceiling: [{from: 10 USD, by: 5%}, {from: 10 USD, by: 6%}]\n",
            "Each line is for customers worth more than the line before, in the same currency.",
        ),
    ],
)
def test_wrong_tariffs_facts_and_raises_are_found(body: str, says: str) -> None:
    made, findings = read(body + rules(ALL))
    assert made is None
    assert says in str(findings[0])


def test_wrong_figures_of_the_head_are_found_all_in_one_run() -> None:
    wrong = HEAD.replace("currency: USD", "currency: USX").replace("day: 80 USD", "day: a lot")
    wrong = wrong.replace("82%", "182%").replace("loss: 100 USD", "loss: 5 USD").replace("150%", "much")
    _, findings = read_policy((wrong + rules(ALL)).encode(), "c.yaml")
    assert [(finding.line, finding.code) for finding in findings] == [
        (1, "unknown_currency"),
        (2, "wrong_value"),
        (4, "wrong_value"),
        (8, "wrong_value"),
        (8, "wrong_value"),
    ]


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project with the starter files."""
    for name in FOLDERS:
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "config").unlink()
    (tmp_path / "config").mkdir()
    for file in (ROOT / "config").glob("*.yaml"):
        (tmp_path / "config" / file.name).write_bytes(file.read_bytes())
    return tmp_path


def said(shop: Path) -> list[str]:
    paths = [Path("config/compensation.yaml"), Path("config/currencies.yaml")]
    return list(map(str, check_paths(shop, paths)))


def write(shop: Path, body: str) -> None:
    (shop / "config/compensation.yaml").write_text(HEAD + body, encoding="utf-8")


def test_the_shipped_policy_and_rates_have_no_findings(shop: Path) -> None:
    assert said(shop) == []


def test_a_category_that_no_workflow_has_is_found_by_the_check_of_the_project(shop: Path) -> None:
    write(shop, rules("rule: a, when: {category: delivry}, offer: [{credit: 5 USD}]", ALL))
    assert said(shop) == ["config/compensation.yaml:10:32: No workflow has delivry for problem.category."]


def test_a_fact_that_no_workflow_has_is_a_notice(shop: Path) -> None:
    write(
        shop,
        "facts: {floor: {type: integer, from: room.floor}}\n"
        + rules('rule: a, when: {floor: ">= 3"}, offer: [{credit: 5 USD}]', ALL),
    )
    assert said(shop) == [
        "config/compensation.yaml:11:22: No workflow has the fact room.floor: floor is known only when it is "
        "given."
    ]


def test_an_amount_that_the_rates_cannot_count_is_found(shop: Path) -> None:
    write(shop, rules("rule: a, when: {}, offer: [{credit: 5 CHF}]"))
    assert said(shop) == [
        "config/compensation.yaml:10:42: 5 CHF cannot be counted in USD: there is no rate for CHF. "
        "Write it in config/currencies.yaml."
    ]


def test_wrong_rates_are_found_by_the_check_of_the_project(shop: Path) -> None:
    (shop / "config/currencies.yaml").write_text("base: USD\nas_of: 2026-01-02\nrates: {EUR: dear}\n")
    assert said(shop) == [
        "config/currencies.yaml:3:14: `dear` is no rate. What one EUR is worth in USD, such as 1.08."
    ]


def test_a_project_without_a_policy_has_none_and_a_wrong_one_is_not_used(tmp_path: Path) -> None:
    assert policy_of(tmp_path) is None
    (tmp_path / "config").mkdir()
    write(tmp_path, rules("rule: a, when: {}, offer: [{gift: A pen.}]"))
    with pytest.raises(BadFile, match="words and gifts alone"):
        policy_of(tmp_path)


def test_the_published_schema_is_current_takes_the_shipped_policy_and_refuses_unknown_keys() -> None:
    text = (ROOT / POLICY_PUBLISHED).read_text(encoding="utf-8")
    assert text == published()[POLICY_PUBLISHED], "run: python -m recovery.workflow.schema"
    schema = Draft202012Validator(json.loads(text))
    document, _ = read_yaml((ROOT / "config/compensation.yaml").read_bytes(), "c.yaml")
    assert document is not None
    assert schema.is_valid(document.value)
    assert not schema.is_valid(document.value | {"curency": "USD"})
    assert not schema.is_valid(
        document.value | {"rules": [{"rule": "a", "when": {}, "offer": [{"refnd": "1"}]}]}
    )
