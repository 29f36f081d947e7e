"""Commands in processes of their own, without the seconds each would take to start (`tests.warm.server`)."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.real_data import ROOT

SECONDS = 120.0
"""How long a command may take."""

Stream = IO[Any] | int


@dataclass(frozen=True)
class Said:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """What it printed as JSON, which must be all it printed."""
        return json.loads(self.out)


class Warm:
    """Starts commands: `recovery …`, `python FILE` or `python -m MODULE`."""

    def __init__(self, talk: socket.socket) -> None:
        self._talk = talk
        self._answers = talk.makefile("r", encoding="ascii")
        self._answer(SECONDS)

    def start(
        self,
        words: Sequence[str],
        folder: Path,
        streams: tuple[Stream, Stream, Stream],
        *,
        environment: Mapping[str, str] | None = None,
        file_size: int | None = None,
        obedient: bool = False,
    ) -> Started:
        """Start a command in a folder.

        Args:
            streams: its standard input, output and error.
            environment: all of it; that of the tests by default.
            file_size: no file may grow beyond so many bytes, as on a disk that is full.
            obedient: as somebody whom permissions stop, as they do not stop root.
        """
        asked = {
            "words": list(words),
            "folder": str(folder),
            "environment": dict(os.environ if environment is None else environment),
            "file_size": file_size,
            "obedient": obedient,
        }
        numbers = [stream if isinstance(stream, int) else stream.fileno() for stream in streams]
        socket.send_fds(self._talk, [_line(asked)], numbers)
        return Started(self, self._answer(SECONDS))

    def run(self, words: Sequence[str], folder: Path, *, stdin: str = "", **more: Any) -> Said:
        """Run a command to its end; see `start`."""
        (out, told), (err, beside) = os.pipe(), os.pipe()
        with tempfile.TemporaryFile() as given:
            given.write(stdin.encode())
            given.seek(0)
            started = self.start(words, folder, (given, told, beside), **more)
        for stream in (told, beside):
            os.close(stream)
        said = _read(out, err)
        return Said(started.wait(), *said)

    def talk(self, words: Sequence[str], folder: Path, **more: Any) -> Talking:
        """Start a command whose input and output the test holds; see `start`."""
        (theirs, ours), (said, told) = os.pipe(), os.pipe()
        started = self.start(words, folder, (theirs, told, told), **more)
        for stream in (theirs, told):
            os.close(stream)
        return Talking(started, os.fdopen(ours, "w", encoding="utf-8"), os.fdopen(said, encoding="utf-8"))

    def code_of(self, id: int, seconds: float, *, asks: bool) -> int:
        """The exit code of a process; see `Started.wait`."""
        if asks:
            self._talk.sendall(_line({"wait": id}))
        return self._answer(seconds)

    def _answer(self, seconds: float) -> int:
        if not select.select([self._talk], [], [], seconds)[0]:
            raise TimeoutError(f"no answer within {seconds} s")
        return int(self._answers.readline())


class Started:
    """A command that was started. Nothing else is asked for between two waits for one."""

    def __init__(self, warm: Warm, id: int) -> None:
        self.id = id
        self._warm = warm
        self._is_awaited = False

    def wait(self, seconds: float = SECONDS) -> int:
        """Its exit code, as `subprocess` gives it: less than 0 when a signal ended it.

        Raises:
            TimeoutError: it still runs; it may be waited for again.
        """
        asks, self._is_awaited = not self._is_awaited, True
        return self._warm.code_of(self.id, seconds, asks=asks)

    def kill(self) -> int:
        """Kill it with -9, and wait."""
        with suppress(ProcessLookupError):
            os.kill(self.id, signal.SIGKILL)
        return self.wait()


@dataclass(frozen=True)
class Talking:
    """A command that is told lines, and says lines (both of its streams)."""

    started: Started
    told: IO[str]
    said: IO[str]

    def tell(self, line: str) -> None:
        """Write a line to it."""
        print(line, file=self.told, flush=True)

    def end(self) -> tuple[int, str]:
        """Tell it no more, and wait; gives its exit code and what else it said."""
        with self.said:
            self.told.close()
            rest = self.said.read()
        return self.started.wait(), rest


def _line(asked: Mapping[str, Any]) -> bytes:
    return json.dumps(asked).encode() + b"\n"


def _read(*pipes: int) -> list[str]:
    """All that comes out of pipes, until nobody writes into them."""
    said = dict.fromkeys(pipes, b"")
    reading = set(pipes)
    while reading:
        ready = select.select(reading, [], [], SECONDS)[0]
        if not ready:
            raise TimeoutError(f"nothing was said for {SECONDS} s")
        for pipe in ready:
            part = os.read(pipe, 65_536)
            said[pipe] += part
            if not part:
                reading.remove(pipe)
                os.close(pipe)
    return [text.decode() for text in said.values()]


@contextmanager
def warm() -> Iterator[Warm]:
    """A process that starts commands; it ends, and they with it, at the end."""
    ours, theirs = socket.socketpair()
    environment = {**os.environ, "PYTHONUTF8": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.warm.server", str(theirs.fileno())],
        cwd=ROOT,
        env=environment,
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
    )
    theirs.close()
    try:
        yield Warm(ours)
    finally:
        ours.shutdown(socket.SHUT_RDWR)
        ours.close()
        process.wait(SECONDS)
