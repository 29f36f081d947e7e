"""`erase`: a person is taken out of every case of theirs; what counts stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recovery.cli.codes import OK, PROBLEMS, REFUSED
from recovery.cli.options import Database, Json, find_case, project
from recovery.cli.output import as_json, progress, say, table

if TYPE_CHECKING:
    from recovery.erasing import Erased
    from recovery.store.persons import Erasure


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(
        epilog="Example: recovery erase ana@example.org --by supervisor:ito --reason 'request 2026-114'"
    )(erase)


def erase(
    who: Annotated[
        str | None,
        typer.Argument(metavar="[WHO]", help="An address, or the customer's id in your systems."),
    ] = None,
    case: Annotated[
        str | None,
        typer.Option("--case", metavar="CASE", help="Whoever this case is about (number or external id)."),
    ] = None,
    by: Annotated[
        str, typer.Option("--by", metavar="ROLE:NAME", help="Who does it: a supervisor.")
    ] = "supervisor",
    reason: Annotated[
        str | None, typer.Option("--reason", help="Why; kept, so nothing that tells who they were.")
    ] = None,
    force: Annotated[
        str | None,
        typer.Option("--force", metavar="WHY", help="Also from cases that are still needed, and why."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    listed: Annotated[
        bool, typer.Option("--list", help="List all erasures, as JSON Lines, to keep beside your backups.")
    ] = False,
    again: Annotated[
        Path | None,
        typer.Option("--again", metavar="FILE", help="Erase anew, after a restore, what that list names."),
    ] = None,
    database: Database = None,
    json: Json = False,
) -> int:
    """Take a person out of every case of theirs: words, names, addresses, files and messages.

    Steps, times, categories, amounts and marks stay, so that every report counts as before. A case that is
    still needed (open, owed, under a legal clock) is refused unless --force says why.
    """
    from recovery.bootstrap import reading, working
    from recovery.core.errors import RecoveryError

    ways = sum((who is not None or case is not None, listed, again is not None))
    if ways != 1:
        raise RecoveryError("That is no one thing to do.", hint="Say who, or --list, or --again FILE.")
    if listed:
        with reading(project(database)) as engine:
            for row in engine.erased():
                print(_line(row))
        return OK
    with working(project(database)) as engine, progress("Cases") as done:
        if again is not None:
            found = engine.erase_again(list(_read(again)), done)
        else:
            id = None if case is None else find_case(engine, case)
            found = engine.erase(
                who,
                case=id,
                by=by,
                reason=reason or "",
                despite=force,
                dry_run=dry_run,
                progress=done,
            )
    return _answer(found, dry_run, json)


def _line(row: Erasure) -> str:
    from recovery.store.codec import encode

    return encode(row._asdict())


def _read(file: Path) -> Iterator[Erasure]:
    from recovery.core.errors import NotFound, RecoveryError
    from recovery.erasing import read_erasure
    from recovery.store.codec import decode

    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, UnicodeDecodeError) as error:
        raise NotFound(f"There is no list of erasures {file}.") from error
    for number, line in enumerate(lines, start=1):
        try:
            yield read_erasure(decode(line))
        except ValueError as error:
            raise RecoveryError(f"Line {number} of {file} is not JSON: {error}.") from None


def _answer(found: Erased, dry_run: bool, json: bool) -> int:
    refused = [
        {
            "case": one.case,
            "code": one.refusal.code,
            "message": one.refusal.message,
            "hint": one.refusal.hint,
            "details": list(one.refusal.details),
        }
        for one in found.refused
    ]
    if json:
        as_json({"found": found.found, "done": found.done, "dry_run": dry_run, "refused": refused})
    else:
        rows = [
            [one.case, " ".join((one.refusal.message, *one.refusal.details)), one.refusal.hint]
            for one in found.refused
        ]
        say(*([table("Refused", ["case", "why", "what then"], rows)] if rows else []))
        if dry_run:
            cases = ", ".join(map(str, found.found)) or "none"
            say(f"{len(found.found):,} cases are meant: {cases}. Nothing was done.")
        else:
            say(f"{len(found.done):,} cases tell of nobody any more; {len(found.refused):,} were refused.")
    if not found.refused:
        return OK
    return PROBLEMS if found.done else REFUSED
