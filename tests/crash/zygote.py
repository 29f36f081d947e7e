"""A process that has loaded the whole program and forks workers: `python -m tests.crash.zygote SOCKET`.

A worker is `recovery worker` in a process of its own, at a tenth of what it costs to load everything anew. It
is asked for with one JSON object over the socket (its folder, its words, its boundary and so on) and the
file descriptor its standard output and error go to; the answer is its process id. When whoever asks has gone,
all workers are killed.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import sys
import tempfile
import traceback
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Any, NoReturn

MOST = 65_536


def main(number: str) -> None:
    """Fork whatever is asked for, until nobody asks any more."""
    _warm_up()
    asked = socket.socket(fileno=int(number))
    asked.sendall(b"ready\n")
    children: set[int] = set()
    while True:
        text, files, _, _ = socket.recv_fds(asked, MOST, 1)
        if not text:
            break
        children -= _ended(children)
        child = os.fork()
        if child == 0:
            asked.close()
            _be_worker(json.loads(text), files[0])
        os.close(files[0])
        children.add(child)
        asked.sendall(f"{child}\n".encode())
    for child in children - _ended(children):
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def _warm_up() -> None:
    """Load what a worker loads, by being one for a moment, in a house where there is nothing to do."""
    from recovery.cli.run import run
    from tests.crash.project import ENVIRONMENT, made

    for name in ("recovery.store.postgres", "tests.crash.boundaries", "tests.crash.clocks"):
        importlib.import_module(name)
    os.environ.update(ENVIRONMENT)
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder, open(os.devnull, "w", encoding="utf-8") as nowhere:
        made(Path(folder), f"sqlite:///{folder}/recovery.db", mail=1, hook="http://127.0.0.1:1/")
        os.chdir(folder)
        with redirect_stdout(nowhere):
            assert run(["worker", "--once"]) == 0
        os.chdir(before)


def _ended(children: set[int]) -> set[int]:
    return {child for child in children if os.waitpid(child, os.WNOHANG)[0] == child}


def _be_worker(asked: dict[str, Any], out: int) -> NoReturn:
    """Become a worker: from here on it is the command, as anybody starts it."""
    from recovery.cli.run import run
    from tests.crash.boundaries import put_up, say
    from tests.crash.clerk import give_all
    from tests.crash.clocks import go_by

    code = 70
    # Between its word that it runs and its own handler, a worker that is asked to stop has done nothing yet.
    signal.signal(signal.SIGTERM, lambda *_: (say(event="ended", code=0), os._exit(0)))
    try:
        os.setsid()
        for number in (1, 2):
            os.dup2(out, number)
        os.close(out)
        sys.stdout, sys.stderr = (open(n, "w", 1, "utf-8", closefd=False) for n in (1, 2))  # noqa: SIM115
        os.chdir(asked["folder"])
        os.environ.update(asked["environment"])
        put_up(asked["boundary"], asked["times"])
        for place, value in asked["settings"].items():
            module, _, name = place.rpartition(".")
            setattr(importlib.import_module(module), name, value)
        if asked["clock"]:
            go_by(asked["clock"], leases=asked["turned_leases"])
        code = (
            give_all(asked["refunds"])
            if asked["refunds"]
            else run(["worker", "--log", "json", *asked["words"]])
        )
        say(event="ended", code=code)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:])
