"""`test`: scenario files under a simulated clock."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recovery.cli.codes import OK, PROBLEMS
from recovery.cli.options import Json, project
from recovery.cli.output import as_json, say

if TYPE_CHECKING:
    from recovery.scenarios.coverage import Coverage
    from recovery.scenarios.running import Result


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("test", epilog="Example: recovery test scenarios/refunds -k friday")(run_scenarios)


def run_scenarios(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH…",
            help="Files or folders (default: the project's scenarios and tests/scenarios).",
        ),
    ] = None,
    text: Annotated[
        str, typer.Option("-k", metavar="TEXT", help="Only those with this in their name or file.")
    ] = "",
    jobs: Annotated[
        int | None, typer.Option(metavar="N", help="How many processes (default: one a core).", min=1)
    ] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="List the parts of workflows that no scenario comes to.")
    ] = False,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the results as JUnit XML too.")
    ] = None,
    json: Json = False,
) -> int:
    """Run scenarios: stories about workflows, under a simulated clock, with what is expected at each moment.

    They run on the workflows as they stand in the project's files, each in a database of its own; nothing is
    sent to anybody.
    """
    from time import perf_counter

    from recovery.core.errors import NotFound
    from recovery.scenarios import report
    from recovery.scenarios.knowing import Workflows
    from recovery.scenarios.running import run_files, scenario_files

    here = project(None)
    begun = perf_counter()
    workflows = Workflows(here.root, here.workflow)
    files = scenario_files(here.root, paths or [])
    results = run_files(workflows, files, here=Path.cwd(), jobs=jobs or os.cpu_count() or 1, text=text)
    if not results:
        wanted = f" with {text!r} in its name or file" if text else ""
        hint = "Write one into scenarios/, or name a file or a folder."
        raise NotFound(f"There is no scenario{wanted}.", hint=hint)
    covered = report.coverages(workflows, results) if coverage else []
    if junit is not None:
        junit.write_bytes(report.junit(results))
    data = report.as_dict(results)
    if json:
        as_json(data | {"coverage": [_covered(one) for one in covered]} if coverage else data)
    else:
        say(*_failures(results), *_untouched(covered))
        say(f"{data['passed']:,} passed, {data['failed']:,} failed, in {perf_counter() - begun:.1f} s.")
    return PROBLEMS if data["failed"] else OK


def _failures(results: list[Result]) -> list[str]:
    from recovery.scenarios.report import problems

    return [
        "\n".join([f"Failed: {result.name}", *(f"  {line}" for line in problems(result)), ""])
        for result in results
        if not result.ok
    ]


def _untouched(covered: list[Coverage]) -> list[str]:
    lines = []
    for one in covered:
        if not one.scenarios:
            lines.append(f"{one.workflow}: no scenario")
            continue
        lines.append(f"{one.workflow}: {one.touched:,} of {one.parts:,} parts, {one.scenarios:,} scenarios")
        for kind, names in one.untouched.items():
            lines += [f"  {kind} that none comes to:", *(f"    {name}" for name in names)] if names else []
    return lines


def _covered(one: Coverage) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(one)
