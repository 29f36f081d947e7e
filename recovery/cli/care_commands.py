"""`doctor`, `db upgrade`, `db verify`: looking after an installation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TextIO

import typer

from recovery.cli.options import Database, Json, project
from recovery.cli.output import as_json, progress, say, table

db = typer.Typer(
    help="The database: its schema and its integrity.", no_args_is_help=True, rich_markup_mode=None
)


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(epilog="Example: recovery doctor --json")(doctor)
    app.add_typer(db, name="db")
    db.command(epilog="Example: recovery db upgrade --database sqlite:///recovery.db")(upgrade)
    db.command(epilog="Example: recovery db verify --heads heads.jsonl --json")(verify)
    db.command(epilog="Example: recovery db heads heads.jsonl")(heads)
    db.command(epilog="Example: recovery db prune --older-than 90d")(prune)
    db.command(epilog="Example: recovery db size --json")(size)


def doctor(database: Database = None, json: Json = False) -> int:
    """Say what is wrong here and how to mend it."""
    from recovery.checkup import examine

    checks = examine(project(database))
    ill = [check for check in checks if check.state == "wrong"]
    if json:
        as_json({"ok": not ill, "checks": [check.as_dict() for check in checks]})
        return 1 if ill else 0
    say(
        table(
            None,
            ["", "what", "found", "how to mend it"],
            [[c.state, c.what, c.found, c.mend] for c in checks],
        )
    )
    return 1 if ill else 0


def upgrade(database: Database = None, json: Json = False) -> None:
    """Make the database, or bring its schema to this version. Running cases stay as they are."""
    from recovery.bootstrap import upgrade_database

    before, after = upgrade_database(project(database))
    if json:
        as_json({"before": before, "after": after})
        return
    was = "already" if before == after else f"now; it was {before or 'not there'}"
    say(f"The schema is {after} {was}.")


def verify(
    heads: Annotated[
        Path | None,
        typer.Option("--heads", metavar="FILE", help="Compare with what `recovery db heads` wrote as well."),
    ] = None,
    database: Database = None,
    json: Json = False,
) -> int:
    """Check that nothing in the database was changed, lost or added behind the engine's back."""
    from contextlib import ExitStack

    from recovery.bootstrap import reading
    from recovery.sealing import seal_key
    from recovery.store.heads import read
    from recovery.store.verify import verify as verify_store
    from recovery.workflow.bundle import hash_of

    here = project(database)
    with ExitStack() as stack:
        file = None if heads is None else stack.enter_context(_opened(heads, "r"))
        earlier = None if file is None else read(file, str(heads))
        engine = stack.enter_context(reading(here))
        done = stack.enter_context(progress("Cases"))
        key = seal_key(here.database_file)
        report = verify_store(engine.store, key, done, hash_of, earlier)
    if json:
        as_json(report.as_dict())
    else:
        rows = [[p.code, p.case, p.seq, p.message] for p in report.problems]
        if rows:
            say(table("Problems", ["code", "case", "event", "what"], rows))
        say(
            f"{report.cases:,} cases, {report.events:,} events, {report.seals:,} seals: "
            + ("all is as it was written." if report.ok else f"{len(report.problems):,} problems.")
            + (f" {report.erased:,} events were erased." if report.erased else "")
        )
    return 0 if report.ok else 1


def heads(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, best on another machine.")],
    database: Database = None,
    json: Json = False,
) -> None:
    """Seal the log, and write how far each case's log goes into a file for `recovery db verify --heads`."""
    from recovery.bootstrap import reading, seal
    from recovery.core.errors import RecoveryError
    from recovery.sealing import KEY_VARIABLE, seal_key
    from recovery.store.heads import heads as read_heads
    from recovery.store.heads import lines

    here = project(database)
    key = seal_key(here.database_file)
    if key is None:
        raise RecoveryError("There is no seal key.", hint=f"Set {KEY_VARIABLE}.")
    with reading(here) as engine:
        seal(engine, here)
        with engine.store.snapshot() as snapshot:
            sealed, found = read_heads(snapshot, key)
            with _opened(file, "x") as out:
                out.writelines(lines(sealed, found))
    if json:
        as_json({"file": str(file), "seal": sealed.seal, "cases": sealed.cases})
        return
    say(f"The heads of {sealed.cases:,} cases at seal {sealed.seal} are in {file}.")


def prune(
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="TIME", help="Only what left longer ago: 30m, 6h, 90d.")
    ],
    database: Database = None,
    json: Json = False,
) -> None:
    """Forget the words of messages that left long ago, of cases that have ended. The log stays as it is."""
    from recovery.bootstrap import reading
    from recovery.cli.message_options import longer_ago
    from recovery.store.keeping import forget_words

    with reading(project(database)) as engine, progress("Messages") as done:
        before = longer_ago(engine.clock.now(), older_than)
        count = forget_words(engine.store, engine.tenant, before, done)
    if json:
        as_json({"forgotten": count})
        return
    say(f"The words of {count:,} messages are forgotten; when and to whom they went is still known.")


def size(database: Database = None, json: Json = False) -> None:
    """Say how many rows each table has, and how many bytes it and its indexes take."""
    from recovery.bootstrap import reading
    from recovery.store.keeping import sizes

    with reading(project(database)) as engine:
        found = sizes(engine.store)
    if json:
        as_json([one._asdict() for one in found])
        return
    rows = [[one.table, *(_counted(number) for number in one[1:])] for one in found]
    say(table(None, ["table", "rows", "bytes", "of its indexes"], rows))


def _counted(number: int | None) -> str:
    return "unknown" if number is None else f"{number:,}"


def _opened(file: Path, mode: Literal["r", "x"]) -> TextIO:
    from recovery.core.errors import EnvironmentFault, NotFound, RecoveryError

    try:
        return file.open(mode, encoding="utf-8", errors="strict" if mode == "x" else "replace")
    except FileExistsError:
        raise RecoveryError(f"{file} exists already.", hint="Name a new file.") from None
    except FileNotFoundError:
        raise NotFound(f"There is no {file if mode == 'r' else file.parent}.") from None
    except OSError as error:
        raise EnvironmentFault(f"{file} cannot be used: {error.strerror}.") from error
