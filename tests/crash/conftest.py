"""Databases, receivers and workers for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.house import House, house
from tests.crash.project import ENVIRONMENT
from tests.crash.register import Register, receivers
from tests.crash.workers import Nursery
from tests.crash.workers import nursery as started
from tests.postgres import new_database, postgres_server

__all__ = ["postgres_server"]

DATABASES = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """What starts workers, one for each process of a test run: to load everything takes seconds."""
    with started() as found:
        yield found


@pytest.fixture
def register() -> Iterator[Register]:
    """Receivers that have seen nothing yet."""
    with receivers() as found:
        yield found


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'recovery.db'}"
        return
    with new_database(request.getfixturevalue("postgres_server"), "recovery_crash") as url:
        yield url


@pytest.fixture
def crash_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment of every worker says, said to the tests too."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def here(
    database: str, tmp_path: Path, register: Register, nursery: Nursery, crash_environment: None
) -> Iterator[House]:
    """A house without cases."""
    with house(tmp_path, database, register, nursery) as found:
        yield found
