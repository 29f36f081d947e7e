"""A warm `recovery`: a process that has loaded everything once and forks for each command.

Starting Python and loading the libraries takes most of a second, and the pages hold scores of commands. What
is forked here is what the installed command runs, `recovery.cli.main`, in a process of its own.

`python -m tests.docs.warm` reads `{"folder", "words", "out"}` as JSON, one a line; it runs the command in the
folder, with both streams into the file `out`, and answers with the exit code.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from typing import NoReturn

LOADED = (
    "recovery.cli.app",
    "recovery.bootstrap",
    "recovery.checking",
    "recovery.demo.show",
    "recovery.imports.run",
)


def serve() -> None:
    """Answer until nobody asks any more."""
    for name in LOADED:
        import_module(name)
    _read_starter()
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _run(asked["folder"], asked["words"], asked["out"])
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _read_starter() -> None:
    """Read the starter's files, which every page begins with: what a file says is kept by its content."""
    from recovery.bootstrap import checked
    from recovery.project import starter_root

    checked(starter_root())


def _run(folder: str, words: list[str], out: str) -> NoReturn:
    code = 1
    try:
        os.chdir(folder)
        file = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(file, 1)
        os.dup2(file, 2)
        from recovery.cli import main

        sys.argv = words
        main()
    except SystemExit as leave:
        code = leave.code if isinstance(leave.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
