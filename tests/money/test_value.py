"""Customer lifetime value by domain.md §4, and the cohorts."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from recovery.core.value import COHORTS, Cohorts, Lifetime, Year, bought, lifetime

DESIGN_FIRM = [
    Year(1, Fraction(800), Fraction(850), Fraction(0), Fraction(0)),
    Year(2, Fraction(750), Fraction(100), Fraction(800), Fraction(1)),
    Year(3, Fraction(700), Fraction(100), Fraction(1550), Fraction(2)),
    Year(4, Fraction(500), Fraction(100), Fraction(3050), Fraction(4)),
    Year(5, Fraction(3200), Fraction(100), Fraction(2700), Fraction(4)),
]
"""The check table: a design firm over five years. 4 + 3 + 2 + 2 customer-years of those it referred."""


def of(*bought_by_year: int) -> Lifetime:
    return lifetime(Year(at, Fraction(amount), Fraction(0)) for at, amount in enumerate(bought_by_year, 1))


def test_the_check_table_of_the_domain_comes_out_year_by_year() -> None:
    life = lifetime(DESIGN_FIRM)
    assert [line.net for line in life.lines] == [-50, 1450, 2150, 3450, 5800]
    assert [line.cumulative for line in life.lines] == [-50, 1400, 3550, 7000, 12800]
    assert (life.bought, life.referred_bought, life.cost, life.value) == (5950, 8100, 1250, 12800)


def test_serving_those_they_referred_at_100_a_year_leaves_11_700() -> None:
    life = lifetime(DESIGN_FIRM, Decimal(100))
    assert (life.referred_customers, life.referred_cost, life.value) == (11, 1100, 11700)


def test_five_occasions_at_1_190_are_what_the_firm_bought() -> None:
    assert bought(Decimal(5), Decimal(1190)) == lifetime(DESIGN_FIRM).bought


def test_the_order_in_which_years_are_told_makes_no_difference() -> None:
    assert lifetime(reversed(DESIGN_FIRM)) == lifetime(DESIGN_FIRM)


def test_a_year_that_comes_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="the year 2 comes twice"):
        lifetime([*DESIGN_FIRM, DESIGN_FIRM[1]])


def test_a_customer_without_years_is_worth_nothing_yet() -> None:
    assert lifetime([]).value == 0
    assert lifetime([]).retention == (0, 0)


def test_ten_cents_three_times_are_exactly_thirty() -> None:
    years = [Year(at, Fraction("0.1"), Fraction(0)) for at in (1, 2, 3)]
    assert lifetime(years).value == Fraction(3, 10)


def test_retention_counts_the_years_with_a_purchase_that_another_one_follows() -> None:
    assert of(5, 5, 5).retention == (2, 2)
    assert of(5, 0, 5).retention == (0, 1)
    assert of(5).retention == (0, 0), "nobody knows yet what follows"


def test_a_year_left_out_between_two_others_is_one_without_a_purchase() -> None:
    gap = lifetime([Year(1, Fraction(5), Fraction(0)), Year(3, Fraction(5), Fraction(0))])
    assert gap.retention == (0, 1)


def test_complaining_never_lowers_the_value_of_a_customer() -> None:
    cohorts = Cohorts()
    for name in COHORTS:
        cohorts.add(name, "USD", lifetime(DESIGN_FIRM))
    assert {cohort.value for _, _, cohort in cohorts} == {Fraction(12800)}


def test_the_three_rs_are_told_for_each_cohort() -> None:
    cohorts = Cohorts()
    related = Year(2, Fraction(100), Fraction(0), Fraction(50), Fraction(1), Fraction(25))
    cohorts.add("recovered", "USD", lifetime([Year(1, Fraction(100), Fraction(0)), related], Decimal(10)))
    cohorts.add("recovered", "USD", of(100, 0))
    cohorts.add("never_failed", "EUR", of(70))
    cohorts.add("", "USD", of(1))
    rows = {(currency, name): cohort for currency, name, cohort in cohorts}
    assert list(rows) == [("EUR", "never_failed"), ("USD", "recovered"), ("USD", "")]
    recovered = rows["USD", "recovered"]
    assert (recovered.customers, recovered.value, recovered.mean) == (2, 340, 170)
    assert recovered.retention == Fraction(1, 2)
    assert recovered.related_share == Fraction(25, 300)
    assert (recovered.referring_share, recovered.referred_net) == (Fraction(1, 2), 40)


def test_satisfaction_is_no_part_of_retention() -> None:
    """A recovery may please and yet not keep (de Matos, 2007): only purchases count."""
    assert set(Year._fields) == {
        "year", "bought", "cost", "referred_bought", "referred_customers", "related",
    }  # fmt: skip
