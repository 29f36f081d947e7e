"""`clv`: what customers are worth, year by year, and what the three cohorts are worth beside each other."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recovery.cli.codes import OK, PROBLEMS
from recovery.cli.options import Json, project
from recovery.cli.output import notice, progress

if TYPE_CHECKING:
    from recovery.cli.clv_pages import Stake


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: recovery clv customers.csv --referred-cost 100")(clv)


def clv(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV, or JSON Lines (.jsonl); either may be .gz.")
    ],
    referred_cost: Annotated[
        str,
        typer.Option(
            "--referred-cost", metavar="AMOUNT", help="What serving one referred customer costs in a year."
        ),
    ] = "0",
    currency: Annotated[str, typer.Option("--currency", help="Of rows that name none.")] = "USD",
    customer: Annotated[
        str | None, typer.Option("--customer", metavar="NAME", help="Only this one, year by year.")
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            "--loss", metavar="AMOUNT", help='A failure, such as "40 USD": what is at stake with it.'
        ),
    ] = None,
    json: Json = False,
) -> int:
    """Work out customers' lifetime value from what they bought, cost and brought. Code 1: rejected rows."""
    from recovery.cli.clv_pages import AsJson, Lines
    from recovery.core.value import Cohorts
    from recovery.imports.customers import Customer, Reading, customers, unread_columns
    from recovery.workflow.currencies import unpayable
    from recovery.workflow.rates import is_currency

    if not is_currency(currency):
        raise typer.BadParameter(f"{currency} is no currency. Such as USD.", param_hint="--currency")
    how = Reading(currency, _amount(referred_cost), unpayable)
    stake = _stake(loss)
    for column in unread_columns(file):
        notice(f"A column is not read: {column}")
    show = AsJson(stake) if json else Lines(stake)
    cohorts = Cohorts()
    with progress("Rows", file.stat().st_size if file.is_file() else None) as done:
        for found in customers(file, how, read=done):
            if not isinstance(found, Customer):
                show.reject(found)
            elif customer is None or found.name == customer:
                cohorts.add(found.cohort, found.currency, found.life)
                show.customer(found)
    show.end(cohorts)
    return PROBLEMS if show.rejected else OK


def _amount(text: str) -> Decimal:
    from recovery.core.facts import read_decimal

    amount = read_decimal(text) if text.replace(".", "", 1).isdecimal() and len(text) < 16 else None
    if amount is None:
        message = f"{text} is no amount. Such as 100 or 99.50, in the customers' currency."
        raise typer.BadParameter(message, param_hint="--referred-cost")
    return amount


def _stake(loss: str | None) -> Stake:
    """How much of a customer's value is at stake with a loss, by the project's loyalty table."""
    from recovery.core.loyalty import TARP, value_at_stake
    from recovery.workflow.compensation import policy_of
    from recovery.workflow.compensation_words import WordProblem, money
    from recovery.workflow.rates import rates_of

    if loss is None:
        return lambda _: None
    root = project(None).root
    policy = policy_of(root)
    loyalty = TARP if policy is None else policy.loyalty
    try:
        lost = rates_of(root).exact(money(loss), loyalty.currency)
    except (WordProblem, ValueError) as problem:
        raise typer.BadParameter(f"{problem}", param_hint="--loss") from None
    return lambda one: value_at_stake(one.life.value, lost, loyalty)
