"""How stories and praise stand in their case: rows of the snapshot, changed only through `case.apply`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class StoryState(NamedTuple):
    """A story that was told. `told_at` is a text instant.

    Attributes:
        by: who told it, `role:name`; `seq` the event in which.
        done: in their words; None: what the record says of `given` and of the remedy (`kind`).
        given: the compensations it tells of, by their numbers.
    """

    by: str
    told_at: str
    seq: int
    happened: str
    felt: str
    done: str | None = None
    kind: str | None = None
    given: tuple[str, ...] = ()

    def row(self) -> list[Any]:
        """It as the log keeps it."""
        return [*self[:-1], list(self.given)]


class UntoldState(NamedTuple):
    """A story that is owed, by whoever gave something (text instants).

    Attributes:
        since: when they gave it.
        by_when: when they are asked for it; None: nobody asks, or they have been asked.
        asked_at: when they were asked.
    """

    since: str
    by_when: str | None = None
    asked_at: str | None = None


class PraiseState(NamedTuple):
    """Praise for somebody. `at` is a text instant, `reward` such as `25 USD`."""

    to: str
    text: str
    from_customer: bool
    by: str
    at: str
    seq: int
    reward: str | None = None


def read_story(row: Sequence[Any]) -> StoryState:
    """What `StoryState.row` gave."""
    story = StoryState(*row)
    return story._replace(given=tuple(story.given))


def next_untold(untold: Mapping[str, UntoldState]) -> str | None:
    """When somebody is to be asked for their story next."""
    return min((one.by_when for one in untold.values() if one.by_when is not None), default=None)


def rows(stories: Mapping[str, StoryState]) -> list[dict[str, Any]]:
    """Stories as plain data, in their order, each with its number."""
    return [{"story": number, **one._asdict(), "given": list(one.given)} for number, one in stories.items()]
