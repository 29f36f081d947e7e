"""Recognition: recoveries within their targets and well rated, for the teams that made them (domain.md §7).

Figures are those of teams. Of a person there is nothing but praise: a failure somebody told of, an escalation
or a poor mark takes nothing from anybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from recovery.core.case import Case
from recovery.core.people import Directory
from recovery.core.spec import Workflow

WELL_RATED = 4
"""The worst of the customer's marks from which a recovery counts as well rated (domain.md §1)."""

TARGETS = ("first-answer", "resolution")
"""The clocks that must not have run out, where a workflow has them."""

MARK = "followup.satisfaction"


class Recognition(NamedTuple):
    """One recovery to be praised for; `at` is when the case closed (text instant)."""

    case: int
    owner: str
    teams: tuple[str, ...]
    mark: int
    at: str

    def as_dict(self) -> dict[str, Any]:
        """It as plain data."""
        return {**self._asdict(), "teams": list(self.teams)}


class TeamFigures(NamedTuple):
    """What customers said of a team's recoveries: how many marks, and how many of them are 4 or 5."""

    team: str
    marks: int
    recovered: int
    recognitions: int


def is_praised(workflow: Workflow, case: Case) -> bool:
    """Whether a recovery was within its targets and well rated, at the first attempt or a later one."""
    mark = case.facts.get(MARK)
    if case.closed_at is None or case.step != workflow.main_end or case.owner is None:
        return False
    in_time = all(
        state.breached_at is None for name in TARGETS if (state := case.clocks.get(name)) is not None
    )
    return isinstance(mark, int) and mark >= WELL_RATED and in_time


def recognition(workflow: Workflow, case: Case, directory: Directory) -> Recognition | None:
    """The recognition a case gives; None where it gives none."""
    if not is_praised(workflow, case):
        return None
    assert case.owner is not None
    assert case.closed_at is not None
    return Recognition(case.id, case.owner, _teams(case.owner, directory), case.facts[MARK], case.closed_at)


def team_figures(
    cases: Iterable[Case], recognitions: Iterable[Recognition], directory: Directory
) -> list[TeamFigures]:
    """How satisfied customers are with each team's recoveries; nobody is counted alone.

    Owners without a team count as one team without a name.
    """
    marks: dict[str, int] = {}
    recovered: dict[str, int] = {}
    praised: dict[str, int] = {}
    for case in cases:
        mark = case.facts.get(MARK)
        if isinstance(mark, int) and case.owner is not None:
            for team in _teams(case.owner, directory) or ("",):
                marks[team] = marks.get(team, 0) + 1
                recovered[team] = recovered.get(team, 0) + (mark >= WELL_RATED)
    for one in recognitions:
        for team in one.teams or ("",):
            praised[team] = praised.get(team, 0) + 1
    return [TeamFigures(team, marks[team], recovered[team], praised.get(team, 0)) for team in sorted(marks)]


def _teams(owner: str, directory: Directory) -> tuple[str, ...]:
    known = directory.people.get(owner)
    return () if known is None else known.teams
