"""What PostgreSQL's errors mean, in words that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from recovery.core.errors import EngineFault, EnvironmentFault, RecoveryError
from recovery.store.faults import LostRace

_AGAIN = "Nothing was written. Try again."

_RACES = {
    "40P01": "Two pieces of work waited for each other, and {where} ended this one.",
    "40001": "{where} could not do this beside what others did at the same time.",
}

_WORDS = {
    "25006": (
        "The database {where} is read-only.",
        "Name the primary server, not a standby; or ask for a role that may write.",
    ),
    "42501": (
        "The role of the database {where} lacks a permission: {said}.",
        "Grant it the right to use the tables (`recovery db upgrade` needs to create them as well).",
    ),
    "53100": ("The disk of {where} is full.", "Free some space and try again; nothing was half done."),
    "53200": ("{where} is out of memory.", _AGAIN),
    "53300": (
        "{where} takes no more connections.",
        "Raise max_connections there, or let fewer processes and threads work at once.",
    ),
    "55P03": (
        "The database {where} is locked: somebody else has been writing the same rows for too long.",
        "Let it finish (a host's long transaction, an open console) and try again; nothing was written.",
    ),
    "57014": (
        "{where} ended a statement that took too long.",
        "See its statement_timeout; nothing was written.",
    ),
    "XX001": (
        "The database {where} is damaged: {said}.",
        "Stop writing to it, keep a copy, and restore a backup; `recovery db verify` says what still holds.",
    ),
}
_WORDS["XX002"] = _WORDS["XX001"]

_LOST = ("08", "57P")
"""The classes of errors after which the connection is gone."""


class ConnectionLost(EnvironmentFault):
    """The server went away; the next use connects anew."""


def explained(sqlstate: str | None, said: str, where: str, *, lost: bool = False) -> RecoveryError:
    """The error of our own that says what happened to the database and what to do.

    Args:
        said: what the server or the driver said.
        lost: whether it was said about the connection, if `sqlstate` does not tell.
    """
    said = _first_line(said)
    if sqlstate in _RACES:
        return LostRace(_RACES[sqlstate].format(where=where), hint=_AGAIN)
    if sqlstate in _WORDS:
        message, hint = _WORDS[sqlstate]
        return EnvironmentFault(message.format(where=where, said=said), hint=hint)
    if lost if sqlstate is None else sqlstate.startswith(_LOST):
        return ConnectionLost(
            f"The connection to {where} was lost: {said}.",
            hint="See whether the server runs, and try again. What was being written is there whole or not "
            "at all: a command sent again under its key is never done twice.",
        )
    return EngineFault(
        f"The database {where} refused a statement: {said}.",
        hint="This is a mistake of the program; nothing was written. Please report it.",
    )


def unreachable(said: str, where: str) -> EnvironmentFault:
    """The error of our own for a connection that could not be made."""
    return EnvironmentFault(
        f"The database {where} cannot be reached: {_first_line(said)}.",
        hint="See whether the server runs, and check the URL: host, port, user, database; a password may "
        "stand in PGPASSWORD or ~/.pgpass.",
    )


def _first_line(said: str) -> str:
    return said.strip().partition("\n")[0].rstrip(".")


@contextmanager
def explaining(where: str) -> Iterator[None]:
    """Turn psycopg's errors into ours.

    Raises:
        LostRace: somebody else was writing the same rows; nothing was written.
        EnvironmentFault: the server, the network, the disk, a lock or a permission stands in the way.
        EngineFault: anything else the database refuses.
    """
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        lost = isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError))
        raise explained(error.sqlstate, str(error), where, lost=lost) from error
