"""Amounts, their decimals and exchange rates; and no float anywhere."""

from __future__ import annotations

import ast
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.core.money import Money, read_money, rounded, spoken
from recovery.core.rates import NoRate, Rates
from recovery.workflow.rates import decimals, is_currency, rates_of, read_rates
from tests.real_data import ROOT

RATES = Rates(
    "USD", "2026-01-02", {"EUR": Decimal("1.10"), "JPY": Decimal("0.0067"), "KWD": Decimal("3.25")}, decimals
)

MONEY_MODULES = (
    *("core/money.py", "core/rates.py", "core/value.py", "core/loyalty.py", "core/coupons.py"),
    *("core/compensation", "imports/customers.py", "workflow/currencies.py", "workflow/rates.py"),
    *("workflow/compensation.py", "workflow/compensation_checks.py", "workflow/compensation_parts.py"),
    *("workflow/compensation_shape.py", "workflow/compensation_words.py"),
    *("cli/clv_command.py", "cli/clv_pages.py", "cli/offers_command.py", "cli/coupon_commands.py"),
)


def money_files() -> list[Path]:
    paths = [ROOT / "recovery" / name for name in MONEY_MODULES]
    return [file for path in paths for file in ([path] if path.is_file() else sorted(path.rglob("*.py")))]


def floats(source: str) -> list[int]:
    """The lines of a module with a float literal, a call of `float`, or a true division of literals."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if (isinstance(node, ast.Constant) and isinstance(node.value, float))
        or (isinstance(node, ast.Name) and node.id == "float")
    ]


@pytest.mark.parametrize("file", money_files(), ids=lambda file: str(file.relative_to(ROOT)))
def test_no_float_stands_in_a_module_about_money(file: Path) -> None:
    assert floats(file.read_text(encoding="utf-8")) == []


def test_the_lint_sees_floats_and_every_module_it_names_exists() -> None:
    assert sorted(floats("x = 1.5\ny = float(x)\nz: float = 2")) == [1, 2, 3]
    assert all((ROOT / "recovery" / name).exists() for name in MONEY_MODULES)
    assert len(money_files()) > 20


@pytest.mark.parametrize(
    ("amount", "places", "said"),
    [
        ("0.125", 2, "0.13"),
        ("-0.125", 2, "-0.13"),
        ("0.124999999999999999999", 2, "0.12"),
        ("2.5", 0, "3"),
        ("0.0004", 3, "0.000"),
        ("-0.001", 2, "0.00"),
        ("1234567890123456789.995", 2, "1234567890123456790.00"),
    ],
)
def test_half_a_unit_is_rounded_away_from_zero(amount: str, places: int, said: str) -> None:
    assert str(rounded(Decimal(amount), places)) == said


@given(st.fractions(), st.integers(0, 4))
def test_rounding_never_moves_an_amount_by_more_than_half_a_unit(amount: Fraction, places: int) -> None:
    made = rounded(amount, places)
    assert abs(Fraction(made) - amount) * 2 <= Fraction(1, 10**places)
    assert -made.as_tuple().exponent == places


@pytest.mark.parametrize(
    ("given", "currency", "paid"),
    [
        ("100 USD", "JPY", "14925 JPY"),
        ("100 USD", "KWD", "30.769 KWD"),
        ("100 EUR", "USD", "110.00 USD"),
        ("1 JPY", "KWD", "0.002 KWD"),
        ("19.99 EUR", "EUR", "19.99 EUR"),
    ],
)
def test_amounts_are_converted_to_the_decimals_their_currency_has(
    given: str, currency: str, paid: str
) -> None:
    assert str(RATES.convert(read_money(given), currency)) == paid


def test_what_goes_there_and_back_unrounded_is_the_same() -> None:
    there = RATES.exact(read_money("19.99 EUR"), "KWD")
    assert there * Fraction("3.25") / Fraction("1.10") == Fraction("19.99")


def test_a_currency_without_a_rate_is_said_not_guessed() -> None:
    with pytest.raises(NoRate, match="no rate for CHF"):
        RATES.convert(Money(Decimal(1), "CHF"), "USD")


def test_an_amount_for_people_has_its_thousands_apart() -> None:
    assert spoken(Money(Decimal("12800.00"), "USD")) == "12,800.00 USD"


def test_the_shipped_rates_are_sound() -> None:
    rates = rates_of(ROOT)
    assert rates.base == "USD"
    assert all(map(is_currency, rates.worth))


def test_a_project_without_rates_converts_nothing(tmp_path: Path) -> None:
    assert rates_of(tmp_path).worth == {}


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("base: USD\nas_of: 2026-01-02\nrates: {EUR: 0}\n", "3:14", "`0` is no rate."),
        ("base: USD\nas_of: 2026-01-02\nrates: {EUR: '1,10'}\n", "3:14", "`1,10` is no rate."),
        ("base: USD\nas_of: 2026-01-02\nrates: {USD: 2}\n", "3:14", "One USD is worth 1 USD."),
        ("base: USD\nas_of: 2026-01-02\nrates: {EUX: 2}\n", "3:9", "`EUX` is no currency."),
        ("base: USD\nas_of: soon\nrates: {}\n", "2:8", "`soon` is no date."),
        ("base: dollars\nas_of: 2026-01-02\nrates: {}\n", "1:7", "`dollars` is not a name."),
    ],
)
def test_wrong_rates_are_told_with_their_place(text: str, place: str, says: str) -> None:
    rates, findings = read_rates(text.encode(), "config/currencies.yaml")
    assert rates is None
    assert str(findings[0]).startswith(f"config/currencies.yaml:{place}: {says}")
