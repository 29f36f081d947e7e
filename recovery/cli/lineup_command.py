"""`lineup`: what a team reads aloud before its shift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from recovery.cli.options import By, Database, Json, project
from recovery.cli.output import as_json, say, table

if TYPE_CHECKING:
    from recovery.engine import Engine


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog="Example: recovery lineup care --language zh")(lineup)


def lineup(
    team: Annotated[
        str | None, typer.Argument(metavar="[TEAM]", help="Whose; all teams when left out.")
    ] = None,
    language: Annotated[str, typer.Option(help="en or zh.")] = "en",
    last: Annotated[
        bool, typer.Option("--last", help="The last sheet that was made, not what there is now.")
    ] = False,
    attended: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PERSON", help="Put on record that a leader was at the last one; may be repeated."
        ),
    ] = None,
    by: By = "agent",
    database: Database = None,
    json: Json = False,
) -> None:
    """Show what a team reads aloud before its shift: new stories, praise, a rule of the day.

    A worker makes the sheet twenty minutes before each shift of config/people.yaml, and sends it to the team.
    Without a team all are listed, with their last sheets and who was there.
    """
    from recovery.bootstrap import reading, working
    from recovery.core.calendars.local import zone_of
    from recovery.core.errors import NotFound
    from recovery.insight.lineup_words import markdown

    if attended and team is None:
        raise typer.BadParameter("name the team.", param_hint="--attended")
    with (working if attended else reading)(project(database)) as engine:
        if team is None:
            _list(engine, json)
            return
        kept = [engine.attended(team, attended, by=by)] if attended else engine.lineups(team, 1)
        if last and not kept:
            hint = "A worker makes one before each of its `shifts`."
            raise NotFound(f"Team {team} has had no line-up yet.", hint=hint)
        sheet = engine.sheet_of(kept[0]) if last or attended else engine.lineup(team)
        directory = engine.people()
    made = kept[0] if kept and (last or attended) else None
    if json:
        as_json({"made": None if made is None else made.as_dict(), "sheet": sheet.as_dict()})
        return
    if attended:
        say(f"At the line-up of {team} was: {', '.join(attended)}.")
        return
    say(markdown(sheet, language, zone_of(directory.teams[team].zone or directory.zone)).rstrip())


def _list(engine: Engine, json: bool) -> None:
    rows: list[dict[str, Any]] = []
    for id, team in engine.people().teams.items():
        kept = engine.lineups(id, 1)
        last = kept[0].as_dict() if kept else None
        rows.append({"team": id, "shifts": list(team.shifts), "last": last})
    if json:
        as_json({"teams": rows})
        return
    cells = [
        [
            row["team"],
            ", ".join(row["shifts"]),
            row["last"] and row["last"]["shift_at"][:16].replace("T", " "),
            row["last"] and len(row["last"]["sent"]),
            row["last"] and ", ".join(row["last"]["attended"] or ()),
        ]
        for row in rows
    ]
    columns = ["team", "shifts", "last sheet for (UTC)", "sent to", "leaders there"]
    say(table(None, columns, cells) if cells else "No teams. Write config/people.yaml, then publish.")
