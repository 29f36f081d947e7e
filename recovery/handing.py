"""Whom a case may be handed to: somebody who works here and is there, where a list of people is published."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from recovery.core.errors import Refusal, closest, sentence
from recovery.core.events import HandOffForced, HandOffOffered
from recovery.core.facts import shown
from recovery.core.people import Directory

HandOff = HandOffOffered | HandOffForced
HANDING = frozenset({HandOffOffered, HandOffForced})
"""Events that name who is to own a case."""


def expected(event: HandOff, directory: Directory, now: datetime) -> HandOff | Refusal:
    """The event as it may be accepted: to somebody who is here (domain.md §1, step 3).

    Whoever is away is answered for by their delegate, who is asked in their place; that is on record.

    Returns:
        The event, or the refusal: nobody of this name is listed, or they are away.
    """
    people = directory.people
    if not people or (event.to in people and directory.is_here(event.to, now)):
        return event
    if event.to not in people:
        hint = sentence(closest(event.to, list(people))) or "Name one of config/people.yaml."
        return Refusal("unknown_person", f"Nobody here is called {shown(event.to)}.", hint)
    stands_in = directory.answers_for(event.to, now)
    if isinstance(event, HandOffOffered) and directory.is_here(stands_in, now):
        return replace(event, to=stands_in, meant=event.to)
    left = "works here no longer" if people[event.to].left else "is away"
    return Refusal("not_here", f"{event.to} {left}.", "Name somebody who is here.")
