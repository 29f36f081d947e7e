"""Events about what a house tells itself: stories and praise (domain.md §4, §7)."""

from __future__ import annotations

from dataclasses import dataclass

from recovery.core.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryTold(Event):
    """Whoever spent tells the story: what happened, what was done, how the customer felt (domain.md §4).

    `happened` and `done` are what the case's own record says when left out: nobody types it twice.
    """

    felt: str
    happened: str | None = None
    done: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PraiseGiven(Event):
    """Thanks for somebody's work on a case, to be passed on in the line-up (domain.md §7).

    `to` is a person of the house, `from_customer` says whose words they are, `reward` what goes with
    them: `25 USD`.
    """

    to: str
    text: str
    from_customer: bool = False
    reward: str | None = None


EVENTS: tuple[type[Event], ...] = (StoryTold, PraiseGiven)
"""Every one of them, in this order."""
