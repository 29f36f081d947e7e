"""`recovery clv`: what customers are worth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said
from tests.money.test_customers import FIRM

Cli = Callable[..., Said]


@pytest.fixture
def firm(home: Path) -> Path:
    path = home / "firm.csv"
    path.write_text(FIRM, encoding="utf-8")
    return path


def words(said: Said) -> list[str]:
    return [" ".join(line.split()) for line in said.out.splitlines() if line.strip()]


def test_the_check_table_of_the_domain_is_shown_year_by_year_with_its_sums(cli: Cli, firm: Path) -> None:
    said = cli("clv", firm)
    assert said.code == 0
    shown = words(said)
    assert "1 800.00 0.00 850.00 -50.00 -50.00" in shown
    assert "5 3,200.00 2,700.00 100.00 5,800.00 12,800.00" in shown
    assert "Σ 5,950.00 8,100.00 1,250.00 12,800.00" in shown
    assert shown[-1] == "Lifetime value: 12,800.00 USD"


def test_referred_customers_at_100_a_year_leave_11_700(cli: Cli, firm: Path) -> None:
    (one,) = cli("clv", firm, "--referred-cost", "100", "--json").data["customers"]
    assert (one["value"], one["referred_cost"], one["years"][-1]["cumulative"]) == (
        "11700.00",
        "1100.00",
        "11700.00",
    )


def test_amounts_have_the_decimals_of_their_currency(cli: Cli, firm: Path) -> None:
    assert words(cli("clv", firm, "--currency", "JPY"))[-1] == "Lifetime value: 12,800 JPY"
    assert words(cli("clv", firm, "--currency", "KWD"))[-1] == "Lifetime value: 12,800.000 KWD"


def test_value_at_stake_is_told_for_a_loss_in_any_currency_that_has_a_rate(cli: Cli, firm: Path) -> None:
    said = cli("clv", firm, "--loss", "200 EUR")
    assert words(said)[-1] == ("At stake: 10,368.00 USD; satisfying them quickly keeps 8,064.00 USD of that.")
    assert cli("clv", firm, "--loss", "200 CHF").code == 2
    assert cli("clv", firm, "--loss", "much").code == 2


def test_many_customers_have_a_line_each_and_their_cohorts_stand_beside_each_other(
    cli: Cli, home: Path
) -> None:
    rows = (
        "customer,year,bought,cost,cohort\nann,1,10,1,recovered\nbo,1,5,1,unrecovered\nann,2,8,0,recovered\n"
    )
    Path("many.csv").write_text(rows, encoding="utf-8")
    said = cli("clv", "many.csv")
    assert said.code == 0
    shown = words(said)
    assert shown[0] == "ann: 17.00 USD, bought 18.00, by those referred 0.00, cost 1.00"
    assert "recovered 1 17.00 USD 100.0% 0.0% 0.0% 0.00" in shown
    assert "unrecovered 1 4.00 USD 0.0% 0.0% 0.00" in shown
    only = cli("clv", "many.csv", "--customer", "ann")
    assert "Lifetime value: 17.00 USD" in words(only)


def test_rejected_rows_are_told_and_the_exit_code_says_so(cli: Cli, home: Path) -> None:
    Path("bad.csv").write_text("customer,year,bought,cost\na,1,7,0\na,two,7,0\n", encoding="utf-8")
    said = cli("clv", "bad.csv")
    assert said.code == 1
    assert said.out.splitlines()[0] == (
        "Row 2, line 3, column year: A year is a whole number from 1 to 9999, such as 2026. (two)"
    )
    assert words(said)[-1] == "1 rows could not be used."
    assert "Incomplete: some rows were rejected." in words(said)
    data = cli("clv", "bad.csv", "--json").data
    assert data["rejected"] == 1
    assert data["rejects"][0]["column"] == "year"
    assert data["customers"][0]["complete"] is False


def test_what_is_wrong_with_the_file_is_json_where_json_is_asked_for(cli: Cli, home: Path) -> None:
    said = cli("clv", "nowhere.csv", "--json")
    assert (said.code, said.data["error"]) == (2, "There is no file nowhere.csv.")
    Path("empty.csv").write_text("year,bought,cost\n", encoding="utf-8")
    assert cli("clv", "empty.csv", "--json").data["customers"] == []


@pytest.mark.parametrize(
    "option", [("--currency", "XYZ"), ("--referred-cost", "-1"), ("--referred-cost", "1e3")]
)
def test_options_that_mean_nothing_are_refused(cli: Cli, firm: Path, option: tuple[str, str]) -> None:
    assert cli("clv", firm, *option).code == 2


def test_a_column_that_nobody_reads_is_said_beside_the_result(cli: Cli, home: Path) -> None:
    Path("odd.csv").write_text("year,bought,cost,refered_bought\n1,7,0,5\n", encoding="utf-8")
    assert "did you mean referred_bought?" in cli("clv", "odd.csv").err
