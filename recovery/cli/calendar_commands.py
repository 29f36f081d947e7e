"""`calendar show`, `calendar due`: when somebody is open, and when a span of time runs out."""

from __future__ import annotations

from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recovery.cli.options import Json, project
from recovery.cli.output import as_json, say

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from recovery.core.calendars.calendar import Calendar
    from recovery.core.calendars.counting import Counted
    from recovery.core.calendars.spans import Span

LINES_AT_MOST = 31
"""So many days are told of one deadline; of a longer one, the first and the last."""

calendar = typer.Typer(
    help="Calendars: open hours, holidays and deadlines.", no_args_is_help=True, rich_markup_mode=None
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A calendar of config/calendars.yaml.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(calendar, name="calendar")
    calendar.command(epilog="Example: recovery calendar show support --month 2026-11")(show)
    calendar.command(
        epilog='Example: recovery calendar due support "3 business days" --from 2026-11-20T17:55'
    )(due)


def show(
    name: Name,
    month: Annotated[
        str | None, typer.Option("--month", metavar="YYYY-MM", help="Which month (default: this one).")
    ] = None,
    zone: Annotated[
        str | None, typer.Option("--zone", help="On whose clock (default: the calendar's own).")
    ] = None,
    json: Json = False,
) -> None:
    """Draw a month: open hours, holidays, exceptions, and the nights in which clocks are changed."""
    from recovery.cli.month import drawn, month_data
    from recovery.core.calendars.counting import month_of

    found = _calendar(name)
    clock = found.tz if zone is None else _zone(zone)
    year, number = _month(month, clock)
    days = month_of(found, year, number)
    if json:
        as_json(month_data(found, clock, days))
    else:
        say(drawn(found, clock, days))


def due(
    name: Name,
    span: Annotated[str, typer.Argument(metavar="SPAN", help="Such as `3 business days`, or `8 weeks`.")],
    start: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="TIME",
            help="When it begins, such as 2026-11-20T17:55, on the calendar's clock (default: now).",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Say when a span of time runs out, and which days and hours it counted."""
    from recovery.core.calendars.counting import counted
    from recovery.core.instants import to_text

    found, asked = _calendar(name), _span(span)
    begins = _moment(start, found)
    try:
        ends = asked.due(begins, found)
        told_begins, told_ends = _said(begins, found), _said(ends, found, closing=True)
    except (OverflowError, ValueError):
        message = f"{asked} from {start} leads out of the years that calendars have, 1 to 9999."
        raise typer.BadParameter(message, param_hint="--from") from None
    days = counted(asked, begins, ends, found)
    if json:
        as_json(
            {
                "calendar": found.name,
                "zone": found.zone,
                "span": str(asked),
                "from": to_text(begins),
                "due": to_text(ends),
                "due_local": ends.astimezone(found.tz).isoformat(),
                "days": [_day_data(one) for one in days],
            }
        )
        return
    say(f"{asked} from {told_begins}", f"due {told_ends}")
    told = [_told(one, asked, begins, found) for one in islice(days, LINES_AT_MOST)]
    more = [_told(one, asked, begins, found) for one in days]
    if more:
        told += [f"  … {len(more) - 1:,} more days …", more[-1]] if len(more) > 1 else more
    say(*told)


def _calendar(name: str) -> Calendar:
    """A calendar of the working folder's project.

    Raises:
        NotFound: there is none of this name.
        BadFile: the file of calendars is wrong.
    """
    from recovery.core.errors import NotFound
    from recovery.workflow.calendars import FILE, calendars_of
    from recovery.workflow.findings import guess

    known = calendars_of(project(None).root)
    if name not in known:
        raise NotFound(f"There is no calendar {name}.", hint=guess(name, known) or f"Write {FILE}.")
    return known[name]


def _zone(name: str) -> ZoneInfo:
    from recovery.core.calendars.local import zone_of, zones
    from recovery.workflow.findings import guess

    try:
        return zone_of(name)
    except ValueError:
        hint = guess(name, zones())
        raise typer.BadParameter(f"{name} is not a time zone. {hint}", param_hint="--zone") from None


def _month(text: str | None, clock: ZoneInfo) -> tuple[int, int]:
    from recovery.clock import SystemClock

    if text is None:
        today = SystemClock().now().astimezone(clock)
        return today.year, today.month
    try:
        read = datetime.strptime(text, "%Y-%m")  # noqa: DTZ007 - a month
    except ValueError:
        raise typer.BadParameter(f"{text} is no month. Such as 2026-11.", param_hint="--month") from None
    return read.year, read.month


def _span(text: str) -> Span:
    from recovery.workflow.spans import SpanProblem, read_span

    try:
        return read_span(text)
    except SpanProblem as problem:
        raise typer.BadParameter(f"{problem.message} {problem.hint}".strip(), param_hint="SPAN") from None


def _moment(text: str | None, calendar: Calendar) -> datetime:
    from recovery.clock import SystemClock
    from recovery.core.instants import utc

    if text is None:
        return SystemClock().now()
    try:
        read = datetime.fromisoformat(text)
        return utc(read if read.tzinfo is not None else read.replace(tzinfo=calendar.tz))
    except (ValueError, OverflowError):
        message = f"{text} is no moment. Such as 2026-11-20T17:55."
        raise typer.BadParameter(message, param_hint="--from") from None


def _said(moment: datetime, calendar: Calendar, *, closing: bool = False) -> str:
    """A moment on the calendar's clock; a deadline at midnight is 24:00 of the day before."""
    from recovery.cli.month import wall

    return f"{wall(moment, calendar.tz, closing=closing)} ({calendar.name}, {calendar.zone})"


def _told(one: Counted, span: Span, start: datetime, calendar: Calendar) -> str:
    from recovery.cli.month import hours, length, weekday
    from recovery.core.calendars.local import date_in

    day = f"  {weekday(one.day.date)} {one.day.date}  "
    if span.kind == "business days" and one.day.date == date_in(calendar.tz, start):
        return f"{day}the day of receipt"
    if one.number:
        return f"{day}{hours(one.day, calendar.tz)}, business day {one.number}"
    if one.counted:
        return f"{day}{hours(one.day, calendar.tz)}, {length(one.counted)} counted"
    return f"{day}{hours(one.day, calendar.tz)}"


def _day_data(one: Counted) -> dict[str, Any]:
    from recovery.cli.month import day_data

    return {**day_data(one.day), "number": one.number, "counted_seconds": one.counted.total_seconds()}
