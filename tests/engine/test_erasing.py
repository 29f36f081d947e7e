"""A person is erased from every case of theirs, and nothing counts otherwise than before."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from recovery.bootstrap import open_engine
from recovery.clock import ManualClock
from recovery.commands import Command
from recovery.core.erasing import ERASED
from recovery.core.errors import EventRefused, RecoveryError, Refusal
from recovery.core.events import (
    ComplaintReceived,
    CouponOffered,
    CouponRedeemed,
    FactsRecorded,
    HandOffOffered,
    MessageReceived,
    MessageWritten,
    MoveForced,
    PersonErased,
)
from recovery.delivery.outbox import deliver_due
from recovery.desk import Desk
from recovery.engine import Engine
from recovery.insight.funnel import funnel
from recovery.insight.process import process
from recovery.project import Project, starter_root
from recovery.sealing import KEY_VARIABLE
from recovery.store import erasing as rows_of
from recovery.store.compiling import Statement
from recovery.store.queries import GROUPS
from recovery.store.sqlite import SqliteStore
from recovery.store.tables import metadata
from recovery.store.verify import Report, verify
from recovery.testing import Mailbox
from tests.postgres import new_database, postgres_server
from tests.support import OWNED, SAID, START, TO_OWN, case_of, engine_on
from tests.support import new_database as new_sqlite

__all__ = ["postgres_server"]

ANA = {"name": "Ana Silva", "address": "ana@example.org", "id": "C-7", "zone": "Europe/Lisbon"}
KEY = "a key from the environment"
ITO = "supervisor:ito"


BOTH = pytest.mark.parametrize(
    "project", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


@pytest.fixture
def project(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Project]:
    """The starter project, on SQLite, or on the kind of database a test asks for."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield new_sqlite(tmp_path, tmp_path_factory.getbasetemp())
        return
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    server = request.getfixturevalue("postgres_server")
    with new_database(server, "recovery_erasing") as url:
        found = Project(starter_root(), url, outbox=tmp_path / "outbox")
        open_engine(found, clock=ManualClock(START), make=True).store.close()
        yield found


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def engine(project: Project, clock: ManualClock) -> Iterator[Engine]:
    with engine_on(project, clock) as found:
        yield found


def told(engine: Engine, clock: ManualClock, customer: dict[str, str], name: str) -> int:
    """A closed case in which everything was said that can be said; each word of it begins with `secret`."""
    desk, li, now = Desk(engine), "agent:li", clock.now()
    nick = {"by": "customer:secret-nick", "source": "customer"}
    more = {"subject": "secret-subject", "key": f"open {name}"}
    case = engine.open_case("secret-complaint", customer=customer, external_id=name, **more).case
    engine.record(case, {**TO_OWN, "problem.restated": "secret-restated"}, by=li)
    engine.record(case, {**SAID, "expectation.wanted": "secret-wish"}, **nick)
    engine.record(case, OWNED, by=li)
    desk.note(case, "secret-note", by=li)
    desk.attach(case, "secret-name.txt", b"secret-content", by=li)
    desk.say(case, "Thank you for your patience, secret-written.", by=li, wait=0)
    desk.promise(case, "to call secret-whom", by=li, by_when=now + timedelta(hours=3))
    desk.promise_kept(case, "1", by=li, note="secret-kept")
    for event in (
        MessageReceived(by="customer", occurred_at=now, text="secret-answer", message_id="<secret-id@x>"),
        HandOffOffered(by=li, occurred_at=now, to="bo", reason="secret-handoff"),
        CouponOffered(
            by=li, occurred_at=now, offer="goodwill", value="9 USD", expires_after_days=90, note="secret-gift"
        ),
    ):
        engine.handle(event, case)
    deliver_due(engine, Mailbox())
    (offer,) = case_of(engine, case).coupons
    for event in (
        CouponRedeemed(by=li, occurred_at=now, offer=offer, serial=1, reference="secret-order"),
        MoveForced(by=ITO, occurred_at=now, to="closed", reason="secret-reason"),
    ):
        engine.handle(event, case)
    clock.advance(timedelta(hours=1))
    return case


def figures(engine: Engine) -> dict[str, Any]:
    """What reports count."""
    store, tenant = engine.store, engine.tenant
    workflow = engine.current()
    counted = funnel(workflow, store.logs(tenant))
    cases = store.list_cases(tenant)
    promises = [one for case in cases for one in case.promises.values()]
    coupons = [one for case in cases for one in case.coupons.values()]
    known = [pair for case in cases for pair in case.facts.items()]
    went = process(store.logs(tenant)).as_dict()
    for row in went["forced"]:
        row.pop("reason")
    return {
        "steps": [count.as_dict() for count in counted.steps],
        "moves": dict(counted.transitions),
        "process": went,
        "groups": {group: store.count_by(tenant, group) for group in GROUPS},
        "messages": store.outbox_counts(tenant),
        "clocks": Counter(pair for case in cases for pair in case.clocks.items()),
        "promises": Counter((one.by_when, one.kept_at, one.made_at) for one in promises),
        "coupons": Counter((one.value, one.status) for one in coupons),
        "facts": Counter(name for name, _ in known),
        "values": Counter((name, value) for name, value in known if isinstance(value, bool | int)),
        "kinds": Counter(case.facts.get("problem.category") for case in cases),
    }


def everything(engine: Engine) -> str:
    """Every value of every table as one text."""
    found = []
    for name, table in metadata.tables.items():
        if name != "recovery_bundle":
            found += [repr(row) for row in engine.store.rows(Statement(select(table)))]
    return "\n".join(found)


def checked(engine: Engine) -> Report:
    return verify(engine.store, KEY.encode())


@BOTH
def test_words_go_and_every_count_stays(engine: Engine, clock: ManualClock) -> None:
    told(engine, clock, ANA, "HD-1")
    told(engine, clock, {**ANA, "address": "another@example.org"}, "HD-2 another@example.org")
    engine.store.seal(KEY.encode(), clock.now())
    assert "secret" in everything(engine)
    before = figures(engine)
    found = engine.erase("ANA@example.org", by=ITO, reason="request 17")
    assert (found.found, found.done, found.refused) == ([1, 2], [1, 2], [])
    assert figures(engine) == before, "and an erasure counts for nothing"
    left = everything(engine)
    for word in ("secret", "Silva", "example.org", "C-7", "Lisbon", "nick"):
        assert word not in left, word
    report = checked(engine)
    assert (report.problems, report.erased) == ([], report.events - 2)
    case = case_of(engine, 1)
    assert (case.external_id, case.customer, case.facts["problem.statement"]) == ("HD-1", {}, ERASED)
    assert case_of(engine, 2).external_id is None
    last = engine.store.log(engine.tenant, 1)[-1]
    assert (last.kind, last.by, last.event["reason"]) == ("PersonErased", ITO, "request 17")


def test_nobody_elses_case_changes(engine: Engine, clock: ManualClock) -> None:
    told(engine, clock, ANA, "HD-1")
    other = told(engine, clock, {"name": "Bo", "address": "bo@example.org"}, "HD-2")
    log, case = engine.store.log(engine.tenant, other), case_of(engine, other)
    engine.erase("C-7", by=ITO, reason="request 17")
    assert (engine.store.log(engine.tenant, other), case_of(engine, other)) == (log, case)
    (sha256,) = case.attachments
    content = engine.store.attachment(engine.tenant, sha256)
    assert content == b"secret-content", "the same file, which both cases have"
    engine.erase(case=other, by=ITO, reason="request 18")
    assert "secret" not in everything(engine)


def test_a_case_that_is_still_needed_is_refused_with_all_that_it_is_needed_for(
    engine: Engine, clock: ManualClock
) -> None:
    case = engine.open_case("secret", customer=ANA).case
    Desk(engine).promise(case, "to call", by="agent:li", by_when=clock.now() + timedelta(hours=3))
    before = everything(engine)
    found = engine.erase("ana@example.org", by=ITO, reason="request 17")
    ((id, refusal),) = found.refused
    assert (found.done, id, refusal.code) == ([], case, "still_needed")
    assert "is open" in refusal.message
    assert refusal.details == ("Case 1 owes promise 1, for 2026-11-20 12:00 UTC.",)
    assert everything(engine) == before
    assert engine.erase("ana@example.org", by=ITO, reason="r", despite="a court", dry_run=True).refused == []
    assert everything(engine) == before
    done = engine.erase("ana@example.org", by=ITO, reason="request 17", despite="a court says so")
    assert done.done == [case]
    assert case_of(engine, case).due_at is None
    assert checked(engine).problems == []


def test_a_legal_clock_keeps_a_case(engine: Engine) -> None:
    from recovery.bootstrap import publish

    publish(engine, starter_root())
    case = engine.open_case("secret", customer=ANA, workflow="fca-disp").case
    ended = MoveForced(by=ITO, occurred_at=START, to="ended", reason="abuse")
    engine.handle(ended, case)
    ((_, refusal),) = engine.erase(case=case, by=ITO, reason="request 17").refused
    assert "legal clock" in refusal.message


@BOTH
def test_messages_that_wait_are_taken_back_and_one_on_its_way_is_waited_for(engine: Engine) -> None:
    case = engine.open_case("secret", customer=ANA).case
    engine.do(case, "withdraw", by="customer")
    (row, *_) = engine.store.claim(
        engine.tenant, "somebody", timedelta(minutes=5), 1, installation=engine.store.sender_id()
    )
    ((_, refusal),) = engine.erase(case=case, by=ITO, reason="request 17").refused
    assert refusal.code == "being_sent"
    with engine.store.write() as unit:
        unit.outbox.release(engine.tenant, row.case, row.effect, row.version)
    assert engine.erase(case=case, by=ITO, reason="request 17").done == [case]
    assert {row.status for row in engine.store.outbox(engine.tenant)} == {"cancelled"}
    box = Mailbox()
    deliver_due(engine, box)
    assert box.messages == []
    assert checked(engine).problems == []


def test_only_a_supervisor_erases_and_says_why_without_telling_who(engine: Engine) -> None:
    case = engine.open_case("secret", customer=ANA).case
    engine.do(case, "withdraw", by="customer")
    codes = []
    for by, reason in (
        ("agent:li", "request 17"),
        (ITO, "Ms Silva asked"),
        (ITO, "a mail of ana@example.org"),
        (ITO, "of customer C-7"),
    ):
        ((_, refusal),) = engine.erase(case=case, by=by, reason=reason).refused
        codes.append(refusal.code)
    assert codes == ["not_allowed", *["names_the_person"] * 3]
    with pytest.raises(RecoveryError, match="no reason"):
        engine.erase(case=case, by=ITO, reason=" ")
    with pytest.raises(RecoveryError, match="Who is meant"):
        engine.erase(by=ITO, reason="request 17")
    with pytest.raises(EventRefused):
        engine.erase(case=case, by="", reason="request 17")


def test_what_comes_later_is_not_put_into_it(engine: Engine, clock: ManualClock) -> None:
    case = told(engine, clock, ANA, "HD-1")
    engine.erase(case=case, by=ITO, reason="request 17")
    events = [
        FactsRecorded(by="agent:li", occurred_at=START, facts={"problem.restated": "secret"}),
        MessageReceived(by="customer", occurred_at=START, text="secret"),
        MessageWritten(by="agent:li", occurred_at=START, text="secret"),
    ]
    answers = engine.handle_many([Command(event, case) for event in events])
    assert [one.code for one in answers if isinstance(one, Refusal)] == ["erased"] * 3
    same = engine.open_case("secret", customer=ANA, external_id="HD-1")
    assert (same.case, same.repeated) == (case, True)
    retried = ComplaintReceived(by="customer", occurred_at=START, text="secret-complaint")
    (answer,) = engine.handle_many([Command(retried, None, "open HD-1")])
    assert isinstance(answer, Refusal)
    assert answer.code == "erased"
    assert "secret" not in everything(engine)
    engine.handle(MoveForced(by=ITO, occurred_at=START, to="withdrawn", reason="put right"), case)
    assert checked(engine).problems == []
    assert engine.erase(case=case, by=ITO, reason="request 17").found == []


def test_a_coupon_in_their_hands_can_still_be_used(engine: Engine) -> None:
    case = engine.open_case("secret", customer=ANA).case
    offered = CouponOffered(
        by="agent:li", occurred_at=START, offer="goodwill", value="10 USD", expires_after_days=90
    )
    engine.handle(offered, case)
    box = Mailbox()
    deliver_due(engine, box)
    code = next(iter(engine.store.coupon_codes(engine.tenant, case).values()))
    engine.handle(MoveForced(by=ITO, occurred_at=START, to="withdrawn", reason="done"), case)
    engine.erase(case=case, by=ITO, reason="request 17")
    assert engine.store.coupon_codes(engine.tenant, case) == {}
    with pytest.raises(EventRefused, match="without a reference"):
        engine.redeem(code, by="agent:li", reference="order 9")
    engine.redeem(code, by="agent:li")
    assert engine.coupon(code).status == "redeemed"
    assert checked(engine).problems == []


def test_what_was_erased_is_erased_again_in_an_older_copy(
    project: Project, engine: Engine, clock: ManualClock
) -> None:
    told(engine, clock, ANA, "HD-1")
    told(engine, clock, {"name": "Bo", "address": "bo@example.org"}, "HD-2")
    rows = list(engine.erased())
    assert rows == []
    log = engine.store.log(engine.tenant, 1)
    engine.erase("C-7", by=ITO, reason="request 17")
    (row,) = engine.erased()
    assert (row.case, row.first, row.by, row.reason) == (1, log[0].hash, ITO, "request 17")
    assert engine.erase_again([row]).found == [], "it is done"
    elsewhere = [row._replace(case=2), row._replace(case=99), row._replace(first="0" * 64)]
    assert engine.erase_again(elsewhere).found == [], "another case than the one that was erased"


@BOTH
def test_it_goes_on_after_it_was_cut_off(
    engine: Engine, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        told(engine, clock, ANA, f"HD-{n}")
    monkeypatch.setattr("recovery.erasing.BATCH", 2)
    whole = rows_of.take_out
    calls = 0

    def cut_off(*given: Any) -> str:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KeyboardInterrupt
        return whole(*given)

    monkeypatch.setattr(rows_of, "take_out", cut_off)
    with pytest.raises(KeyboardInterrupt):
        engine.erase(case=2, by=ITO, reason="request 17")
    done = [n for n in range(1, 6) if case_of(engine, n).erased_at is not None]
    assert done == [1, 3], "a batch is done as a whole, and the case that was named comes last"
    assert checked(engine).problems == []
    assert engine.erase(case=2, by=ITO, reason="request 17").done == [2, 4, 5]
    assert "secret" not in everything(engine)
    assert checked(engine).problems == []


def test_the_event_alone_does_the_same(engine: Engine, clock: ManualClock) -> None:
    case = told(engine, clock, ANA, "HD-1")
    event = PersonErased(by=ITO, occurred_at=clock.now(), reason="request 17")
    assert engine.handle(event, case, key="k").repeated is False
    assert engine.handle(event, case, key="k").repeated is True
    assert "secret" not in everything(engine)
    assert checked(engine).problems == []


TAMPERED = (
    "update recovery_event set body = replace(body, 'execution', 'emotion') where seq = 2",
    "update recovery_event set by = 'agent:bo' where seq = 2",
    "update recovery_event set salt = '', commitment = 'x' where kind = 'PersonErased'",
    "update recovery_event set kind = 'NoteAdded' where kind = 'PersonErased'",
    "delete from recovery_event where kind = 'PersonErased'",
    "update recovery_effect set context = '{\"a\":1}' where seq = 1",
    "update recovery_case set data = replace(data, 'execution', 'emotion')",
)


def test_what_is_left_cannot_be_changed_unseen(
    project: Project, engine: Engine, clock: ManualClock, tmp_path: Path
) -> None:
    told(engine, clock, ANA, "HD-1")
    engine.erase("C-7", by=ITO, reason="request 17")
    assert checked(engine).problems == []
    engine.store.close()
    for change in TAMPERED:
        copy = tmp_path / "copy.db"
        copy.write_bytes(project.database_path.read_bytes())
        with closing(sqlite3.connect(copy)) as database, database:
            assert database.execute(change).rowcount > 0
        store = SqliteStore.open(copy, clock=clock.now)
        assert verify(store, KEY.encode()).problems != [], change
        store.close()


def test_nothing_of_it_is_left_in_the_file(project: Project, engine: Engine, clock: ManualClock) -> None:
    told(engine, clock, ANA, "HD-1")
    engine.erase("C-7", by=ITO, reason="request 17")
    engine.store.close()
    for file in project.database_path.parent.glob("recovery.db*"):
        content = file.read_bytes()
        assert [word for word in (b"secret-", b"Ana Silva") if word in content] == [], file.name
