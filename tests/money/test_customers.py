"""Customers out of files: every row is used or told, in any order, in little memory."""

from __future__ import annotations

import csv
import gzip
import io
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from recovery.core.errors import RecoveryError
from recovery.imports import customers as module
from recovery.imports.customers import Customer, Reading, customers, unread_columns
from recovery.imports.rows import BadRow
from recovery.workflow.currencies import unpayable
from tests.real_data import ROOT

MEGABYTE = 1024

FIRM = """\
year,bought,referred_bought,cost,referred_customers
1,800,0,850,0
2,750,800,100,1
3,700,1550,100,2
4,500,3050,100,4
5,3200,2700,100,4
"""


def read(path: Path, referred_cost: int = 0) -> tuple[list[Customer], list[BadRow]]:
    how = Reading("USD", Fraction(referred_cost), unpayable)  # type: ignore[arg-type]
    found = list(customers(path, how, read=lambda _: None))
    good = [one for one in found if isinstance(one, Customer)]
    return good, [one for one in found if isinstance(one, BadRow)]


def file(folder: Path, text: str, name: str = "customers.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_check_table_is_read_as_one_customer(tmp_path: Path) -> None:
    (firm,), wrong = read(file(tmp_path, FIRM))
    assert (firm.name, firm.life.value, firm.complete, wrong) == ("", 12800, True, [])
    (firm,), _ = read(file(tmp_path, FIRM), referred_cost=100)
    assert firm.life.value == 11700


def test_purchases_may_be_told_as_occasions_and_an_average(tmp_path: Path) -> None:
    (one,), _ = read(file(tmp_path, "year,occasions,average_purchase,cost\n1,5,1190,1250\n2,2.5,33.333,0\n"))
    assert one.life.lines[0].year.bought == 5950
    assert one.life.lines[1].year.bought == Fraction("83.3325")


def test_json_lines_are_read_without_losing_a_digit(tmp_path: Path) -> None:
    lines = '{"customer": "a", "year": 1, "bought": 123456789012345.67, "cost": "0.10"}\n'
    (one,), _ = read(file(tmp_path, lines, "customers.jsonl"))
    assert one.life.value == Fraction("123456789012345.57")


def test_gzip_is_read_too(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv.gz"
    path.write_bytes(gzip.compress(FIRM.encode()))
    (firm,), _ = read(path)
    assert firm.life.value == 12800


@pytest.mark.parametrize(
    ("row", "column", "says"),
    [
        ("a,soon,1,0,,", "year", "A year is a whole number from 1 to 9999, such as 2026."),
        ("a,0,1,0,,", "year", "A year is a whole number from 1 to 9999, such as 2026."),
        ('a,1,"1,250",0,,', "bought", "An amount is a number such as 1250 or 1250.50"),
        ("a,1,1e3,0,,", "bought", "An amount is a number such as 1250 or 1250.50"),
        ("a,1,,0,,", "bought", "Say what was bought, 0 where nothing was"),
        ("a,1,1.005,0,,", "bought", "USD has 2 decimals, and 1.005 USD has 3."),
        ("a,1,1.5,0,,JPY", "bought", "JPY has no decimals, and 1.5 JPY has 1."),
        ("a,1,1.2345,0,,KWD", "bought", "KWD has 3 decimals, and 1.2345 KWD has 4."),
        ("a,1,1,,,", "cost", "An amount is a number such as 1250 or 1250.50"),
        (f"{'a' * 201},1,1,0,,", "customer", "A name has at most 200 characters."),
        ("a,1,1,-5,,", "cost", "This cannot be less than 0."),
        ("a,1,1,0,lost,", "cohort", "A cohort is one of recovered, unrecovered, never_failed, or nothing."),
        ("a,1,1,0,,usd", "currency", "A currency is written by its three letters, such as USD."),
    ],
)
def test_a_wrong_cell_is_told_with_its_row_its_column_and_what_would_be_accepted(
    tmp_path: Path, row: str, column: str, says: str
) -> None:
    path = file(tmp_path, f"customer,year,bought,cost,cohort,currency\nb,1,7,0,,\n{row}\n")
    (good,), (wrong,) = read(path)
    assert good.name == "b"
    assert (wrong.number, wrong.line, wrong.field) == (2, 3, column)
    assert wrong.reason.startswith(says)


@pytest.mark.parametrize(
    ("second", "column", "says"),
    [
        ("a,1,9,0,recovered,USD", "year", "The customer has this year already, in line 2."),
        ("a,2,9,0,unrecovered,USD", "cohort", "The customer is recovered in line 2."),
        ("a,2,9,0,recovered,EUR", "currency", "The customer's amounts are in USD in line 2."),
    ],
)
def test_rows_of_one_customer_that_contradict_each_other_are_told(
    tmp_path: Path, second: str, column: str, says: str
) -> None:
    path = file(tmp_path, f"customer,year,bought,cost,cohort,currency\na,1,7,0,recovered,USD\n{second}\n")
    (one,), (wrong,) = read(path)
    assert (wrong.line, wrong.field, wrong.reason) == (3, column, says)
    assert (one.life.value, one.complete) == (7, False)


def test_a_customer_with_a_row_that_was_not_used_is_incomplete(tmp_path: Path) -> None:
    (a, b), (wrong,) = read(file(tmp_path, "customer,year,bought,cost\na,1,7,0\na,2,x,0\nb,1,7,0\n"))
    assert (a.complete, b.complete, wrong.line) == (False, True, 3)


def test_related_sales_are_a_part_of_what_was_bought(tmp_path: Path) -> None:
    (one,), (wrong,) = read(file(tmp_path, "year,bought,cost,related\n1,7,0,7\n2,7,0,7.01\n"))
    assert (one.life.related, wrong.field) == (7, "related")


def test_in_a_year_more_may_come_back_than_was_bought(tmp_path: Path) -> None:
    (one,), wrong = read(file(tmp_path, "year,bought,cost,related\n1,50,10,20\n2,-5,2,\n"))
    assert (one.life.value, one.life.related, wrong) == (33, 20, [])


def test_purchases_told_twice_are_not_added(tmp_path: Path) -> None:
    _, (wrong,) = read(file(tmp_path, "year,bought,occasions,average_purchase,cost\n1,7,1,7,0\n"))
    assert wrong.reason == "What was bought is said twice: in bought, and in occasions and average_purchase."


def test_either_every_row_names_its_customer_or_none_does(tmp_path: Path) -> None:
    _, (wrong,) = read(file(tmp_path, "customer,year,bought,cost\na,1,7,0\n,2,7,0\n"))
    assert wrong.reason == "Either every row names its customer, or none does."


def test_a_file_that_does_not_say_what_was_bought_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecoveryError, match="neither a column bought nor occasions and average_purchase"):
        read(file(tmp_path, "customer,year,cost\na,1,7\n"))
    with pytest.raises(RecoveryError, match="no header with the columns year, cost"):
        read(file(tmp_path, "customer,bought\na,1\n"))


def test_a_column_that_nobody_reads_is_told_with_what_may_be_meant(tmp_path: Path) -> None:
    path = file(tmp_path, "year,bought,cost,refered_bought,shoe size\n1,7,0,5,41\n")
    assert unread_columns(path) == ["refered_bought: did you mean referred_bought?", "shoe size"]


def test_rows_may_come_in_any_order_and_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = Random(4)
    rows = [(f"c-{number:03}", year) for number in range(40) for year in range(1, 6)]
    rng.shuffle(rows)
    text = io.StringIO()
    csv.writer(text).writerows([("customer", "year", "bought", "cost"), *((*row, row[1], 0) for row in rows)])
    whole = read(file(tmp_path, text.getvalue()))
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 7)
    assert read(file(tmp_path, text.getvalue())) == whole
    assert [one.name for one in whole[0]] == [f"c-{number:03}" for number in range(40)]
    assert {one.life.value for one in whole[0]} == {15}


MEASURED = """
import sys
from contextlib import redirect_stdout
from recovery.cli.run import run
from tests.peak import peak_kilobytes
with open(sys.argv[2], "w") as out, redirect_stdout(out):
    code = run(["clv", sys.argv[1], "--json"])
print(code, peak_kilobytes())
"""


def peak_of(count: int, tmp_path: Path) -> int:
    """The most memory (kilobytes) that a command takes which reads three years of so many customers."""
    path = tmp_path / "many.csv"
    with path.open("w", encoding="utf-8") as out:
        out.write("year,customer,cohort,bought,cost,referred_bought\n")
        for year in (1, 2, 3):
            out.writelines(f"{year},customer-{n:07},recovered,{n % 90}.50,3,{n % 7}\n" for n in range(count))
    command = [sys.executable, "-c", MEASURED, str(path), str(tmp_path / "out.json")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    code, peak = map(int, done.stdout.split())
    assert code == 0
    return peak


@pytest.mark.slow
def test_many_customers_take_little_memory(tmp_path: Path) -> None:
    many = 15_000  # more rows than are kept at once, and a second time as many
    assert 3 * many > 2 * module.ROWS_AT_ONCE
    few = peak_of(10, tmp_path)
    assert peak_of(many, tmp_path) - few < 20 * MEGABYTE
