"""`recovery import` in a process of its own: run, measured, or killed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.real_data import ROOT
from tests.warm.client import Warm

MEGABYTE = 1024  # kilobytes


def imported(warm: Warm, database: Path, *words: str) -> dict[str, Any]:
    """What a finished import reports."""
    said = warm.run(_command(database, *words), database.parent)
    assert said.code == 0, said
    return dict(said.data)


def measured(database: Path, *words: str, wanted: int = 0) -> dict[str, Any]:
    """What a finished import reports, with `peak`, the most memory it used (kilobytes).

    `wanted` is the exit code it must end with.
    """
    program = (
        f"import atexit, sys; sys.path.append({str(ROOT)!r}); from tests.peak import peak_kilobytes; "
        "atexit.register(lambda: print('peak', peak_kilobytes(), file=sys.stderr)); "
        "from recovery.cli import main; main()"
    )
    command = [sys.executable, "-c", program, *_command(database, *words)[1:]]
    done = subprocess.run(command, cwd=database.parent, capture_output=True, text=True, check=False)
    assert done.returncode == wanted, done
    (peak,) = re.findall(r"^peak (\d+)$", done.stderr, re.MULTILINE)
    return {**json.loads(done.stdout), "peak": int(peak)}


def killed(warm: Warm, database: Path, moment: float, *words: str) -> None:
    """An import that gets SIGKILL after so many seconds, wherever it is then."""
    with open(os.devnull, "r+b") as nothing:
        running = warm.start(_command(database, *words), database.parent, (nothing, nothing, nothing))
    with suppress(TimeoutError):
        running.wait(moment)
        return
    running.kill()


def _command(database: Path, *words: str) -> list[str]:
    return ["recovery", "import", *words, "--json", "--database", f"sqlite:///{database}"]
