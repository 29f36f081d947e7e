"""Threads and processes on one database file: nothing lost, nothing twice."""

from __future__ import annotations

import threading
from pathlib import Path

from recovery.core.errors import EventRefused
from recovery.engine import Engine
from recovery.project import Project, starter_root
from recovery.store.verify import verify
from tests.support import case_of, engine_on, verified
from tests.warm.client import Warm

EACH = 25

SCRIPT = """
import sys
from pathlib import Path
from recovery.bootstrap import open_engine
from recovery.project import Project, starter_root

url, name, each = sys.argv[1], sys.argv[2], int(sys.argv[3])
engine = open_engine(Project(starter_root(), url), make=True, synchronous="NORMAL")
print("ready", flush=True)
sys.stdin.readline()
for number in range(each):
    case = engine.open_case("It never came.", external_id=f"web-{number}").case
    engine.record(case, {"origin.place": name}, by=f"agent:{name}", key=f"{name}-{number}")
engine.store.close()
"""


def test_two_threads_share_an_engine(engine: Engine) -> None:
    together = threading.Barrier(2)
    problems: list[Exception] = []

    def work(name: str) -> None:
        together.wait()
        try:
            for number in range(EACH):
                case = engine.open_case("It never came.", external_id=f"web-{number}").case
                engine.record(case, {"origin.place": name}, by=f"agent:{name}")
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in ("li", "bo")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    cases = engine.store.list_cases(engine.tenant, limit=100)
    assert len(cases) == EACH
    assert all(case.seq == 3 for case in cases)
    assert verified(engine).ok


def test_of_two_threads_that_give_the_same_case_an_owner_one_is_refused(engine: Engine) -> None:
    case = engine.open_case("It never came.").case
    together = threading.Barrier(2)
    refused: list[str] = []

    def take(name: str) -> None:
        together.wait()
        try:
            engine.record(case, {"owner": name}, by=f"agent:{name}")
        except EventRefused as error:
            refused.append(error.refusal.code)

    threads = [threading.Thread(target=take, args=(name,)) for name in ("li", "bo")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["has_owner"]
    assert case_of(engine, case).owner in ("li", "bo")


def run_two(warm: Warm, folder: Path, url: str) -> None:
    """Two processes that begin to work at the same moment."""
    script = folder / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    workers = [warm.talk(["python", str(script), url, name, str(EACH)], folder) for name in ("li", "bo")]
    for worker in workers:
        assert worker.said.readline() == "ready\n"
    for worker in workers:
        worker.tell("")
    for worker in workers:
        assert worker.end() == (0, "")


def test_two_processes_share_a_database_that_both_of_them_make(
    warm: Warm, tmp_path: Path, project: Project
) -> None:
    other = tmp_path / "made by two"
    other.mkdir()
    url = f"sqlite:///{other / 'recovery.db'}"
    run_two(warm, tmp_path, url)
    with engine_on(Project(project.root, url)) as engine:
        cases = engine.store.list_cases(engine.tenant, limit=100)
        assert len(cases) == EACH
        assert all(case.seq == 3 for case in cases)
        shipped = {file.stem for file in (starter_root() / "workflows").glob("*.yaml")}
        assert set(engine.store.workflows(engine.tenant)) == shipped
        assert verify(engine.store, None).problems == []
    assert [path.name for path in other.iterdir() if path.name.endswith(".part")] == []


def test_threads_that_open_the_file_at_the_same_moment_all_get_in(engine: Engine) -> None:
    problems: list[Exception] = []

    def work(together: threading.Barrier) -> None:
        together.wait()
        try:
            engine.open_case("It never came.")
        except Exception as error:
            problems.append(error)

    for _ in range(20):
        engine.store.close()  # whoever is first in a file that nobody has open makes ready its journal
        together = threading.Barrier(4)
        threads = [threading.Thread(target=work, args=(together,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert problems == []
