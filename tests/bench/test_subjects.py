"""Each subject of the bench does the work it says it does, in small."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from recovery.bench.databases import NOW, engine_on, in_folder, libpq, postgres_database, sqlite_engine
from recovery.bench.deciding import DECIDE, case_data, ordinary
from recovery.bench.importing import TABLES, import_rate, raw_rate, write_complaints
from recovery.bench.scale import LINES, Work, fill, peak_megabytes
from recovery.bench.stepping import steps_per_second
from recovery.bench.subject import Ground
from recovery.core.decide import decide
from recovery.core.decision import Decision
from recovery.core.errors import EnvironmentFault
from recovery.engine import Engine
from recovery.store.verify import verify
from tests.postgres import postgres_server

__all__ = ["postgres_server"]


def _is_whole(engine: Engine, cases: int) -> bool:
    logs = [engine.store.log(engine.tenant, case) for case in range(1, cases + 1)]
    kinds = [[record.kind for record in log] for log in logs]
    asked = [record.event["facts"] for log in logs for record in log if record.kind == "FactsRecorded"]
    return (
        kinds == [["ComplaintReceived", "FactsRecorded"]] * cases
        and all(set(facts) == {"expectation.wanted", "expectation.feasible"} for facts in asked)
        and all(len(log[-1].effects) == 1 for log in logs)
        and verify(engine.store, None).cases == cases
    )


def test_every_step_is_a_whole_case_step_with_its_message_chain_and_key() -> None:
    with sqlite_engine("NORMAL") as engine:
        assert steps_per_second(engine, 7, 3) > 0
        assert _is_whole(engine, 7)
        with closing(sqlite3.connect(f"{engine.store.where}")) as database:
            assert database.execute("select count(*) from recovery_command").fetchone() == (7,)


@pytest.mark.postgres
def test_a_step_on_postgresql_is_the_same_in_a_database_that_is_dropped_again(postgres_server: str) -> None:
    import psycopg

    with postgres_database(postgres_server) as url:
        with engine_on(url) as engine:
            assert steps_per_second(engine, 5, 2) > 0
            assert _is_whole(engine, 5)
        count = "select count(*) from pg_database where datname like 'recovery_bench_%'"
        with psycopg.connect(libpq(postgres_server)) as other:
            assert other.execute(count).fetchone() == (1,)
    with psycopg.connect(libpq(postgres_server)) as other:
        assert other.execute(count).fetchone() == (0,)


def test_a_server_that_is_not_there_is_the_environment_s_fault(tmp_path: Path) -> None:
    nobody = f"postgresql+psycopg://recovery@/postgres?host={tmp_path}"
    with pytest.raises(EnvironmentFault, match="PostgreSQL"), postgres_database(nobody):
        pass


def test_what_is_decided_is_the_ordinary_step() -> None:
    workflow, case, event = ordinary()
    decision = decide(workflow, case, event, NOW)
    assert isinstance(decision, Decision)
    assert (case.step, decision.case.step, len(decision.effects)) == ("clarify", "own", 1)
    assert "problem.statement" in case_data(case)
    with DECIDE.programs(Ground(100, 1)) as programs:
        assert set(programs["decide"]) == {"ours", "json"}


def test_raw_insertion_puts_in_the_very_rows_that_the_import_left(tmp_path: Path) -> None:
    source = tmp_path / "complaints.csv"
    write_complaints(source, 1_003)
    assert import_rate(source, str(tmp_path)) > 0
    assert raw_rate(tmp_path / "bench.db", str(tmp_path)) > 0
    found = []
    for name in ("bench.db", "raw.db"):
        with closing(sqlite3.connect(tmp_path / name)) as database:
            found.append([database.execute(f"select * from {table}").fetchall() for table in TABLES])
            indexes = (
                "select name, sql from sqlite_master where type = 'index' and tbl_name = ? order by name"
            )
            found[-1].append([database.execute(indexes, (table,)).fetchall() for table in TABLES])
    assert found[0] == found[1]
    assert len(found[0][0]) == len(found[0][1]) == 1_003


def test_a_filled_database_is_one_the_engine_wrote_and_its_cases_step(tmp_path: Path) -> None:
    url = in_folder(str(tmp_path))
    with engine_on(url, "NORMAL") as engine:
        fill(engine, 1_200)
        assert verify(engine.store, None).cases == 1_200
        page = engine.list_cases(owner="agent-0", ended=False, limit=5).cases
        assert [case.step for case in page] == ["clarify"] * 5
        assert engine.store.outbox_counts(engine.tenant) == {"due": 1_200}
        work = Work(engine, 1_200, 100, random.Random(1))
        figures = {name: program() for name, program in work.programs().items()}
        assert {*figures, "scale-memory"} == set(LINES)
        assert all(figure > 0 for figure in figures.values())
        assert engine.store.count_by(engine.tenant, "step")["own"] == 120
    assert peak_megabytes(url, 1_200, random.Random(2)) > 1
