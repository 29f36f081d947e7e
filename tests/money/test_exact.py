"""Money is exact: no float comes near it, in code that counts, keeps or converts amounts."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.real_data import ROOT

PACKAGE = ROOT / "recovery"
OF_MONEY = (
    "core/empowerment",
    "core/compensation",
    "core/money.py",
    "core/rates.py",
    "core/loyalty.py",
    "core/value.py",
    "core/coupons.py",
    "core/coupon_state.py",
    "standing.py",
    "compensating.py",
    "budgeting.py",
    "judging.py",
    "couponing.py",
    "store/ledger.py",
    "store/ledger_audit.py",
    "store/ledger_reading.py",
    "store/ledger_statements.py",
    "store/coupons.py",
    "workflow/budgets.py",
    "workflow/budget_shapes.py",
    "workflow/currencies.py",
    "workflow/rates.py",
    "workflow/compensation.py",
    "workflow/compensation_words.py",
    "funding.py",
    "store/fund.py",
    "cli/fund_commands.py",
    "cli/money_commands.py",
    "cli/money_pages.py",
)
FILES = sorted(
    file
    for part in OF_MONEY
    for file in ([PACKAGE / part] if part.endswith(".py") else (PACKAGE / part).glob("*.py"))
)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_no_float_comes_near_money(file: Path) -> None:
    """No literal, no `float`, and no `round`, which would make one."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        is_literal = isinstance(node, ast.Constant) and isinstance(node.value, float | complex)
        is_named = isinstance(node, ast.Name) and node.id in ("float", "complex", "round")
        is_rounded = (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "round"
        )
        if is_literal or is_named or is_rounded:
            found.append(f"{file.name}:{node.lineno}: {ast.unparse(node)}")
    assert found == []


def test_every_part_that_is_about_money_is_looked_at() -> None:
    about = {
        file
        for file in PACKAGE.rglob("*.py")
        if any(
            word in file.stem
            for word in ("money", "ledger", "budget", "compensat", "coupon", "currenci", "rates")
        )
    }
    passing_on = {"async_compensating.py", "coupon_checks.py", "coupon_audit.py", "coupon_statements.py"}
    left_out = {file.name for file in about - set(FILES)}
    assert left_out <= passing_on | {
        "compensation_checks.py",
        "compensation_parts.py",
        "compensation_shape.py",
        "coupon_commands.py",
        "r0008_ledger.py",
    }
