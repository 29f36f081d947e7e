"""`jobs`: what is done at set times."""

from __future__ import annotations

from typing import Any

import typer

from recovery.cli.options import Database, Json, project
from recovery.cli.output import as_json, say, table


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: recovery jobs --json")(jobs)


def jobs(database: Database = None, json: Json = False) -> None:
    """List what workers do at set times: when each is due next, was done last, and why it failed."""
    from recovery.bootstrap import reading
    from recovery.core.instants import to_text
    from recovery.jobs.every import jobs_of
    from recovery.store.jobs import last_done, pending

    here = project(database)
    with reading(here) as engine:
        due = {row.name: row for row in pending(engine.store, engine.tenant)}
        done = last_done(engine.store, engine.tenant)
    rows: list[dict[str, Any]] = []
    for job in jobs_of(here):
        row, last = due.get(job.name), done.get(job.name)
        rows.append(
            {
                "name": job.name,
                "times": job.times.text,
                "zone": job.times.zone,
                "due_at": row and to_text(row.due_at),
                "attempts": row.attempts if row else 0,
                "note": row and row.note,
                "done_at": last and to_text(last.done_at),
            }
        )
    if json:
        as_json({"jobs": rows})
        return
    if not rows:
        say("No jobs. `forget_words_after` and `fund` in config/recovery.yaml ask for some, `shifts` too.")
        return
    say(table(None, list(rows[0]), [[shown or "" for shown in row.values()] for row in rows]))
