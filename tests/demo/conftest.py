"""One demo of three hundred complaints that many tests look at, and small ones made by each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from recovery.bootstrap import open_engine
from recovery.clock import ManualClock
from recovery.demo.show import START, DemoReport, run_demo
from recovery.engine import Engine
from recovery.project import Project, starter_root

Show = Callable[..., DemoReport]


def starter() -> Project:
    """The starter project, as somebody without a project of their own has it."""
    return Project(starter_root(), None)


@pytest.fixture
def show(tmp_path: Path) -> Show:
    """Runs a small demo in a folder of this test."""

    def run(name: str = "demo", **more: Any) -> DemoReport:
        project = more.pop("project", starter())
        return run_demo(project, tmp_path / name, **{"limit": 12, **more})

    return run


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> DemoReport:
    """Three hundred complaints of the built-in set."""
    return run_demo(starter(), tmp_path_factory.mktemp("played") / "demo", limit=300, seed=11)


@pytest.fixture
def engine(played: DemoReport) -> Iterator[Engine]:
    """The engine on the database of those three hundred."""
    project = Project(starter_root(), played.place.url)
    found = open_engine(project, clock=ManualClock(START))
    yield found
    found.store.close()
