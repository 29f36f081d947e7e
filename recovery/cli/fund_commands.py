"""`fund …`: money set aside for recoveries that fail."""

from __future__ import annotations

from typing import Annotated

import typer

from recovery.cli.options import By, Database, Json, Key, first_of_day, project
from recovery.cli.output import as_json, say, table

fund = typer.Typer(
    help="The recovery fund: what was set aside for recoveries that fail, and which cases drew on it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(fund, name="fund")
    fund.command(epilog="Example: recovery fund show --since 2026-11-01")(show)
    fund.command("set-aside", epilog='Example: recovery fund set-aside "5000 USD" --by manager:noor')(
        set_aside
    )


def show(
    since: Annotated[
        str | None, typer.Option(metavar="DAY", help="Only what drew on it from this day on (UTC).")
    ] = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Show what was set aside, drawn and is left, how fast it goes, and the cases that drew on it."""
    from recovery.bootstrap import reading
    from recovery.core.money import written_out

    first = first_of_day(since)
    with reading(project(database)) as engine:
        found = engine.fund(first)
    if json:
        as_json(
            {
                "balances": [
                    {**one._asdict(), "balance": one.balance, "lasts_days": one.lasts_days}
                    for one in found.balances
                ],
                "drawn": [one._asdict() for one in found.drawn],
            }
        )
        return
    places = {one.currency: one.decimals for one in found.balances}
    rows = [
        [
            *(
                written_out(units, one.decimals, one.currency)
                for units in (one.set_aside, one.drawn, one.balance, one.burn)
            ),
            one.lasts_days,
        ]
        for one in found.balances
    ]
    columns = ["set aside", "drawn", "left", "drawn in 30 days", "lasts days"]
    say(table(None, columns, rows) if rows else "Nothing has been set aside, and nothing was drawn.")
    drawn = [
        [one.at[:10], one.case, one.compensation, written_out(one.units, places[one.currency], one.currency)]
        for one in found.drawn
    ]
    if drawn:
        say(table("Drawn by", ["paid", "case", "compensation", "amount"], drawn))


def set_aside(
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="How much, such as 5000 USD.")],
    by: By,
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Set money aside for recoveries that fail. `fund` in config/recovery.yaml does so every month."""
    from recovery.bootstrap import working

    with working(project(database)) as engine:
        done = engine.set_aside(amount, by=by, key=key)
    if json:
        as_json({"set_aside": amount, "repeated": not done})
        return
    say(f"{amount} set aside." if done else f"{amount} was set aside before, under this key.")
