"""Fixtures of the store's tests. Databases are made once and copied, for making one takes a while."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from recovery.store.sqlite import SqliteStore
from tests.store.house import KEY, House, ran

Make = Callable[[Path], House]


def _copied(folder: Path, made: House) -> Iterator[House]:
    copy = House(folder / "recovery.db")
    copy.now = made.now
    shutil.copyfile(made.path, copy.path)
    yield copy
    copy.store.close()


@pytest.fixture(scope="session")
def empty_house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The empty database that others are copied from."""
    made = House(tmp_path_factory.mktemp("empty") / "recovery.db")
    made.store.upgrade()
    made.publish()
    made.store.close()
    return made


@pytest.fixture(scope="session")
def sealed_house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """The sealed database that others are copied from."""
    made = House(tmp_path_factory.mktemp("sealed") / "recovery.db")
    made.store.upgrade()
    made.publish()
    ran(made)
    assert made.store.seal(KEY, made.now) == 16
    made.store.close()
    return made


@pytest.fixture
def house(tmp_path: Path, empty_house: House) -> Iterator[House]:
    """A house with an empty database."""
    yield from _copied(tmp_path, empty_house)


@pytest.fixture
def sealed(tmp_path: Path, sealed_house: House) -> Iterator[House]:
    """Three cases that walked to their end (five events each), one that has just begun; all sealed."""
    yield from _copied(tmp_path, sealed_house)


@pytest.fixture
def store(house: House) -> SqliteStore:
    """The store of the house."""
    return house.store
