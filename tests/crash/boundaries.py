"""Where a worker can be stopped to be killed: put around the product's own parts, in a worker of the tests.

A worker that comes to its boundary says so on standard error and goes no further; the thread that came there
waits to be killed, the others go on. The product knows nothing of this.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from collections.abc import Callable
from typing import Any

from recovery.delivery import attempt
from recovery.delivery.channels import Message
from recovery.delivery.outcomes import Outcome
from recovery.engine import Engine
from recovery.store.postgres import PostgresStore
from recovery.store.sqlite import SqliteStore
from recovery.store.store import Store

BOUNDARIES = {
    "claimed": "messages are leased and nothing has been done with them",
    "rendered": "a message has its words and has not left",
    "sent": "messages have been sent and are about to be settled",
    "settling": "they are settled in a transaction that is not committed",
    "settled": "that transaction is being committed, and its answer has not been read",
    "firing": "clocks were seen to in a transaction that is not committed",
    "fired": "that transaction is being committed, and its answer has not been read",
}
"""Each place a worker stops at by itself; in the middle of a sending it is stopped by its receiver. A clerk
(`tests.crash.clerk`) stops at `giving` and `given`, around the commit of a command."""

ABANDONED_SECONDS = 120.0
"""A worker that nobody kills meanwhile ends by itself."""


def say(**line: Any) -> None:
    """One line on standard error, in one piece, among those of the worker's own log."""
    os.write(2, json.dumps(line).encode() + b"\n")


class Boundary:
    """Stops whoever comes to it for the n-th time."""

    def __init__(self, name: str, times: int) -> None:
        self._name = name
        self._left = times
        self._lock = threading.Lock()

    def reached(self, name: str) -> None:
        """Somebody has come to a boundary: wait to be killed if it is this one."""
        if self.comes(name):
            self.hold()

    def comes(self, name: str) -> bool:
        """Whether somebody who has come to a boundary is the one to be stopped there."""
        with self._lock:
            self._left -= name == self._name
            return name == self._name and self._left == 0

    def hold(self) -> None:
        """Say so, and wait to be killed."""
        say(event="held", at=self._name)
        threading.Event().wait(ABANDONED_SECONDS)
        os._exit(70)


def put_up(name: str | None, times: int) -> None:
    """Say of each sending that it begins, and stop at a boundary; for the life of this process."""
    boundary = Boundary(name or "", times)
    real_claim, real_words, real_leaving = Store.claim, attempt.words_of, attempt.leaving_by

    def claim(*given: Any, **named: Any) -> Any:
        rows = real_claim(*given, **named)
        if rows:
            boundary.reached("claimed")
        return rows

    def words_of(*given: Any) -> Any:
        words = real_words(*given)
        boundary.reached("rendered")
        return words

    class Leaving:
        def __init__(self, channel: Any) -> None:
            self._channel = channel

        def deliver(self, message: Message) -> Outcome:
            say(event="begins", key=message.key)
            return self._channel.deliver(message)

    Store.claim = claim  # type: ignore[method-assign]
    attempt.words_of = words_of
    attempt.leaving_by = lambda channel: Leaving(real_leaving(channel))  # type: ignore[assignment]
    _around_commits(boundary)


def _around_commits(boundary: Boundary) -> None:
    """Know whose transaction is committed, and stop before it or on the way."""
    within = threading.local()
    real_settle, real_see, real_handle = Engine.settle_many, Engine.see_to_due, Engine.handle_many

    def settle_many(self: Engine, settlements: Any) -> Any:
        if settlements:
            boundary.reached("sent")
        with _named(within, ("settling", "settled")):
            return real_settle(self, settlements)

    def see_to_due(self: Engine, limit: int) -> Any:
        with _named(within, ("firing", "fired")):
            return real_see(self, limit)

    def handle_many(self: Engine, *given: Any, **named: Any) -> Any:
        with _named(within, ("giving", "given")):
            return real_handle(self, *given, **named)

    Engine.handle_many = handle_many  # type: ignore[method-assign]
    Engine.settle_many = settle_many  # type: ignore[method-assign]
    Engine.see_to_due = see_to_due  # type: ignore[method-assign]
    for kind in (SqliteStore, PostgresStore):
        kind._begin = _beginning(kind._begin, boundary, within)  # type: ignore[attr-defined]


class _named:
    """Meanwhile the commits of this thread have names: before, and on the way."""

    def __init__(self, within: threading.local, names: tuple[str, str]) -> None:
        self._within = within
        self._names = names

    def __enter__(self) -> None:
        self._within.names = self._names

    def __exit__(self, *_: object) -> None:
        self._within.names = None


def _beginning(real: Any, boundary: Boundary, within: threading.local) -> Callable[[Any], Any]:
    def begin(store: Store) -> tuple[Any, Any]:
        connection, cursor = real(store)
        names = getattr(within, "names", None)
        return connection, cursor if names is None else _Cursor(cursor, boundary, names)

    return begin


class _Cursor:
    """A cursor that stops around its `COMMIT`, once something was written."""

    def __init__(self, cursor: Any, boundary: Boundary, names: tuple[str, str]) -> None:
        self._cursor = cursor
        self._boundary = boundary
        self._names = names
        self._has_written = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def execute(self, text: Any, *values: Any) -> Any:
        before, after = self._names
        if text != "COMMIT" or not self._has_written:
            self._has_written |= str(text).lstrip()[:6].upper() in ("INSERT", "UPDATE")
            return self._cursor.execute(text, *values)
        self._boundary.reached(before)
        if not self._boundary.comes(after):
            return self._cursor.execute(text)
        if isinstance(self._cursor, sqlite3.Cursor):
            self._cursor.execute(text)
        else:
            self._cursor.connection.pgconn.send_query(text.encode())  # nobody reads the answer
        return self._boundary.hold()

    def executemany(self, text: Any, rows: Any) -> Any:
        self._has_written = True
        return self._cursor.executemany(text, rows)
