"""`brief`: all that a colleague needs to know of a case."""

from __future__ import annotations

from typing import Annotated

import typer

from recovery.cli.options import CaseName, Database, Json, find_case, project
from recovery.cli.output import as_json, say, visible


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: recovery brief 12 --language zh")(brief)


def brief(
    case: CaseName,
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    database: Database = None,
    json: Json = False,
) -> None:
    """Tell a case on a page, in the customer's own words, so that nobody has to ask them again."""
    from recovery.bootstrap import reading

    with reading(project(database)) as engine:
        found = engine.brief(find_case(engine, case), language)
    if json:
        as_json(found.as_dict())
        return
    say(visible(found.title), "", *map(visible, found.lines()))
