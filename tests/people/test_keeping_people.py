"""The list of people in the database: published from a file, with absences put on record since."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from recovery.bootstrap import upgrade_database
from recovery.core.errors import NotFound, RecoveryError
from recovery.core.people import Absence, Directory, Person
from recovery.engine import Engine
from recovery.project import Project, starter_root
from recovery.sealing import KEY_VARIABLE
from recovery.store.people import People
from tests.postgres import new_database, postgres_server
from tests.support import engine_on
from tests.support import new_database as new_file

__all__ = ["postgres_server"]

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LI, SAM = Person("li", "Li", teams=("care",)), Person("sam", "Sam")
TODAY = [Absence(date(2026, 1, 1), date(2099, 1, 1))]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Engine]:
    """An engine on a new database of either kind."""
    if request.param == "sqlite":
        with engine_on(new_file(tmp_path, tmp_path_factory.getbasetemp())) as found:
            yield found
        return
    monkeypatch.setenv(KEY_VARIABLE, "a key from the environment")
    with new_database(request.getfixturevalue("postgres_server"), "recovery_people") as url:
        project = Project(starter_root(), url, outbox=tmp_path / "outbox")
        upgrade_database(project)
        with engine_on(project) as found:
            yield found


def published(engine: Engine, *people: Person, zone: str = "UTC") -> bool:
    with engine.store.working(People, engine.tenant) as kept:
        return kept.publish(Directory({one.id: one for one in people}, {}, zone), NOW)


def test_nobody_is_listed_before_a_list_is_published(engine: Engine) -> None:
    assert engine.people() == Directory()


def test_a_list_is_published_once(engine: Engine) -> None:
    assert published(engine, LI, SAM, zone="Europe/London")
    assert not published(engine, LI, SAM, zone="Europe/London")
    assert engine.people() == Directory({"li": LI, "sam": SAM}, {}, "Europe/London")


def test_whoever_is_named_no_more_has_left_and_may_come_back(engine: Engine) -> None:
    published(engine, LI, SAM)
    published(engine, SAM)
    assert engine.people().people["li"].left
    published(engine, SAM)
    assert engine.people().people["li"].left
    published(engine, LI, SAM)
    assert not engine.people().people["li"].left


def test_an_absence_on_record_outlives_a_publication(engine: Engine) -> None:
    published(engine, LI)
    engine.absent("li", TODAY, by="supervisor:mia")
    published(engine, LI, SAM)
    assert not engine.people().is_here("li", NOW)
    assert engine.absent("li", by="supervisor:mia").is_here("li", NOW)


def test_an_absence_that_makes_no_sense_changes_nothing(engine: Engine) -> None:
    published(engine, LI)
    with pytest.raises(NotFound, match="Nobody here"):
        engine.absent("lee", TODAY, by="supervisor:mia")
    with pytest.raises(RecoveryError, match="first day"):
        engine.absent("li", [Absence(date(2026, 2, 1), date(2026, 1, 1))], by="supervisor:mia")
    assert engine.people().is_here("li", NOW)
