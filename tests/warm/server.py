"""A process that has loaded the product and forks for each command: `python -m tests.warm.server SOCKET`.

Starting Python, loading the libraries and reading the starter's files takes seconds, and the tests run
hundreds of commands. What is forked here is a process of its own, and runs what the installed command runs,
`recovery.cli.main`, or a program as `python` runs it.

A command is asked for with one JSON object over the socket and its three standard streams as file
descriptors; the answer is its process id. `{"wait": ID}` is answered, when it has ended, with its exit code.
When whoever asks has gone, what still runs is killed.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import random
import resource
import runpy
import signal
import socket
import sys
import tempfile
import time
import traceback
import warnings
from contextlib import redirect_stderr, redirect_stdout, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

MOST = 262_144

LOADED = (
    *("recovery.cli.app", "recovery.checking", "recovery.demo.show", "recovery.imports.run"),
    "recovery.store.postgres",
)

COMMANDS = (
    ["init", "shop"],
    ["--help"],
    ["open", "It never came.", "--from", "ana@example.org"],
    ["worker", "--once"],
    ["explain", "1"],
    ["guard", "letter.md"],
)
"""What is run once before anything is asked for: each loads what it needs."""

VERSION_3, POWERS = 0x20080522, ((1 << 1) | (1 << 2))
"""`linux/capability.h`: that of the call, and what lets root read and write any file."""


def serve(number: int) -> None:
    """Start whatever is asked for, until nobody asks any more."""
    _warm_up()
    talk = socket.socket(fileno=number)
    talk.sendall(b"0\n")
    running: set[int] = set()
    while True:
        text, streams, _, _ = socket.recv_fds(talk, MOST, 3)
        if not text:
            break
        while not text.endswith(b"\n"):
            text += talk.recv(MOST)
        asked = json.loads(text)
        if "wait" in asked:
            _, status = os.waitpid(asked["wait"], 0)
            running.discard(asked["wait"])
            talk.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
            continue
        child = os.fork()
        if child == 0:
            talk.close()
            _become(asked, streams)
        for stream in streams:
            os.close(stream)
        running.add(child)
        talk.sendall(f"{child}\n".encode())
    for child in running:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def _warm_up() -> None:
    for name in LOADED:
        import_module(name)
    from recovery.cli.run import run

    before = Path.cwd()
    with (
        tempfile.TemporaryDirectory() as folder,
        open(os.devnull, "w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),
        redirect_stderr(nowhere),
    ):
        os.chdir(folder)
        for words in COMMANDS:
            assert run(words) == 0, words
            if words[0] == "init":
                os.chdir(words[1])
                Path("letter.md").write_text("Thank you.", encoding="utf-8")
        os.chdir(before)
    gc.collect()
    gc.freeze()


def _become(asked: dict[str, Any], streams: list[int]) -> NoReturn:
    """Run a command in this process, as if it had just begun."""
    code: int | str | None = 1
    try:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        _take_streams()
        os.environ.clear()
        os.environ.update(asked["environment"])
        time.tzset()
        random.seed()
        os.chdir(asked["folder"])
        if asked["file_size"] is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (asked["file_size"],) * 2)
        if asked["obedient"]:
            give_up_powers()
        _run(asked["words"])
        code = 0
    except SystemExit as leave:
        code = leave.code
    except BaseException:
        traceback.print_exc()
    finally:
        if isinstance(code, str):
            print(code, file=sys.stderr)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))


def _take_streams() -> None:
    """Text over the three standard streams, as Python makes it when it begins in UTF-8 mode."""
    made = [open(number, mode, encoding="utf-8", closefd=False) for number, mode in enumerate("rww")]  # noqa: SIM115
    sys.stdin, sys.stdout, sys.stderr = made
    sys.stderr.reconfigure(line_buffering=True)  # type: ignore[attr-defined]


def _run(words: list[str]) -> None:
    program, *words = words
    if program == "recovery":
        from recovery.cli import main

        sys.argv = [program, *words]
        main()
        return
    assert program == "python", program
    sys.path.insert(0, os.getcwd())
    while words[0] == "-W":
        warnings.simplefilter(words[1])  # type: ignore[arg-type]
        words = words[2:]
    if words[0] == "-m":
        sys.argv = words[1:]
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = words
        runpy.run_path(words[0], run_name="__main__")


def give_up_powers() -> None:
    """Be somebody whom permissions stop, as they do not stop root.

    Raises:
        OSError: it is not allowed here.
    """
    if os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    head = (ctypes.c_uint32 * 2)(VERSION_3, 0)
    powers = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; twice
    if libc.capget(head, powers) != 0:
        raise OSError(ctypes.get_errno(), "capget")
    for place in range(3):
        powers[place] &= ~POWERS
    if libc.capset(head, powers) != 0:
        raise OSError(ctypes.get_errno(), "capset")


if __name__ == "__main__":
    serve(int(sys.argv[1]))
