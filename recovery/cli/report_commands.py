"""`report`: figures read from the record."""

from __future__ import annotations

import typer

from recovery.cli.options import Database, Json, project
from recovery.cli.output import as_json, say, table

report = typer.Typer(help="Figures read from the record.", no_args_is_help=True, rich_markup_mode=None)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(report, name="report")
    report.command("process", epilog="Example: recovery report process --json")(process_)
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
