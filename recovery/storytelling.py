"""Stories and praise at the engine: told, listed, and missed (domain.md §4, §7)."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, NamedTuple

from recovery.asking import MOST, Asking, position, require_whole
from recovery.core.errors import RecoveryError
from recovery.core.event import Event
from recovery.core.facts import shown
from recovery.core.money import Money, read_money
from recovery.core.stories.events import PraiseGiven, StoryTold
from recovery.insight.stories import Story, Untold, story_of, untold_in
from recovery.store.dialect import LAST
from recovery.store.people import PEOPLE, directory_from
from recovery.store.story_statements import STORIES

if TYPE_CHECKING:
    from recovery.commands import Outcome
    from recovery.core.case import Case
    from recovery.store.lending import Lendable
    from recovery.store.reading import Reading


class StoryPage(NamedTuple):
    """Some stories, the last told first; `cursor` is what to ask for the next page with, None at the end."""

    stories: list[Story]
    cursor: str | None


class Storytelling(Asking):
    """The part of an engine that hears stories."""

    @abstractmethod
    def handle(
        self,
        event: Event,
        case: int | None = None,
        *,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Let one event into its case."""

    def tell_story(
        self,
        case: int,
        felt: str,
        *,
        by: str,
        happened: str | None = None,
        done: str | None = None,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Tell the story of a case: how the customer felt, what happened, what was done.

        Args:
            happened, done: what the case's own record says when left out.

        Raises:
            EventRefused: see `handle`.
        """
        event = StoryTold(by=by, occurred_at=self.clock.now(), felt=felt, happened=happened, done=done)
        return self.handle(event, case, key=key, connection=connection)

    def give_praise(
        self,
        case: int,
        to: str,
        text: str,
        *,
        by: str,
        from_customer: bool = False,
        reward: str | None = None,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Thank somebody of the house for their work on a case; their team hears of it in the line-up.

        Args:
            from_customer: these are the customer's words.
            reward: what goes with it, as what it costs: `25 USD`.

        Raises:
            EventRefused: `praises_themselves`; see `handle`.
        """
        event = PraiseGiven(
            by=by,
            occurred_at=self.clock.now(),
            to=to,
            text=text,
            from_customer=from_customer,
            reward=reward,
        )
        return self.handle(event, case, key=key, connection=connection)

    def stories(
        self,
        *,
        team: str | None = None,
        at_least: str | None = None,
        since: str = "",
        cursor: str | None = None,
        limit: int = 50,
        connection: Lendable | None = None,
    ) -> StoryPage:
        """Stories that were told, the last first, a page at a time.

        Args:
            team: only those told by people of this team.
            at_least: only those of cases in which so much was given: `50 USD`, in that currency alone.
            since: only those told at this moment or later (text instant).
            limit: 1 to 500.

        Raises:
            RecoveryError: the amount, the cursor or the limit cannot be used, or the lent connection cannot.
        """
        require_whole(limit, "a limit", 1, MOST)
        least = None if at_least is None else _amount(at_least)
        before = position(cursor) or LAST
        found: list[Story] = []
        with self.store.reading(connection) as reading:
            directory = directory_from(reading.rows(PEOPLE, self.tenant))
            while rows := reading.rows(STORIES, self.tenant, before, since, limit):
                cases = reading.cases(self.tenant, {case for _, case, _ in rows})
                for at, case, seq in rows:
                    story = story_of(cases[case], seq, directory)
                    before = at
                    if story is None or (team is not None and team not in story.teams):
                        continue
                    if least is None or story.is_worth(least):
                        found.append(story)
                    if len(found) == limit:
                        return StoryPage(found, str(before))
        return StoryPage(found, None)

    def untold(self, team: str | None = None, *, connection: Lendable | None = None) -> list[Untold]:
        """Stories that somebody was asked for and has not told, those that have waited longest first.

        Args:
            team: only of people of this team.
        """
        with self.store.reading(connection) as reading:
            directory = directory_from(reading.rows(PEOPLE, self.tenant))
            found = untold_in(with_tasks(reading, self.tenant), directory)
        return [one for one in found if team is None or team in one.teams]


def with_tasks(reading: Reading, tenant: str) -> list[Case]:
    """Every case in which something waits for a person."""
    found: list[Case] = []
    after = 0
    while page := reading.cases_with_tasks(tenant, None, after, MOST):
        found += page
        after = page[-1].id
        if len(page) < MOST:
            break
    return found


def _amount(text: str) -> Money:
    try:
        return read_money(text)
    except ValueError as error:
        raise RecoveryError(f"{shown(text)} is no amount: {error}.", hint="Such as 50 USD.") from None
