"""What tests of the shell build with: a project, an engine on a database of its own, and its clock."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from recovery.bootstrap import open_engine
from recovery.clock import ManualClock
from recovery.core.case import Case
from recovery.core.changes import fold
from recovery.delivery.outcomes import Rejected
from recovery.engine import Engine
from recovery.project import Project, starter_root
from recovery.sealing import key_file, seal_key
from recovery.store.verify import Report, verify

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

NO_ANSWER = {"followup.unreachable": True, "goodwill.waived": "nobody answers"}

TO_OWN: dict[str, Any] = {
    "problem.restated": "Order 17 is a week late.",
    "problem.category": "delivery",
    "problem.driver": "execution",
    "expectation.reasonable": True,
    "expectation.feasible": "fully",
}
"""What an agent records in the first two steps; `SAID` is what only the customer can say."""

SAID: dict[str, Any] = {"problem.confirmed": True, "expectation.wanted": "my parcel"}

OWNED: dict[str, Any] = {"owner": "li", "policy.refs": ["returns-4"], "resolved_on_contact": True}


def entropy(seed: int = 7) -> Callable[[int], bytes]:
    """Random bytes that repeat."""
    return random.Random(seed).randbytes


def project_in(folder: Path, **more: Any) -> Project:
    """The starter project, with its database and its outbox in a folder."""
    return Project(starter_root(), f"sqlite:///{folder / 'recovery.db'}", outbox=folder / "outbox", **more)


@cache
def _made(folder: Path) -> Path:
    """A database as a new project has it, made once: copies are cheaper than making."""
    project = project_in(folder)
    open_engine(project, clock=ManualClock(START), entropy=entropy(), make=True).store.close()
    return project.database_path


def new_database(folder: Path, session: Path) -> Project:
    """The starter project with a new database in a folder.

    Args:
        session: a folder that lives as long as the whole test run.
    """
    made = _made(session)
    project = project_in(folder)
    shutil.copyfile(made, project.database_path)
    shutil.copyfile(key_file(made), key_file(project.database_path))
    return project


@contextmanager
def engine_on(project: Project, clock: ManualClock | None = None, **more: Any) -> Iterator[Engine]:
    """An engine on a project's database, closed at the end."""
    more = {"entropy": entropy(), "synchronous": "NORMAL", **more}
    engine = open_engine(project, clock=clock or ManualClock(START), **more)
    try:
        yield engine
    finally:
        engine.store.close()


def case_of(engine: Engine, id: int) -> Case:
    """A case that must be there."""
    case = engine.store.case(engine.tenant, id)
    assert case is not None
    return case


def owned(engine: Engine, external_id: str | None = None, **more: Any) -> int:
    """A case that `li` owns and has solved on the phone: it stands in stay_objective."""
    opened = engine.open_case(
        "My order never came.",
        customer={"name": "Ana", "address": "ana@example.org"},
        external_id=external_id,
        **more,
    )
    engine.record(opened.case, TO_OWN, by="agent:li")
    engine.record(opened.case, SAID, by="agent:li", source="customer")
    outcome = engine.record(opened.case, OWNED, by="agent:li")
    assert outcome.step == "stay_objective", outcome
    return opened.case


def folded(engine: Engine, id: int) -> Case | None:
    """What the log of a case adds up to."""
    records = [
        {
            "tenant": record.tenant,
            "case": record.case,
            "seq": record.seq,
            "by": record.by,
            "occurred_at": record.occurred_at,
            "recorded_at": record.recorded_at,
            "changes": record.changes,
        }
        for record in engine.store.log(engine.tenant, id)
    ]
    return fold(None, records)


def verified(engine: Engine) -> Report:
    """The database's own check, with its seals where there are any."""
    return verify(engine.store, seal_key(engine.store.path))


NOT_WANTED = Rejected("The address does not exist.")


@pytest.fixture
def project(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The starter project on a new database of the test's own, in `tmp_path`."""
    return new_database(tmp_path, tmp_path_factory.getbasetemp())


@pytest.fixture
def clock() -> ManualClock:
    """The clock of `engine`; it stands at `START`."""
    return ManualClock(START)


@pytest.fixture
def engine(project: Project, clock: ManualClock) -> Iterator[Engine]:
    """An engine on `project`."""
    with engine_on(project, clock) as found:
        yield found
