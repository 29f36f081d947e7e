"""`verify` finds every change that somebody with SQL, but without the seal key, makes to what was sealed."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from recovery.store.chain import BEGINNING, commitment, link
from recovery.store.problems import KEPT, Problem, Report
from recovery.store.verify import verify
from tests.store.house import KEY, TENANT, House, ask_sql, found, hash_of, on_sqlite, ran, rewrite, run_sql


def test_what_was_not_touched_verifies(sealed: House) -> None:
    seen: list[int] = []
    report = verify(sealed.store, KEY, seen.append)
    assert report == Report(cases=4, events=16, seals=1, unsealed=0)
    assert report.ok
    assert seen == [4]
    assert report.as_dict()["ok"] is True


def test_an_empty_database_verifies(house: House) -> None:
    assert verify(house.store, KEY) == verify(house.store, None) == Report()


# --- the log ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("body", "replace(body, 'handle', 'candle')"),
        ("body", "'{}'"),
        ("by", "'agent:ana'"),
        ("kind", "'MoveForced'"),
        ("occurred_at", "'2026-11-21T09:00:00.000000Z'"),
        ("recorded_at", "'2026-11-21T09:00:00.000000Z'"),
        ("salt", "'00'"),
        ("commitment", "'00'"),
        ("hash", "substr(hash, 2) || 'x'"),
    ],
)
@pytest.mark.parametrize("seq", [1, 2, 5])
def test_a_changed_event_is_named(sealed: House, column: str, value: str, seq: int) -> None:
    if "candle" in value and seq != 2:
        value = "replace(body, ':', ' :')"
    statement = f'update recovery_event set "{column}" = {value} where case_id = 2 and seq = {seq}'
    assert run_sql(sealed, statement) == 1
    assert found(sealed) == [("event_changed", 2, seq)]


@on_sqlite
@pytest.mark.parametrize("body", ["cast(x'ff' || body as text)", "x'00ff'"])
def test_an_event_changed_to_what_is_no_text_is_named(sealed: House, body: str) -> None:
    assert run_sql(sealed, f"update recovery_event set body = {body} where case_id = 2 and seq = 3") == 1
    assert found(sealed) == [("event_changed", 2, 3)]


@pytest.mark.parametrize("seq", [1, 3, 5])
def test_a_deleted_first_middle_or_last_event_is_named(sealed: House, seq: int) -> None:
    run_sql(sealed, f"delete from recovery_event where case_id = 2 and seq = {seq}")
    assert found(sealed) == [("event_missing", 2, seq)]


def test_a_log_deleted_whole_is_named(sealed: House) -> None:
    run_sql(sealed, "delete from recovery_event where case_id = 2")
    (problem,) = verify(sealed.store, KEY).problems
    assert (problem.code, problem.case) == ("event_missing", 2)
    assert "Events 1 to 5 of case 2 are gone" in problem.message


@pytest.mark.parametrize("seq", ["0", "-1"])
def test_an_event_put_before_the_first_is_named(sealed: House, seq: str) -> None:
    run_sql(
        sealed,
        f"update recovery_event set id = 99, seq = {seq} where case_id = 2 and seq = 5",
    )
    assert ("event_inserted", 2, int(seq)) in found(sealed)


def test_a_case_whose_row_is_gone_is_named(sealed: House) -> None:
    run_sql(sealed, "delete from recovery_case where id = 2")
    assert found(sealed) == [("case_missing", 2, None)]


def test_a_case_deleted_with_everything_it_had_is_named(sealed: House) -> None:
    run_sql(
        sealed,
        "delete from recovery_case where id = 2",
        "delete from recovery_event where case_id = 2",
        "delete from recovery_effect where case_id = 2",
    )
    assert found(sealed) == [("case_missing", 2, None)]


def test_a_log_hashed_anew_from_beginning_to_end_is_named(sealed: House) -> None:
    rewrite(sealed, 2, 5, tell="candle")
    assert verify(sealed.store, KEY).problems == [
        Problem(
            "log_rewritten",
            "The log of case 2 was rewritten: event 5 does not have the hash that was sealed.",
            TENANT,
            2,
            5,
        )
    ]


def test_a_log_cut_off_with_a_snapshot_that_agrees_is_named(sealed: House) -> None:
    rewrite(sealed, 2, 4)
    assert found(sealed) == [("event_missing", 2, 5)]


def test_the_same_tricks_on_what_was_never_sealed_are_counted_as_unsealed(house: House) -> None:
    ran(house)
    rewrite(house, 2, 5, tell="candle")
    report = verify(house.store, KEY)
    assert (report.ok, report.unsealed) == (True, 16)


def test_events_moved_out_of_reach_of_the_next_seal_are_noticed(sealed: House) -> None:
    sealed.tell(4, sealed.facts(said="new"))
    run_sql(sealed, "update recovery_event set id = -1 where case_id = 4 and seq = 2")
    sealed.store.seal(KEY, sealed.now)
    sealed.tell(4, sealed.facts(owner="li"))
    run_sql(sealed, "update recovery_event set id = id + 100 where case_id = 1 and seq = 3")
    assert "event_missing" in {code for code, _, _ in found(sealed)}


def test_an_event_put_among_sealed_ones_is_named(sealed: House) -> None:
    run_sql(sealed, "update recovery_event set id = 900 where id = 16")
    sealed.open()
    run_sql(sealed, "update recovery_event set id = 16 where case_id = 5")
    run_sql(sealed, "update recovery_event set id = 17 where id = 900")
    assert ("event_inserted", 5, 1) in found(sealed)


# --- the snapshot -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ("step = 'closed'", "step"),
        ("owner = 'ana'", "owner"),
        ("ended = true", "ended"),
        ("severity = 3", "severity"),
        ("level = 1", "level"),
        ("mode = 'history'", "mode"),
        ("workflow = 'other'", "workflow"),
        ("external_id = 'E-9'", "external_id"),
        ("received_at = '2026-11-21T09:00:00.000000Z'", "received_at"),
        ("opened_at = '2026-11-21T09:00:00.000000Z'", "opened_at"),
        ("updated_at = '2026-11-21T09:00:00.000000Z'", "updated_at"),
        ("closed_at = '2026-11-21T09:00:00.000000Z'", "closed_at"),
        ("seq = 9", "seq"),
        ("head = 'x'", "head"),
        ("data = replace(data, 'It broke.', 'It was me.')", "problem.statement"),
        ("data = replace(data, 'ana@example.org', 'eve@example.org')", "customer"),
        ("data = '{\"messages\":3,' || substr(data, 2)", "messages"),
        ("data = replace(data, '\"problem.statement\":', '\"z\":')", "problem.statement, z"),
        ('data = replace(data, \'"said":{\', \'"said":{"0 agent li":["","",{"z":1}],\')', "z"),
        ('data = replace(data, \'"said":{\', \'"said":{"0 agent li":["","",{}],\')', "0 agent li"),
        (
            "data = replace(data, '\"said\":{', "
            '\'"said":{"0 agent li":["","",{"problem.statement":"no"}],\')',
            "problem.statement",
        ),
        ("data = 'no json'", "data"),
        ("data = '[]'", "data"),
    ],
)
def test_a_changed_snapshot_is_named_with_its_field(sealed: House, change: str, field: str) -> None:
    assert run_sql(sealed, f"update recovery_case set {change} where id = 4") == 1
    (problem,) = verify(sealed.store, KEY).problems
    assert (problem.code, problem.case) == ("snapshot_changed", 4)
    assert problem.message.endswith(f": {field}.")


def test_a_case_put_on_a_version_that_never_was_is_named_for_both(sealed: House) -> None:
    run_sql(sealed, "update recovery_case set bundle = 'other' where id = 4")
    assert found(sealed) == [("snapshot_changed", 4, None), ("version_missing", 4, None)]


def test_true_changed_to_one_is_a_change(sealed: House) -> None:
    change = "data = replace(data, '\"told\":true', '\"told\":1')"
    assert run_sql(sealed, f"update recovery_case set {change} where id = 2") == 1
    assert found(sealed) == [("snapshot_changed", 2, None)]


# --- the outbox ---------------------------------------------------------------------------------------------


def test_a_message_removed_from_the_outbox_is_named(sealed: House) -> None:
    run_sql(sealed, "delete from recovery_effect where case_id = 2 and seq = 5")
    assert found(sealed) == [("effect_missing", 2, 5)]


def test_a_message_put_into_the_outbox_is_named(sealed: House) -> None:
    run_sql(
        sealed,
        "create temp table copied as select * from recovery_effect where case_id = 2 and seq = 2",
        "update copied set id = 99, seq = 3, status = 'due'",
        "insert into recovery_effect select * from copied",
    )
    assert found(sealed) == [("effect_extra", 2, 3)]


@pytest.mark.parametrize(
    "change",
    [
        "address = 'eve@example.org'",
        "address = null",
        "template = 'voucher'",
        "recipient = 'owner'",
        "channel = 'sms'",
        "language = 'zh'",
        "context = replace(context, 'Ana', 'Eve')",
    ],
)
def test_a_changed_message_is_named(sealed: House, change: str) -> None:
    run_sql(sealed, f"update recovery_effect set {change} where case_id = 2 and seq = 5")
    assert found(sealed) == [("effect_changed", 2, 5)]


@pytest.mark.parametrize(
    ("seq", "status"),
    [
        (2, "due"),
        (2, "held"),
        (2, "failed"),
        (2, "cancelled"),
        (5, "delivered"),
        (5, "failed"),
        (5, "cancelled"),
    ],
)
def test_a_status_that_the_log_contradicts_is_named(sealed: House, seq: int, status: str) -> None:
    run_sql(sealed, f"update recovery_effect set status = '{status}' where case_id = 2 and seq = {seq}")
    assert found(sealed) == [("effect_status", 2, seq)]


def test_a_failed_message_said_to_be_delivered_is_named(house: House) -> None:
    (id,) = house.open()
    house.tell(id, house.facts(said="x"))
    house.tell(id, house.failed("2.0"))
    assert found(house) == []
    run_sql(house, "update recovery_effect set status = 'delivered'")
    assert found(house) == [("effect_status", id, 2)]


# --- versions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("files", ["{}", "[]", "no json", '{"workflows/small.yaml":"id: other"}'])
def test_a_version_with_other_files_is_named(sealed: House, files: str) -> None:
    assert verify(sealed.store, KEY, hash_of=hash_of).ok
    run_sql(sealed, ("update recovery_bundle set files = ?", (files,)))
    (problem,) = verify(sealed.store, KEY, hash_of=hash_of).problems
    assert (problem.code, problem.tenant) == ("version_changed", TENANT)
    assert "bundle-1" in problem.message


def test_a_version_that_cases_run_on_and_that_is_gone_is_named_once(sealed: House) -> None:
    run_sql(sealed, "delete from recovery_bundle")
    (problem,) = verify(sealed.store, KEY).problems
    assert (problem.code, problem.case) == ("version_missing", 1)


# --- hostile rows -------------------------------------------------------------------------------------------


@pytest.fixture
def hostile(sealed: House) -> Iterator[House]:
    """A house whose case 4 is fine; a test breaks another one."""
    yield sealed
    assert {case for _, case, _ in found(sealed)} <= {1, 2, 3, None}


@on_sqlite
@pytest.mark.parametrize(
    "statement",
    [
        "update recovery_event set case_id = 'two' where case_id = 2",
        "update recovery_event set tenant_id = x'ff' where case_id = 2",
        "update recovery_event set tenant_id = cast(x'ff' as text) where case_id = 2",
        "update recovery_event set seq = 'x' where case_id = 2 and seq = 3",
        "update recovery_case set seq = 'x' where id = 2",
        "update recovery_case set head = x'ff' where id = 2",
        "update recovery_effect set n = 'x' where case_id = 2",
        "update recovery_effect set context = x'00' where case_id = 2",
    ],
)
def test_rows_that_nobody_writes_are_problems_not_crashes(hostile: House, statement: str) -> None:
    assert run_sql(hostile, statement) > 0
    report = verify(hostile.store, KEY)
    assert not report.ok
    assert json.dumps(report.as_dict())


def test_a_case_that_no_version_could_have_written_is_unreadable(hostile: House) -> None:
    house = hostile
    (body,) = ask_sql(house, "select body from recovery_event where case_id = 2 and seq = 1")[0]
    broken = body.replace('"open"', '"begin"')
    salt, by, tenant, kind, at, recorded = ask_sql(
        house,
        "select salt, by, tenant_id, kind, occurred_at, recorded_at from recovery_event "
        "where case_id = 2 and seq = 1",
    )[0]
    committed = commitment(salt, by, broken)
    head = link(BEGINNING, tenant, 2, 1, kind, at, recorded, committed)
    run_sql(
        house,
        (
            "update recovery_event set body=?, commitment=?, hash=? where case_id=2 and seq=1",
            (broken, committed, head),
        ),
    )
    assert ("unreadable", 2, None) in found(house)


def test_a_thousand_problems_are_named_and_the_rest_counted(house: House) -> None:
    house.open(KEPT + 20)
    run_sql(house, "update recovery_case set step = 'x'")
    report = verify(house.store, KEY)
    assert (len(report.problems), report.more, report.ok) == (KEPT, 20, False)
    assert house.store.seal(KEY, house.now) == KEPT + 20
    assert verify(house.store, KEY).seals == 2
