"""The line-up sheet: what a team reads aloud before its shift (domain.md §4).

New stories, praise, and a rule of the day. Stories of the team itself come first, then those of others.
Praise is that of its own people: what somebody thanked them for, and recoveries within target and well
rated (§7).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from recovery.core.case import Case
from recovery.core.facts import Text
from recovery.core.people import Directory
from recovery.core.spec import Workflow
from recovery.insight.praise import Recognition
from recovery.insight.stories import Story, teams_of

STORIES_AT_MOST = 5
"""A line-up lasts twenty minutes."""

PRAISE_AT_MOST = 20


class Praised(NamedTuple):
    """Praise that was given: to whom, in whose words, and what went with it (`reward`)."""

    case: int
    to: str
    text: str
    from_customer: bool
    by: str
    at: str
    reward: str | None

    def as_dict(self) -> dict[str, Any]:
        """It as plain data."""
        return self._asdict()


class Sheet(NamedTuple):
    """What a team reads aloud (text instants).

    Attributes:
        shift_at: when its shift begins; None for a look at what there is now.
        since, until: of which time it tells.
        step, rule: the rule of the day, and the step of the workflow that it is of, by language.
        further: how many stories there are besides.
    """

    team: str
    title: Text
    shift_at: str | None
    since: str
    until: str
    step: Text
    rule: Text
    stories: list[Story]
    further: int
    praise: list[Praised]
    recognitions: list[Recognition]

    def as_dict(self) -> dict[str, Any]:
        """It as plain data."""
        data = {**self._asdict(), "title": dict(self.title), "step": dict(self.step), "rule": dict(self.rule)}
        for name in ("stories", "praise", "recognitions"):
            data[name] = [one.as_dict() for one in data[name]]
        return data


def rule_of_day(workflow: Workflow, day: date) -> tuple[Text, Text]:
    """The rule of a day and the title of its step: what the workflow's guidance says to do, and never to do.

    Every day has the next one, the same for every team; after the last one the first.
    """
    found = [(step.title, text) for step in workflow.steps.values() for text in (*step.do, *step.never)]
    return found[day.toordinal() % len(found)] if found else ({}, {})


def praised_in(case: Case, seq: int) -> Praised | None:
    """The praise that was given in an event of a case; None where the customer has been erased since."""
    one = next((one for one in case.praise.values() if one.seq == seq), None)
    if one is None or case.erased_at is not None:
        return None
    return Praised(case.id, one.to, one.text, one.from_customer, one.by, one.at, one.reward)


def ordered(team: str, stories: Sequence[Story]) -> list[Story]:
    """Stories of a team's own people first, the newest first among each."""
    return sorted(
        sorted(stories, key=lambda one: one.told_at, reverse=True), key=lambda one: team not in one.teams
    )


def is_of(team: str, name: str, directory: Directory) -> bool:
    """Whether somebody is in a team."""
    return team in teams_of(name, directory)
