"""`bench`: how fast the engine is, beside programs that have none."""

from __future__ import annotations

from typing import Annotated

import typer

from recovery.cli.options import Json
from recovery.cli.output import as_json, notice, progress, say


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: recovery bench --only decide --only import-sqlite")(bench)


def bench(
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SUBJECT", help="What to measure (repeatable); all but the longest when left out."
        ),
    ] = None,
    steps: Annotated[int, typer.Option(help="Case steps, or rows, of one run.", min=100)] = 10_000,
    runs: Annotated[int, typer.Option(help="Runs of each program, in turn.", min=1)] = 5,
    postgres: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A PostgreSQL database whose user may make further databases."),
    ] = None,
    json: Json = False,
) -> None:
    """Compare the engine's speed with programs that have none; figures go to benchmarks/latest.json.

    Lines that were measured before and not now stay there as they are.
    """
    from dataclasses import asdict

    from recovery.bench.report import FOLDER, as_table, keep, said
    from recovery.bench.run import measure, rounds
    from recovery.bench.subject import Ground
    from recovery.bench.subjects import chosen, lines
    from recovery.core.errors import NotFound

    subjects = chosen(only or [])
    made = 0
    with progress("Rounds", rounds(subjects, runs)) as done:

        def made_one() -> None:
            nonlocal made
            made += 1
            done(made)

        results, missing = measure(subjects, Ground(steps, runs, postgres), made_one)
    if not results:
        raise NotFound("Nothing could be measured.", hint=said(missing))
    keep(results, lines(), FOLDER)
    if json:
        as_json([asdict(result) for result in results])
    else:
        say(as_table(results, lines()))
    if missing:
        notice(said(missing))
