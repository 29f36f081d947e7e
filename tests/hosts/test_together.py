"""Whatever a host is made with: commit keeps its work and the engine's, rollback keeps neither."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from recovery.core.errors import EventRefused, NotFound
from recovery.core.events import FactsRecorded
from recovery.store.faults import LostRace
from tests.hosts.desks import POSTGRES_HOSTS, SQLITE_HOSTS, Desk, Story, django_atomic, psycopg_by_hand
from tests.hosts.ground import Ground

Tell = Callable[[Story], None]


@pytest.fixture(
    params=[
        *(pytest.param(("sqlite_ground", name), id=f"sqlite-{name}") for name in SQLITE_HOSTS),
        *(
            pytest.param(("postgres_ground", name), id=f"postgres-{name}", marks=pytest.mark.postgres)
            for name in POSTGRES_HOSTS
        ),
    ]
)
def host(request: pytest.FixtureRequest) -> tuple[Ground, Tell]:
    """Each host in turn: its database, and what tells a story at its desk."""
    kind, name = request.param
    ground: Ground = request.getfixturevalue(kind)
    hosts = SQLITE_HOSTS if ground.is_sqlite else POSTGRES_HOSTS
    return ground, partial(hosts[name], ground)


def open_case(ground: Ground, desk: Desk) -> int:
    opened = ground.engine.open_case("It broke.", external_id=ground.name, connection=desk.lent)
    assert not opened.repeated
    return opened.case


def test_commit_keeps_both(host: tuple[Ground, Tell]) -> None:
    ground, tell = host

    def story(desk: Desk) -> None:
        desk.write(ground.name)
        case = open_case(ground, desk)
        ground.engine.record(case, {"problem.restated": "The handle."}, by="agent:li", connection=desk.lent)
        assert ground.kept() == (False, False)
        desk.commit()

    tell(story)
    assert ground.kept() == (True, True)


def test_commit_keeps_both_when_the_engine_comes_first(host: tuple[Ground, Tell]) -> None:
    ground, tell = host

    def story(desk: Desk) -> None:
        open_case(ground, desk)
        assert ground.kept() == (False, False)
        desk.write(ground.name)
        desk.commit()

    tell(story)
    assert ground.kept() == (True, True)


def test_commit_keeps_the_engine_s_work_alone(host: tuple[Ground, Tell]) -> None:
    ground, tell = host

    def story(desk: Desk) -> None:
        open_case(ground, desk)
        desk.commit()

    tell(story)
    assert ground.kept() == (False, True)


def test_rollback_keeps_neither(host: tuple[Ground, Tell]) -> None:
    ground, tell = host

    def story(desk: Desk) -> None:
        desk.write(ground.name)
        open_case(ground, desk)
        desk.rollback()

    tell(story)
    assert ground.kept() == (False, False)


def test_rollback_keeps_neither_when_the_engine_comes_first(host: tuple[Ground, Tell]) -> None:
    ground, tell = host

    def story(desk: Desk) -> None:
        open_case(ground, desk)
        desk.write(ground.name)
        desk.rollback()

    tell(story)
    assert ground.kept() == (False, False)


def test_a_connection_closed_without_commit_keeps_nothing(host: tuple[Ground, Tell]) -> None:
    ground, tell = host

    class Crash(Exception):
        pass

    def story(desk: Desk) -> None:
        open_case(ground, desk)
        desk.write(ground.name)
        raise Crash

    with pytest.raises(Crash):
        tell(story)
    assert ground.kept() == (False, False)


def test_a_refusal_leaves_the_transaction_usable(host: tuple[Ground, Tell]) -> None:
    ground, tell = host

    def story(desk: Desk) -> None:
        desk.write(ground.name)
        case = open_case(ground, desk)
        with pytest.raises(EventRefused):
            ground.engine.record(case, {"no.such.fact": 1}, by="agent:li", connection=desk.lent)
        ground.engine.record(case, {"problem.restated": "The handle."}, by="agent:li", connection=desk.lent)
        desk.commit()

    tell(story)
    assert ground.kept() == (True, True)
    found = ground.engine.find(ground.name)
    assert found is not None
    assert found.seq == 2


def test_a_question_without_an_answer_leaves_the_transaction_usable(host: tuple[Ground, Tell]) -> None:
    ground, tell = host

    def story(desk: Desk) -> None:
        desk.write(ground.name)
        with pytest.raises(NotFound):
            ground.engine.case(2**40, connection=desk.lent)
        assert ground.engine.find("never heard of", connection=desk.lent) is None
        open_case(ground, desk)
        desk.commit()

    tell(story)
    assert ground.kept() == (True, True)


@pytest.mark.parametrize("error", [LostRace, KeyboardInterrupt])
def test_an_error_half_way_undoes_that_command_alone(
    host: tuple[Ground, Tell], error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything of the command has been written by then, and nothing of it stays."""
    ground, tell = host

    def story(desk: Desk) -> None:
        desk.write(ground.name)
        case = open_case(ground, desk)
        with monkeypatch.context() as broken:
            broken.setattr("recovery.store.unit.Unit.flush", _written_then(error))
            with pytest.raises(error):
                ground.engine.record(case, {"problem.restated": "No."}, by="agent:li", connection=desk.lent)
        ground.engine.record(case, {"problem.category": "delivery"}, by="agent:li", connection=desk.lent)
        desk.commit()

    tell(story)
    found = ground.engine.find(ground.name)
    assert found is not None
    assert (ground.kept(), found.seq) == ((True, True), 2)
    assert "problem.restated" not in found.facts
    assert len(ground.engine.store.log(ground.engine.tenant, found.id)) == 2


def _written_then(error: type[BaseException]) -> Callable[[object], None]:
    from recovery.store.unit import Unit

    flush = Unit.flush

    def broken(unit: Unit) -> None:
        flush(unit)
        raise error("on purpose")

    return broken


def test_a_host_s_savepoint_takes_the_engine_s_work_along(host: tuple[Ground, Tell]) -> None:
    ground, tell = host

    class Undo(Exception):
        pass

    def undone(desk: Desk) -> None:
        with desk.nested():
            desk.run("insert into ticket (name, note) values (?, 'undone')", f"{ground.name}-undone")
            open_case(ground, desk)
            raise Undo

    def story(desk: Desk) -> None:
        desk.run("insert into ticket (name, note) values (?, 'first')", f"{ground.name}-first")
        with pytest.raises(Undo):
            undone(desk)
        assert ground.engine.find(ground.name, connection=desk.lent) is None
        with desk.nested():
            desk.write(ground.name)
            open_case(ground, desk)
        desk.commit()

    tell(story)
    assert ground.kept() == (True, True)
    assert not ground.ask("select 1 from ticket where name = ?", f"{ground.name}-undone")
    assert ground.ask("select 1 from ticket where name = ?", f"{ground.name}-first")


def test_the_host_s_transaction_sees_what_nobody_else_sees_yet(host: tuple[Ground, Tell]) -> None:
    ground, tell = host

    def story(desk: Desk) -> None:
        case = open_case(ground, desk)
        found = ground.engine.find(ground.name, connection=desk.lent)
        assert found is not None
        assert found == ground.engine.case(case, connection=desk.lent)
        listed = ground.engine.list_cases(step=found.step, limit=1, connection=desk.lent).cases
        assert [one.id for one in listed] == [case]
        told = ground.engine.explain(case, connection=desk.lent)
        assert told["case"] == case
        assert ground.engine.find(ground.name) is None
        desk.rollback()

    tell(story)


def test_the_same_key_in_one_transaction_is_done_once(host: tuple[Ground, Tell]) -> None:
    ground, tell = host
    key = f"{ground.name}/note"

    def story(desk: Desk) -> None:
        case = open_case(ground, desk)
        facts = {"problem.restated": "The handle."}
        event = FactsRecorded(by="agent:li", occurred_at=ground.clock.now(), facts=facts)
        answers = [ground.engine.handle(event, case, key=key, connection=desk.lent) for _ in range(2)]
        assert [answer.repeated for answer in answers] == [False, True]
        desk.commit()

    tell(story)


def test_many_transactions_one_after_the_other(host: tuple[Ground, partial[None]]) -> None:
    ground, tell = host
    if tell.keywords.get("begin") or tell.func in (django_atomic, psycopg_by_hand):
        pytest.skip("this desk begins one transaction")

    def story(desk: Desk) -> None:
        case = open_case(ground, desk)
        desk.commit()
        ground.engine.record(case, {"problem.restated": "Lost."}, by="agent:li", connection=desk.lent)
        desk.rollback()
        ground.engine.record(case, {"problem.restated": "Kept."}, by="agent:li", connection=desk.lent)
        desk.commit()

    tell(story)
    found = ground.engine.find(ground.name)
    assert found is not None
    assert found.seq == 2
