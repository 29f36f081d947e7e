"""`conversation`, `receive`, `note`, `attach`: what is said in a case, and the files that belong to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recovery.cli.codes import OK, PROBLEMS
from recovery.cli.options import By, CaseName, Database, Json, Key, find_case, project
from recovery.cli.output import as_json, notice, say, table

if TYPE_CHECKING:
    from recovery.conversing import Said
    from recovery.desk import Desk

Words = Annotated[
    str | None,
    typer.Option("--text", metavar="WORDS", help="The words, a file with them, or - for standard input."),
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(epilog="Example: recovery conversation 12 --json")(conversation)
    app.command(epilog='Example: recovery receive 12 --text "It has come." --attach photo.jpg')(receive)
    app.command(epilog='Example: recovery note 12 "She sounded tired." --by agent:li')(note)
    app.command(epilog="Example: recovery attach 12 photo.jpg --by agent:li")(attach)


def conversation(case: CaseName, database: Database = None, json: Json = False) -> None:
    """Read everything that was said in a case, in order: in, out, and internal, which no customer sees."""
    from recovery.bootstrap import reading
    from recovery.desk import Desk

    with reading(project(database)) as engine:
        id = find_case(engine, case)
        told = Desk(engine).conversation(id)
    if json:
        as_json({"case": id, "said": [said.as_dict() for said in told]})
        return
    for said in told:
        say(_headline(said))
        if said.text:
            say(*(f"    {line}" if line else "" for line in said.text.rstrip("\n").split("\n")))
        say("")


def _headline(said: Said) -> str:
    at = said.at[:16].replace("T", " ")
    files = f" ({', '.join(said.files)})" if said.files else ""
    answers = f", in answer to {said.answers}" if said.answers else ""
    subject = f": {said.subject}" if said.subject else ""
    if said.effect is None:
        mark = "internal, " if said.direction == "internal" else ""
        return f"{at}  {mark}{said.kind} by {said.by}{answers}{subject}{files}"
    mark = "internal, " if said.direction == "internal" else ""
    what = said.template or "message"
    return f"{at}  {mark}{what} to {said.to} by {said.by}, {said.status} ({said.effect}){answers}{subject}"


def receive(
    case: CaseName,
    text: Words = None,
    subject: Annotated[str | None, typer.Option(help="The subject of their mail.")] = None,
    channel: Annotated[str | None, typer.Option(help="How it came: mail, phone …")] = None,
    message_id: Annotated[
        str | None, typer.Option(help="Of their mail; the same one again is taken in once.")
    ] = None,
    in_reply_to: Annotated[str | None, typer.Option(help="The Message-ID that their mail answers.")] = None,
    attach: Annotated[
        list[Path] | None, typer.Option("--attach", metavar="FILE", help="A file that came with it (repeat).")
    ] = None,
    auto: Annotated[
        bool,
        typer.Option("--auto", help="No person wrote it: an absence note, a receipt. Nothing moves by it."),
    ] = False,
    missed: Annotated[
        bool, typer.Option("--missed", help="They called, and nobody picked up: it waits for an answer.")
    ] = False,
    by: By = "customer",
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> int:
    """Put on record what the customer wrote or said. A file that is not accepted is named, no more."""
    from recovery.bootstrap import working
    from recovery.cli.words import words
    from recovery.desk import Desk

    files = [(file.name, _read(file)) for file in attach or []]
    with working(project(database)) as engine:
        received = Desk(engine).receive(
            find_case(engine, case),
            words(text or ""),
            by=by,
            subject=subject,
            channel=channel,
            message_id=message_id,
            in_reply_to=in_reply_to,
            attachments=files,
            auto=auto,
            missed=missed,
            key=key,
        )
    outcome = received.outcome
    if json:
        refused = [{"file": name, **refusal.as_dict()} for name, refusal in received.refused]
        as_json({"case": outcome.case, "seq": outcome.seq, "repeated": outcome.repeated, "refused": refused})
    else:
        say(f"It is on record in case {outcome.case}." + (" It was already." if outcome.repeated else ""))
        for _, refusal in received.refused:
            notice(f"{refusal.message} {refusal.hint}")
    return PROBLEMS if received.refused else OK


def note(
    case: CaseName,
    text: Annotated[str, typer.Argument(help="The words, a file with them, or - for standard input.")],
    by: By = "agent",
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Write a note for colleagues. It never leaves the house."""
    from recovery.bootstrap import working
    from recovery.cli.words import words
    from recovery.desk import Desk

    with working(project(database)) as engine:
        outcome = Desk(engine).note(find_case(engine, case), words(text), by=by, key=key)
    if json:
        as_json({"case": outcome.case, "seq": outcome.seq, "repeated": outcome.repeated})
    else:
        say(f"The note is on record in case {outcome.case}.")


def attach(
    case: CaseName,
    files: Annotated[list[Path] | None, typer.Argument(metavar="[FILE…]", help="Files to attach.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the files of the case.")] = False,
    get: Annotated[
        str | None,
        typer.Option("--get", metavar="SHA256", help="Write this file here; a beginning is enough."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where `--get` writes (default: its name).")
    ] = None,
    by: By = "agent",
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Attach files to a case, list them, or get one back: up to 10 MB each and 50 MB a case.

    Pictures, documents and recordings are accepted. What was attached twice is kept once.
    """
    from recovery.bootstrap import reading, working
    from recovery.core.errors import RecoveryError
    from recovery.desk import Desk

    if get is not None:
        with reading(project(database)) as engine:
            _get(Desk(engine), find_case(engine, case), get, out, json)
        return
    if not files and not list_:
        raise RecoveryError("There is nothing to attach.", hint="Name a file, or --list.")
    contents = [(file.name, _read(file)) for file in files or []]
    with working(project(database)) if contents else reading(project(database)) as engine:
        id, desk = find_case(engine, case), Desk(engine)
        for name, content in contents:
            desk.attach(id, name, content, by=by, key=f"{key}:{name}" if key else None)
        attached = engine.case(id).attachments
    rows = [{"sha256": sha, "name": row[0], "type": row[1], "bytes": row[2]} for sha, row in attached.items()]
    if json:
        as_json({"case": id, "files": rows})
        return
    cells = [[row["sha256"], row["name"], row["type"], row["bytes"]] for row in rows]
    say(table(None, ["sha256", "name", "type", "bytes"], cells) if rows else "No files.")


def _get(desk: Desk, case: int, begins: str, out: Path | None, json: bool) -> None:
    from recovery.core.errors import EnvironmentFault, NotFound, RecoveryError

    found = [sha for sha in desk.engine.case(case).attachments if begins and sha.startswith(begins)]
    if len(found) != 1:
        what = "no file" if not found else f"{len(found)} files"
        raise NotFound(f"Case {case} has {what} whose hash begins with {begins}.", hint="See --list.")
    file = desk.attachment(case, found[0])
    where = out or Path(file.name)
    try:
        with where.open("xb") as written:
            written.write(file.content)
    except FileExistsError:
        raise RecoveryError(f"{where} exists already.", hint="Name another file with --out.") from None
    except OSError as error:
        raise EnvironmentFault(f"{where} cannot be written: {error.strerror}.") from error
    if json:
        as_json({"case": case, "sha256": file.sha256, "name": file.name, "file": str(where)})
    else:
        say(f"{file.name} is in {where}.")


def _read(file: Path) -> bytes:
    """A file's content, at most one byte more than is accepted."""
    from recovery.core.attachments import BYTES_AT_MOST
    from recovery.core.errors import EnvironmentFault, NotFound

    if not file.is_file():
        raise NotFound(f"There is no file {file}.")
    try:
        with file.open("rb") as opened:
            return opened.read(BYTES_AT_MOST + 1)
    except OSError as error:
        raise EnvironmentFault(f"{file} cannot be read: {error.strerror}.") from error
