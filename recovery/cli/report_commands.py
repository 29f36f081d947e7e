"""`report`: figures read from the record."""

from __future__ import annotations

from typing import Any

import typer

from recovery.cli.options import Database, Json, project
from recovery.cli.output import as_json, say, table

report = typer.Typer(help="Figures read from the record.", no_args_is_help=True, rich_markup_mode=None)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(report, name="report")
    report.command("process", epilog="Example: recovery report process --json")(process_)
    report.command("money", epilog="Example: recovery report money --json")(money)
    report.callback()(lambda: None)


def process_(database: Database = None, json: Json = False) -> None:
    """How cases really went: moves, repetitions, moves that no rule allowed, and how long it took."""
    from recovery.bootstrap import reading
    from recovery.insight.process import process

    with reading(project(database)) as engine:
        data = process(engine.store.logs(engine.tenant)).as_dict()
    if json:
        as_json(data)
        return
    rows = [[name, count, data["repeated"].get(name, 0)] for name, count in data["moves"].items()]
    say(
        f"{data['cases']:,} cases, {data['events']:,} events, {len(data['forced']):,} moves no rule allowed.",
        table("Moves", ["move", "made", "cases with more than one"], rows),
        *(f"{name}: {span['text']} from first to last event" for name, span in data["duration"].items()),
    )


def money(database: Database = None, json: Json = False) -> None:
    """What compensations came to: what was paid, how fast after a yes, and how long approvals waited."""
    from recovery.bootstrap import reading
    from recovery.insight.payments import payments

    with reading(project(database)) as engine:
        data = payments(engine.store.logs(engine.tenant)).as_dict()
    if json:
        as_json(data)
        return
    if not data["statuses"]:
        say("Nothing was offered.")
        return
    say(
        ", ".join(f"{count:,} {status}" for status, count in data["statuses"].items())
        + f"; {data['late']:,} late.",
        table("Given", ["kind", "in all"], [[one["kind"], one["amount"]] for one in data["paid"]]),
        *(f"Agents' time: {cost}" for cost in data["time"]),
        *_told("From a yes to the receipt", data["accepted_to_paid"]),
        *_told("From asking for an approval to the answer", data["asked_to_answered"]),
    )


def _told(what: str, spans: dict[str, Any]) -> list[str]:
    if not spans["count"]:
        return []
    median, most = spans["median"]["text"], spans["nine_of_ten"]["text"]
    return [f"{what}: {median} in the middle, {most} at most for nine of ten ({spans['count']:,})"]
