"""Tables of derived facts as they are written, and the head of a regulation pack."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from recovery.core.derived import Derived, Row
from recovery.workflow.bundle import collect, load
from recovery.workflow.findings import errors
from recovery.workflow.project import check_project
from tests.workflow.small import WORKFLOW, findings_of, places, write

TABLES = """\
derived:
  price:
    - {if: weight <= 10, is: 250 EUR}
    - {is: 600 EUR}
"""


def test_a_table_is_read_row_by_row(tmp_path: Path) -> None:
    bundle, findings = collect(tmp_path, write(tmp_path, WORKFLOW + TABLES))
    assert bundle is not None, findings
    (table,) = load(bundle).derived
    line = WORKFLOW.count("\n") + 3
    assert table == Derived(
        "price", (Row("250 EUR", table.rows[0].when, line), Row("600 EUR", None, line + 1))
    )
    assert str(table.rows[0].when) == "weight <= 10"


def test_what_follows_comes_after_what_it_follows_from(tmp_path: Path) -> None:
    text = WORKFLOW + "derived:\n  sorry: [{if: price is known, is: true}]\n" + TABLES.partition("\n")[2]
    bundle, findings = collect(tmp_path, write(tmp_path, text))
    assert bundle is not None, findings
    assert [table.fact for table in load(bundle).derived] == ["price", "sorry"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("derived:\n  §cost: [{is: 1 EUR}]\n", "unknown_fact"),
        ("derived:\n  price: [{is: §cheap}]\n", "wrong_value"),
        ("derived:\n  price: [§{if: weight < 1}]\n", "missing_key"),
        ("derived:\n  price: §[]\n", "wrong_value"),
        ("derived:\n  §mark: [{is: 3}]\n", "wrong_source"),
        ("derived:\n  §owner: [{is: li}]\n", "owner_stays"),
        ("derived:\n  price: [{is: 1 EUR}, §{if: weight < 1, is: 2 EUR}]\n", "never_fires"),
        ("derived:\n  price: [{received_from: §2026-4-1, is: 1 EUR}]\n", "wrong_value"),
        (
            "derived:\n  price: [{received_from: 2026-04-01, is: 1 EUR}, {is: 2 EUR}, §{is: 3 EUR}]\n",
            "never_fires",
        ),
        ("derived:\n  price: [{if: §wait < 1, is: 2 EUR}]\n", "unknown_fact"),
        ("derived:\n  price: [{if: §weight < 1 and weight > 2, is: 2 EUR}]\n", "constant_guard"),
        (
            "derived:\n  §sorry: [{if: happy, is: true}]\n  happy: [{if: sorry, is: true}]\n",
            "derived_from_itself",
        ),
        ("derived:\n  price: [§{received_from: 2026-04-01}]\n", "missing_key"),
        ("derived:\n  price: [§{is: 1 EUR, least_of: [weight, mark]}]\n", "wrong_value"),
        ("derived:\n  price: [{least_of: [§weight, weight]}]\n", "wrong_value"),
        ("derived:\n  weight: [{least_of: [weight, §wait]}]\n", "unknown_fact"),
        ("derived:\n  weight: [{least_of: §[weight]}]\n", "wrong_value"),
        ("derived:\n  §mark: [{least_of: [mark, mark]}]\n", "wrong_source"),
        ("derived:\n  §weight: [{least_of: [weight, weight]}]\n", "derived_from_itself"),
        ("valid_from: §2026-02-30\n", "wrong_value"),
        ("valid_from: 2026-04-01\nvalid_to: §2026-03-31\n", "wrong_value"),
        ("sources: [§{title: DISP}]\n", "missing_key"),
        ("sources: [{title: DISP, reference: 1.6, url: §http://example.org}]\n", "bad_name"),
        ("note: §{zh: 须由律师确认}\n", "no_english"),
    ],
)
def test_what_cannot_be_is_a_finding_where_it_stands(tmp_path: Path, text: str, code: str) -> None:
    spoilt, [where] = places(WORKFLOW + text)
    found = [(one.code, (one.line, one.column)) for one in findings_of(tmp_path, spoilt)]
    assert (code, where) in found


def test_a_need_that_only_a_table_can_meet_can_be_met(tmp_path: Path) -> None:
    text = WORKFLOW.replace("price: {type: money}", "price: {type: money, said_by: engine}")
    text = text.replace("      happy: true\n", "      happy: true\n      price:\n")
    assert [one.code for one in errors(findings_of(tmp_path, text))] == ["impossible_need"]
    assert errors(findings_of(tmp_path, text + TABLES)) == []


@pytest.mark.parametrize(("today", "holds"), [(31, False), (1, True), (30, True), (101, False)])
def test_a_workflow_that_does_not_hold_today_is_noted_and_used_all_the_same(
    tmp_path: Path, today: int, holds: bool
) -> None:
    path = write(tmp_path, WORKFLOW + "valid_from: 2026-04-01\nvalid_to: 2026-04-30\n")
    days = {31: date(2026, 3, 31), 1: date(2026, 4, 1), 30: date(2026, 4, 30), 101: date(2026, 5, 1)}
    found = check_project(tmp_path, [path], days[today])
    assert [(one.code, one.level) for one in found] == ([] if holds else [("not_in_force", "notice")])
    assert collect(tmp_path, path)[0] is not None
