"""`init`, `check`, `publish`: a project's files and the versions made from them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from recovery.cli.codes import OK, PROBLEMS
from recovery.cli.options import Database, Json, project
from recovery.cli.output import as_json, say


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(epilog="Example: recovery init my-shop && cd my-shop && recovery check")(init)
    app.command(epilog="Example: recovery check workflows/ten-step.yaml")(check)
    app.command(epilog="Example: recovery publish")(publish)


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to make.")], json: Json = False
) -> None:
    """Make a new project folder: workflows, templates, configuration and an empty database."""
    from recovery.starting import start

    made, copied = start(folder)
    if json:
        as_json({"project": str(folder), "files": copied, "database": made.database})
        return
    say(f"{folder} is ready: {len(copied)} files, and the workflows are published.")
    say(f'Next: cd {folder}, then `recovery check` or `recovery open "My order never came."`.')


def check(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH…", help="Files or folders (default: the project).")
    ] = None,
    json: Json = False,
) -> int:
    """Find everything that is wrong in workflows, templates and mappings."""
    from recovery.checking import check_paths
    from recovery.clock import SystemClock
    from recovery.workflow.findings import errors

    findings = check_paths(Path.cwd(), paths or [], SystemClock().now().date())
    wrong = errors(findings)
    if json:
        as_json({"findings": [finding.as_dict() for finding in findings]})
    else:
        say(*map(str, findings))
        notices = len(findings) - len(wrong)
        say(f"{len(wrong):,} problems, {notices:,} notices." if findings else "No findings.")
    return PROBLEMS if wrong else OK


def publish(database: Database = None, json: Json = False) -> None:
    """Make the checked files the version that new cases run on. Running cases stay on theirs."""
    from recovery.bootstrap import publish as publish_files
    from recovery.bootstrap import working

    here = project(database)
    with working(here, make=True) as engine:
        done = publish_files(engine, here.root)
    if json:
        rows = [{"workflow": p.workflow, "version": p.hash, "changed": p.changed} for p in done]
        as_json({"published": rows})
        return
    for p in done:
        say(f"{p.workflow}: version {p.hash[:12]} {'published' if p.changed else 'is already running'}")
