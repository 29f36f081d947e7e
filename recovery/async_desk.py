"""The desk for hosts that await: the same work, the same answers and errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recovery.async_engine import AsyncEngine, awaited
from recovery.commands import Outcome
from recovery.conversing import Said
from recovery.core.brief import Brief
from recovery.desk import Attachment, Desk, Received
from recovery.drafting import Draft, Sayable
from recovery.store.lending import AsyncLendable


class AsyncDesk:
    """A `Desk` to be awaited. Every method takes what the one of `Desk` takes, in the same words."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.desk = Desk(engine.engine)

    async def sayable(self, case: int, *, connection: AsyncLendable | None = None) -> list[Sayable]:
        """See `Desk.sayable`."""
        return await awaited(connection, self.desk.sayable, case)

    async def draft(
        self,
        case: int,
        template: str | None = None,
        *,
        by: str,
        connection: AsyncLendable | None = None,
        **more: Any,
    ) -> Draft:
        """See `Desk.draft`."""
        return await awaited(connection, self.desk.draft, case, template, by=by, **more)

    async def say(
        self, case: int, text: str, *, by: str, connection: AsyncLendable | None = None, **more: Any
    ) -> Outcome:
        """See `Desk.say`."""
        return await awaited(connection, self.desk.say, case, text, by=by, **more)

    async def cancel(
        self,
        case: int,
        effect: str,
        reason: str,
        *,
        by: str,
        key: str | None = None,
        connection: AsyncLendable | None = None,
    ) -> Outcome:
        """See `Desk.cancel`."""
        return await awaited(connection, self.desk.cancel, case, effect, reason, by=by, key=key)

    async def promise(
        self, case: int, what: str = "", *, by: str, connection: AsyncLendable | None = None, **more: Any
    ) -> Outcome:
        """See `Desk.promise`."""
        return await awaited(connection, self.desk.promise, case, what, by=by, **more)

    async def promise_kept(
        self, case: int, promise: str, *, by: str, connection: AsyncLendable | None = None, **more: Any
    ) -> Outcome:
        """See `Desk.promise_kept`."""
        return await awaited(connection, self.desk.promise_kept, case, promise, by=by, **more)

    async def release_promise(
        self,
        case: int,
        promise: str,
        reason: str,
        *,
        by: str,
        key: str | None = None,
        connection: AsyncLendable | None = None,
    ) -> Outcome:
        """See `Desk.release_promise`."""
        return await awaited(connection, self.desk.release_promise, case, promise, reason, by=by, key=key)

    async def note(
        self,
        case: int,
        text: str,
        *,
        by: str,
        key: str | None = None,
        connection: AsyncLendable | None = None,
    ) -> Outcome:
        """See `Desk.note`."""
        return await awaited(connection, self.desk.note, case, text, by=by, key=key)

    async def attach(
        self,
        case: int,
        name: str,
        content: bytes,
        *,
        by: str,
        key: str | None = None,
        connection: AsyncLendable | None = None,
    ) -> Outcome:
        """See `Desk.attach`."""
        return await awaited(connection, self.desk.attach, case, name, content, by=by, key=key)

    async def attachment(
        self, case: int, sha256: str, *, connection: AsyncLendable | None = None
    ) -> Attachment:
        """See `Desk.attachment`."""
        return await awaited(connection, self.desk.attachment, case, sha256)

    async def receive(
        self,
        case: int,
        text: str,
        *,
        attachments: Sequence[tuple[str, bytes]] = (),
        connection: AsyncLendable | None = None,
        **more: Any,
    ) -> Received:
        """See `Desk.receive`."""
        return await awaited(connection, self.desk.receive, case, text, attachments=attachments, **more)

    async def conversation(self, case: int, *, connection: AsyncLendable | None = None) -> list[Said]:
        """See `Desk.conversation`."""
        return await awaited(connection, self.desk.conversation, case)

    async def brief(
        self, case: int, language: str = "en", *, connection: AsyncLendable | None = None
    ) -> Brief:
        """See `Desk.brief`."""
        return await awaited(connection, self.desk.brief, case, language)
