"""`bench`: how fast the engine is, beside programs that have none."""

from __future__ import annotations

from typing import Annotated

import typer

from recovery.cli.options import Json
from recovery.cli.output import as_json, progress, say


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: recovery bench --steps 5000")(bench)


def bench(
    steps: Annotated[int, typer.Option(help="Case steps of one run.", min=100)] = 10_000,
    runs: Annotated[int, typer.Option(help="Runs of each program, in turn.", min=1)] = 5,
    json: Json = False,
) -> None:
    """Compare the engine's speed with programs that have none; figures go to benchmarks/latest.json."""
    from dataclasses import asdict

    from recovery.bench.run import RESULTS, as_table, run_all, write

    with progress("Runs", runs * 6) as done:
        results = run_all(steps=steps, runs=runs, progress=done)
    write(results, RESULTS)
    if json:
        as_json([asdict(result) for result in results])
        return
    say(as_table(results))
