"""A process that has loaded the whole program and forks workers: `python -m tests.crash.zygote SOCKET`.

A worker is `recovery worker`, in a process of its own, which costs a hundredth of what loading it anew would. It
is asked for with one JSON object over the socket (its folder, its words, its environment, its boundary) and the
file descriptor its standard output and error go to; the answer is its process id. When whoever asks has gone, all
workers are killed.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import sys
import traceback
from contextlib import suppress
from typing import Any, NoReturn

LOADED = (
    "psycopg",
    "uvicorn",
    "recovery.bootstrap",
    "recovery.checkup",
    "recovery.cli.app",
    "recovery.cli.worker_command",
    "recovery.delivery.channels.building",
    "recovery.delivery.channels.smtp",
    "recovery.delivery.channels.webhook",
    "recovery.store.postgres",
    "recovery.worker.loop",
    "recovery.worker.serving",
    "recovery.worker.watching",
    "recovery.workflow.bundle",
    "tests.crash.boundaries",
)

MOST = 65_536


def main(number: str) -> None:
    """Fork whatever is asked for, until nobody asks any more."""
    for name in LOADED:
        importlib.import_module(name)
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


def _ended(children: set[int]) -> set[int]:
    return {child for child in children if os.waitpid(child, os.WNOHANG)[0] == child}


def _be_worker(asked: dict[str, Any], out: int) -> NoReturn:
    """Become a worker: from here on it is the command, as anybody starts it."""
    from recovery.cli.run import run
    from tests.crash.boundaries import put_up, say

    code = 70
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
        code = run(["worker", "--log", "json", *asked["words"]])
        say(event="ended", code=code)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:])
