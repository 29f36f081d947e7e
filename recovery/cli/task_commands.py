"""`tasks`: what waits for people."""

from __future__ import annotations

from typing import Annotated

import typer

from recovery.cli.options import By, CaseName, Database, Json, Key, find_case, project
from recovery.cli.output import as_json, say

tasks = typer.Typer(
    help="What waits for people: calls, letters, and messages that could not be delivered.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(tasks, name="tasks")
    tasks.command("list", epilog="Example: recovery tasks list --owner li")(list_)
    tasks.command(epilog="Example: recovery tasks done 12 4.0 --note 'reached her at noon' --by agent:li")(
        done
    )


def list_(
    owner: Annotated[str | None, typer.Option(help="Only in cases of this owner.")] = None,
    limit: Annotated[int, typer.Option(help="Of at most so many cases.", min=1, max=500)] = 50,
    cursor: Annotated[str | None, typer.Option(help="Go on after this (`next` before).")] = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """List what waits for people; `recovery outbox show CASE TASK` has the words to say."""
    from recovery.bootstrap import reading
    from recovery.cli.outbox_pages import task_row, tasks_page

    with reading(project(database)) as engine:
        page = engine.tasks(owner=owner, cursor=cursor, limit=limit)
    rows = [task_row(task) for task in page.tasks]
    if json:
        as_json({"tasks": rows, "next": page.cursor})
        return
    say(tasks_page(rows) if rows else "No tasks.")
    if page.cursor is not None:
        say(f"More: --cursor {page.cursor}")


def done(
    case: CaseName,
    task: Annotated[str, typer.Argument(metavar="TASK", help="The task, such as 4.0.")],
    by: By,
    note: Annotated[str | None, typer.Option(help="What came of it.")] = None,
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Say that a task is done. A message that was to be said or sent by hand is delivered by it."""
    from recovery.bootstrap import working
    from recovery.cli.case_commands import answer

    with working(project(database)) as engine:
        outcome = engine.task_done(find_case(engine, case), task, by=by, note=note, key=key)
    answer(outcome, json)
