"""The figures that real files must give (`RECOVERY_DATA`), through the command people use."""

from __future__ import annotations

import csv
import gzip
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from recovery.bootstrap import open_engine
from recovery.engine import Engine
from recovery.insight.process import process
from recovery.project import Project, starter_root
from recovery.sealing import seal_key
from recovery.store.verify import verify
from tests.imports.command import MEGABYTE, imported, killed, measured
from tests.warm.client import Warm

pytestmark = pytest.mark.slow


@pytest.fixture
def database(published: Path, tmp_path: Path) -> Path:
    """A database of the test's own without a case."""
    return Path(shutil.copy(published, tmp_path / "recovery.db"))


def engine_on(database: Path) -> Engine:
    return open_engine(Project(starter_root(), f"sqlite:///{database}"))


def counts(report: dict[str, Any]) -> tuple[int, int, int, int]:
    return report["read"], report["opened"], report["duplicates"], report["rejected"]


def test_complaints_that_stand_in_two_files_are_opened_once(
    warm: Warm, real_data: Path, database: Path, tmp_path: Path
) -> None:
    one, other = real_data / "cfpb-2017-2021.csv.gz", real_data / "cfpb-2015-2020.csv"
    both = {row["Complaint ID"] for row in rows(one)} & {row["Complaint ID"] for row in rows(other)}
    assert len(both) == 84
    numbers = {path: part_of(path, tmp_path / path.stem, both) for path in (one, other)}
    first, second = (str(tmp_path / path.stem) for path in (one, other))
    assert counts(imported(warm, database, first, "--map", "cfpb")) == (584, 584, 0, 0)
    assert counts(imported(warm, database, first, "--map", "cfpb")) == (584, 0, 584, 0)
    assert counts(imported(warm, database, second, "--map", "cfpb")) == (584, 500, 84, 0)
    engine = engine_on(database)
    found = {case.external_id for case in engine.store.cases("default", range(1, 2_000)).values()}
    assert found == {f"cfpb:{number}" for number in numbers[one] | numbers[other]}
    engine.store.close()


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a file, as the standard library reads them."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def part_of(path: Path, into: Path, wanted: set[str]) -> set[str]:
    """Write the rows of these numbers, and the first five hundred others; gives all their numbers."""
    chosen = [row for row in rows(path) if row["Complaint ID"] in wanted]
    chosen += islice((row for row in rows(path) if row["Complaint ID"] not in wanted), 500)
    with into.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(chosen[0]))
        writer.writeheader()
        writer.writerows(chosen)
    return {row["Complaint ID"] for row in chosen}


@pytest.mark.thorough
def test_consumer_complaints_open_once_over_two_files_in_little_memory(
    real_data: Path, database: Path
) -> None:
    first = measured(database, str(real_data / "cfpb-2017-2021.csv.gz"), "--map", "cfpb")
    assert counts(first) == (40_432, 40_432, 0, 0)
    assert first["peak"] < 200 * MEGABYTE
    again = measured(database, str(real_data / "cfpb-2017-2021.csv.gz"), "--map", "cfpb")
    assert counts(again) == (40_432, 0, 40_432, 0)
    other = measured(database, str(real_data / "cfpb-2015-2020.csv"), "--map", "cfpb")
    assert counts(other) == (6_623, 6_539, 84, 0)
    engine = engine_on(database)
    assert sum(engine.store.count_by("default", "step").values()) == 46_971
    timely = Counter(
        case.facts["origin.timely"] for case in engine.store.cases("default", range(1, 40_433)).values()
    )
    assert timely == {True: 39_118, False: 1_314}
    engine.store.close()


def test_hotel_reviews_are_six_hundred_cases(warm: Warm, real_data: Path, database: Path) -> None:
    found = imported(warm, database, str(real_data / "hotel-complaints-zh.csv"))
    assert (found["mapping"], *counts(found)) == ("reviews-zh", 600, 600, 0, 0)


def test_the_help_desk_log_read_back_from_the_store_tells_the_known_figures(
    real_data: Path, database: Path
) -> None:
    report = measured(database, str(real_data / "helpdesk-log.csv.gz"))
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


@pytest.mark.parametrize("limit", [1_500, pytest.param(6_000, marks=pytest.mark.thorough)])
@pytest.mark.parametrize(
    ("file", "mapping"), [("cfpb-2015-2020.csv", "cfpb"), ("helpdesk-log.csv.gz", "helpdesk-log")]
)
def test_an_import_killed_at_any_moments_and_repeated_ends_as_if_nothing_had_happened(
    warm: Warm, real_data: Path, database: Path, tmp_path: Path, file: str, mapping: str, limit: int
) -> None:
    words = (str(real_data / file), "--map", mapping, "--limit", str(limit))
    seen = []
    moments = [random.uniform(0.02, limit / 6_000) for _ in range(3)]
    for name, interruptions in (("whole", []), ("killed", moments)):
        here = tmp_path / name / "recovery.db"
        here.parent.mkdir()
        shutil.copy(database, here)
        for moment in interruptions:
            killed(warm, here, moment, *words)
        assert imported(warm, here, *words)["read"] == limit
        engine = engine_on(here)
        seen.append(
            sorted(
                (record.case, record.seq, record.kind, record.occurred_at, record.event, record.changes)
                for record in engine.store.logs("default")
            )
        )
        assert verify(engine.store, seal_key(here)).ok
        engine.store.close()
    assert seen[0] == seen[1], moments
