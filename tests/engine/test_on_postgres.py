"""The engine and the command's own ways, put together on a PostgreSQL database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from recovery.bootstrap import upgrade_database, working
from recovery.checkup import examine
from recovery.cli.run import run
from recovery.clock import ManualClock
from recovery.core.errors import EnvironmentFault
from recovery.delivery.outbox import deliver_due
from recovery.project import Project, starter_root
from recovery.sealing import KEY_VARIABLE
from recovery.store.schema import REVISIONS
from recovery.store.verify import verify
from recovery.testing import Mailbox
from tests.postgres import new_database, postgres_server
from tests.support import START, engine_on, owned

__all__ = ["postgres_server"]

pytestmark = pytest.mark.postgres

KEY = "a key from the environment"


@pytest.fixture
def project(postgres_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """The starter project on a PostgreSQL database without tables."""
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    with new_database(postgres_server, "recovery_engine") as url:
        yield Project(starter_root(), url, outbox=tmp_path / "outbox")


def test_a_case_walks_and_its_messages_leave(project: Project) -> None:
    assert upgrade_database(project) == (None, REVISIONS[-1])
    assert upgrade_database(project) == (REVISIONS[-1], REVISIONS[-1])
    box = Mailbox()
    with working(project, clock=ManualClock(START)) as engine:
        case = owned(engine, external_id="E-1", key="k-1")
        assert engine.open_case("Again.", external_id="E-1").repeated
        deliver_due(engine, box)
        assert "acknowledgement" in box.templates
        assert {row.status for row in engine.store.outbox(engine.tenant, case=case)} == {"delivered"}
    with engine_on(project, synchronous="FULL") as engine:
        report = verify(engine.store, KEY.encode())
    assert (report.problems, report.unsealed) == ([], 0)


def test_using_a_database_without_tables_makes_none(project: Project) -> None:
    with pytest.raises(EnvironmentFault, match="recovery db upgrade"), engine_on(project):
        pass


def test_doctor_asks_for_a_key_in_the_environment(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade_database(project)
    assert {check.what: check.state for check in examine(project)}["seal key"] == "well"
    monkeypatch.delenv(KEY_VARIABLE)
    (found,) = [check for check in examine(project) if check.what == "seal key"]
    assert (found.state, found.mend) == ("wrong", f"Set {KEY_VARIABLE}.")


def test_the_commands_take_its_url(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    def said(*words: str) -> object:
        code = run([*words, "--database", project.url, "--json"])
        out = capsys.readouterr().out
        assert code == 0, out
        return json.loads(out)

    assert said("db", "upgrade") == {"before": None, "after": REVISIONS[-1]}
    said("open", "My order never came.", "--external-id", "E-1")
    said("worker", "--once")
    said("db", "heads", "heads.jsonl")
    report = said("db", "verify", "--heads", "heads.jsonl")
    assert isinstance(report, dict)
    assert (report["ok"], report["cases"], report["unsealed"]) == (True, 1, 0)
