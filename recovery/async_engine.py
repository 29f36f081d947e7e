"""The engine for hosts that await: the same commands and questions, the same answers and errors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from recovery.commands import Command, Outcome
from recovery.core.case import Case
from recovery.core.errors import Refusal
from recovery.core.events import Event
from recovery.engine import Engine

if TYPE_CHECKING:
    from recovery.asking import Changes, Page
    from recovery.store.lending import AsyncLendable

T = TypeVar("T")


class AsyncEngine:
    """An `Engine` to be awaited. Make one beside the engine and share it.

    Without a `connection` the work is done in a thread, on the engine's own connections: it does not hold up
    the event loop, and goes on to its end when nobody waits for it any more. A `connection` is SQLAlchemy's
    `AsyncConnection` or `AsyncSession`: then the work is done in its transaction, as `Engine` does it.

    Attributes:
        engine: the engine that does the work.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def handle(
        self,
        event: Event,
        case: int | None = None,
        *,
        key: str | None = None,
        connection: AsyncLendable | None = None,
    ) -> Outcome:
        """See `Engine.handle`."""
        return await self._run(connection, self.engine.handle, event, case, key=key)

    async def handle_many(
        self, commands: Sequence[Command], *, connection: AsyncLendable | None = None
    ) -> list[Outcome | Refusal]:
        """See `Engine.handle_many`."""
        return await self._run(connection, self.engine.handle_many, commands)

    async def open_case(
        self,
        text: str,
        *,
        by: str = "customer",
        customer: Mapping[str, str] | None = None,
        external_id: str | None = None,
        workflow: str | None = None,
        key: str | None = None,
        connection: AsyncLendable | None = None,
        **more: Any,
    ) -> Outcome:
        """See `Engine.open_case`."""
        fields = {"by": by, "customer": customer, "external_id": external_id, "workflow": workflow}
        return await self._run(connection, self.engine.open_case, text, key=key, **fields, **more)

    async def record(
        self,
        case: int,
        facts: Mapping[str, Any],
        *,
        by: str,
        source: str = "agent",
        key: str | None = None,
        connection: AsyncLendable | None = None,
    ) -> Outcome:
        """See `Engine.record`."""
        return await self._run(connection, self.engine.record, case, facts, by=by, source=source, key=key)

    async def do(
        self,
        case: int,
        transition: str,
        *,
        by: str,
        facts: Mapping[str, Any] | None = None,
        source: str = "agent",
        key: str | None = None,
        connection: AsyncLendable | None = None,
    ) -> Outcome:
        """See `Engine.do`."""
        more = {"by": by, "facts": facts, "source": source, "key": key}
        return await self._run(connection, self.engine.do, case, transition, **more)

    async def find(self, external_id: str, *, connection: AsyncLendable | None = None) -> Case | None:
        """See `Engine.find`."""
        return await self._run(connection, self.engine.find, external_id)

    async def case(self, id: int, *, connection: AsyncLendable | None = None) -> Case:
        """See `Engine.case`."""
        return await self._run(connection, self.engine.case, id)

    async def list_cases(
        self,
        *,
        step: str | None = None,
        owner: str | None = None,
        workflow: str | None = None,
        mode: str | None = None,
        severity: int | None = None,
        ended: bool | None = None,
        cursor: str | None = None,
        limit: int = 50,
        connection: AsyncLendable | None = None,
    ) -> Page:
        """See `Engine.list_cases`."""
        filters: dict[str, Any] = {"step": step, "owner": owner, "workflow": workflow, "mode": mode}
        filters |= {"severity": severity, "ended": ended, "cursor": cursor, "limit": limit}
        return await self._run(connection, self.engine.list_cases, **filters)

    async def explain(
        self, case: int | Case, language: str = "en", *, connection: AsyncLendable | None = None
    ) -> dict[str, Any]:
        """See `Engine.explain`."""
        return await self._run(connection, self.engine.explain, case, language)

    async def changes(self, since: int = 0, limit: int = 100) -> Changes:
        """See `Engine.changes`."""
        return await asyncio.to_thread(self.engine.changes, since, limit)

    async def _run(
        self, connection: AsyncLendable | None, work: Callable[..., T], *args: Any, **more: Any
    ) -> T:
        return await awaited(connection, work, *args, **more)


async def awaited(connection: AsyncLendable | None, work: Callable[..., T], *args: Any, **more: Any) -> T:
    """Do blocking work in a thread, or, where a connection is lent, through that connection."""
    if connection is None:
        return await asyncio.to_thread(work, *args, **more)

    def lent(to: Any) -> T:
        return work(*args, connection=to, **more)

    return await connection.run_sync(lent)
