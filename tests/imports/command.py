"""`recovery import` as a process of its own: measured, or killed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

MEGABYTE = 1024  # kilobytes
ROOT = Path(__file__).parents[2]


def start(database: Path, *words: str) -> subprocess.Popen[str]:
    """`recovery import …` as a process of its own, in the database's folder."""
    program = (
        f"import atexit, sys; sys.path.append({str(ROOT)!r}); from tests.peak import peak_kilobytes; "
        "atexit.register(lambda: print('peak', peak_kilobytes(), file=sys.stderr)); "
        "from recovery.cli import main; main()"
    )
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
    said, beside = running.communicate()
    assert running.returncode == wanted, said + beside
    (peak,) = re.findall(r"^peak (\d+)$", beside, re.MULTILINE)
    return {**json.loads(said), "peak": int(peak)}


def killed(database: Path, moment: float, *words: str) -> None:
    """An import that gets SIGKILL after so many seconds, wherever it is then."""
    running = start(database, *words)
    with suppress(subprocess.TimeoutExpired):
        running.wait(moment)
    running.kill()
    running.communicate()
