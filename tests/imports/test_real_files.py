"""The figures that real files must give (`RECOVERY_DATA`), through the command people use."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from recovery.bootstrap import open_engine
from recovery.engine import Engine
from recovery.insight.process import process
from recovery.project import Project, starter_root
from recovery.sealing import seal_key
from recovery.store.verify import verify
from tests.imports.command import MEGABYTE, imported, killed

pytestmark = pytest.mark.slow


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "recovery.db"


def engine_on(database: Path) -> Engine:
    return open_engine(Project(starter_root(), f"sqlite:///{database}"))


def counts(report: dict[str, Any]) -> tuple[int, int, int, int]:
    return report["read"], report["opened"], report["duplicates"], report["rejected"]


def test_consumer_complaints_open_once_over_two_files_in_little_memory(
    real_data: Path, database: Path
) -> None:
    first = imported(database, str(real_data / "cfpb-2017-2021.csv.gz"), "--map", "cfpb")
    assert counts(first) == (40_432, 40_432, 0, 0)
    assert first["peak"] < 200 * MEGABYTE
    again = imported(database, str(real_data / "cfpb-2017-2021.csv.gz"), "--map", "cfpb")
    assert counts(again) == (40_432, 0, 40_432, 0)
    other = imported(database, str(real_data / "cfpb-2015-2020.csv"), "--map", "cfpb")
    assert counts(other) == (6_623, 6_539, 84, 0)
    engine = engine_on(database)
    assert sum(engine.store.count_by("default", "step").values()) == 46_971
    timely = Counter(
        case.facts["origin.timely"] for case in engine.store.cases("default", range(1, 40_433)).values()
    )
    assert timely == {True: 39_118, False: 1_314}
    engine.store.close()


def test_hotel_reviews_are_six_hundred_cases(real_data: Path, database: Path) -> None:
    found = imported(database, str(real_data / "hotel-complaints-zh.csv"))
    assert (found["mapping"], *counts(found)) == ("reviews-zh", 600, 600, 0, 0)


def test_the_help_desk_log_read_back_from_the_store_tells_the_known_figures(
    real_data: Path, database: Path
) -> None:
    report = imported(database, str(real_data / "helpdesk-log.csv.gz"))
    assert (report["events"], report["cases"], report["rejected"]) == (21_348, 4_580, 0)
    assert report["illegal"] == len(report["illegal_moves"]) == 44
    assert report["peak"] < 200 * MEGABYTE
    engine = engine_on(database)
    figures = process(engine.store.logs("default")).as_dict()
    assert figures["cases"] == 4_580
    assert figures["repeated"]["resolve_ticket"] == 386
    assert figures["moves"]["take_in_charge_ticket"] == 5_060
    assert figures["moves"]["resolve_ticket"] == 4_983
    assert figures["moves"]["closed"] == 4_574
    assert figures["duration"]["median"]["text"] == "39 d 20 h 37 m 16.5 s"
    assert len(figures["forced"]) == 44
    engine.store.close()


@pytest.mark.parametrize(
    ("file", "mapping"), [("cfpb-2015-2020.csv", "cfpb"), ("helpdesk-log.csv.gz", "helpdesk-log")]
)
def test_an_import_killed_at_any_moments_and_repeated_ends_as_if_nothing_had_happened(
    real_data: Path, tmp_path: Path, file: str, mapping: str
) -> None:
    words = (str(real_data / file), "--map", mapping, "--limit", "6000")
    seen = []
    moments = [random.uniform(0.3, 1.5) for _ in range(3)]
    for name, interruptions in (("whole", []), ("killed", moments)):
        database = tmp_path / name / "recovery.db"
        database.parent.mkdir()
        for moment in interruptions:
            killed(database, moment, *words)
        report = imported(database, *words)
        assert report["read"] == 6_000
        engine = engine_on(database)
        seen.append(
            sorted(
                (record.case, record.seq, record.kind, record.occurred_at, record.event, record.changes)
                for record in engine.store.logs("default")
            )
        )
        assert verify(engine.store, seal_key(database)).ok
        engine.store.close()
    assert seen[0] == seen[1], moments
