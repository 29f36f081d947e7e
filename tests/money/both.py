"""An engine on each kind of database, for tests of money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from recovery.bootstrap import upgrade_database
from recovery.clock import ManualClock
from recovery.engine import Engine
from recovery.project import Project, starter_root
from recovery.sealing import KEY_VARIABLE
from recovery.store.ledger_reading import all_balances
from recovery.store.verify import verify
from tests.postgres import libpq, new_database
from tests.support import START, engine_on
from tests.support import new_database as new_file

OF_CASES = [f"recovery_{name}" for name in ("case", "event", "effect", "command", "ledger", "coupon", "seal")]


@pytest.fixture(scope="session")
def made_once(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database on a server with everything published; emptied before each test."""
    with new_database(request.getfixturevalue("postgres_server"), "recovery_money") as url:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(KEY_VARIABLE, "a key from the environment")
            project = Project(starter_root(), url, outbox=tmp_path_factory.mktemp("outbox"))
            upgrade_database(project)
            with engine_on(project, make=True):
                pass
        yield url


def emptied(url: str) -> None:
    """Take every case out of a database on a server."""
    with psycopg.connect(libpq(url)) as connection:
        connection.execute(f"truncate {', '.join(OF_CASES)}")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def house(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Project]:
    """The starter project on an empty database of each kind."""
    if request.param == "sqlite":
        yield new_file(tmp_path, tmp_path_factory.getbasetemp())
        return
    url = request.getfixturevalue("made_once")
    monkeypatch.setenv(KEY_VARIABLE, "a key from the environment")
    emptied(url)
    yield Project(starter_root(), url, outbox=tmp_path / "outbox")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def engine(house: Project, clock: ManualClock) -> Iterator[Engine]:
    """An engine whose ledger is sound, and sums to zero, at the end of every test."""
    with engine_on(house, clock) as made:
        yield made
        assert verify(made.store, None).problems == []
        assert balanced(made)


def balanced(engine: Engine) -> bool:
    """Whether the whole ledger sums to zero in each currency."""
    sums: Counter[str] = Counter()
    for (_, currency), units in all_balances(engine.store, engine.tenant).items():
        sums[currency] += units
    return not any(sums.values())


def opened(engine: Engine, name: str = "Ana") -> int:
    """A case of a customer."""
    customer = {"name": name, "address": f"{name.lower()}@example.org"}
    return engine.open_case("It broke.", customer=customer).case
