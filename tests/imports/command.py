"""`recovery import` as a process of its own: measured, or killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

MEGABYTE = 1024  # ru_maxrss counts kilobytes


def start(database: Path, *words: str) -> subprocess.Popen[str]:
    """`recovery import …` as a process of its own, in the database's folder."""
    program = "from recovery.cli import main; main()"
    command = [sys.executable, "-c", program, "import", *words, "--json", "--database"]
    return subprocess.Popen(
        [*command, f"sqlite:///{database}"],
        cwd=database.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def imported(database: Path, *words: str, wanted: int = 0) -> dict[str, Any]:
    """What a finished import reports, with `peak`, the most memory it used (kilobytes).

    `wanted` is the exit code it must end with.
    """
    running = start(database, *words)
    assert running.stdout is not None
    said = running.stdout.read()
    _, status, usage = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    assert running.returncode == wanted, said + (running.stderr.read() if running.stderr else "")
    running.communicate()
    return {**json.loads(said), "peak": usage.ru_maxrss}


def killed(database: Path, moment: float, *words: str) -> None:
    """An import that gets SIGKILL after so many seconds, wherever it is then."""
    running = start(database, *words)
    with suppress(subprocess.TimeoutExpired):
        running.wait(moment)
    running.kill()
    running.communicate()
