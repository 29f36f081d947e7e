"""Worker processes as the tests see them: what they say, what they are sending, and how they are killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.crash.project import ENVIRONMENT
from tests.crash.register import Key, key_of
from tests.real_data import ROOT

SECONDS = 60.0
"""How long something that must come is waited for."""

Line = dict[str, Any]


class WorkerProcess:
    """One worker process; what it says is read as it comes.

    Attributes:
        lines: its log so far, with those of `tests.crash.boundaries`.
        is_over: whether the process has ended, and everything it said is there.
    """

    def __init__(self, pid: int, out: int) -> None:
        self.pid = pid
        self.lines: list[Line] = []
        self.is_over = False
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, args=(out,), daemon=True)
        self._reader.start()

    def _read(self, out: int) -> None:
        with os.fdopen(out, encoding="utf-8", errors="replace") as text:
            for line in text:
                said = json.loads(line) if line.startswith("{") else {"event": "said", "text": line}
                with self._changed:
                    self.lines.append(said)
                    self._changed.notify_all()
        with self._changed:
            self.is_over = True
            self._changed.notify_all()

    def wait_for(self, event: str, seconds: float = SECONDS, **values: Any) -> Line:
        """The first line of an event with these values, waited for.

        Raises:
            AssertionError: the process has ended without it, or it took too long.
        """

        def found() -> Line | None:
            wanted = {"event": event, **values}
            return next((line for line in self.lines if wanted.items() <= line.items()), None)

        self.wait_until(lambda: found() is not None or self.is_over, seconds)
        line = found()
        assert line is not None, f"no {event} from {self.pid}: {self.lines[-5:]}"
        return line

    def wait_until(self, what: Callable[[], Any], seconds: float = SECONDS) -> bool:
        """Wait until something holds, looked at after each line; false when it took too long."""
        with self._changed:
            return bool(self._changed.wait_for(what, seconds))

    def kill(self) -> Counter[Key]:
        """Kill it with -9; gives what it was sending just then."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self._reader.join(SECONDS)
        assert self.is_over
        return self.in_flight()

    def stop(self) -> int:
        """Ask it to stop, once it runs, and wait; gives its exit code."""
        self.wait_for("started")
        os.kill(self.pid, signal.SIGTERM)
        return int(self.wait_for("ended")["code"])

    def in_flight(self) -> Counter[Key]:
        """Messages it has begun to send and of which it has not said what became of them."""
        with self._changed:
            begun = Counter(key_of(line["key"]) for line in self.lines if line["event"] == "begins")
            told = [line for line in self.lines if line["event"] == "message"]
        return begun - Counter((line["case"], line["effect"]) for line in told)

    def lost(self) -> Counter[Key]:
        """Messages of which it said that its lease had ended when they were sent."""
        with self._changed:
            told = [line for line in self.lines if line["event"] == "message" and line["end"] == "lost"]
        return Counter((line["case"], line["effect"]) for line in told)

    def is_sending(self, case: int) -> bool:
        """Whether it has begun a message of a case and not settled it."""
        return any(of == case for of, _ in self.in_flight())


class Nursery:
    """Starts workers, by a process that has everything loaded."""

    def __init__(self, talk: socket.socket) -> None:
        self._talk = talk
        self._answers = talk.makefile("r", encoding="utf-8")
        self.workers: list[WorkerProcess] = []
        self._lock = threading.Lock()
        assert self._answers.readline() == "ready\n"

    def start(
        self,
        folder: Path,
        *words: str,
        boundary: str | None = None,
        times: int = 1,
        lease: float = 2.0,
        environment: dict[str, str] | None = None,
        settings: dict[str, Any] | None = None,
        clock: Path | None = None,
        turned_leases: bool = False,
        refunds: int = 0,
    ) -> WorkerProcess:
        """A worker on the project of a folder.

        Args:
            words: further words of its command line.
            boundary: where it stops, one of `tests.crash.boundaries.BOUNDARIES`, when it comes there for
                the n-th time (`times`).
            lease: seconds a message is its own.
            settings: constants of the product (`recovery.module.NAME`) that are others in this process.
            refunds: it is no worker, but a clerk who gives a refund in so many cases.
            clock: the file of the `TurnedClock` it goes by; `turned_leases`: the database's clock too.
        """
        asked = {
            "folder": str(folder),
            "words": ["--lease", str(lease), *words],
            "boundary": boundary,
            "times": times,
            "environment": {**ENVIRONMENT, **(environment or {})},
            "settings": settings or {},
            "clock": str(clock) if clock else None,
            "turned_leases": turned_leases,
            "refunds": refunds,
        }
        out, theirs = os.pipe()
        with self._lock:
            socket.send_fds(self._talk, [json.dumps(asked).encode()], [theirs])
            os.close(theirs)
            worker = WorkerProcess(int(self._answers.readline()), out)
            self.workers.append(worker)
        return worker

    def kill_all(self) -> None:
        """Kill what still runs."""
        for worker in self.workers:
            if not worker.is_over:
                worker.kill()
        self.workers.clear()


@contextmanager
def nursery() -> Iterator[Nursery]:
    """A process that starts workers; it ends, and they with it, at the end."""
    ours, theirs = socket.socketpair()
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.crash.zygote", str(theirs.fileno())],
        cwd=ROOT,
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
    )
    theirs.close()
    try:
        yield Nursery(ours)
    finally:
        ours.shutdown(socket.SHUT_RDWR)
        ours.close()
        process.wait(SECONDS)
