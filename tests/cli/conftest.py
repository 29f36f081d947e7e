"""A project to stand in, and the command line run in this process or in one of its own."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from recovery.cli.run import run
from recovery.starting import start

NOBODY = 65534
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


@pytest.fixture
def stranger() -> dict[str, Any]:
    """For `spawn`: as somebody whom permissions stop. Root is not stopped by any."""
    if os.geteuid() != 0:
        return {}
    somebody = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    try:
        subprocess.run([sys.executable, "-c", "import recovery"], cwd="/", check=True, **somebody)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("nobody else may read this checkout")
    return somebody


@pytest.fixture
def public(started: Path) -> Iterator[Path]:
    """A project that everybody may read and nobody but its owner may write, files and folders."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        shutil.copytree(started, folder / "shop")
        protect(folder)
        yield folder / "shop"
        for path in (folder, *folder.rglob("*")):
            if path.is_dir():
                path.chmod(0o755)


def protect(folder: Path) -> None:
    """Take the right to write away from everything in a folder."""
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)
