"""A project to stand in, and the command line run in this process or in one of its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from recovery.cli.run import run
from recovery.starting import start
from tests.warm.client import Said, Warm

OURS = ("RECOVERY_DATABASE", "RECOVERY_SEAL_KEY", "RECOVERY_DEBUG")


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


Spawn = Callable[..., Said]


@pytest.fixture
def spawn(warm: Warm) -> Spawn:
    """Runs a command in a process of its own."""

    def call(*words: object, cwd: Path, **more: Any) -> Said:
        env = {name: value for name, value in os.environ.items() if name not in OURS}
        return warm.run(["recovery", *map(str, words)], cwd, environment=env, **more)

    return call


def small_disk(size: int) -> dict[str, Any]:
    """For `spawn`: no file may grow beyond so many bytes, as on a disk that is full."""
    return {"file_size": size}


@pytest.fixture(scope="session")
def obedient(warm: Warm) -> dict[str, Any]:
    """For `spawn`: as somebody whom permissions stop, as they do not stop root."""
    if warm.run(["recovery", "--version"], Path.cwd(), obedient=True).code != 0:
        pytest.skip("root cannot give up its powers here")
    return {"obedient": True}


@pytest.fixture
def guarded(home: Path) -> Iterator[Path]:
    """A project in which nobody may write, files and folders."""
    everything = [home, *home.rglob("*")]
    for path in reversed(everything):
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield home
    for path in everything:
        path.chmod(0o755)
