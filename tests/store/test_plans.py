"""However many cases there are, what runs all the time finds its rows through an index (SQLite's plans)."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import Any

import pytest

from recovery.store import outbox_statements, queries
from recovery.store import statements as sql
from recovery.store.compiling import Statement
from recovery.store.sqlite_dialect import SQLITE
from tests.store.house import House, on_sqlite

pytestmark = on_sqlite

BY_KEY = "recovery_case: tenant_id=? AND id=?"
BY_EFFECT = "recovery_effect: tenant_id=? AND case_id=? AND seq=? AND n=?"
READ = re.compile(r"(SEARCH|SCAN) (\w+)(?: .*?\((.*)\))?")

HOT = {
    "LOAD_CASES": [BY_KEY],
    "LOCK_CASES": [BY_KEY],
    "LOCK_CASE": [BY_KEY],
    "FIND_CASES": ["recovery_case: tenant_id=? AND external_id=?"],
    "UPDATE_STAYING": [BY_KEY],
    "UPDATE_STEPPING": [BY_KEY],
    "UPDATE_TIMING": [BY_KEY],
    "UPDATE_MOVING": [BY_KEY],
    "SETTLE_EFFECT": [BY_EFFECT],
    "CLOSE_EFFECT": [BY_EFFECT],
    "HAS_EFFECT": [BY_EFFECT],
    "RECALL_COMMANDS": [
        "recovery_command: tenant_id=? AND key=?",
        "recovery_event: tenant_id=? AND case_id=? AND seq=?",
    ],
    "RECALL_COMMAND": [
        "recovery_command: tenant_id=? AND key=?",
        "recovery_event: tenant_id=? AND case_id=? AND seq=?",
    ],
    "LOAD_BUNDLE": ["recovery_bundle: tenant_id=? AND hash=?"],
    "LAST_PUBLISHED": ["recovery_published: tenant_id=? AND workflow=?"],
    "GET_META": ["recovery_meta: key=?"],
    "SET_META": ["recovery_meta: key=?"],
    "LOG": ["recovery_event: tenant_id=? AND case_id=?"],
    "HASHES": ["recovery_event: tenant_id=? AND case_id=?"],
    "SEALED": ["recovery_event: rowid>? AND rowid<?"],
    "UNSEALED": ["recovery_event: rowid>? AND rowid<?"],
}
"""What each statement reads: the table, and what its index is asked for."""


def plan(house: House, statement: Statement) -> tuple[list[str], bool]:
    """What a statement reads, in order, and whether it sorts what it has read."""
    with closing(sqlite3.connect(house.path)) as connection:
        text = f"explain query plan {SQLITE.texts[statement]}"
        steps = [row[3] for row in connection.execute(text, [None] * len(statement.values))]
    found = [READ.match(step) for step in steps if "json_each" not in step]
    reads = [f"{one[2]}: {one[3] or 'everything'}" for one in found if one]
    return reads, any("TEMP B-TREE" in step for step in steps)


def _statement(name: str) -> Statement:
    found: Any = next(vars(of)[name] for of in (sql, queries, outbox_statements) if name in vars(of))
    assert isinstance(found, Statement)
    return found


@pytest.mark.parametrize("name", HOT)
def test_what_runs_all_the_time_asks_an_index_for_the_rows_it_wants(house: House, name: str) -> None:
    assert plan(house, _statement(name)) == (HOT[name], False)


LISTS = {
    "open": ({}, False, "tenant_id=?"),
    "step": ({"step"}, None, "tenant_id=? AND step=?"),
    "step and page": ({"step", "before"}, None, "tenant_id=? AND step=? AND id<?"),
    "owner's open": ({"owner"}, False, "tenant_id=? AND owner=?"),
    "owner's open and page": ({"owner", "before"}, False, "tenant_id=? AND owner=? AND id<?"),
    "owner's": ({"owner"}, None, "tenant_id=? AND owner=?"),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_reads_its_page_and_no_more_in_the_order_of_an_index(house: House, name: str) -> None:
    filters, ended, asked = LISTS[name]
    reads, sorts = plan(house, queries.list_cases(frozenset(filters), ended))
    assert all(read.startswith(f"recovery_case: {asked}") for read in reads)
    assert not sorts


@pytest.mark.parametrize("name", ["LOG_BETWEEN", "CHANGED_CASES"])
def test_what_happened_last_is_read_from_the_end_of_the_log(house: House, name: str) -> None:
    reads, sorts = plan(house, _statement(name))
    assert reads[0].startswith("recovery_event: rowid")
    assert not sorts


def test_what_is_due_is_read_in_order_and_looks_at_each_case_alone(house: House) -> None:
    reads, sorts = plan(house, outbox_statements.DUE_EFFECTS)
    assert sorted(set(reads)) == [
        "before_it: tenant_id=? AND case_id=?",
        "other: tenant_id=? AND case_id=?",
        BY_KEY,
        "recovery_effect: tenant_id=? AND due_at<?",
    ]
    assert not sorts
