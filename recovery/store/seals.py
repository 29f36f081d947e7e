"""Seals: what makes it impossible to rewrite the log unseen for whoever has the database but not the key.

The chain of each case shows a change in the middle. It cannot show that its end was cut off, that a whole
case is gone, or that everything was hashed anew. So now and then the hashes every case's log has reached are
written into a *seal*, signed (HMAC-SHA256) with a key from outside the database. Each seal signs the one
before; the *tip* (`seal_tip` in `recovery_meta`) signs the last, and is overwritten by the next, so that a
seal cannot be taken off the end without the key either.

What seals cannot show is said in `recovery.store.verify`.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from typing import Any

from recovery.core.errors import RecoveryError
from recovery.core.instants import to_text
from recovery.store import statements as sql
from recovery.store.codec import encode
from recovery.store.compiling import Statement
from recovery.store.dialect import Cursor, Dialect

BATCH = 1_000
"""How many events one seal covers at most: what sealing holds in memory."""

TIP = "seal_tip"
SHORTEST_KEY = 16


class WrongSealKey(RecoveryError):
    """The last seal is not one that this key signed; nothing was sealed."""


@dataclass(frozen=True, slots=True)
class Seal:
    """One seal as it stands in its table (see `tables.SealRow`)."""

    id: int
    sealed_at: str
    since: int
    through: int
    events: int
    entries: str
    before: str
    mac: str

    def signature(self, key: bytes, installation: str) -> str:
        """What `mac` must be (hexadecimal)."""
        return _sign(key, "seal", [installation, *astuple(self)[:-1]])


NO_SEAL = Seal(0, "", 0, 0, 0, "[]", "", "")
"""What comes before the first seal."""


def reached(events: Iterable[Any]) -> dict[tuple[str, int], tuple[int, str]]:
    """How far each case's log goes and the hash there; `events` are (tenant, case, seq, hash) in order."""
    return {(tenant, case): (seq, hash) for tenant, case, seq, hash in events}


def tip(key: bytes, installation: str, seal: Seal) -> str:
    """What the tip must be while this seal is the last (hexadecimal)."""
    return _sign(key, "tip", [installation, seal.id, seal.mac])


def _sign(key: bytes, what: str, said: list[Any]) -> str:
    return hmac.digest(key, encode([what, *said]).encode(), "sha256").hex()


def check_key(key: bytes) -> None:
    """Make sure that a key is one.

    Raises:
        RecoveryError: it is too short to keep anybody out.
    """
    if len(key) < SHORTEST_KEY:
        raise RecoveryError(
            f"The seal key has {len(key)} bytes.", hint=f"Give it at least {SHORTEST_KEY} random ones."
        )


def require_key(rows: Callable[..., list[Any]], key: bytes) -> tuple[str, Seal]:
    """Make sure that a key is the one the seals were made with; gives the installation and the last seal.

    Args:
        rows: gives the rows of a statement, all as of one moment, so that the last seal and its tip belong
            together.

    Raises:
        RecoveryError: the key is too short.
        WrongSealKey: the last seal was not made with this key, or seals are missing.
    """
    check_key(key)
    ((installation,),) = rows(sql.GET_META, "installation_id")
    found = rows(sql.LAST_SEAL)
    last = Seal(*found[0]) if found else NO_SEAL
    known = rows(sql.GET_META, TIP)
    if known != ([(tip(key, installation, last),)] if found else []):
        raise WrongSealKey(
            "The last seal of this database was not made with this key, or is not the last that was made.",
            hint="Give the key the seals were made with; `recovery db verify` says whether some are missing.",
        )
    return installation, last


class Sealing:
    """Work on the seals of one database, on a cursor that is inside a transaction."""

    def __init__(self, cursor: Cursor, dialect: Dialect) -> None:
        self._cursor = cursor
        self._dialect = dialect

    def seal_batch(self, key: bytes, now: str) -> int:
        """Seal the next events, `BATCH` at most; gives how many those were.

        Raises:
            RecoveryError, WrongSealKey: see `require_key`.
        """
        self._rows(sql.LOCK_META, "installation_id")  # one at a time
        installation, last = require_key(self._rows, key)
        settled = self._dialect.settled(self._cursor)
        rows = self._rows(sql.UNSEALED, last.through, settled, BATCH)
        if not rows:
            return 0
        heads = reached(row[1:] for row in rows)
        entries = encode([[*of, *head] for of, head in sorted(heads.items())])
        unsigned = Seal(last.id + 1, now, last.through, rows[-1][0], len(rows), entries, last.mac, "")
        seal = replace(unsigned, mac=unsigned.signature(key, installation))
        self._run(sql.INSERT_SEAL, *astuple(seal))
        mark = tip(key, installation, seal)
        if last is NO_SEAL:
            self._run(sql.INSERT_META, TIP, mark)
        else:
            self._run(sql.SET_META, mark, TIP)
        return len(rows)

    def _run(self, statement: Statement, *values: Any) -> None:
        self._cursor.execute(self._dialect.texts[statement], values)

    def _rows(self, statement: Statement, *values: Any) -> list[Any]:
        self._run(statement, *values)
        return self._cursor.fetchall()


def seal_all(
    is_unsealed: Callable[[], bool],
    sealing: Callable[[], AbstractContextManager[Sealing]],
    between: Callable[[], None],
    key: bytes,
    now: datetime,
) -> int:
    """Seal every event since the last seal, each batch in its own transaction; gives how many those were.

    Events of transactions that are still open, and those after them, wait for the next time.

    Args:
        is_unsealed: whether there may be any; asked without locking anybody out.
        sealing: begins a transaction, and commits it.
        between: called after each batch but the last.

    Raises:
        RecoveryError: the key is too short.
        WrongSealKey: the last seal was not made with this key, or seals are missing.
    """
    check_key(key)
    sealed = 0
    while is_unsealed():
        with sealing() as work:
            batch = work.seal_batch(key, to_text(now))
        sealed += batch
        if batch < BATCH:
            break
        between()
    return sealed
