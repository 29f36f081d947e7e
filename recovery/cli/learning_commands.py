"""`causes`, `recurrence`, `recognitions`: what a recovery, and what all of them, have to teach."""

from __future__ import annotations

from typing import Annotated

import typer

from recovery.cli.options import CaseName, Database, Json, find_case, first_of_day, project
from recovery.cli.output import as_json, say, table


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(epilog="Example: recovery causes 12")(causes)
    app.command(epilog="Example: recovery recurrence 12")(recurrence)
    app.command(epilog="Example: recovery recognitions --team care --since 2026-11-01")(recognitions)


def causes(case: CaseName, database: Database = None, json: Json = False) -> None:
    """Propose what made a recovery harder than it had to be, from the case's own record."""
    from recovery.bootstrap import reading

    with reading(project(database)) as engine:
        found = engine.causes(find_case(engine, case))
    if json:
        as_json({"causes": [one.as_dict() for one in found]})
        return
    rows = [[one.cause, ", ".join(f"{name} {count}" for name, count in one.signals.items())] for one in found]
    say(
        table(None, ["cause", "what speaks for it"], rows)
        if rows
        else "Nothing in its record speaks for any cause."
    )


def recurrence(case: CaseName, database: Database = None, json: Json = False) -> None:
    """Count how often the trouble of a case happened: cases alike, of one customer, of one cause."""
    from recovery.bootstrap import reading

    with reading(project(database)) as engine:
        found = engine.recurrence(find_case(engine, case))
    if json:
        as_json(found.as_dict())
        return
    if found.category is None:
        say("The category of the case is not known yet.")
        return
    often = "It happens often" if found.recurs else "It does not happen often"
    said = f"{len(found.alike)} cases alike in {found.within_days} days, this one included"
    say(f"{often}: {said} (often is from {found.at_least} on, or twice for one customer).")
    if found.limit is not None:
        many = "more than" if found.is_more_than_ever else "no more than"
        past = f"{found.past_alike} in {found.past_windows} times {found.within_days} days before"
        say(f"  That is {many} its own past explains: {past}, which explains up to {found.limit}.")
    for title, cases in (
        ("Alike", found.alike),
        ("Of this customer", found.of_customer),
        ("With the same cause of a hard recovery", found.of_cause),
    ):
        say(f"  {title}: {', '.join(map(str, cases)) or 'none'}")


def recognitions(
    team: Annotated[str | None, typer.Option(help="Only of this team.")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="DAY", help="Only closed from this day on (UTC).")
    ] = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """List recoveries within their targets and well rated, and how satisfied each team's customers are.

    Satisfaction is a figure of teams; of a person there is only praise.
    """
    from recovery.bootstrap import reading

    first = first_of_day(since)
    with reading(project(database)) as engine:
        found = engine.praise(team, first)
    if json:
        as_json(
            {
                "recognitions": [one.as_dict() for one in found.recognitions],
                "teams": [one._asdict() for one in found.teams],
            }
        )
        return
    rows = [[one.at[:10], one.case, one.owner, ", ".join(one.teams), one.mark] for one in found.recognitions]
    say(table(None, ["closed", "case", "owner", "teams", "mark"], rows) if rows else "No recognitions yet.")
    teams = [[one.team or "(none)", one.marks, one.recovered, one.recognitions] for one in found.teams]
    if teams:
        say(table("Teams", ["team", "marks", "4 or 5", "recognitions"], teams))
