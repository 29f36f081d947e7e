"""The options that say which messages are meant, and how they are read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from recovery.cli.options import find_case

if TYPE_CHECKING:
    from datetime import datetime

    from recovery.engine import Engine
    from recovery.store.choosing import Messages

Status = Annotated[
    str | None,
    typer.Option("--status", help="due, held, handed, delivered, failed or cancelled."),
]
Channel = Annotated[str | None, typer.Option("--channel", help="Only by this channel, such as mail.")]
Template = Annotated[str | None, typer.Option("--template", help="Only made from this template.")]
OfCase = Annotated[str | None, typer.Option("--case", metavar="CASE", help="Only of this case.")]
Effect = Annotated[
    str | None, typer.Option("--effect", metavar="EFFECT", help="With --case: this message, such as 4.0.")
]
OfWorkflow = Annotated[str | None, typer.Option("--workflow", help="Only of cases in this workflow.")]
OlderThan = Annotated[
    str | None,
    typer.Option("--older-than", metavar="TIME", help="Only asked for longer ago: 30m, 6h, 2d."),
]
AskedBefore = Annotated[
    str | None,
    typer.Option(
        "--asked-before", metavar="MOMENT", help="Only asked for before, such as 2026-11-20T09:00:00Z."
    ),
]
Note = Annotated[
    str | None,
    typer.Option("--note", metavar="WORDS", help="Only with these words in why they failed or are held."),
]
Everything = Annotated[bool, typer.Option("--all", help="All there are; without it, say which.")]

SPANS = {"m": "minutes", "h": "hours", "d": "days"}
"""How a length of time is written."""


def which_of(
    engine: Engine,
    status: str | None,
    channel: str | None,
    template: str | None,
    case: str | None,
    effect: str | None,
    workflow: str | None,
    older_than: str | None,
    asked_before: str | None,
    note: str | None,
) -> Messages:
    """The messages that a command's options mean.

    Raises:
        NotFound: there is no such case.
    """
    from recovery.store.choosing import Messages

    if effect is not None and case is None:
        raise typer.BadParameter("It needs --case, for every case counts from 1.", param_hint="--effect")
    return Messages(
        status=status,
        channel=channel,
        template=template,
        case=None if case is None else find_case(engine, case),
        effect=effect,
        workflow=workflow,
        asked_before=_moment(engine.clock.now(), older_than, asked_before),
        note=note,
    )


def longer_ago(now: datetime, older_than: str) -> datetime:
    """The moment that `--older-than` means: `30m`, `6h` or `2d` ago."""
    count, unit = older_than[:-1], older_than[-1:]
    if unit not in SPANS or not count.isascii() or not count.isdigit() or len(count) > 5:
        raise typer.BadParameter(f"{older_than} is no span: 30m, 6h or 2d.", param_hint="--older-than")
    return now - timedelta(**{SPANS[unit]: int(count)})


def _moment(now: datetime, older_than: str | None, asked_before: str | None) -> datetime | None:
    from recovery.core.instants import from_text

    if older_than is not None and asked_before is not None:
        raise typer.BadParameter("Give this or --asked-before.", param_hint="--older-than")
    if older_than is not None:
        return longer_ago(now, older_than)
    if asked_before is None:
        return None
    try:
        return from_text(asked_before)
    except ValueError as error:
        raise typer.BadParameter(f"{error}.", param_hint="--asked-before") from error


def meant(which: Messages, everything: bool) -> Messages:
    """The same, where something was said that a message could lack, or all were asked for."""
    if which.is_everything and not everything:
        raise typer.BadParameter("Say which messages, such as --case 12, or --all.")
    return which
