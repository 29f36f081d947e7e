"""`import`, `play`, `demo`, `worker`: what runs over many cases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recovery.cli import worker_command
from recovery.cli.options import Database, Json, project
from recovery.cli.output import as_json, progress, say, table


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(epilog="Example: make demo, or recovery demo --input complaints.csv --map cfpb --limit 1000")(
        demo
    )
    app.command(epilog="Example: recovery play story.jsonl --json")(play)
    app.command("import", epilog="Example: recovery import complaints.csv.gz --map cfpb")(import_)
    worker_command.add_to(app)


def demo(
    source: Annotated[
        Path | None,
        typer.Option("--input", metavar="FILE", help="Real complaints (CSV or JSON Lines, .gz too)."),
    ] = None,
    mapping: Annotated[
        str | None, typer.Option("--map", metavar="MAP", help="The mapping for --input.")
    ] = None,
    limit: Annotated[int, typer.Option(help="How many complaints.", min=1)] = 200,
    seed: Annotated[int, typer.Option(help="The same seed gives the same story.")] = 7,
    folder: Annotated[Path, typer.Option(metavar="DIR", help="Where everything is written.")] = Path(
        "recovery-demo"
    ),
    json: Json = False,
) -> int:
    """Watch complaints walk the ten steps under a fast clock, in a database of their own."""
    from recovery.cli.demo_page import demo_page
    from recovery.demo.show import run_demo

    with progress("Complaints on their way", limit) as done:
        report = run_demo(
            project(None), folder, source=source, mapping=mapping, limit=limit, seed=seed, progress=done
        )
    if json:
        as_json(report.as_dict())
    else:
        say(*demo_page(report))
    return 0 if report.is_sound else 1


def play(
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="JSON Lines, one timed event a line; - reads standard input."),
    ],
    database: Database = None,
    json: Json = False,
) -> int:
    """Play timed events through the engine under a simulated clock; messages go to the outbox folder."""
    from recovery.bootstrap import keep_what_is_loaded, working
    from recovery.clock import ManualClock
    from recovery.core.instants import from_text
    from recovery.delivery.channels import FolderChannel
    from recovery.play.script import open_script
    from recovery.play.stage import play as play_script

    here = project(database)
    clock = ManualClock(from_text("1970-01-01T00:00:00Z"))
    with (
        open_script(file) as lines,
        working(here, make=True, clock=clock) as engine,
        progress("Events") as done,
    ):
        keep_what_is_loaded()
        report = play_script(engine, clock, lines, FolderChannel(here.outbox), progress=done)
    if json:
        as_json(report.as_dict())
    else:
        columns = ["line", "case", "event", "why", "accepted would be"]
        rows = [[r["line"], r["case"], r["event"], r["message"], r["hint"]] for r in report.refused]
        if rows:
            say(table("Refused", columns, rows))
        say(
            f"{report.events:,} events: {report.accepted:,} accepted, {len(report.refused):,} refused. "
            f"{report.cases:,} cases opened, {report.delivered:,} messages in {here.outbox}."
        )
    return 1 if report.refused else 0


def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or JSON Lines, .gz too.")],
    mapping: Annotated[
        str | None,
        typer.Option("--map", metavar="MAP", help="A mapping's name or file (default: the one that fits)."),
    ] = None,
    open_cases: Annotated[
        bool, typer.Option("--open", help="Open live cases; without it rows are history.")
    ] = False,
    send: Annotated[
        bool, typer.Option("--send", help="With --open: send messages instead of holding them.")
    ] = False,
    limit: Annotated[int | None, typer.Option(help="Read at most so many rows.", min=1)] = None,
    rejects: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Where rows that cannot be read go (default: FILE.rejects.csv here)."
        ),
    ] = None,
    database: Database = None,
    json: Json = False,
) -> int:
    """Import complaints or a log of events. A row twice opens nothing twice; when killed, run it again."""
    from recovery.bootstrap import keep_what_is_loaded, working
    from recovery.core.errors import RecoveryError
    from recovery.imports.mapping import find_mapping
    from recovery.imports.run import run_import

    if send and not open_cases:
        raise RecoveryError("--send needs --open.", hint="History never sends anything.")
    here = project(database)
    found = find_mapping(here.root, mapping, file)
    with working(here, make=True) as engine, progress("Rows") as done:
        keep_what_is_loaded()
        report = run_import(
            engine,
            file,
            found,
            mode="open" if open_cases else "history",
            send=send,
            rejects=rejects,
            limit=limit,
            progress=done,
        )
    data = report.as_dict()
    if json:
        as_json(data)
    else:
        counted = ["read", "opened", "duplicates", "rejected"]
        say(", ".join(f"{name} {data[name]:,}" for name in counted) + f" in {data['seconds']:.1f} s.")
        if data.get("events"):
            say(f"{data['events']:,} events of {data['cases']:,} cases; {data['illegal']:,} illegal moves.")
        if data["rejects"]:
            say(f"Rejected rows, with reasons: {data['rejects']}")
    return 1 if data["rejected"] else 0
