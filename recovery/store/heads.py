"""Heads kept outside the database: how far each case's log went at a seal, in a file to be compared later.

A seal that is kept in the database cannot show that the whole database was replaced by an older copy, or that
every seal was removed together with its tip. A file that lies elsewhere can. It is JSON Lines: the seal
(`{"installation", "seal", "sealed_at", "mac", "cases"}`), then one `[tenant, case, seq, hash]` for each case.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Any

from recovery.core.errors import RecoveryError
from recovery.store import queries
from recovery.store import statements as sql
from recovery.store.reading import Snapshot
from recovery.store.seals import Seal, require_key

CHUNK = 500
"""How many heads one query compares."""

Head = tuple[str, int, int, str]
"""Tenant, case, the number of its last event, and the hash of that."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """The seal that heads were written at."""

    installation: str
    seal: int
    sealed_at: str
    mac: str
    cases: int


def heads(snapshot: Snapshot, key: bytes) -> tuple[Sealed, Iterator[Head]]:
    """How far the log of each case went at the last seal, and that seal.

    Raises:
        RecoveryError: nothing has been sealed.
        WrongSealKey: the last seal was not made with this key, or seals are missing.
    """
    installation, last = require_key(snapshot.rows, key)
    if not last.id:
        raise RecoveryError("Nothing has been sealed yet.", hint="Open a case first.")
    ((cases,),) = snapshot.rows(queries.COUNT_HEADS, last.through)
    found = snapshot.stream(queries.HEADS, last.through)
    lasts = (list(rows)[-1] for _, rows in groupby(found, key=lambda row: (row[0], row[1])))
    return Sealed(installation, last.id, last.sealed_at, last.mac, cases), (tuple(row) for row in lasts)


def lines(sealed: Sealed, of: Iterable[Head]) -> Iterator[str]:
    """Heads as the lines of a file."""
    first = {name: getattr(sealed, name) for name in Sealed.__slots__}
    yield json.dumps(first, ensure_ascii=False) + "\n"
    for head in of:
        yield json.dumps(head, ensure_ascii=False) + "\n"


def read(file: Iterable[str], name: str) -> tuple[Sealed, Iterator[Head]]:
    """The heads of a file. `name` is the file in errors.

    Raises:
        RecoveryError: the file is not one of heads, or its end is missing. The heads raise it, too.
    """
    numbered = enumerate(file, start=1)
    sealed = _read(numbered, name, lambda found: Sealed(**found))

    def rest() -> Iterator[Head]:
        for _ in range(sealed.cases):
            yield _read(numbered, name, _head)

    return sealed, rest()


def _read(numbered: Iterator[tuple[int, str]], name: str, make: Callable[[Any], Any]) -> Any:
    number, line = next(numbered, (0, ""))
    try:
        return make(json.loads(line))
    except (ValueError, TypeError, RecursionError):
        where = f"{name}:{number}" if number else name
        what = "is no line of a file of heads" if number else "ends too early"
        raise RecoveryError(f"{where}: it {what}.", hint="Give a file `recovery db heads` wrote.") from None


def _head(found: Any) -> Head:
    tenant, case, seq, hash = found
    if not (type(tenant) is str and type(case) is int and type(seq) is int and type(hash) is str):
        raise TypeError
    return tenant, case, seq, hash


def compare(
    snapshot: Snapshot,
    sealed: Sealed,
    of: Iterator[Head],
    name: Callable[[str, str, str, int, int], None],
    seal_is_gone: Callable[[str], None],
) -> None:
    """Compare the log with heads of an earlier time.

    Args:
        name: told of each case whose log is no longer what it was: code, message, tenant, case, event.
        seal_is_gone: told, once, that the seal of that time is gone or is another one now.

    Raises:
        RecoveryError: they are of another database, or their file is not as it was written.
    """
    ((installation,),) = snapshot.rows(sql.GET_META, "installation_id")
    if installation != sealed.installation:
        raise RecoveryError(
            f"These heads are of another database: installation {sealed.installation}, not {installation}.",
            hint="Give the file that was written from this one.",
        )
    macs = {seal.id: seal.mac for seal in (Seal(*row) for row in snapshot.stream(sql.SEALS))}
    if macs.get(sealed.seal) != sealed.mac:
        seal_is_gone(f"Seal {sealed.seal} of {sealed.sealed_at} is gone, or is not the one it was.")
    while chunk := list(islice(of, CHUNK)):
        for tenant, group in groupby(chunk, key=lambda head: head[0]):
            wanted = list(group)
            rows = snapshot.rows(
                queries.HASHES, tenant, snapshot.dialect.items([case for _, case, *_ in wanted])
            )
            now = {(case, seq): hash for case, seq, hash in rows}
            for _, case, seq, hash in wanted:
                found = now.get((case, seq))
                if found is None:
                    what = f"Event {seq} of case {case} was there at seal {sealed.seal} and is gone."
                    name("event_missing", what, tenant, case, seq)
                elif found != hash:
                    what = f"The log of case {case} was rewritten: event {seq} is not the one of that time."
                    name("log_rewritten", what, tenant, case, seq)
