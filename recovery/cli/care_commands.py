"""`doctor`, `db upgrade`, `db verify`: looking after an installation."""

from __future__ import annotations

import typer

from recovery.cli.options import Database, Json, project
from recovery.cli.output import as_json, progress, say, table

db = typer.Typer(
    help="The database: its schema and its integrity.", no_args_is_help=True, rich_markup_mode=None
)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(epilog="Example: recovery doctor --json")(doctor)
    app.add_typer(db, name="db")
    db.command(epilog="Example: recovery db upgrade --database sqlite:///recovery.db")(upgrade)
    db.command(epilog="Example: recovery db verify --json")(verify)


def doctor(database: Database = None, json: Json = False) -> int:
    """Say what is wrong here and how to mend it."""
    from recovery.checkup import examine

    checks = examine(project(database))
    ill = [check for check in checks if check.state == "wrong"]
    if json:
        as_json({"ok": not ill, "checks": [check.as_dict() for check in checks]})
        return 1 if ill else 0
    say(
        table(
            None,
            ["", "what", "found", "how to mend it"],
            [[c.state, c.what, c.found, c.mend] for c in checks],
        )
    )
    return 1 if ill else 0


def upgrade(database: Database = None, json: Json = False) -> None:
    """Make the database, or bring its schema to this version. Running cases stay as they are."""
    from recovery.bootstrap import upgrade_database

    before, after = upgrade_database(project(database))
    if json:
        as_json({"before": before, "after": after})
        return
    was = "already" if before == after else f"now; it was {before or 'not there'}"
    say(f"The schema is {after} {was}.")


def verify(database: Database = None, json: Json = False) -> int:
    """Check that nothing in the database was changed, lost or added behind the engine's back."""
    from recovery.bootstrap import reading
    from recovery.sealing import seal_key
    from recovery.store.verify import verify as verify_store

    here = project(database)
    with reading(here) as engine, progress("Cases") as done:
        report = verify_store(engine.store, seal_key(here.database_path), progress=done)
    if json:
        as_json(report.as_dict())
    else:
        rows = [[p.code, p.case, p.seq, p.message] for p in report.problems]
        if rows:
            say(table("Problems", ["code", "case", "event", "what"], rows))
        say(
            f"{report.cases:,} cases, {report.events:,} events, {report.seals:,} seals: "
            + ("all is as it was written." if report.ok else f"{len(report.problems):,} problems.")
        )
    return 0 if report.ok else 1
