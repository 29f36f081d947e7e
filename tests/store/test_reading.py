"""The read side: lists, counts, the log, the outbox, versions; tenants apart; no table read as a whole."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
import pytest

from recovery.store import outbox_statements, queries
from recovery.store import statements as sql
from recovery.store.compiling import Many, Statement
from recovery.store.postgres_dialect import POSTGRES
from recovery.store.sqlite_dialect import SQLITE
from recovery.store.store import Store
from tests.postgres import libpq
from tests.store.house import TENANT, House, ask_sql, on_postgres, on_sqlite


def test_an_unknown_case_is_none_and_its_log_is_empty(store: Store) -> None:
    assert store.case(TENANT, 1) is None
    assert store.cases(TENANT, [1, 2]) == {}
    assert store.log(TENANT, 1) == []
    assert list(store.outbox(TENANT, case=1)) == []


def test_cases_are_listed_the_newest_first_by_any_mix_of_filters(house: House, store: Store) -> None:
    ids = house.open(4, severity=2)
    house.open(1, mode="history")
    house.walk(ids[0])
    for id in ids[1:3]:
        house.tell(id, house.facts(said="x", owner="li"))

    def listed(**filters: object) -> list[int]:
        return [case.id for case in store.list_cases(TENANT, **filters)]  # type: ignore[arg-type]

    assert listed() == [5, 4, 3, 2, 1]
    assert listed(step="own") == [3, 2]
    assert listed(owner="li") == [3, 2, 1]
    assert listed(owner="li", ended=False) == [3, 2]
    assert listed(ended=True) == [1]
    assert listed(ended=False) == [5, 4, 3, 2]
    assert listed(mode="history") == [5]
    assert listed(severity=2, step="listen") == [4]
    assert listed(workflow="small", limit=2) == [5, 4]
    assert listed(workflow="small", limit=2, before=4) == [3, 2]
    assert listed(workflow="other") == []


def test_cases_that_changed_last_come_first_and_each_once(house: House, store: Store) -> None:
    house.open(3)
    house.tell(2, house.facts(said="x"))
    house.tell(1, house.facts(said="x"))
    house.tell(2, house.facts(owner="li"))
    changed = store.changed_cases(TENANT, limit=2)
    assert [case.id for _, case in changed] == [2, 1]
    assert [case.id for _, case in store.changed_cases(TENANT, before=changed[-1][0])] == [3]


def test_cases_are_counted_by_what_they_share(house: House, store: Store) -> None:
    house.open(3, severity=2)
    house.walk(1)
    house.tell(2, house.facts(said="x", owner="li"))
    assert store.count_by(TENANT, "step") == {"closed": 1, "listen": 1, "own": 1}
    assert store.count_by(TENANT, "owner") == {None: 1, "li": 2}
    assert store.count_by(TENANT, "ended") == {False: 2, True: 1}
    assert store.count_by(TENANT, "severity", ended=False, owner="li") == {2: 1}
    with pytest.raises(ValueError, match="step, owner, workflow, mode, severity, ended"):
        store.count_by(TENANT, "customer")


def test_the_log_of_every_case_streams_case_by_case_in_order(house: House, store: Store) -> None:
    house.open(3)
    for said in ("x", "y"):
        for id in (3, 1):
            house.tell(id, house.facts(said=said))
    records = [(record.case, record.seq) for record in store.logs(TENANT)]
    assert records == [(1, 1), (1, 2), (1, 3), (2, 1), (3, 1), (3, 2), (3, 3)]
    positions = sorted(record.position for record in store.logs(TENANT))
    assert positions == list(range(1, 8))


def test_a_record_says_what_happened_who_did_it_when_and_why(house: House, store: Store) -> None:
    (id,) = house.open()
    event = house.facts(said="the handle")
    house.now += timedelta(days=1)
    house.tell(id, event)
    record = store.log(TENANT, id)[1]
    assert (record.kind, record.by) == ("FactsRecorded", "agent:li")
    assert record.occurred_at == "2026-11-22T09:00:00.000000Z"
    assert record.recorded_at == "2026-11-23T09:00:00.000000Z"
    assert record.event == {"facts": {"said": "the handle"}, "source": "agent"}
    assert record.effects == ("2.0",)
    assert ["move", "listen", "own", "exit facts on record", False] in record.changes
    assert any("listen → own" in line for line in record.why)


def test_tenants_do_not_see_each_other(house: House, store: Store) -> None:
    (ours,) = house.open(external_id="E-1")
    (theirs,) = house.open(tenant="other", external_id="E-2")
    house.tell(theirs, house.facts(said="x"), tenant="other")
    store.publish("other", "h", "small", {})
    assert store.case(TENANT, theirs) is None
    assert store.find_cases(TENANT, ["E-1", "E-2"]) == {"E-1": ours}
    assert [case.id for case in store.list_cases(TENANT)] == [ours]
    assert [case.id for _, case in store.changed_cases(TENANT)] == [ours]
    assert store.count_by(TENANT, "step") == {"listen": 1}
    assert store.log(TENANT, theirs) == []
    assert {record.case for record in store.logs(TENANT)} == {ours}
    assert list(store.outbox(TENANT)) == store.due_effects(TENANT, 10) == []
    assert store.bundle(TENANT, "h") is None
    assert store.published(TENANT, "small") == "bundle-1"
    assert store.published("third", "small") is None
    assert store.workflows("other") == {"small": "h"}
    with store.write() as unit:
        assert unit.case(TENANT, ours) is not None
        assert unit.case(TENANT, theirs) is None
        assert unit.find(TENANT, ["E-2"]) == {}


def test_the_last_publication_is_the_running_version(house: House, store: Store) -> None:
    files = {"workflows/small.yaml": "id: small # 投诉\n"}
    store.publish(TENANT, "hash-1", "small", files)
    house.now += timedelta(days=1)
    store.publish(TENANT, "hash-2", "small", files)
    store.publish(TENANT, "hash-3", "large", {})
    assert store.workflows(TENANT) == {"large": "hash-3", "small": "hash-2"}
    store.publish(TENANT, "hash-1", "small", files)
    assert store.published(TENANT, "small") == "hash-1"
    found = store.bundle(TENANT, "hash-1")
    assert found is not None
    assert (found.files, found.workflow, found.created_at) == (files, "small", "2026-11-22T09:00:00.000000Z")
    assert ask_sql(house, "select hash from recovery_published order by id") == [
        ("bundle-1",),
        ("hash-1",),
        ("hash-2",),
        ("hash-3",),
        ("hash-1",),
    ]


def test_a_snapshot_sees_one_moment(house: House, store: Store) -> None:
    house.open()
    with store.snapshot() as snapshot:
        assert len(snapshot.list_cases(TENANT)) == 1
        house.open(2)
        assert len(snapshot.list_cases(TENANT)) == 1
        assert len(store.list_cases(TENANT)) == 3


def test_a_stream_that_is_left_early_holds_up_nobody(house: House, store: Store) -> None:
    house.open(3)
    assert next(store.logs(TENANT)).case == 1
    assert house.open() == [4]


def test_a_cases_field_without_a_column_is_kept_with_the_rest(house: House, store: Store) -> None:
    first, second = house.open(2)
    with store.write() as unit:
        for id in (first, second):
            case = unit.case(TENANT, id)
            assert case is not None
            case.messages, case.absorbed, case.quarantine = 4, [second], "why"
            case.undelivered = {"1.0": ("thanks", "no such address", {})}
            house.tell_in(unit, id, house.facts(said="x"))
    for case in store.cases(TENANT, [first, second]).values():
        assert (case.messages, case.absorbed, case.quarantine) == (4, [second], "why")
        assert case.undelivered == {"1.0": ("thanks", "no such address", {})}
    assert store.quarantined(TENANT) == [first, second]
    assert store.outbox_counts(TENANT) == {}


# --- what a question costs ----------------------------------------------------------------------------------

POINTED = {
    "a case": sql.LOAD_CASES,
    "an external id": sql.FIND_CASES,
    "a list by owner": queries.list_cases(frozenset({"owner"}), None),
    "a list of an owner's open cases": queries.list_cases(frozenset({"owner"}), False),
    "a list by step": queries.list_cases(frozenset({"step"}), None),
    "a list of open cases": queries.list_cases(frozenset(), False),
    "a page of a list": queries.list_cases(frozenset({"before"}), None),
    "a count by step": queries.count_by("step", frozenset(), None),
    "a log": queries.LOG,
    "what is due": outbox_statements.DUE_EFFECTS,
    "a case's messages": queries.outbox(frozenset({"case"})),
    "a remembered command": sql.RECALL_COMMANDS,
    "the running version": sql.LAST_PUBLISHED,
    "what is not sealed": sql.UNSEALED,
    "the update of a case": sql.UPDATE_MOVING,
    "the settling of an effect": outbox_statements.SETTLE_EFFECT,
}


UNSORTED = ("a list of an owner's open cases", "a list by step", "a page of a list", "what is due")
LISTS = ("ids", "external_ids", "keys", "channels", "workflows", "their_channels")


@on_sqlite
@pytest.mark.parametrize("name", POINTED)
def test_a_question_is_answered_through_an_index(house: House, name: str) -> None:
    statement: Statement = POINTED[name]
    values = ["[]" if value in LISTS else 1 for value in statement.values]
    plan = [row[3] for row in ask_sql(house, f"explain query plan {SQLITE.texts[statement]}", *values)]
    assert plan
    assert [line for line in plan if line.startswith("SCAN recovery_")] == []


@on_sqlite
@pytest.mark.parametrize("name", UNSORTED)
def test_a_list_is_not_sorted_after_it_was_found(house: House, name: str) -> None:
    statement = POINTED[name]
    plan = ask_sql(house, f"explain query plan {SQLITE.texts[statement]}", *statement.values)
    assert [row[3] for row in plan if "TEMP B-TREE" in row[3]] == []


@on_postgres
@pytest.mark.parametrize("name", POINTED)
def test_postgres_can_answer_a_question_through_an_index(house: House, name: str) -> None:
    """With few rows it rather reads them all, so that is made to look dear."""
    statement = POINTED[name]
    values: list[Any] = [
        [] if isinstance(statement, Many) or value in LISTS else "1" for value in statement.values
    ]
    with psycopg.connect(libpq(house.url), cursor_factory=psycopg.ClientCursor) as connection:
        for costly in ("enable_seqscan", "enable_bitmapscan", "enable_sort"):
            connection.execute(f"set {costly} = off")
        plan = connection.execute(f"explain {POSTGRES.texts[statement]}", values).fetchall()
    assert [line for (line,) in plan if "Seq Scan on recovery_" in line] == []
    if name in UNSORTED:
        assert [line for (line,) in plan if "Sort" in line] == []


def test_a_statement_whose_values_are_declared_in_the_wrong_order_is_a_bug() -> None:
    with pytest.raises(TypeError, match="declared"):
        SQLITE.texts[Statement(sql.LOAD_CASES.clause, "ids", "tenant")]
