"""Stories and praise for hosts that await: the same commands and questions as `recovery.storytelling`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from recovery.commands import Outcome

if TYPE_CHECKING:
    from recovery.engine import Engine
    from recovery.funding import FundReport
    from recovery.insight.stories import Untold
    from recovery.store.lending import AsyncLendable
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
