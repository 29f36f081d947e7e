"""A worker process for tests: `python -m tests.worker.sender DATABASE FOLDER NAME [SECONDS]`.

When a line comes in it delivers what is due until nothing is, into a file of its own: one line for the begin
and one for the end of each delivery, with the key, the case and the monotonic clock in nanoseconds.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from time import monotonic_ns

from recovery.clock import SystemClock
from recovery.delivery.channels import Message
from recovery.delivery.outcomes import Delivered, Outcome
from recovery.project import Project
from recovery.worker.serving import Worker
from recovery.worker.telling import for_people
from tests.support import engine_on

FOR_OTHERS = 0.05


class Book:
    """A receiver that takes a moment, and writes down when each delivery began and ended."""

    def __init__(self, file: Path, seconds: float) -> None:
        self._out = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self._seconds = seconds
        self._never = threading.Event()

    def deliver(self, message: Message) -> Outcome:
        """Take a message (see `recovery.delivery.channels.Channel`)."""
        self._write("begin", message)
        self._never.wait(self._seconds)
        self._write("end", message)
        return Delivered("written")

    def _write(self, what: str, message: Message) -> None:
        line = f"{what} {monotonic_ns()} {message.case} {message.key} {message.effect}\n"
        os.write(self._out, line.encode())


def main(database: str, root: str, name: str, seconds: str = "0.001") -> None:
    """Work until nothing is due."""
    folder = Path(root)
    project = Project(folder, database, "five", folder / "outbox")
    never = threading.Event()
    with engine_on(project, SystemClock(), synchronous="FULL") as engine:  # type: ignore[arg-type]
        book = Book(folder / f"{name}.book", float(seconds))
        worker = Worker(engine, book, may_send=lambda: True, seal=lambda: None, tell=for_people(print))
        print("ready", flush=True)
        sys.stdin.readline()
        while engine.store.outbox_counts(engine.tenant).get("due"):
            worker.tick()
            never.wait(FOR_OTHERS)
        print(worker.total.as_dict(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
