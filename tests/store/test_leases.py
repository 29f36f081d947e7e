"""Leases of messages: a case is one sender's at a time, in order; nobody settles what is no longer theirs."""

from __future__ import annotations

import threading
from datetime import timedelta

import psycopg
import pytest

from recovery.commands import Outcome
from recovery.core.errors import Refusal
from recovery.core.events import EffectCancelled
from recovery.core.instants import to_text
from recovery.core.spec import Need, Send
from recovery.store.postgres_dialect import POSTGRES
from recovery.store.records import OutboxRow
from recovery.store.store import Store
from tests.core.builders import step, workflow
from tests.store.house import FACTS, TENANT, House, found, on_postgres, plain_cursor
from tests.store.leasing import LONG, OVER, asked, claimed, names, row_of, settle, three_letters


@pytest.fixture
def house(house: House) -> House:
    """A house whose cases ask for three messages each: 2.0, 2.1 and 2.2."""
    house.workflow = three_letters()
    return house


# --- claiming -----------------------------------------------------------------------------------------------


def test_messages_are_claimed_in_the_order_of_their_case(house: House, store: Store) -> None:
    first, second = asked(house, 2)
    rows = claimed(store)
    assert names(rows) == [(case, effect) for case in (first, second) for effect in ("2.0", "2.1", "2.2")]
    assert {(row.version, row.attempts, row.status) for row in rows} == {(1, 0, "due")}


def test_a_claim_begins_where_the_one_before_ended(house: House, store: Store) -> None:
    first, second = asked(house, 2)
    assert names(claimed(store, limit=3)) == [(first, "2.0"), (first, "2.1"), (first, "2.2")]
    assert names(claimed(store, limit=3)) == [(second, "2.0"), (second, "2.1"), (second, "2.2")]
    assert claimed(store) == []


def test_nobody_else_gets_the_rest_of_a_case_somebody_sends(house: House, store: Store) -> None:
    first, second = asked(house, 2)
    assert names(claimed(store, "one", limit=2)) == [(first, "2.0"), (first, "2.1")]
    assert {row.case for row in claimed(store, "two")} == {second}
    assert claimed(store, "one") == []


def test_what_is_claimed_is_told_apart_by_owner_and_version(house: House, store: Store) -> None:
    (case,) = asked(house)
    claimed(store, "one", lasting=OVER)
    claimed(store, "two")
    row = row_of(house, case, "2.0")
    assert (row.lease_owner, row.version) == ("two", 2)
    assert row.lease_until is not None


def test_a_letter_that_waits_for_the_customers_morning_keeps_no_colleague_from_hearing(
    house: House, store: Store
) -> None:
    (case,) = asked(house)
    (first, *others) = claimed(store)
    settle(house, first, "later", again_at=house.now + timedelta(hours=9), is_attempt=False)
    for row in others:
        settle(house, row, "untried")
    inside = [row.effect for row in others if row.recipient != "customer"]
    assert inside, "one of them is for a colleague"
    assert names(claimed(store)) == [(case, effect) for effect in inside]


def test_what_waits_behind_a_letter_that_waits_keeps_no_colleague_from_hearing_nor_anybody_else(
    house: House, store: Store
) -> None:
    """Of each case a letter is tried again later, another one waits behind it, and a colleague is to hear."""
    letters = [Send("hello"), Send("news"), Send("note", to="owner")]
    house.workflow = workflow(
        step("listen", Need("said")), step("own", Need("paid"), on_enter=letters), facts=FACTS
    )
    cases = asked(house, 3)
    for row in claimed(store):
        again = house.now + timedelta(hours=1)
        settle(house, row, "later" if row.effect == "2.0" else "untried", again_at=again)
    (other,) = asked(house)
    assert names(claimed(store, limit=2)) == [(case, "2.2") for case in cases[:2]]
    assert names(claimed(store, limit=2)) == [(cases[2], "2.2"), (other, "2.0")]


def test_a_claim_takes_nothing_that_is_due_later_nor_what_follows_it(house: House, store: Store) -> None:
    (case,) = asked(house)
    (first, second, _) = claimed(store)
    settle(house, first)
    settle(house, second, "later", again_at=house.now + timedelta(hours=1))
    settle(house, row_of(house, case, "2.2"), "untried")
    assert claimed(store) == []
    house.now += timedelta(hours=1)
    assert names(claimed(store)) == [(case, "2.1")]
    settle(house, row_of(house, case, "2.1"))
    assert names(claimed(store)) == [(case, "2.2")]


def test_many_who_claim_at_once_never_share_a_case(house: House) -> None:
    cases = asked(house, 12)
    got: dict[str, list[OutboxRow]] = {}
    begin = threading.Barrier(4)

    def claim(owner: str) -> None:
        store = house.open_store(owner)
        begin.wait(10)
        got[owner] = [row for _ in range(3) for row in claimed(store, owner, limit=4)]
        store.close()

    threads = [threading.Thread(target=claim, args=(f"worker-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    taken = [name for rows in got.values() for name in names(rows)]
    assert len(taken) == len(set(taken))
    owners = {
        case: {owner for owner, rows in got.items() if case in {row.case for row in rows}} for case in cases
    }
    assert all(len(one) <= 1 for one in owners.values())
    assert sum(map(len, got.values())) >= 12


# --- pauses and holding -------------------------------------------------------------------------------------


def test_a_paused_channel_keeps_back_what_follows_in_its_case(house: House, store: Store) -> None:
    (case,) = asked(house)
    with store.write() as unit:
        assert unit.outbox.pause(TENANT, "channel", "desk", "agent:li", "they moved", house.now)
        assert not unit.outbox.pause(TENANT, "channel", "desk", "agent:li", "again", house.now)
    assert names(claimed(store)) == [(case, "2.0")]
    with store.write() as unit:
        assert unit.outbox.resume(TENANT, "channel", "desk")
        assert not unit.outbox.resume(TENANT, "channel", "desk")
    settle(house, row_of(house, case, "2.0"))
    assert names(claimed(store)) == [(case, "2.1"), (case, "2.2")]


def test_a_channel_out_of_order_is_left_alone_in_the_same_way(house: House, store: Store) -> None:
    (case,) = asked(house)
    assert names(claimed(store, without=("desk",))) == [(case, "2.0")]
    assert claimed(store, without=("mail",)) == []


@pytest.mark.parametrize("kind", ["workflow", "tenant"])
def test_a_paused_workflow_or_tenant_sends_nothing(house: House, store: Store, kind: str) -> None:
    name = house.workflow.id if kind == "workflow" else TENANT
    asked(house)
    with store.write() as unit:
        unit.outbox.pause(TENANT, kind, name, "agent:li", "wait", house.now)
    assert claimed(store) == []
    assert [(pause.kind, pause.name, pause.by, pause.reason) for pause in store.pauses(TENANT)] == [
        (kind, name, "agent:li", "wait")
    ]
    with store.write() as unit:
        unit.outbox.resume(TENANT, kind, name)
    assert len(claimed(store)) == 3


def test_a_held_message_keeps_back_nothing(house: House, store: Store) -> None:
    (case,) = asked(house)
    with store.write() as unit:
        unit.outbox.settle(TENANT, case, "2.0", "held", house.now)
    assert names(claimed(store)) == [(case, "2.1"), (case, "2.2")]
    assert found(house) == []


# --- the end of a lease -------------------------------------------------------------------------------------


def test_a_lease_that_has_ended_is_anybodys(house: House, store: Store) -> None:
    (case,) = asked(house)
    before = claimed(store, "one", lasting=OVER)
    after = claimed(store, "two")
    assert names(after) == names(before)
    assert {row.version for row in after} == {2}
    assert row_of(house, case, "2.0").lease_owner == "two"


def test_who_comes_back_too_late_changes_nothing(house: House, store: Store) -> None:
    (case,) = asked(house)
    (late, *_) = claimed(store, "one", lasting=OVER)
    (now, *_) = claimed(store, "two")
    for end in ("delivered", "failed", "cancelled", "handed", "later", "untried"):
        answer = settle(house, late, end, reason="phone", again_at=house.now + LONG)
        assert isinstance(answer, Refusal)
        assert answer.code == "lost_lease"
    assert row_of(house, case, "2.0") == now._replace(
        lease_owner="two", lease_until=row_of(house, case, "2.0").lease_until
    )
    assert isinstance(settle(house, now), Outcome)
    assert row_of(house, case, "2.0").status == "delivered"
    assert found(house) == []


def test_a_lease_that_has_ended_but_was_not_taken_is_still_good_for_the_outcome(
    house: House, store: Store
) -> None:
    (case,) = asked(house)
    (row, *_) = claimed(store, lasting=OVER)
    assert isinstance(settle(house, row), Outcome)
    assert row_of(house, case, "2.0").status == "delivered"


def test_a_lease_lasts_longer_when_it_is_renewed(house: House, store: Store) -> None:
    (case,) = asked(house)
    rows = claimed(store, "one", lasting=OVER)
    assert store.renew(TENANT, rows, LONG) == []
    assert claimed(store, "two") == []
    assert row_of(house, case, "2.0").version == 1


def test_renewing_what_is_somebody_elses_by_now_leaves_it_theirs(house: House, store: Store) -> None:
    (case,) = asked(house)
    late = claimed(store, "one", lasting=OVER)
    claimed(store, "two", lasting=OVER)
    assert store.renew(TENANT, late, LONG) == late
    assert len(claimed(store, "three")) == 3
    assert row_of(house, case, "2.0").lease_owner == "three"


def test_renewing_tells_which_leases_are_lost(house: House, store: Store) -> None:
    first, second = asked(house, 2)
    rows = claimed(store, "one", limit=2)
    settle(house, rows[0])
    rows += claimed(store, "one", limit=1)
    assert names(rows) == [(first, "2.0"), (first, "2.1"), (second, "2.0")]
    assert store.renew(TENANT, rows, LONG) == rows[:1]


def test_what_was_taken_back_on_its_way_keeps_back_its_case_until_its_sender_is_done(
    house: House, store: Store
) -> None:
    (case,) = asked(house)
    rows = claimed(store, "one", limit=1)
    house.tell(case, EffectCancelled(by="agent:li", occurred_at=house.now, effect="2.0", reason="no"))
    assert claimed(store, "two") == []
    assert store.renew(TENANT, rows, LONG) == rows
    assert claimed(store, "two") == []
    answer = settle(house, rows[0])
    assert isinstance(answer, Refusal)
    assert answer.code == "lost_lease"
    assert names(claimed(store, "two")) == [(case, "2.1"), (case, "2.2")]
    assert found(house) == []


def test_what_was_taken_back_keeps_nothing_back_once_its_lease_has_ended(house: House, store: Store) -> None:
    (case,) = asked(house)
    claimed(store, "one", limit=1, lasting=OVER)
    house.tell(case, EffectCancelled(by="agent:li", occurred_at=house.now, effect="2.0", reason="no"))
    assert names(claimed(store, "two")) == [(case, "2.1"), (case, "2.2")]


def test_what_was_not_tried_is_given_back_as_it_was(house: House, store: Store) -> None:
    (case,) = asked(house)
    before = row_of(house, case, "2.0")
    for row in claimed(store):
        assert settle(house, row, "untried") is None
    assert row_of(house, case, "2.0") == before._replace(version=1)
    assert len(claimed(store, "two")) == 3
    assert found(house) == []


def test_what_is_to_be_tried_later_keeps_its_words_its_note_and_its_count(house: House, store: Store) -> None:
    (case,) = asked(house)
    (first, *others) = claimed(store)
    again = house.now + timedelta(minutes=5)
    assert settle(house, first, "later", again_at=again, rendered="{}", reason="busy") is None
    for row in others:
        settle(house, row, "untried")
    kept = row_of(house, case, "2.0")
    assert (kept.status, kept.attempts, kept.rendered, kept.note) == ("due", 1, "{}", "busy")
    assert (kept.due_at, kept.asked_at) == (to_text(again), first.asked_at)
    assert (kept.lease_owner, kept.lease_until) == (None, None)
    house.now = again
    first = next(row for row in claimed(store) if row.effect == "2.0")
    settle(house, first, "later", again_at=house.now, reason="asleep", is_attempt=False)
    kept = row_of(house, case, "2.0")
    assert (kept.attempts, kept.rendered, kept.note) == (1, "{}", "asleep")
    assert found(house) == []


def test_a_message_that_was_settled_cannot_be_settled_again_under_its_lease(
    house: House, store: Store
) -> None:
    asked(house)
    (row, *_) = claimed(store)
    settle(house, row)
    answer = settle(house, row)
    assert isinstance(answer, Refusal)
    assert answer.code == "lost_lease"


# --- PostgreSQL ---------------------------------------------------------------------------------------------


@on_postgres
def test_a_message_somebody_is_changing_just_now_is_not_overtaken(house: House, store: Store) -> None:
    first, second = asked(house, 2)
    with plain_cursor(house) as other:
        other.execute("begin")
        other.execute("select 1 from recovery_effect where case_id = %s and n = 0 for update", (first,))
        assert {row.case for row in claimed(store, "one")} == {second}
        other.execute("rollback")
    assert names(claimed(store, "two")) == [(first, "2.0"), (first, "2.1"), (first, "2.2")]


@on_postgres
def test_a_claim_waits_for_one_that_is_not_yet_committed(house: House, store: Store) -> None:
    first, second = asked(house, 2)
    got: list[OutboxRow] = []
    other = house.open_store("other")
    thread = threading.Thread(target=lambda: got.extend(claimed(other, "two")))
    never = threading.Event()
    with plain_cursor(house) as looking:
        with store.write() as unit:
            mine = unit.outbox.claim(TENANT, "one", house.now, LONG, 2, installation=store.sender_id())
            thread.start()
            for _ in range(600):
                looking.execute("select count(*) from pg_locks where locktype = 'advisory' and not granted")
                if looking.fetchone()[0]:
                    break
                never.wait(0.05)
            else:
                pytest.fail("nobody waits")
            unit.flush()
        thread.join(60)
    other.close()
    assert names(mine) == [(first, "2.0"), (first, "2.1")]
    assert {row.case for row in got} == {second}


@on_postgres
def test_a_claim_keeps_out_those_of_its_tenant_alone_and_whoever_takes_the_database_over(
    house: House, store: Store
) -> None:
    """One tenant's storm makes no other tenant's claim wait."""

    def asking(tenant: str | None) -> bool:
        """Whether whoever claims for a tenant, or for all, would have to wait."""
        with plain_cursor(house) as other:
            other.execute("set lock_timeout = '1ms'")
            try:
                POSTGRES.claiming(other, tenant)
            except psycopg.errors.LockNotAvailable:
                return True
        return False

    with store.write() as unit:
        unit.outbox.claim(TENANT, "one", house.now, LONG, 2, installation=store.sender_id())
        assert asking(TENANT)
        assert not asking("another")
        assert asking(None)
        unit.flush()
    assert not any(asking(tenant) for tenant in (TENANT, "another", None))
