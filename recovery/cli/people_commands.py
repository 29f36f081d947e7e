"""`people`: who works here, and who is away."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recovery.cli.options import By, Database, Json, project
from recovery.cli.output import as_json, say, table

if TYPE_CHECKING:
    from datetime import datetime

    from recovery.core.people import Directory

people = typer.Typer(
    help="Who works here: teams, limits, who is above whom, and who is away.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Name = Annotated[str, typer.Argument(metavar="PERSON", help="The name in agent:NAME.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(people, name="people")
    people.command("list", epilog="Example: recovery people list --team care")(list_)
    people.command(epilog="Example: recovery people away li 2026-12-24 2027-01-03 --by supervisor:mia")(away)
    people.command(epilog="Example: recovery people leave li --to sam --by supervisor:mia")(leave)
    people.command(epilog="Example: recovery people back li --by supervisor:mia")(back)


def list_(
    team: Annotated[str | None, typer.Option(help="Only who is in this team.")] = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """List who works here, as `recovery publish` took it over from config/people.yaml."""
    from recovery.bootstrap import reading

    with reading(project(database)) as engine:
        _answer(engine.people(), engine.clock.now(), team, json)


def away(
    person: Name,
    first: Annotated[str, typer.Argument(metavar="FIRST", help="The first day, 2026-12-24.")],
    last: Annotated[str | None, typer.Argument(metavar="[LAST]", help="The last day; the same.")] = None,
    by: By = "agent",
    database: Database = None,
    json: Json = False,
) -> None:
    """Say that somebody is away. Meanwhile their delegate answers for them, and they are given no cases."""
    from recovery.core.people import Absence

    _change(person, [Absence(_day(first), _day(last or first))], by, database, json)


def back(person: Name, by: By = "agent", database: Database = None, json: Json = False) -> None:
    """Say that somebody is back. What config/people.yaml says of their absences holds all the same."""
    _change(person, [], by, database, json)


def leave(
    person: Name,
    to: Annotated[str, typer.Option(help="Who is asked to take over their open cases.")],
    reason: Annotated[
        str | None, typer.Option(help="Why they are given to them without waiting for a yes.")
    ] = None,
    by: By = "agent",
    database: Database = None,
    json: Json = False,
) -> None:
    """Say that somebody works here no longer, and offer their open cases to somebody else.

    A case stays with its owner until the other one accepts; with --reason a supervisor gives it at once.
    """
    from recovery.bootstrap import working

    with working(project(database)) as engine:
        found = engine.leave(person, to=to, by=by, reason=reason)
    if json:
        refused = [{"case": case, **refusal.as_dict()} for case, refusal in found.refused]
        as_json({"to": found.to, "cases": found.offered, "refused": refused})
        return
    done = "given to" if reason else "offered to"
    say(f"{person} has left. Open cases {done} {found.to}: {len(found.offered)}.")
    say(*(f"  Case {case} stays as it is: {refusal.message}" for case, refusal in found.refused))


def _change(person: str, days: list[Any], by: str, database: str | None, json: bool) -> None:
    from recovery.bootstrap import working

    with working(project(database)) as engine:
        _answer(engine.absent(person, days, by=by), engine.clock.now(), None, json)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; such as 2026-12-24.") from None


def _answer(directory: Directory, now: datetime, team: str | None, json: bool) -> None:
    from recovery.core.people import person_data

    found = [one for one in directory.people.values() if team is None or team in one.teams]
    if json:
        rows = [
            {"id": one.id, **person_data(one), "is_here": not one.is_away(now, directory.zone)}
            for one in found
        ]
        as_json({"people": rows})
        return
    cells = [
        [
            one.id,
            one.name,
            one.role,
            ", ".join(one.teams),
            one.supervisor or "",
            str(one.limit or ""),
            "left" if one.left else "away" if one.is_away(now, directory.zone) else "here",
        ]
        for one in found
    ]
    columns = ["who", "name", "role", "teams", "supervisor", "limit", "now"]
    say(table(None, columns, cells) if cells else "Nobody is listed. Write config/people.yaml, then publish.")
