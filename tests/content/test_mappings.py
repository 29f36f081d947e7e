"""The shipped mappings fit the workflows they fill, and know every value of the real files."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recovery.imports.loading import check_mapping
from tests.content.reading import ROOT, plain, workflow

MAPPINGS = {path.stem: plain(path) for path in sorted((ROOT / "config/imports").glob("*.yaml"))}
DATA = {
    "cfpb": ("cfpb-2017-2021.csv.gz", "cfpb-2015-2020.csv"),
    "reviews-zh": ("hotel-complaints-zh.csv",),
    "helpdesk-log": ("helpdesk-log.csv.gz",),
}
PAIRS = [(mapping, file) for mapping, files in DATA.items() for file in files]

ILLEGAL = {
    ("closed", "closed"): 14,
    ("assign_seriousness", "require_upgrade"): 8,
    ("assign_seriousness", "create_sw_anomaly"): 4,
    ("resolve_ticket", "wait"): 3,
    ("new", "resolve_ticket"): 2,
    ("resolve_ticket", "resolved"): 2,
    ("wait", "assign_seriousness"): 2,
    ("wait", "create_sw_anomaly"): 2,
    ("new", "create_sw_anomaly"): 1,
    ("new", "wait"): 1,
    ("take_in_charge_ticket", "assign_seriousness"): 1,
    ("take_in_charge_ticket", "resolve_sw_anomaly"): 1,
    ("resolve_ticket", "assign_seriousness"): 1,
    ("resolve_ticket", "require_upgrade"): 1,
    ("closed", "verified"): 1,
}
"""The moves of the real log that make no sense or are too rare to be a process; 44 of 21,348 events."""


def rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        yield from csv.DictReader(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""))


def columns(value: Any) -> Iterator[dict[str, Any]]:
    """Every `{column: …}` of a mapping."""
    if isinstance(value, dict):
        if "column" in value:
            yield value
        for inner in value.values():
            yield from columns(inner)


@pytest.mark.parametrize("name", MAPPINGS)
def test_a_mapping_is_named_as_its_file_and_fills_a_workflow_that_is_here(name: str) -> None:
    mapping = MAPPINGS[name]
    assert mapping["mapping"] == name
    assert workflow(mapping["workflow"])


@pytest.mark.parametrize("name", MAPPINGS)
def test_the_importer_accepts_it(name: str) -> None:
    path = ROOT / "config/imports" / f"{name}.yaml"
    mapping, findings = check_mapping(path.read_bytes(), path.name, workflow)
    assert [str(finding) for finding in findings] == []
    assert mapping is not None


@pytest.mark.parametrize("name", MAPPINGS)
def test_every_fact_it_fills_exists_and_takes_every_value_of_its_table(name: str) -> None:
    mapping = MAPPINGS[name]
    facts = workflow(mapping["workflow"]).facts
    for fact, value in mapping.get("constants", {}).items():
        facts[fact].check(value)
    for fact, source in mapping.get("facts", {}).items():
        assert not facts[fact].said_by or "import" in facts[fact].said_by
        for value in source.get("values", {}).values():
            facts[fact].check(value)
        if "otherwise" in source:
            facts[fact].check(source["otherwise"])


@pytest.mark.parametrize(("name", "file"), PAIRS)
def test_its_tables_know_every_value_that_occurs(name: str, file: str, real_data: Path) -> None:
    tables = [one for one in columns(MAPPINGS[name]) if "values" in one]
    unknown: Counter[tuple[str, str]] = Counter()
    for row in rows(real_data / file):
        for table in tables:
            value = row.get(table["column"], "")
            if value and value not in table["values"]:
                unknown[table["column"], value] += 1
    assert not unknown


@pytest.mark.parametrize(("name", "file"), PAIRS)
def test_the_columns_it_requires_are_there(name: str, file: str, real_data: Path) -> None:
    head = next(rows(real_data / file))
    assert set(MAPPINGS[name]["columns_required"]) <= set(head)


def test_two_files_of_complaints_share_their_external_ids(real_data: Path) -> None:
    column = MAPPINGS["cfpb"]["external_id"]["column"]
    first, second = ({row[column] for row in rows(real_data / file)} for file in DATA["cfpb"])
    assert len(first & second) == 84


def test_every_activity_of_the_log_is_a_transition() -> None:
    moves = {transition.name for transition in workflow("helpdesk-log").transitions}
    assert set(MAPPINGS["helpdesk-log"]["activity"]["values"].values()) == moves


def test_the_moves_of_the_real_log_that_make_no_sense_are_few_and_known(real_data: Path) -> None:
    mapping, process = MAPPINGS["helpdesk-log"], workflow("helpdesk-log")
    stands: dict[str, str] = {}
    illegal: Counter[tuple[str, str]] = Counter()
    for row in rows(real_data / "helpdesk-log.csv.gz"):
        case = row[mapping["case"]["column"]]
        activity = mapping["activity"]["values"][row[mapping["activity"]["column"]]]
        source = stands.get(case, process.start)
        if not process.moves.named(activity, source):
            illegal[source, activity] += 1
        stands[case] = activity
    assert illegal == ILLEGAL


def test_after_closing_a_ticket_can_only_be_taken_in_charge_again() -> None:
    leaving = workflow("helpdesk-log").moves.leaving("closed")
    assert [transition.name for transition in leaving] == ["take_in_charge_ticket"]
