"""Stories and praise for hosts that await: the same commands and questions as `recovery.storytelling`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from recovery.commands import Outcome

if TYPE_CHECKING:
    from datetime import datetime

    from recovery.engine import Engine
    from recovery.funding import FundReport
    from recovery.insight.lineup import Sheet
    from recovery.insight.recurrence import Recurrence
    from recovery.insight.stories import Untold
    from recovery.store.lending import AsyncLendable
    from recovery.store.lineups import LineUp
    from recovery.storytelling import StoryPage

T = TypeVar("T")


class AsyncStorytelling:
    """What `AsyncEngine` does with stories. Every method takes what the one of `Engine` takes."""

    engine: Engine

    @abstractmethod
    async def _run(
        self, connection: AsyncLendable | None, work: Callable[..., T], *args: Any, **more: Any
    ) -> T:
        """Do the work in a thread, or in the transaction of a lent connection."""

    async def tell_story(
        self, case: int, felt: str, *, by: str, connection: AsyncLendable | None = None, **more: Any
    ) -> Outcome:
        """See `Engine.tell_story`."""
        return await self._run(connection, self.engine.tell_story, case, felt, by=by, **more)

    async def give_praise(
        self, case: int, to: str, text: str, *, by: str, connection: AsyncLendable | None = None, **more: Any
    ) -> Outcome:
        """See `Engine.give_praise`."""
        return await self._run(connection, self.engine.give_praise, case, to, text, by=by, **more)

    async def stories(self, *, connection: AsyncLendable | None = None, **more: Any) -> StoryPage:
        """See `Engine.stories`."""
        return await self._run(connection, self.engine.stories, **more)

    async def recurrence(self, case: int, *, connection: AsyncLendable | None = None) -> Recurrence:
        """See `Engine.recurrence`."""
        return await self._run(connection, self.engine.recurrence, case)

    async def lineup(self, team: str, *, connection: AsyncLendable | None = None) -> Sheet:
        """See `Engine.lineup`."""
        return await self._run(connection, self.engine.lineup, team)

    async def make_lineup(self, team: str, shift_at: datetime) -> tuple[LineUp, Sheet]:
        """See `Engine.make_lineup`."""
        return await self._run(None, self.engine.make_lineup, team, shift_at)

    async def sheet_of(self, made: LineUp, *, connection: AsyncLendable | None = None) -> Sheet:
        """See `Engine.sheet_of`."""
        return await self._run(connection, self.engine.sheet_of, made)

    async def lineups(
        self, team: str, limit: int = 10, *, connection: AsyncLendable | None = None
    ) -> list[LineUp]:
        """See `Engine.lineups`."""
        return await self._run(connection, self.engine.lineups, team, limit)

    async def attended(self, team: str, people: Sequence[str], *, by: str) -> LineUp:
        """See `Engine.attended`."""
        return await self._run(None, self.engine.attended, team, people, by=by)

    async def set_aside(self, amount: str, *, by: str, **more: Any) -> bool:
        """See `Engine.set_aside`."""
        return await self._run(None, self.engine.set_aside, amount, by=by, **more)

    async def fund(self, since: str = "", *, connection: AsyncLendable | None = None) -> FundReport:
        """See `Engine.fund`."""
        return await self._run(connection, self.engine.fund, since)

    async def untold(
        self, team: str | None = None, *, connection: AsyncLendable | None = None
    ) -> list[Untold]:
        """See `Engine.untold`."""
        return await self._run(connection, self.engine.untold, team)
