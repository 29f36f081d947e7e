"""`collaboration`: ask somebody to help with a case, and put down what they answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from recovery.cli.case_commands import answer as told
from recovery.cli.options import By, CaseName, Database, Json, Key, find_case, project

collaboration = typer.Typer(
    help="Help with a case: asked of somebody by an hour, who never owns the case by that.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(collaboration, name="collaboration")
    collaboration.command(
        epilog='Example: recovery collaboration ask 12 pat "where is it?" --when 2031-12-01T12:00Z'
    )(ask)
    collaboration.command(epilog='Example: recovery collaboration answer 12 1 "In Leeds." --by agent:pat')(
        answer
    )


def ask(
    case: CaseName,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Who is asked.")],
    what: Annotated[str, typer.Argument(metavar="WHAT", help="What is asked of them, in a few words.")],
    when: Annotated[str, typer.Option(metavar="TIME", help="By when, with its zone: 2031-12-01T12:00Z.")],
    by: By = "agent",
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Ask somebody to help by an hour. The owner stays the owner, and hears of it when nobody answers."""
    from recovery.bootstrap import working

    try:
        by_when = datetime.fromisoformat(when)
    except ValueError:
        raise typer.BadParameter(f"{when!r} is no moment; such as 2031-12-01T12:00Z.") from None
    if by_when.tzinfo is None:
        raise typer.BadParameter(f"{when!r} does not say its zone; such as {when}Z.")
    with working(project(database)) as engine:
        outcome = engine.ask_help(find_case(engine, case), person, what, by_when=by_when, by=by, key=key)
    told(outcome, json)


def answer(
    case: CaseName,
    number: Annotated[str, typer.Argument(metavar="N", help="Which question of the case, from 1.")],
    words: Annotated[str, typer.Argument(metavar="[ANSWER]", help="What they say.")] = "",
    by: By = "agent",
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Put down what somebody who was asked for help has answered."""
    from recovery.bootstrap import working

    with working(project(database)) as engine:
        outcome = engine.help_came(find_case(engine, case), number, words, by=by, key=key)
    told(outcome, json)
