"""A host's type checker understands everything that is public, and finds what is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import recovery
from tests.real_data import ROOT

DESK = Path(__file__).with_name("typed") / "desk.py"

WRONG = """
from recovery import AsyncEngine, Engine

def wrong(engine: Engine, waiting: AsyncEngine) -> None:
    engine.open_case("It broke.", connection="sqlite:///desk.db")
    engine.find(17)
    engine.list_cases(limit="20")
    engine.case(1).no_such_field
"""


def checked(folder: Path, *files: Path) -> tuple[int, str]:
    """What `mypy --strict` says of a host's files, with the house's packages as it finds them installed."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--config-file", ""),
            *(
                "--follow-untyped-imports",
                "--cache-dir",
                str(ROOT / ".mypy_cache" / "hosts"),
                *map(str, files),
            ),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    return done.returncode, done.stdout


@pytest.mark.slow
def test_a_host_that_is_right_has_no_finding_and_one_that_is_wrong_has_each(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.py"
    wrong.write_text(WRONG)
    code, said = checked(tmp_path, DESK, wrong)
    assert code == 1
    lines = [tuple(line.split(":")[:2]) for line in said.splitlines() if ": error: " in line]
    assert lines == [("wrong.py", line) for line in ("5", "6", "7", "8")], said


def test_everything_that_is_exported_can_be_had() -> None:
    assert all(getattr(recovery, name) is not None for name in recovery.__all__)
    assert sorted(recovery.__all__) == recovery.__all__
