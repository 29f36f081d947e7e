"""`story …`, `praise`: what people tell of their recoveries, and who has not told yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from recovery.cli.case_commands import answer as told
from recovery.cli.options import By, CaseName, Database, Json, Key, find_case, first_of_day, project
from recovery.cli.output import as_json, say, table, visible

if TYPE_CHECKING:
    from recovery.insight.stories import Story

story = typer.Typer(
    help="Stories of those who spent: what happened, what was done, how the customer felt.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Team = Annotated[str | None, typer.Option("--team", help="Only of people of this team.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(story, name="story")
    story.command(epilog='Example: recovery story tell 12 "She laughed, and stayed." --by agent:li')(tell)
    story.command("list", epilog='Example: recovery story list --team care --at-least "50 USD"')(list_)
    story.command(epilog="Example: recovery story missing --team care")(missing)
    app.command(epilog='Example: recovery praise 12 li "He never left me waiting." --from-customer')(praise)


def tell(
    case: CaseName,
    felt: Annotated[str, typer.Argument(metavar="FELT", help="How the customer felt, in your own words.")],
    by: By,
    happened: Annotated[
        str | None, typer.Option(help="What happened; what is on record when left out.")
    ] = None,
    done: Annotated[str | None, typer.Option(help="What you did; what is on record when left out.")] = None,
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Tell the story of a case in which you gave something, so that others learn from it."""
    from recovery.bootstrap import working

    with working(project(database)) as engine:
        outcome = engine.tell_story(
            find_case(engine, case), felt, by=by, happened=happened, done=done, key=key
        )
    told(outcome, json)


def list_(
    team: Team = None,
    at_least: Annotated[
        str | None, typer.Option(metavar="AMOUNT", help="Only where so much was given, in this currency.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="DAY", help="Only told from this day on (UTC).")
    ] = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=500)] = 50,
    cursor: Annotated[str | None, typer.Option(help="Go on after this (`next` before).")] = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """List the stories that were told, the last first."""
    from recovery.bootstrap import reading

    first = first_of_day(since)
    with reading(project(database)) as engine:
        page = engine.stories(team=team, at_least=at_least, since=first, cursor=cursor, limit=limit)
    if json:
        as_json({"stories": [one.as_dict() for one in page.stories], "next": page.cursor})
        return
    say(*(line for one in page.stories for line in _lines(one)) if page.stories else ("No stories yet.",))
    if page.cursor is not None:
        say(f"More: --cursor {page.cursor}")


def missing(team: Team = None, database: Database = None, json: Json = False) -> None:
    """List who gave something, was asked for the story, and has not told it."""
    from recovery.bootstrap import reading

    with reading(project(database)) as engine:
        found = engine.untold(team)
    if json:
        as_json({"missing": [one.as_dict() for one in found]})
        return
    rows = [[one.by, ", ".join(one.teams), one.case, one.since[:10], one.asked_at[:10]] for one in found]
    columns = ["who", "teams", "case", "given", "asked"]
    say(table(None, columns, rows) if rows else "No story is missing.")


def praise(
    case: CaseName,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Who is thanked.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="For what, in somebody's own words.")],
    by: By = "agent",
    from_customer: Annotated[
        bool, typer.Option("--from-customer", help="These are the customer's words.")
    ] = False,
    reward: Annotated[
        str | None, typer.Option(metavar="AMOUNT", help="What goes with it, as it costs: 25 USD.")
    ] = None,
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Thank somebody for their work on a case. Their team hears of it in its line-up."""
    from recovery.bootstrap import working

    with working(project(database)) as engine:
        outcome = engine.give_praise(
            find_case(engine, case), person, text, by=by, from_customer=from_customer, reward=reward, key=key
        )
    told(outcome, json)


def _lines(one: Story) -> list[str]:
    who = one.by + (f" ({', '.join(one.teams)})" if one.teams else "")
    lines = [f"{one.told_at[:10]}  Case {one.case}, told by {visible(who)}", f"  {visible(one.happened)}"]
    if done := one.done_in("en"):
        lines.append(f"  Done: {visible(done)}")
    return [*lines, f"  Felt: {visible(one.felt)}"]
