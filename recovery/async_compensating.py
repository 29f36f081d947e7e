"""Money for hosts that await: the same commands and questions as `recovery.compensating`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from recovery.commands import Outcome

if TYPE_CHECKING:
    from recovery.core.empowerment.reviewing import Payee
    from recovery.engine import Engine
    from recovery.standing import Allowance
    from recovery.store.ledger_reading import LedgerLine
    from recovery.store.lending import AsyncLendable

T = TypeVar("T")


class AsyncCompensating:
    """What `AsyncEngine` does with compensations. Every method takes what the one of `Engine` takes."""

    engine: Engine

    @abstractmethod
    async def _run(
        self, connection: AsyncLendable | None, work: Callable[..., T], *args: Any, **more: Any
    ) -> T:
        """Do the work in a thread, or in the transaction of a lent connection."""

    async def offer_compensation(
        self,
        case: int,
        kind: str,
        amount: str | None = None,
        *,
        by: str,
        connection: AsyncLendable | None = None,
        **more: Any,
    ) -> Outcome:
        """See `Engine.offer_compensation`."""
        return await self._run(connection, self.engine.offer_compensation, case, kind, amount, by=by, **more)

    async def spend(
        self,
        case: int,
        kind: str,
        amount: str | None = None,
        *,
        by: str,
        connection: AsyncLendable | None = None,
        **more: Any,
    ) -> Outcome:
        """See `Engine.spend`."""
        return await self._run(connection, self.engine.spend, case, kind, amount, by=by, **more)

    async def accept_compensation(
        self, case: int, compensation: str, *, connection: AsyncLendable | None = None, **more: Any
    ) -> Outcome:
        """See `Engine.accept_compensation`."""
        return await self._run(connection, self.engine.accept_compensation, case, compensation, **more)

    async def decline_compensation(
        self, case: int, compensation: str, *, connection: AsyncLendable | None = None, **more: Any
    ) -> Outcome:
        """See `Engine.decline_compensation`."""
        return await self._run(connection, self.engine.decline_compensation, case, compensation, **more)

    async def revoke_compensation(
        self,
        case: int,
        compensation: str,
        reason: str,
        *,
        by: str,
        connection: AsyncLendable | None = None,
        **more: Any,
    ) -> Outcome:
        """See `Engine.revoke_compensation`."""
        return await self._run(
            connection, self.engine.revoke_compensation, case, compensation, reason, by=by, **more
        )

    async def fulfil_compensation(
        self, case: int, compensation: str, *, by: str, connection: AsyncLendable | None = None, **more: Any
    ) -> Outcome:
        """See `Engine.fulfil_compensation`."""
        return await self._run(connection, self.engine.fulfil_compensation, case, compensation, by=by, **more)

    async def approve(
        self, case: int, compensation: str, *, by: str, connection: AsyncLendable | None = None, **more: Any
    ) -> Outcome:
        """See `Engine.approve`."""
        return await self._run(connection, self.engine.approve, case, compensation, by=by, **more)

    async def refuse_approval(
        self,
        case: int,
        compensation: str,
        reason: str,
        *,
        by: str,
        connection: AsyncLendable | None = None,
        **more: Any,
    ) -> Outcome:
        """See `Engine.refuse_approval`."""
        return await self._run(
            connection, self.engine.refuse_approval, case, compensation, reason, by=by, **more
        )

    async def delegate_approval(
        self,
        case: int,
        compensation: str,
        to: str,
        *,
        by: str,
        connection: AsyncLendable | None = None,
        **more: Any,
    ) -> Outcome:
        """See `Engine.delegate_approval`."""
        return await self._run(
            connection, self.engine.delegate_approval, case, compensation, to, by=by, **more
        )

    async def ledger(self, case: int, *, connection: AsyncLendable | None = None) -> list[LedgerLine]:
        """See `Engine.ledger`."""
        return await self._run(connection, self.engine.ledger, case)

    async def limits_of(
        self, by: str, case: int | None = None, *, connection: AsyncLendable | None = None
    ) -> list[Allowance]:
        """See `Engine.limits_of`."""
        return await self._run(connection, self.engine.limits_of, by, case)

    async def limits_now(self, *, connection: AsyncLendable | None = None) -> list[Allowance]:
        """See `Engine.limits_now`."""
        return await self._run(connection, self.engine.limits_now)

    async def repeat_payees(
        self, since: datetime, *, connection: AsyncLendable | None = None, **more: Any
    ) -> list[Payee]:
        """See `Engine.repeat_payees`."""
        return await self._run(connection, self.engine.repeat_payees, since, **more)
