"""The engine for hosts that await: the same commands and questions, the same answers and errors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from recovery.async_compensating import AsyncCompensating
from recovery.async_storytelling import AsyncStorytelling
from recovery.commands import Command, Outcome
from recovery.core.brief import Brief
from recovery.core.case import Case
from recovery.core.errors import Refusal
from recovery.core.events import Event
from recovery.engine import Engine
from recovery.store.choosing import Messages

if TYPE_CHECKING:
    from recovery.asking import Changes, Page
    from recovery.couponing import CouponPage
    from recovery.erasing import Erased
    from recovery.store.lending import AsyncLendable
    from recovery.store.persons import Erasure
    from recovery.store.records import Coupon, Pause
    from recovery.tended import OutboxPage, TaskPage, Tended

T = TypeVar("T")


class AsyncEngine(AsyncCompensating, AsyncStorytelling):
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

    async def coupon(self, code: str, *, connection: AsyncLendable | None = None) -> Coupon:
        """See `Engine.coupon`."""
        return await self._run(connection, self.engine.coupon, code)

    async def redeem(
        self,
        code: str,
        *,
        by: str,
        reference: str | None = None,
        key: str | None = None,
        connection: AsyncLendable | None = None,
    ) -> Coupon:
        """See `Engine.redeem`."""
        return await self._run(connection, self.engine.redeem, code, by=by, reference=reference, key=key)

    async def offer_coupon(
        self,
        case: int,
        offer: str,
        value: str,
        *,
        days: int,
        by: str,
        note: str | None = None,
        key: str | None = None,
        connection: AsyncLendable | None = None,
    ) -> Outcome:
        """See `Engine.offer_coupon`."""
        more = {"days": days, "by": by, "note": note, "key": key}
        return await self._run(connection, self.engine.offer_coupon, case, offer, value, **more)

    async def revoke_coupon(
        self,
        case: int,
        offer: str,
        *,
        by: str,
        reason: str,
        serial: int | None = None,
        key: str | None = None,
        connection: AsyncLendable | None = None,
    ) -> Outcome:
        """See `Engine.revoke_coupon`."""
        more = {"by": by, "reason": reason, "serial": serial, "key": key}
        return await self._run(connection, self.engine.revoke_coupon, case, offer, **more)

    async def reissue_coupon(
        self,
        case: int,
        offer: str,
        *,
        by: str,
        reason: str,
        serial: int | None = None,
        key: str | None = None,
        connection: AsyncLendable | None = None,
    ) -> Outcome:
        """See `Engine.reissue_coupon`."""
        more = {"by": by, "reason": reason, "serial": serial, "key": key}
        return await self._run(connection, self.engine.reissue_coupon, case, offer, **more)

    async def list_coupons(
        self,
        *,
        case: int | None = None,
        status: str | None = None,
        expires_before: datetime | None = None,
        cursor: str | None = None,
        limit: int = 50,
        connection: AsyncLendable | None = None,
    ) -> CouponPage:
        """See `Engine.list_coupons`."""
        filters = {"case": case, "status": status, "expires_before": expires_before}
        return await self._run(connection, self.engine.list_coupons, **filters, cursor=cursor, limit=limit)

    async def coupon_codes(
        self, case: int, *, connection: AsyncLendable | None = None
    ) -> dict[tuple[str, int], str]:
        """See `Engine.coupon_codes`."""
        return await self._run(connection, self.engine.coupon_codes, case)

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

    async def brief(
        self, case: int | Case, language: str = "en", *, connection: AsyncLendable | None = None
    ) -> Brief:
        """See `Engine.brief`."""
        return await self._run(connection, self.engine.brief, case, language)

    async def list_outbox(
        self,
        which: Messages = Messages(),  # noqa: B008 - frozen
        *,
        cursor: str | None = None,
        limit: int = 50,
        connection: AsyncLendable | None = None,
    ) -> OutboxPage:
        """See `Engine.list_outbox`."""
        return await self._run(connection, self.engine.list_outbox, which, cursor=cursor, limit=limit)

    async def pauses(self) -> list[Pause]:
        """See `Engine.pauses`."""
        return await asyncio.to_thread(self.engine.pauses)

    async def tasks(
        self,
        *,
        owner: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
        connection: AsyncLendable | None = None,
    ) -> TaskPage:
        """See `Engine.tasks`."""
        return await self._run(connection, self.engine.tasks, owner=owner, cursor=cursor, limit=limit)

    async def release(
        self, which: Messages, *, by: str, reason: str | None = None, dry_run: bool = False
    ) -> Tended:
        """See `Engine.release`."""
        return await self._run(None, self.engine.release, which, by=by, reason=reason, dry_run=dry_run)

    async def hold(self, which: Messages, *, by: str, reason: str, dry_run: bool = False) -> Tended:
        """See `Engine.hold`."""
        return await self._run(None, self.engine.hold, which, by=by, reason=reason, dry_run=dry_run)

    async def cancel(self, which: Messages, *, by: str, reason: str, dry_run: bool = False) -> Tended:
        """See `Engine.cancel`."""
        return await self._run(None, self.engine.cancel, which, by=by, reason=reason, dry_run=dry_run)

    async def resend(self, which: Messages, *, by: str, dry_run: bool = False) -> Tended:
        """See `Engine.resend`."""
        return await self._run(None, self.engine.resend, which, by=by, dry_run=dry_run)

    async def erase(
        self,
        who: str | None = None,
        *,
        case: int | None = None,
        by: str,
        reason: str,
        despite: str | None = None,
        dry_run: bool = False,
    ) -> Erased:
        """See `Engine.erase`."""
        more = {"case": case, "by": by, "reason": reason, "despite": despite, "dry_run": dry_run}
        return await self._run(None, self.engine.erase, who, **more)

    async def erased(self) -> list[Erasure]:
        """See `Engine.erased`."""
        return await self._run(None, lambda: list(self.engine.erased()))

    async def erase_again(self, rows: Iterable[Erasure]) -> Erased:
        """See `Engine.erase_again`."""
        return await self._run(None, self.engine.erase_again, rows)

    async def pause(self, kind: str, name: str | None = None, *, by: str, reason: str) -> bool:
        """See `Engine.pause`."""
        return await self._run(None, self.engine.pause, kind, name, by=by, reason=reason)

    async def resume(self, kind: str, name: str | None = None) -> bool:
        """See `Engine.resume`."""
        return await self._run(None, self.engine.resume, kind, name)

    async def task_done(
        self,
        case: int,
        task: str,
        *,
        by: str,
        note: str | None = None,
        key: str | None = None,
        connection: AsyncLendable | None = None,
    ) -> Outcome:
        """See `Engine.task_done`."""
        return await self._run(connection, self.engine.task_done, case, task, by=by, note=note, key=key)

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
