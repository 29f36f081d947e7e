"""Stories as they are listed and read aloud: what happened, was done, was felt (domain.md §4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from recovery.core.brief_words import VALUES
from recovery.core.case import Case
from recovery.core.money import Money, read_money, spoken
from recovery.core.people import Directory
from recovery.core.stories.telling import STORY, name_of, task_of


class Gift(NamedTuple):
    """Something that a story tells of: its kind, and what the customer got or what it cost, `40 USD`."""

    kind: str
    amount: str | None


class Story(NamedTuple):
    """A story that was told.

    Attributes:
        number: of the story in its case, from 1; `by` who told it, by name, and of which teams they are.
        told_at: text instant.
        done: in the teller's words; None: what `given` and the remedy (`kind`) say.
        mark: the customer's lowest mark afterwards, as far as it is known now.
    """

    case: int
    number: str
    by: str
    teams: tuple[str, ...]
    told_at: str
    happened: str
    felt: str
    done: str | None
    kind: str | None
    given: tuple[Gift, ...]
    mark: int | None

    def as_dict(self) -> dict[str, Any]:
        """It as plain data."""
        data = {**self._asdict(), "teams": list(self.teams)}
        return {**data, "given": [one._asdict() for one in self.given]}

    def done_in(self, language: str) -> str:
        """What was done, in a language (`en` or `zh`) as far as the record says it."""
        if self.done is not None:
            return self.done
        names = VALUES[language]
        parts = [] if self.kind is None else [names.get(self.kind, self.kind)]
        for gift in self.given:
            amount = "" if gift.amount is None else f" {spoken(read_money(gift.amount))}"
            parts.append(f"{names.get(gift.kind, gift.kind)}{amount}")
        return ("、" if language == "zh" else ", ").join(parts)

    def is_worth(self, least: Money) -> bool:
        """Whether so much was given in it, counted in that currency alone."""
        found = [read_money(one.amount) for one in self.given if one.amount is not None]
        mine = [one.amount for one in found if one.currency == least.currency]
        return bool(mine) and sum(mine) >= least.amount


class Untold(NamedTuple):
    """A story that somebody was asked for and has not told; `since` they gave something (text instants)."""

    case: int
    by: str
    teams: tuple[str, ...]
    since: str
    asked_at: str

    def as_dict(self) -> dict[str, Any]:
        """It as plain data."""
        return {**self._asdict(), "teams": list(self.teams)}


def story_of(case: Case, seq: int, directory: Directory) -> Story | None:
    """The story that was told in an event of a case; None where the person has been erased since."""
    found = next(((number, one) for number, one in case.stories.items() if one.seq == seq), None)
    if found is None or case.erased_at is not None:
        return None
    number, story = found
    given = tuple(
        Gift(one.kind, one.amount) for n in story.given if (one := case.compensations.get(n)) is not None
    )
    by, mark = name_of(story.by), case.facts.get("followup.satisfaction")
    return Story(
        case.id,
        number,
        by,
        teams_of(by, directory),
        story.told_at,
        story.happened,
        story.felt,
        story.done,
        story.kind,
        given,
        mark if isinstance(mark, int) else None,
    )


def untold_in(cases: Sequence[Case], directory: Directory) -> list[Untold]:
    """The stories that were asked for in some cases and are missing, those that have waited longest first."""
    found = [
        Untold(case.id, who, teams_of(who, directory), one.since, one.asked_at)
        for case in cases
        for who, one in case.untold.items()
        if one.asked_at is not None and case.tasks.get(task_of(who), ("",))[0] == STORY
    ]
    return sorted(found, key=lambda one: (one.asked_at, one.case, one.by))


def teams_of(name: str, directory: Directory) -> tuple[str, ...]:
    """The teams of somebody; none of who is not on the list."""
    known = directory.people.get(name)
    return () if known is None else known.teams
