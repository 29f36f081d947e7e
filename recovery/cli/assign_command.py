"""`assign`: who is to own a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from recovery.cli.options import By, CaseName, Database, Json, Key, find_case, project
from recovery.cli.output import as_json, say, visible

if TYPE_CHECKING:
    from recovery.core.assigning import Choice


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: recovery assign 12 --by supervisor:mia")(assign)


def assign(
    case: CaseName,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say who it would be, and why.")] = False,
    by: By = "agent",
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Give a case to somebody of the list of people: by skill, language, whom the customer knows, and load.

    A case that nobody owns is theirs at once; one that has an owner is offered to them.
    """
    from recovery.bootstrap import reading, working
    from recovery.commands import plain

    if dry_run:
        with reading(project(database)) as engine:
            choice = engine.choose_owner(find_case(engine, case))
        _answer(choice, {"choice": choice.as_dict()}, [], json)
        return
    with working(project(database)) as engine:
        choice, outcome = engine.assign(find_case(engine, case), by=by, key=key)
    _answer(choice, {**plain(outcome), "choice": choice.as_dict()}, list(outcome.why), json)


def _answer(choice: Choice, data: dict[str, object], why: list[str], json: bool) -> None:
    if json:
        as_json(data)
        return
    say(f"{choice.person or 'Nobody'} is the best owner." if choice.person else "Nobody can take it.")
    for one in choice.candidates:
        say(visible(f"  {one.person}: {one.out or ', '.join(one.reasons)}"))
    say(*(visible(f"  {line}") for line in why))
