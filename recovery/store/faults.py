"""What can go wrong between us and the database, in words that say what to do."""

from __future__ import annotations

import sqlite3
from contextlib import AbstractContextManager

from recovery.core.errors import EngineFault, EnvironmentFault, RecoveryError


class LostRace(EnvironmentFault):
    """Somebody else changed a case since it was loaded; nothing was written. Load it and decide again."""


class ExternalIdTaken(RecoveryError):
    """A case of this tenant has this external id already; nothing was written."""


_WORDS = {
    sqlite3.SQLITE_BUSY_SNAPSHOT: (
        "The lent transaction on {where} began reading before somebody else wrote.",
        "Roll it back and begin it anew, with BEGIN IMMEDIATE where it is going to write.",
    ),
    sqlite3.SQLITE_BUSY: (
        "The database {where} is locked: somebody else has been writing for too long.",
        "Let it finish (an import, a copy, an open database browser) and try again; nothing was written.",
    ),
    sqlite3.SQLITE_LOCKED: (
        "The database {where} is locked by another piece of work of this process.",
        "Try again; nothing was written.",
    ),
    sqlite3.SQLITE_FULL: (
        "The disk is full: the database {where} cannot grow.",
        "Free some space and try again; nothing was half done.",
    ),
    sqlite3.SQLITE_READONLY: (
        "The database {where} is read-only.",
        "Give this user write permission for the file and its folder (SQLite writes files beside it).",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "The database {where} cannot be opened.",
        "Check that it exists (`recovery db upgrade` makes it) and that this user may read and write it.",
    ),
    sqlite3.SQLITE_NOTADB: (
        "{where} is not a SQLite database.",
        "Name another file, or move this one away and run `recovery db upgrade`.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "The database {where} is damaged.",
        "Stop writing to it, keep a copy, and restore a backup; `recovery db verify` says what still holds.",
    ),
    sqlite3.SQLITE_IOERR: (
        "The disk reports an error with the database {where}.",
        "Check the disk and its free space, then try again; nothing was half done.",
    ),
    sqlite3.SQLITE_PERM: (
        "This user has no permission to use the database {where}.",
        "Give it read and write permission for the file and its folder.",
    ),
}


def explained(error: sqlite3.Error, where: str) -> RecoveryError:
    """The error of our own that says what happened to the database and what to do."""
    code = getattr(error, "sqlite_errorcode", None)
    words = (_WORDS.get(code) or _WORDS.get(code & 0xFF)) if code is not None else None
    if "decode to UTF-8" in str(error):
        words = _WORDS[sqlite3.SQLITE_CORRUPT]
    if words is None:
        return EngineFault(
            f"The database {where} refused a statement: {error}.",
            hint="This is a mistake of the program; nothing was written. Please report it.",
        )
    message, hint = words
    return EnvironmentFault(message.format(where=where), hint=hint)


def busy(where: str) -> EnvironmentFault:
    """The database is locked, and it was waited for long enough."""
    message, hint = _WORDS[sqlite3.SQLITE_BUSY]
    return EnvironmentFault(message.format(where=where), hint=hint)


class Explaining(AbstractContextManager[None]):
    """Turns the driver's errors into ours. A class, for every transaction is inside one.

    Raises:
        EnvironmentFault: the disk, a lock or a permission stands in the way.
        EngineFault: anything else the database refuses.
    """

    __slots__ = ("_where",)

    def __init__(self, where: str) -> None:
        self._where = where

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if isinstance(error, sqlite3.Error):
            raise explained(error, self._where) from error


def lost_race(ids: list[int]) -> LostRace:
    """Somebody else changed these cases."""
    cases = ", ".join(map(str, ids[:10])) + (" …" if len(ids) > 10 else "")
    return LostRace(
        f"Changed by somebody else in the meantime: case {cases}.",
        hint="Nothing was written. Load it again and decide again.",
    )


def external_ids_taken(taken: dict[str, int]) -> ExternalIdTaken:
    """These external ids are those of other cases: id → case."""
    names = ", ".join(f"{name} is case {id}" for name, id in list(taken.items())[:10])
    return ExternalIdTaken(
        f"External ids are taken: {names}.",
        hint="Nothing was written. Look complaints up by their external id before opening cases for them.",
    )
