"""A backup that is restored: its workers send nothing that may have left since, until somebody has looked."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

from recovery.bootstrap import open_engine
from recovery.installation import VARIABLE, take_over
from tests.crash.house import House
from tests.crash.project import EFFECTS
from tests.postgres import libpq

CASES = 8
RESTORED = "crash-restored"


@contextmanager
def backup(here: House, folder: Path) -> Iterator[str]:
    """A copy of the database as it is now, made by the database's own means; gives its URL."""
    url = here.project.url
    if url.startswith("sqlite"):
        copy = folder / "restored.db"
        with (
            closing(sqlite3.connect(here.project.database_path)) as source,
            closing(sqlite3.connect(copy)) as into,
        ):
            source.backup(into)
        yield f"sqlite:///{copy}"
        return
    name = urlsplit(url).path[1:]
    here.engine.store.close()  # nobody may use what is copied
    with psycopg.connect(libpq(url.replace(name, "postgres", 1)), autocommit=True) as connection:
        connection.execute(f"create database {name}_copy template {name}")
        try:
            yield urlunsplit(urlsplit(url)._replace(path=f"/{name}_copy"))
        finally:
            connection.execute(f"drop database {name}_copy with (force)")


def test_a_restored_backup_sends_nothing_that_has_left_since(
    here: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here.complain(CASES)
    with backup(here, tmp_path) as url:
        here.drain()
        assert here.assert_sound().messages == EFFECTS * CASES

        monkeypatch.setenv(VARIABLE, RESTORED)
        copy = replace(here.project, database=url)
        restored = here.worker("--database", url, environment={VARIABLE: RESTORED})
        assert restored.wait_for("sends")["sends"] is False
        assert restored.wait_for("batch_done")["fired"] == CASES, "its clocks run all the same"
        engine = open_engine(copy)
        try:
            held = take_over(engine, copy, "agent:li")
            assert held == (EFFECTS - 1) * CASES, (
                "whatever was due, the gift and the word to the supervisor too"
            )
            assert restored.wait_for("sends", sends=True)
            there = replace(here, project=copy, engine=engine)
            there.complain(1)
            there.finish(restored)
            assert len(here.register.accepted()) == EFFECTS * (CASES + 1)
            assert set(here.register.accepted().values()) == {1}
            assert engine.store.outbox_counts(engine.tenant) == {"held": held, "delivered": EFFECTS}
            assert restored.stop() == 0
        finally:
            engine.store.close()
