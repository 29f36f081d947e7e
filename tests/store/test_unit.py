"""A unit of work: what it loads, what it writes, and that it writes all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.core.case import Case
from recovery.core.changes import fold
from recovery.core.decide import open_case
from recovery.core.errors import EngineFault, NotFound
from recovery.store.faults import ExternalIdTaken, LostRace
from recovery.store.store import Store
from recovery.store.unit import BUFFER, CHUNK
from recovery.store.verify import verify
from tests.store.house import START, TENANT, House, ask_sql, decided, on_sqlite


def folded(store: Store, id: int) -> Case | None:
    records = [
        {
            "tenant": record.tenant,
            "case": record.case,
            "seq": record.seq,
            "by": record.by,
            "occurred_at": record.occurred_at,
            "recorded_at": record.recorded_at,
            "changes": record.changes,
        }
        for record in store.log(TENANT, id)
    ]
    return fold(None, records)


def test_a_case_reads_back_as_it_was_decided(house: House, store: Store) -> None:
    with store.write() as unit:
        case = house.open_in(unit, external_id="E-1", subject="主题", language="zh", severity=2)
    assert store.case(TENANT, case.id) == case


def test_the_log_folds_to_the_snapshot_after_every_event(house: House, store: Store) -> None:
    (id,) = house.open()
    events = (
        house.facts(said="the handle"),
        house.facts(owner="li"),
        house.failed("2.0"),
        house.facts(told=True, due=datetime(2026, 12, 1, 8, tzinfo=UTC)),
        house.facts(paid=True),
        house.delivered("6.0"),
    )
    for event in events:
        house.tell(id, event)
        assert folded(store, id) == store.case(TENANT, id)


def test_nothing_of_a_unit_is_kept_when_something_is_raised_in_it(house: House, store: Store) -> None:
    def fail() -> None:
        with store.write() as unit:
            house.open_in(unit)
            unit.flush()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert store.list_cases(TENANT) == []
    house.open()
    assert len(store.list_cases(TENANT)) == 1


def test_a_case_decided_twice_in_one_unit_goes_on_from_its_newest_snapshot(
    house: House, store: Store
) -> None:
    with store.write() as unit:
        id = house.open_in(unit).id
        house.tell_in(unit, id, house.facts(said="the handle"))
        house.tell_in(unit, id, house.facts(owner="li"))
    assert [record.seq for record in store.log(TENANT, id)] == [1, 2, 3]
    assert folded(store, id) == store.case(TENANT, id)
    assert verify(store, None).problems == []


def test_a_unit_larger_than_its_buffer_is_written_in_parts_and_whole(house: House, store: Store) -> None:
    with store.write() as unit:
        cases = [house.open_in(unit).id for _ in range(BUFFER + 10)]
        for id in cases[-20:]:
            house.tell_in(unit, id, house.facts(said="x"))
    assert store.count_by(TENANT, "step") == {"listen": BUFFER - 10, "own": 20}
    assert verify(store, None).problems == []


def test_more_cases_than_one_query_asks_for_are_loaded(house: House, store: Store) -> None:
    ids = house.open(CHUNK + 5)
    with store.write() as unit:
        unit.load(TENANT, [*ids, 999_999])
        assert [id for id in [*ids, 999_999] if unit.case(TENANT, id)] == ids


def test_a_decision_on_an_outdated_snapshot_loses_the_race(house: House, store: Store) -> None:
    (id,) = house.open()
    old = store.case(TENANT, id)
    assert old is not None
    house.tell(id, house.facts(said="the handle"))
    late = house.decision(old, house.facts(said="the lid"))
    with pytest.raises(LostRace, match=rf"case {id}\b") as caught, store.write() as unit:
        unit.add(late)
    assert caught.value.fault == "environment"
    assert caught.value.hint
    assert len(store.log(TENANT, id)) == 2


def test_a_snapshot_changed_under_a_unit_loses_the_race_when_written(house: House, store: Store) -> None:
    first, second = house.open(2)

    def be_overtaken() -> None:
        with store.write() as unit:
            for id in (first, second):
                house.tell_in(unit, id, house.facts(said="x"))
            unit._cursor.execute(f"update recovery_case set seq = 7 where id = {second}", ())

    with pytest.raises(LostRace, match=rf"case {second}\."):
        be_overtaken()
    case = store.case(TENANT, first)
    assert case is not None
    assert case.seq == 1


def test_the_loser_of_a_race_can_load_again_and_decide_again(house: House, store: Store) -> None:
    (id,) = house.open()
    house.tell(id, house.facts(said="the handle"))
    assert house.tell(id, house.facts(owner="li")).owner == "li"


def test_an_event_for_a_case_that_does_not_exist_is_not_found(house: House, store: Store) -> None:
    (id,) = house.open()
    case = store.case(TENANT, id)
    assert case is not None
    case.id = 77
    with pytest.raises(NotFound, match="77"), store.write() as unit:
        unit.add(house.decision(case, house.facts(said="x")))


def test_an_external_id_is_one_case_of_a_tenant(house: House, store: Store) -> None:
    house.open(external_id="E-1")
    with pytest.raises(ExternalIdTaken, match=r"E-1 is case 1\."):
        house.open(external_id="E-1")
    with pytest.raises(ExternalIdTaken, match="E-2"):
        house.open(2, external_id="E-2")
    assert len(store.list_cases(TENANT)) == 1


def test_another_tenant_may_use_the_same_external_id(house: House, store: Store) -> None:
    (ours,) = house.open(external_id="E-1")
    (theirs,) = house.open(external_id="E-1", tenant="other")
    assert store.find_cases(TENANT, ["E-1"]) == {"E-1": ours}
    assert store.find_cases("other", ["E-1"]) == {"E-1": theirs}


def test_many_cases_may_have_no_external_id(house: House, store: Store) -> None:
    assert len(house.open(3)) == 3


def test_a_unit_finds_what_it_opened_itself(house: House, store: Store) -> None:
    with store.write() as unit:
        assert unit.find(TENANT, ["E-1"]) == {}
        case = house.open_in(unit, external_id="E-1")
        assert unit.find(TENANT, ["E-1", "E-2"]) == {"E-1": case.id}
    with store.write() as unit:
        assert unit.find(TENANT, ["E-2", "E-1"]) == {"E-1": case.id}


def test_case_numbers_are_never_given_twice(house: House, store: Store) -> None:
    with store.write() as unit:
        assert unit.new_ids(3) == [1, 2, 3]
        assert unit.new_ids(2) == [4, 5]
    assert house.open() == [6]


@on_sqlite
def test_numbers_that_were_drawn_and_not_used_leave_no_gap(house: House, store: Store) -> None:
    with store.write() as unit:
        unit.reserve(5)
        assert unit.new_ids(2) == [1, 2]
    with store.write() as unit:
        assert unit.new_ids(2) == [3, 4]


def test_a_case_number_used_twice_is_a_bug_and_changes_nothing(house: House, store: Store) -> None:
    (id,) = house.open()
    again = decided(open_case(house.workflow, TENANT, id, house.complaint(), house.now))
    with pytest.raises(EngineFault, match="twice"), store.write() as unit:
        unit.add(again)
    assert len(store.log(TENANT, id)) == 1


def test_what_json_does_not_know_is_kept_as_the_core_keeps_it(house: House, store: Store) -> None:
    (id,) = house.open()
    decision = house.decision(store.cases(TENANT, [id])[id], house.facts(said="x"))
    raw = {
        "due": datetime(2026, 12, 1, 8, tzinfo=UTC),
        "day": START.date(),
        "sum": Decimal("12.50"),
        "l": (1,),
    }
    with store.write() as unit:
        unit.add(decision._replace(event=house.facts(**raw)))
    assert store.log(TENANT, id)[-1].event["facts"] == {
        "due": "2026-12-01T08:00:00.000000Z",
        "day": "2026-11-22",
        "sum": "12.50",
        "l": [1],
    }


def test_with_a_decision_that_cannot_be_kept_nothing_of_its_unit_is(house: House, store: Store) -> None:
    (id,) = house.open()
    writing = store.write()
    unit = writing.__enter__()
    house.tell_in(unit, id, house.facts(said="y"))
    case = unit.case(TENANT, id)
    assert case is not None
    unit.add(house.decision(case, house.facts(said="x"))._replace(why=[object()]))  # type: ignore[list-item]
    with pytest.raises(TypeError):
        writing.__exit__(None, None, None)
    assert "said" not in store.cases(TENANT, [id])[id].facts
    house.tell(id, house.facts(said="z"))
    assert store.cases(TENANT, [id])[id].facts["said"] == "z"
    assert verify(store, None).problems == []


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house for many texts, each of a tenant of its own."""
    house = House(tmp_path_factory.mktemp("texts") / "recovery.db")
    house.store.upgrade()
    yield house
    house.store.close()


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_any_text_reads_back_as_it_was_written(texts: House, text: str) -> None:
    tenant = text
    said = f"{text} {{{{ 7*7 }}}}"
    with texts.store.write() as unit:
        known = unit.find(tenant, [text])
        id = (
            known[text]
            if known
            else texts.open_in(unit, tenant, text=said, external_id=text, subject=text).id
        )
    case = texts.store.cases(tenant, [id])[id]
    assert (case.facts["problem.statement"], case.subject) == (said, text)
    assert texts.store.find_cases(tenant, [text]) == {text: id}
    (record,) = texts.store.log(tenant, id)
    assert record.event["text"] == said


def test_every_text_verifies_though_no_tenant_of_them_has_a_version(texts: House) -> None:
    assert {problem.code for problem in verify(texts.store, None).problems} == {"version_missing"}


# --- effects ------------------------------------------------------------------------------------------------


def test_an_effect_waits_in_the_outbox_until_it_is_delivered(house: House, store: Store) -> None:
    (id,) = house.open()
    house.tell(id, house.facts(said="the handle"))
    (due,) = store.due_effects(TENANT, 10)
    assert (due.case, due.effect, due.template, due.address) == (id, "2.0", "assurance", "ana@example.org")
    assert (due.status, due.attempts, due.bundle) == ("due", 0, "bundle-1")
    assert due.context["facts"]["said"] == "the handle"
    with store.write() as unit:
        house.tell_in(unit, id, house.delivered("2.0"))
        unit.outbox.settle(TENANT, id, "2.0", "delivered", house.now, rendered='{"body":"Dear Ana"}')
    (sent,) = store.outbox(TENANT, case=id)
    assert (sent.status, sent.attempts, sent.rendered) == ("delivered", 1, '{"body":"Dear Ana"}')
    assert sent.settled_at == "2026-11-22T09:00:00.000000Z"
    assert store.due_effects(TENANT, 10) == []


def test_the_log_alone_closes_an_effect(house: House, store: Store) -> None:
    first, second = house.open(2)
    for id in (first, second):
        house.tell(id, house.facts(said="x"))
    house.tell(first, house.delivered("2.0"))
    house.tell(second, house.failed("2.0"))
    rows = [(row.case, row.status, row.note) for row in store.outbox(TENANT)]
    assert rows == [(first, "delivered", None), (second, "failed", "no such address")]


def test_an_effect_cancelled_by_hand_stays_cancelled(house: House, store: Store) -> None:
    (id,) = house.open()
    house.tell(id, house.facts(said="x"))
    with store.write() as unit:
        unit.outbox.settle(TENANT, id, "2.0", "cancelled", house.now, note="by ana")
        house.tell_in(unit, id, house.failed("2.0"))
    assert [(row.status, row.note) for row in store.outbox(TENANT)] == [("cancelled", "by ana")]
    assert verify(store, None).problems == []


def test_a_held_effect_is_due_only_once_it_is_released(house: House, store: Store) -> None:
    (id,) = house.open()
    house.tell(id, replace(house.facts(said="x"), hold=True))
    assert store.due_effects(TENANT, 10) == []
    assert [row.effect for row in store.outbox(TENANT, status="held")] == ["2.0"]
    with store.write() as unit:
        unit.outbox.settle(TENANT, id, "2.0", "due", house.now)
    assert [row.settled_at for row in store.due_effects(TENANT, 10)] == [None]


def test_settling_an_effect_that_does_not_exist_is_not_found(house: House, store: Store) -> None:
    (id,) = house.open()
    with pytest.raises(NotFound, match=rf"Case {id} has no effect 9\.0"), store.write() as unit:
        unit.outbox.settle(TENANT, id, "9.0", "delivered", house.now)


def test_an_unknown_status_or_a_naive_moment_is_refused(house: House, store: Store) -> None:
    with store.write() as unit:
        with pytest.raises(ValueError, match="due, held, handed, delivered, failed, cancelled"):
            unit.outbox.settle(TENANT, 1, "2.0", "sent", house.now)
        with pytest.raises(ValueError, match="time zone"):
            unit.outbox.settle(TENANT, 1, "2.0", "failed", house.now.replace(tzinfo=None))


def test_effects_of_one_case_become_due_in_their_order_even_when_the_clock_went_back(
    house: House, store: Store
) -> None:
    first, second = house.open(2)
    for id in (first, second):
        house.tell(id, house.facts(said="x"))
        house.tell(id, house.facts(owner="li", told=True))
    house.now -= timedelta(hours=2)
    house.tell(first, house.facts(paid=True))
    house.now += timedelta(hours=2)
    due = [(row.case, row.effect) for row in store.due_effects(TENANT, 10)]
    assert due == [(first, "2.0"), (second, "2.0")]
    house.tell(first, house.delivered("2.0"))
    assert [(row.case, row.effect) for row in store.due_effects(TENANT, 10)] == [
        (first, "4.0"),
        (second, "2.0"),
    ]


def test_an_effect_of_the_future_is_not_due(house: House, store: Store) -> None:
    (id,) = house.open()
    house.now += timedelta(hours=1)
    house.tell(id, house.facts(said="x"))
    house.now -= timedelta(minutes=1)
    assert store.due_effects(TENANT, 10) == []


# --- commands -----------------------------------------------------------------------------------------------


def test_a_remembered_command_gives_its_answer_again(house: House, store: Store) -> None:
    with store.write() as unit:
        assert unit.recall(TENANT, ["k1"]) == {}
        unit.remember(TENANT, "k1", "print", {"case": 1, "seq": 1, "why": ["因为"]})
        assert unit.recall(TENANT, ["k1", "k2"])["k1"].answer == {"case": 1, "seq": 1, "why": ["因为"]}
    with store.write() as unit:
        known = unit.recall(TENANT, ["k1", "k2"])
        assert {key: (found.fingerprint, found.answer) for key, found in known.items()} == {
            "k1": ("print", {"case": 1, "seq": 1, "why": ["因为"]})
        }
        assert unit.recall("other", ["k1"]) == {}


def test_the_same_seed_writes_the_same_log_byte_for_byte(tmp_path_factory: pytest.TempPathFactory) -> None:
    rows = []
    for _ in range(2):
        house = House(tmp_path_factory.mktemp("seed") / "recovery.db")
        house.store.upgrade()
        for id in house.open(3):
            house.walk(id)
        house.store.close()
        rows.append(ask_sql(house, "select * from recovery_event order by id"))
    assert rows[0] == rows[1]
    assert len(rows[0]) == 15
