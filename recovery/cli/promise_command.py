"""`promise`: what was promised in a case, by when, and whether it was kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from recovery.cli.options import By, CaseName, Database, Json, Key, find_case, project
from recovery.cli.output import as_json, say, table, visible

if TYPE_CHECKING:
    from recovery.commands import Outcome
    from recovery.core.case import Case
    from recovery.engine import Engine

DAYS_AHEAD = {"today": 0, "tomorrow": 1}
"""Days that may be named by a word, on the customer's clock."""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog='Example: recovery promise 12 "to send the refund" --estimate 2031-12-01T12:00')(
        promise
    )


def promise(
    case: CaseName,
    what: Annotated[
        str | None, typer.Argument(metavar="[WHAT]", help="What will be done, in a few words.")
    ] = None,
    when: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help='By when: a full hour on the customer\'s clock, such as "tomorrow 15:00".'
        ),
    ] = None,
    estimate: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="When you think it will be done; a margin is added to it."),
    ] = None,
    contact: Annotated[bool, typer.Option("--contact", help="Promise that they hear from us.")] = False,
    to: Annotated[str, typer.Option(help="To whom.")] = "customer",
    kept: Annotated[str | None, typer.Option(metavar="N", help="Promise N was kept.")] = None,
    release: Annotated[
        str | None, typer.Option(metavar="N", help="Promise N holds no longer; give a --reason.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why, or what was said.")] = None,
    by: By = "agent",
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Promise something by an hour, settle a promise, or list what was promised.

    Vague words are refused, and so is an hour earlier than the estimate. With an estimate alone the customer
    is told 20 % more: at least three days from ten days up, at least one hour below.
    """
    from recovery.bootstrap import reading, working
    from recovery.core.errors import RecoveryError
    from recovery.desk import Desk

    making = what is not None or contact
    if making + (kept is not None) + (release is not None) > 1:
        raise RecoveryError("That is more than one thing at once.", hint="Promise, or settle one promise.")
    doing = making or kept is not None or release is not None
    with working(project(database)) if doing else reading(project(database)) as engine:
        id, desk, outcome = find_case(engine, case), Desk(engine), None
        if making:
            found = engine.case(id)
            outcome = desk.promise(
                id,
                what or "",
                by=by,
                by_when=_moment(engine, found, when),
                estimate=_moment(engine, found, estimate),
                to=to,
                contact=contact,
                key=key,
            )
        elif kept is not None:
            outcome = desk.promise_kept(id, kept, by=by, note=reason, key=key)
        elif release is not None:
            outcome = desk.release_promise(id, release, reason or "", by=by, key=key)
        _answer(engine, id, outcome, json)


def _moment(engine: Engine, case: Case, text: str | None) -> datetime | None:
    """A time as it is written; on the customer's clock where it names no zone."""
    from recovery.core.errors import RecoveryError
    from recovery.core.promising import zone_for

    if text is None:
        return None
    zone = zone_for(engine.workflow(case.bundle), case)
    day, _, time = text.strip().lower().rpartition(" ")
    try:
        if day in DAYS_AHEAD:
            there = engine.clock.now().astimezone(zone).date() + timedelta(days=DAYS_AHEAD[day])
            text = f"{there.isoformat()}T{time}"
        read = datetime.fromisoformat(text)
    except ValueError:
        hint = 'Such as "tomorrow 15:00" or 2031-12-01T15:00, on the customer\'s clock.'
        raise RecoveryError(f"{text!r} is no time.", hint=hint) from None
    return read if read.utcoffset() is not None else read.replace(tzinfo=zone)


def _answer(engine: Engine, id: int, outcome: Outcome | None, json: bool) -> None:
    from recovery.core.instants import from_text
    from recovery.core.promises import rows
    from recovery.core.promising import zone_for

    case = engine.case(id)
    zone = zone_for(engine.workflow(case.bundle), case)
    found = rows(case.promises, engine.clock.now(), zone)
    why = [] if outcome is None else list(outcome.why)
    if json:
        as_json({"case": id, "promises": found, "why": why})
        return
    cells = [
        [
            row["promise"],
            row["what"],
            row["to"],
            f"{from_text(row['by_when']).astimezone(zone):%a %Y-%m-%d %H:%M}",
            row["status"],
            row["note"],
        ]
        for row in found
    ]
    columns = ["#", "what", "to", f"by ({zone})", "status", "note"]
    say(table(None, columns, cells) if found else "Nothing was promised.", *map(visible, why))
