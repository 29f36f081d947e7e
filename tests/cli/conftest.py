"""A project to stand in, and the command line run in this process or in one of its own."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from recovery.cli.run import run
from recovery.starting import start

PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 24, 1, 2
"""From `linux/prctl.h` and `linux/capability.h`."""

OURS = ("RECOVERY_DATABASE", "RECOVERY_SEAL_KEY", "RECOVERY_DEBUG")


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


@pytest.fixture(scope="session")
def started(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as `recovery init` makes it; nobody writes into it."""
    folder = tmp_path_factory.mktemp("started") / "shop"
    start(folder)
    return folder


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in OURS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def home(started: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of the test's own, which is the working folder."""
    folder = tmp_path / "shop"
    shutil.copytree(started, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs a command in this process."""

    def call(*words: object) -> Said:
        capfd.readouterr()
        code = run([str(word) for word in words])
        out, err = capfd.readouterr()
        return Said(code, out, err)

    return call


def spawn(*words: object, cwd: Path, stdin: str | None = None, **more: Any) -> Said:
    """Runs a command in a process of its own."""
    env = {name: value for name, value in os.environ.items() if name not in OURS}
    done = subprocess.run(
        [sys.executable, "-c", "from recovery.cli import main; main()", *map(str, words)],
        cwd=cwd,
        input=stdin,
        env=env | more.pop("env", {}),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
        **more,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def small_disk(size: int) -> dict[str, Any]:
    """For `spawn`: no file may grow beyond so many bytes, as on a disk that is full."""
    return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))}


@pytest.fixture(scope="session")
def obedient() -> dict[str, Any]:
    """For `spawn`: as somebody whom permissions stop, as they do not stop root."""
    if os.geteuid() != 0:
        return {}
    libc = ctypes.CDLL(None, use_errno=True)

    def give_up_powers() -> None:
        for power in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            if libc.prctl(PR_CAPBSET_DROP, power, 0, 0, 0) != 0:
                raise OSError(ctypes.get_errno(), "prctl")

    try:
        subprocess.run([sys.executable, "-c", ""], check=True, preexec_fn=give_up_powers)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("root cannot give up its powers here")
    return {"preexec_fn": give_up_powers}


@pytest.fixture
def guarded(home: Path) -> Iterator[Path]:
    """A project in which nobody may write, files and folders."""
    everything = [home, *home.rglob("*")]
    for path in reversed(everything):
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield home
    for path in everything:
        path.chmod(0o755)
