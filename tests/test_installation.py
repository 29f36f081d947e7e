"""Which installation sends: nobody's starter folder stays untouched, and works all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from recovery import installation
from recovery.bootstrap import open_engine
from recovery.project import Project, starter_root

HERE = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(starter_root(), f"sqlite:///{tmp_path / 'cases.db'}", outbox=tmp_path / "outbox")


def test_a_host_with_the_starter_files_writes_nothing_into_them_and_sends(project: Project) -> None:
    before = sorted(starter_root().iterdir())
    engine = open_engine(project, make=True)
    try:
        assert installation.known(project) is None
        assert installation.may_send(engine, project)
        assert installation.take_over(engine, project, "agent:li") == 0
    finally:
        engine.store.close()
    assert sorted(starter_root().iterdir()) == before


def test_a_host_with_the_starter_files_is_told_by_the_environment_who_it_is(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(installation.VARIABLE, HERE)
    engine = open_engine(project, make=True)
    try:
        assert engine.store.sender_id() == HERE
        assert installation.may_send(engine, project)
        monkeypatch.setenv(installation.VARIABLE, HERE[::-1])
        assert not installation.may_send(engine, project)
    finally:
        engine.store.close()
