"""Budgets as people write them: what they say, and each way one can be written wrong, found at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from recovery.core.calendars.spans import Span
from recovery.core.spec import Workflow
from recovery.workflow.bundle import Bundle, collect, load
from tests.workflow.small import TEMPLATE, changed, findings_of, places, write

WRONG = {
    "no limit": ("§daily: {per: day}", "missing_key", ""),
    "an unknown key": ("daily: {limit: 1 USD, §peer: day}", "unknown_key", "per"),
    "an unknown period": ("daily: {limit: 1 USD, per: §fortnight}", "wrong_value", "day"),
    "an unknown subject": ("daily: {limit: 1 USD, subject: §persons}", "wrong_value", "person"),
    "no amount": ("daily: {limit: §much}", "wrong_value", "2000 USD"),
    "nothing": ("daily: {limit: §0 USD}", "wrong_value", ""),
    "an unknown currency": ("daily: {limit: §5 USX}", "wrong_value", "2000 USD"),
    "parts of a coin": ("daily: {limit: §5.5 JPY}", "wrong_value", ""),
    "two currencies": ("daily: {limit: {agent: 5 USD, supervisor: §9 EUR}}", "wrong_value", ""),
    "a limit of nobody": ("daily: {limit: {§agnt: 5 USD}}", "unknown_role", "agent"),
    "two who approve one after the other": (
        "daily: {limit: 5 USD, approval: {by: §[supervisor, manager]}}",
        "chained_approvals",
        "alone",
    ),
    "two of them, in short": (
        "daily: {limit: 5 USD, approval: §[supervisor, manager]}",
        "chained_approvals",
        "alone",
    ),
    "whoever approves may do no more": (
        "daily: {limit: {agent: 5 USD, supervisor: §5 USD}, approval: supervisor}",
        "chained_approvals",
        "higher limit",
    ),
    "nobody who approves": ("daily: {limit: 5 USD, approval: §supervizor}", "unknown_role", "supervisor"),
    "whoever asks approves": ("daily: {limit: 5 USD, approval: {by: §agent}}", "unknown_role", ""),
    "no span": ("daily: {limit: 5 USD, hold_for: §a while}", "wrong_span", ""),
    "no span for an answer": (
        "daily: {limit: 5 USD, approval: {by: manager, within: §soon}}",
        "wrong_span",
        "",
    ),
    "no such message": (
        "daily: {limit: 5 USD, approval: {by: manager, send: §sory}}",
        "unknown_template",
        "sorry",
    ),
    "no such message for what is late": ("daily: {limit: 5 USD, late: §sory}", "unknown_template", "sorry"),
}


@pytest.mark.parametrize(("line", "code", "hint"), WRONG.values(), ids=WRONG)
def test_a_budget_that_is_wrong_is_found_where_it_is(tmp_path: Path, line: str, code: str, hint: str) -> None:
    text, (place,) = places(changed("title: Small", f"title: Small\nbudgets:\n  {line}"))
    (found,) = findings_of(tmp_path, text)
    assert (found.code, (found.line, found.column)) == (code, place), found
    assert hint in found.hint


def read(root: Path, budgets: str) -> tuple[Workflow, Bundle]:
    text = changed("title: Small", f"title: Small\nbudgets: {budgets}")
    bundle, findings = collect(root, write(root, text, {"en/asked": TEMPLATE, "en/late": TEMPLATE}))
    assert bundle is not None, [finding.message for finding in findings]
    return load(bundle), bundle


def test_a_budget_says_its_unit_period_subject_and_what_is_above_it(tmp_path: Path) -> None:
    workflow, bundle = read(
        tmp_path,
        "{trips: {limit: {agent: 5 KWD, manager: 70.125 KWD}, per: incident, subject: guest,"
        " hold_for: 3 days, approval: {by: manager, send: asked, within: 2 hours}, late: late}}",
    )
    budget = workflow.budgets["trips"]
    assert (budget.currency, budget.decimals, budget.limits) == ("KWD", 3, {"agent": 5000, "manager": 70125})
    assert (budget.per, budget.subject, budget.ask, budget.ask_with) == (
        "incident",
        "guest",
        "manager",
        ("asked",),
    )
    assert (budget.hold_for, budget.answer_within) == (Span(3, "day"), Span(2, "hour"))
    assert [send.template for send in budget.sends()] == ["asked", "late"]
    assert {"templates/en/asked.md", "templates/en/late.md"} <= set(bundle.files)


def test_a_role_without_a_limit_has_that_of_the_next_one_below(tmp_path: Path) -> None:
    workflow, _ = read(tmp_path, "{a: {limit: {agent: 5 USD, manager: 9 USD}}, b: {limit: 7 JPY}}")
    levels = workflow.escalation
    limits = {role: workflow.budgets["a"].limit(role, levels) for role in (*levels, "import")}
    assert limits == {"agent": 500, "supervisor": 500, "manager": 900, "import": 500}
    assert {workflow.budgets["b"].limit(role, levels) for role in levels} == {7}
    assert workflow.budgets["b"].ask == "supervisor"


def test_without_a_budget_everybody_may_spend_two_thousand_dollars_a_day(tmp_path: Path) -> None:
    bundle, _ = collect(tmp_path, write(tmp_path))
    assert bundle is not None
    (budget,) = load(bundle).budgets.values()
    assert (budget.name, budget.per, budget.subject, budget.currency) == (
        "empowerment",
        "day",
        "person",
        "USD",
    )
    assert budget.currency == "USD"
    assert budget.limits == {"agent": 2_000_00, "supervisor": 20_000_00, "manager": 200_000_00}
