"""The engine for hosts that await: on its own connections, and in a lent asynchronous transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine as AlchemyEngine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from recovery import AsyncEngine, Command, EventRefused, NotFound, Refusal
from recovery.core.events import ComplaintReceived, FactsRecorded
from tests.hosts.ground import Ground

RESTATED = {"problem.restated": "The handle."}
INSERT = sa.text("insert into ticket (name, note) values (:name, 'by the host')")

Story = Callable[[AsyncEngine, AlchemyEngine], Awaitable[None]]


@pytest.fixture
def told(ground: Ground) -> Callable[[Story], None]:
    """Tells a story with an engine to await and a host's engine of SQLAlchemy."""

    def tell(story: Story) -> None:
        async def run() -> None:
            host = create_async_engine(ground.url.replace("sqlite:", "sqlite+aiosqlite:"))
            try:
                await story(AsyncEngine(ground.engine), host)
            finally:
                await host.dispose()

        asyncio.run(run())

    return tell


def test_every_command_and_question_can_be_awaited(ground: Ground, told: Callable[[Story], None]) -> None:
    async def story(engine: AsyncEngine, host: AlchemyEngine) -> None:
        opened = await engine.open_case("It broke.", external_id=ground.name, subject="Handle")
        recorded = await engine.record(opened.case, RESTATED, by="agent:li", key=ground.name)
        assert recorded.seq == 2
        event = FactsRecorded(by="agent:li", occurred_at=ground.clock.now(), facts=RESTATED)
        assert (await engine.handle(event, opened.case, key=ground.name)).repeated
        with pytest.raises(EventRefused):
            await engine.do(opened.case, "reopen", by="agent:li")
        (refused,) = await engine.handle_many([Command(event, 2**40)])
        assert isinstance(refused, Refusal)
        found = await engine.find(ground.name)
        assert found == await engine.case(opened.case)
        assert found is not None
        assert found.subject == "Handle"
        assert (await engine.list_cases(limit=1)).cases == [found]
        assert (await engine.explain(found))["case"] == opened.case
        assert (await engine.changes(0, 1)).records
        with pytest.raises(NotFound):
            await engine.case(2**40)

    told(story)


def test_money_can_be_awaited_too(ground: Ground, told: Callable[[Story], None]) -> None:
    async def story(engine: AsyncEngine, host: AlchemyEngine) -> None:
        case = (await engine.open_case("It broke.", external_id=f"{ground.name}-money")).case
        await engine.offer_compensation(case, "refund", "40 USD", by="agent:li", key=f"{ground.name}-1")
        await engine.accept_compensation(case, "1")
        await engine.fulfil_compensation(case, "1", by="agent:bo", receipt="T-1")
        await engine.spend(case, "gift", "5 USD", by="agent:li")
        for number, offer in ((3, "a"), (4, "b")):
            await engine.offer_compensation(case, "credit", "3000 USD", by="agent:li", offer=offer)
            await engine.delegate_approval(case, str(number), "max", by="supervisor:eva")
        await engine.approve(case, "3", by="agent:max")
        await engine.refuse_approval(case, "4", "no", by="supervisor:eva")
        await engine.decline_compensation(case, "3")
        await engine.offer_compensation(case, "gift", "1 USD", by="agent:li", offer="another")
        await engine.revoke_compensation(case, "5", "a slip", by="agent:li")
        (mine,) = await engine.limits_of("agent:li", case)
        of_li = f"used empowerment {mine.account}"
        assert mine.used == sum(one.units for one in await engine.ledger(case) if one.account == of_li)
        assert "agent:li" in {one.by for one in await engine.limits_now()}

    told(story)


@pytest.mark.parametrize("kind", ["connection", "session"])
def test_in_a_lent_transaction_commit_keeps_both_and_rollback_neither(
    ground: Ground, told: Callable[[Story], None], kind: str
) -> None:
    async def work(engine: AsyncEngine, lent: Any) -> None:
        await lent.execute(INSERT, {"name": ground.name})
        opened = await engine.open_case("It broke.", external_id=ground.name, connection=lent)
        await engine.record(opened.case, RESTATED, by="agent:li", connection=lent)
        with pytest.raises(EventRefused):
            await engine.do(opened.case, "reopen", by="agent:li", connection=lent)
        complaint = ComplaintReceived(by="customer", occurred_at=ground.clock.now(), text="Another.")
        await engine.handle(complaint, connection=lent)
        await engine.handle_many([Command(complaint)], connection=lent)
        found = await engine.find(ground.name, connection=lent)
        assert found == await engine.case(opened.case, connection=lent)
        assert (await engine.explain(opened.case, connection=lent))["case"] == opened.case
        assert len((await engine.list_cases(limit=3, connection=lent)).cases) == 3

    async def story(engine: AsyncEngine, host: AlchemyEngine) -> None:
        def lending() -> Any:
            return host.connect() if kind == "connection" else AsyncSession(host)

        async with lending() as lent:
            await work(engine, lent)
            await lent.rollback()
        assert ground.kept() == (False, False)
        async with lending() as lent:
            await work(engine, lent)
            assert ground.kept() == (False, False)
            await lent.commit()
        assert ground.kept() == (True, True)

    told(story)


def test_work_that_is_cancelled_in_a_lent_transaction_is_undone(
    ground: Ground, told: Callable[[Story], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def cancelled(unit: object) -> None:
        raise asyncio.CancelledError

    async def story(engine: AsyncEngine, host: AlchemyEngine) -> None:
        async with AsyncSession(host) as session:
            await session.execute(INSERT, {"name": ground.name})
            with monkeypatch.context() as broken:
                broken.setattr("recovery.store.unit.Unit.flush", cancelled)
                with pytest.raises(asyncio.CancelledError):
                    await engine.open_case("It broke.", external_id=ground.name, connection=session)
            await session.commit()

    told(story)
    assert ground.kept() == (True, False)


def test_many_at_once_do_not_hold_up_the_loop(ground: Ground, told: Callable[[Story], None]) -> None:
    async def story(engine: AsyncEngine, host: AlchemyEngine) -> None:
        names = [f"{ground.name}-{n}" for n in range(20)]
        opened = await asyncio.gather(*(engine.open_case("It broke.", external_id=name) for name in names))
        assert len({one.case for one in opened}) == 20

    told(story)
