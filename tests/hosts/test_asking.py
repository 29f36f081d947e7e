"""What a host asks: by ticket, by number, in pages, why, and what changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from typing import Any

import psycopg
import pytest

from recovery import EventRefused, NotFound, RecoveryError
from recovery.commands import Command
from recovery.core.events import ComplaintReceived, FactsRecorded
from recovery.engine import Engine
from tests.hosts.ground import Ground
from tests.postgres import libpq

RESTATED = {"problem.restated": "The handle."}


@pytest.fixture
def tenant(ground: Ground) -> Engine:
    """The engine of a tenant without any case, for the database is shared."""
    engine = ground.engine
    for workflow, hash in engine.store.workflows("default").items():
        bundle = engine.bundle(hash)
        engine.store.publish(ground.name, hash, workflow, bundle.files)
    return Engine(engine.store, ground.clock, tenant=ground.name)


def test_a_ticket_leads_to_its_case(tenant: Engine) -> None:
    opened = tenant.open_case("It broke.", external_id="HD-17")
    found = tenant.find("HD-17")
    assert found is not None
    assert found == tenant.case(opened.case)
    assert tenant.find("HD-18") is None
    assert tenant.find("") is None
    assert tenant.find("\0") is None


def test_a_list_comes_in_pages_the_newest_first(tenant: Engine) -> None:
    opened = [tenant.open_case("It broke.").case for _ in range(7)]
    seen: list[int] = []
    cursor = None
    while True:
        page = tenant.list_cases(cursor=cursor, limit=3)
        seen += [case.id for case in page.cases]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == opened[::-1]
    assert tenant.list_cases(limit=7).cursor is None


def test_a_list_can_be_narrowed(tenant: Engine) -> None:
    first, second = (tenant.open_case("It broke.").case for _ in range(2))
    tenant.record(first, RESTATED, by="agent:li")
    assert [case.id for case in tenant.list_cases(ended=False).cases] == [second, first]
    assert tenant.list_cases(ended=True).cases == []
    step = tenant.case(first).step
    assert {case.id for case in tenant.list_cases(step=step, workflow="ten-step", mode="live").cases} <= {
        first,
        second,
    }
    assert tenant.list_cases(owner="nobody").cases == []


def test_an_explanation_comes_in_the_agent_s_language(tenant: Engine) -> None:
    case = tenant.open_case("It broke.").case
    english, chinese = tenant.explain(case), tenant.explain(tenant.case(case), "zh")
    assert english["case"] == chinese["case"] == case
    assert english["step"]["title"] != chinese["step"]["title"]
    assert english["waits_for"]


# --- the feed -----------------------------------------------------------------------------------------------


def test_the_feed_gives_every_event_once_in_the_order_of_the_log(tenant: Engine) -> None:
    start = tenant.changes().position
    cases = [tenant.open_case("It broke.").case for _ in range(3)]
    for case in cases:
        tenant.record(case, RESTATED, by="agent:li")
    seen: list[tuple[int, int]] = []
    position = start
    while True:
        records, following = tenant.changes(position, limit=4)
        if not records:
            assert following == position
            break
        assert following == records[-1].position
        seen += [(record.case, record.seq) for record in records]
        position = following
    assert seen == [(case, 1) for case in cases] + [(case, 2) for case in cases]


def test_another_tenant_s_events_are_not_in_the_feed(ground: Ground, tenant: Engine) -> None:
    ground.engine.open_case("Somebody else's.")
    opened = tenant.open_case("Ours.")
    assert [(record.tenant, record.case) for record in tenant.changes().records] == [
        (ground.name, opened.case)
    ]


@pytest.mark.postgres
def test_an_event_committed_late_is_not_passed_over(postgres_ground: Ground) -> None:
    """A lower position may be committed after a higher one: the feed waits for it."""
    ground = postgres_ground
    position = 0
    while (changes := ground.engine.changes(position, limit=500)).records:
        position = changes.position
    with closing(psycopg.connect(libpq(ground.url))) as connection:
        late = ground.engine.open_case("Late.", connection=connection).case
        early = ground.engine.open_case("Early.").case
        assert ground.engine.changes(position).records == []
        connection.commit()
    assert [record.case for record in ground.engine.changes(position).records] == [late, early]


def test_a_feed_read_while_others_write_misses_nothing(ground: Ground, tenant: Engine) -> None:
    opened: list[int] = []
    finished = threading.Event()

    def write(turn: int) -> None:
        for n in range(10):
            opened.append(tenant.open_case("It broke.", external_id=f"{turn}-{n}").case)

    def work() -> None:
        threads = [threading.Thread(target=write, args=(turn,)) for turn in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        finished.set()

    worker = threading.Thread(target=work)
    worker.start()
    seen: list[int] = []
    position = 0
    while True:
        is_over = finished.is_set()
        records, position = tenant.changes(position, limit=7)
        seen += [record.case for record in records]
        if is_over and not records:
            break
    worker.join()
    assert sorted(seen) == sorted(opened)
    assert len(set(seen)) == 30


# --- one tree of errors -------------------------------------------------------------------------------------

DEEP: Any = []
for _ in range(10_000):
    DEEP = [DEEP]

NONSENSE: list[Any] = [
    *(None, True, -1, 2**63, 2**200, 1.5, float("nan"), "", "x" * 10_000, "\0", "\ud800", b"x"),
    *([], {}, object(), DEEP, Ellipsis, 10**5000),
]

QUESTIONS: dict[str, Callable[[Engine, Any], Any]] = {
    "find": lambda engine, it: engine.find(it),
    "case": lambda engine, it: engine.case(it),
    "explain": lambda engine, it: engine.explain(it),
    "changes-since": lambda engine, it: engine.changes(it),
    "changes-limit": lambda engine, it: engine.changes(0, it),
    "list-step": lambda engine, it: engine.list_cases(step=it),
    "list-owner": lambda engine, it: engine.list_cases(owner=it),
    "list-severity": lambda engine, it: engine.list_cases(severity=it),
    "list-ended": lambda engine, it: engine.list_cases(ended=it),
    "list-cursor": lambda engine, it: engine.list_cases(cursor=it),
    "list-limit": lambda engine, it: engine.list_cases(limit=it),
    "bundle": lambda engine, it: engine.bundle(it),
    "current": lambda engine, it: engine.current(it),
    "open-text": lambda engine, it: engine.open_case(it),
    "open-by": lambda engine, it: engine.open_case("It broke.", by=it),
    "open-customer": lambda engine, it: engine.open_case("It broke.", customer=it),
    "open-external": lambda engine, it: engine.open_case("It broke.", external_id=it),
    "open-workflow": lambda engine, it: engine.open_case("It broke.", workflow=it),
    "open-key": lambda engine, it: engine.open_case("It broke.", key=it),
    "open-language": lambda engine, it: engine.open_case("It broke.", language=it),
    "record-case": lambda engine, it: engine.record(it, RESTATED, by="agent:li"),
    "record-facts": lambda engine, it: engine.record(1, it, by="agent:li"),
    "record-fact": lambda engine, it: engine.record(1, {"problem.restated": it}, by="agent:li"),
    "record-source": lambda engine, it: engine.record(1, RESTATED, by="agent:li", source=it),
    "do-case": lambda engine, it: engine.do(it, "reopen", by="agent:li"),
    "do-transition": lambda engine, it: engine.do(1, it, by="agent:li"),
    "handle-event": lambda engine, it: engine.handle(it, 1),
}


@pytest.mark.parametrize("question", QUESTIONS)
def test_nonsense_raises_nothing_but_errors_of_the_tree(ground: Ground, question: str) -> None:
    ground.engine.open_case("It broke.")
    errors = [error for nonsense in NONSENSE if (error := raised(ground.engine, question, nonsense))]
    assert {error.fault for error in errors} <= {"caller"}, errors
    assert all(len(str(error)) < 2_000 for error in errors)


def raised(engine: Engine, question: str, nonsense: Any) -> RecoveryError | None:
    try:
        QUESTIONS[question](engine, nonsense)
    except RecoveryError as error:
        return error
    return None


def test_a_refusal_says_whose_fault_it_is_and_what_would_be_accepted(ground: Ground) -> None:
    case = ground.engine.open_case("It broke.").case
    with pytest.raises(EventRefused) as refused:
        ground.engine.record(case, {"problem.restatd": "x"}, by="agent:li")
    assert refused.value.fault == "caller"
    assert "problem.restated" in str(refused.value)
    with pytest.raises(NotFound) as missing:
        ground.engine.case(2**40)
    assert missing.value.fault == "caller"


def test_one_command_of_nonsense_refuses_itself_alone(ground: Ground) -> None:
    now = ground.clock.now()
    good = ComplaintReceived(by="customer", occurred_at=now, text="It broke.")
    facts = FactsRecorded(by="agent:li", occurred_at=now, facts=RESTATED)
    commands = [Command(good), Command(facts, 2**200), Command(facts, "x"), Command(good)]  # type: ignore[arg-type]
    answers = ground.engine.handle_many(commands)
    assert [hasattr(answer, "case") for answer in answers] == [True, False, False, True]
