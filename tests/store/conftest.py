"""Fixtures of the store's tests: each runs on both databases, unless it says `on_sqlite` or `on_postgres`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from recovery.store.store import Store
from tests.postgres import new_database, postgres_server
from tests.store.house import KEY, House, ran
from tests.store.places import Place, PostgresPlace, SqlitePlace

__all__ = ["postgres_server"]


def _empty(house: House) -> None:
    house.publish()


def _sealed(house: House) -> None:
    house.publish()
    ran(house)
    assert house.store.seal(KEY, house.now) == 16


FILLS = {"empty": _empty, "sealed": _sealed}


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> str:
    """Which database a test runs on."""
    return str(request.param)


Places = Callable[[str], Place]
"""Databases to begin with by what they hold, `empty` or `sealed`; each is made when it is first asked for."""


@pytest.fixture(scope="session")
def sqlite_places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """Places for SQLite."""
    return cache(lambda name: SqlitePlace(tmp_path_factory.mktemp(name), FILLS[name]))


@pytest.fixture(scope="session")
def postgres_places(postgres_server: str) -> Iterator[Places]:
    """Places for PostgreSQL."""
    with ExitStack() as stack:

        @cache
        def place(name: str) -> Place:
            url = stack.enter_context(new_database(postgres_server, f"recovery_{name}"))
            return PostgresPlace(url, FILLS[name])

        yield place


@pytest.fixture
def places(request: pytest.FixtureRequest, database: str) -> Places:
    """Places for the test's database."""
    found: Places = request.getfixturevalue(f"{database}_places")
    return found


@pytest.fixture
def house(tmp_path: Path, places: Places) -> Iterator[House]:
    """A house with an empty database."""
    with places("empty").house(tmp_path) as made:
        yield made


@pytest.fixture
def sealed(tmp_path: Path, places: Places) -> Iterator[House]:
    """Three cases that walked to their end (five events each), one that has just begun; all sealed."""
    with places("sealed").house(tmp_path) as made:
        yield made


@pytest.fixture
def store(house: House) -> Store:
    """The store of the house."""
    return house.store


@pytest.fixture
def bare(tmp_path: Path, request: pytest.FixtureRequest, database: str) -> Iterator[House]:
    """A house whose database has no tables yet."""
    with ExitStack() as stack:
        place: Path | str = tmp_path / "bare.db"
        if database == "postgres":
            server = request.getfixturevalue("postgres_server")
            place = stack.enter_context(new_database(server, "recovery_bare"))
        house = House(place)
        stack.callback(house.store.close)
        yield house
