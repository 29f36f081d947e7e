"""Customers' lifetime value as pages for people and as data for programs, one customer at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any

from recovery.cli.output import say, table, visible
from recovery.core.loyalty import AtStake
from recovery.core.money import rounded
from recovery.core.value import Cohort, Cohorts, Line
from recovery.imports.customers import Customer
from recovery.imports.rows import BadRow
from recovery.workflow.rates import decimals

REJECTS_LISTED = 1_000
"""So many rows that could not be used are listed with `--json`; the rest are counted."""

Stake = Callable[[Customer], AtStake | None]
"""What a failure puts at stake of a customer's value; None where nobody asked."""


def _paid(amount: Fraction, currency: str) -> str:
    """An exact amount with the currency's decimals, for programs."""
    return f"{rounded(amount, decimals(currency)):f}"


def _said(amount: Fraction, currency: str) -> str:
    """The same for people, thousands apart."""
    return f"{Decimal(_paid(amount, currency)):,f}"


def _share(share: Fraction | None) -> str | None:
    """`62.5%`, to one decimal."""
    return None if share is None else f"{rounded(share * 100, 1)}%"


def _number(number: Fraction) -> str:
    """A count that need not be whole, with at most two decimals."""
    return f"{rounded(number, 2 if number.denominator > 1 else 0):f}"


class Lines:
    """For people: one customer year by year, of many a line each, then the cohorts."""

    def __init__(self, stake: Stake) -> None:
        self.rejected = 0
        self._stake = stake
        self._first: Customer | None = None
        self._many = False

    def reject(self, row: BadRow) -> None:
        self.rejected += 1
        column = f", column {row.field}" if row.field else ""
        value = f" ({visible(row.value[:60])})" if row.value else ""
        say(f"Row {row.number:,}, line {row.line:,}{column}: {row.reason}{value}")

    def customer(self, one: Customer) -> None:
        if self._first is None and not self._many:
            self._first = one
            return
        if self._first is not None:
            self._line(self._first)
            self._first, self._many = None, True
        self._line(one)

    def _line(self, one: Customer) -> None:
        life, currency = one.life, one.currency
        at_stake = self._stake(one)
        said = [
            f"{visible(one.name)}: {_said(life.value, currency)} {currency}",
            f"bought {_said(life.bought, currency)}",
            f"by those referred {_said(life.referred_bought, currency)}",
            f"cost {_said(life.cost + life.referred_cost, currency)}",
        ]
        said += [f"at stake {_said(at_stake.at_stake, currency)}"] if at_stake else []
        said += ["incomplete: some rows were rejected"] if not one.complete else []
        say(", ".join(said))

    def end(self, cohorts: Cohorts) -> None:
        if self._first is not None:
            self._whole(self._first)
        rows = [_cohort_cells(currency, name, cohort) for currency, name, cohort in cohorts]
        if self._many or any(name for _, name, _ in cohorts):
            columns = ["cohort", "customers", "worth on average", "stay", "related", "refer", "referred"]
            say(table("Cohorts", columns, rows))
        if not rows:
            say("No customer.")
        if self.rejected:
            say(f"{self.rejected:,} rows could not be used.")

    def _whole(self, one: Customer) -> None:
        life, currency = one.life, one.currency
        columns = ["year", "bought", "by those referred", "cost", "net", "cumulative"]
        rows: list[list[Any]] = [[line.year.year, *_year_cells(line, currency)] for line in life.lines]
        costs = life.cost + life.referred_cost
        sums = (life.bought, life.referred_bought, costs, life.value)
        rows.append(["Σ", *(_said(amount, currency) for amount in sums), ""])
        title = f"{one.name or 'The customer'}, in {currency}"
        say(table(title, columns, rows), f"Lifetime value: {_said(life.value, currency)} {currency}")
        if not one.complete:
            say("Incomplete: some rows were rejected.")
        if at_stake := self._stake(one):
            say(
                f"At stake: {_said(at_stake.at_stake, currency)} {currency}; satisfying them quickly keeps "
                f"{_said(at_stake.worth_recovering, currency)} {currency} of that."
            )


def _year_cells(line: Line, currency: str) -> Iterator[str]:
    year = line.year
    costs = year.cost + line.referred_cost
    for amount in (year.bought, year.referred_bought, costs, line.net, line.cumulative):
        yield _said(amount, currency)


def _cohort_cells(currency: str, name: str, cohort: Cohort) -> list[Any]:
    mean = cohort.mean
    return [
        (name or "not said").replace("_", " "),
        f"{cohort.customers:,}",
        "" if mean is None else f"{_said(mean, currency)} {currency}",
        _share(cohort.retention),
        _share(cohort.related_share),
        _share(cohort.referring_share),
        _said(cohort.referred_net, currency),
    ]


class AsJson:
    """For programs: one object, written as the customers come, so that no list of them is kept."""

    def __init__(self, stake: Stake) -> None:
        self.rejected = 0
        self._stake = stake
        self._listed: list[dict[str, Any]] = []
        self._before = '{"customers": ['

    def reject(self, row: BadRow) -> None:
        self.rejected += 1
        if len(self._listed) < REJECTS_LISTED:
            self._listed.append(
                {"row": row.number, "line": row.line, "column": row.field, "value": row.value[:1_000],
                 "reason": row.reason}
            )  # fmt: skip

    def customer(self, one: Customer) -> None:
        print(f"{self._before}\n{json.dumps(_customer_data(one, self._stake(one)))}", end="")
        self._before = ","

    def end(self, cohorts: Cohorts) -> None:
        rest = {
            "cohorts": [_cohort_data(currency, name, cohort) for currency, name, cohort in cohorts],
            "rejected": self.rejected,
            "rejects": self._listed,
        }
        print("],\n" if self._before == "," else f"{self._before}],\n", json.dumps(rest)[1:], sep="")


def _customer_data(one: Customer, at_stake: AtStake | None) -> dict[str, Any]:
    life, currency = one.life, one.currency
    amounts = {
        "bought": life.bought,
        "referred_bought": life.referred_bought,
        "cost": life.cost,
        "referred_cost": life.referred_cost,
        "value": life.value,
    }
    return {
        "customer": one.name,
        "cohort": one.cohort or None,
        "currency": currency,
        "complete": one.complete,
        **{name: _paid(amount, currency) for name, amount in amounts.items()},
        "years": [_year_data(line, currency) for line in life.lines],
        "at_stake": None if at_stake is None else _paid(at_stake.at_stake, currency),
        "worth_recovering": None if at_stake is None else _paid(at_stake.worth_recovering, currency),
    }


def _year_data(line: Line, currency: str) -> dict[str, Any]:
    year = line.year
    amounts = {
        "bought": year.bought,
        "referred_bought": year.referred_bought,
        "cost": year.cost,
        "referred_cost": line.referred_cost,
        "net": line.net,
        "cumulative": line.cumulative,
    }
    return {"year": year.year, **{name: _paid(amount, currency) for name, amount in amounts.items()}}


def _cohort_data(currency: str, name: str, cohort: Cohort) -> dict[str, Any]:
    return {
        "cohort": name or None,
        "currency": currency,
        "customers": cohort.customers,
        "value": _paid(cohort.value, currency),
        "average": None if cohort.mean is None else _paid(cohort.mean, currency),
        "retention": _share(cohort.retention),
        "related_share": _share(cohort.related_share),
        "referring_share": _share(cohort.referring_share),
        "referred_net": _paid(cohort.referred_net, currency),
        "referred_customer_years": _number(cohort.referred_customers),
    }
