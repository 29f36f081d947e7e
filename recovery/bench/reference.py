"""The programs the steps are compared with: one file, run as a program of its own.

`FILE sqlite|postgres raw|plain --steps N --batch N …` prints JSON with `steps_per_second`. `raw` is the
driver alone, `plain` what SQLModel sessions written by hand do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from recovery.core.errors import NotFound, RecoveryError

VARIABLE = "RECOVERY_BENCH_REFERENCE"
DEFAULT = Path("..") / "shared" / "bench" / "reference.py"


def reference() -> Path:
    """The file of the programs.

    Raises:
        NotFound: it is not there.
    """
    path = Path(os.environ.get(VARIABLE, DEFAULT))
    if not path.is_file():
        raise NotFound(f"The reference programs are not at {path}.", hint=f"Name their file in {VARIABLE}.")
    return path


def steps_per_second(file: Path, *words: str) -> float:
    """Run one of them.

    Raises:
        RecoveryError: it failed; with its last words.
    """
    run = subprocess.run([sys.executable, str(file), *words], capture_output=True, text=True, check=False)
    if run.returncode:
        raise RecoveryError(f"{file} failed: {' '.join(run.stderr.strip().splitlines()[-1:])}")
    return float(json.loads(run.stdout)["steps_per_second"])
