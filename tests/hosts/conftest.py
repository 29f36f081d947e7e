"""Fixtures of the hosts' tests: a database with the engine's tables and the host's, of either kind."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hosts.ground import Ground, ground_on, make, sqlite_url
from tests.postgres import new_database, postgres_server

__all__ = ["postgres_server"]


@pytest.fixture(scope="session")
def made_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SQLite file that others are copied from."""
    path = tmp_path_factory.mktemp("hosts") / "made.db"
    make(sqlite_url(path))
    return path


@pytest.fixture(scope="session")
def made_database(postgres_server: str) -> Iterator[str]:
    """The PostgreSQL database that all tests share, each with tickets of its own."""
    with new_database(postgres_server, "hosts") as url:
        make(url)
        yield url


@pytest.fixture
def sqlite_ground(tmp_path: Path, made_file: Path) -> Iterator[Ground]:
    """A SQLite file of the test's own."""
    path = tmp_path / "desk.db"
    shutil.copyfile(made_file, path)
    with ground_on(sqlite_url(path)) as ground:
        yield ground


@pytest.fixture
def postgres_ground(made_database: str) -> Iterator[Ground]:
    """The PostgreSQL database."""
    with ground_on(made_database) as ground:
        yield ground


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def ground(request: pytest.FixtureRequest) -> Ground:
    """Each database in turn."""
    found: Ground = request.getfixturevalue(f"{request.param}_ground")
    return found
