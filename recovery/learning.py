"""What a house learns from its own recoveries: causes, praise, and what customers say (domain.md §7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from recovery.asking import MOST, Asking
from recovery.core.case import Case
from recovery.insight.causes import Proposed, causes
from recovery.insight.praise import Recognition, TeamFigures, recognition, team_figures
from recovery.store.people import PEOPLE, directory_from

if TYPE_CHECKING:
    from recovery.store.lending import Lendable


class Praise(NamedTuple):
    """Recognitions, the latest first, and how satisfied customers are with each team's recoveries."""

    recognitions: list[Recognition]
    teams: list[TeamFigures]


class Learning(Asking):
    """The part of an engine that looks back."""

    def causes(self, case: int, *, connection: Lendable | None = None) -> list[Proposed]:
        """What made a recovery harder than it had to be, by its own record, the strongest first.

        Raises:
            NotFound: there is no such case.
            EnvironmentFault: the database cannot be read.
        """
        found = self.case(case, connection=connection)
        with self.store.reading(connection) as reading:
            directory = directory_from(reading.rows(PEOPLE, self.tenant))
            log = reading.log(self.tenant, case)
        return causes(self.workflow(found.bundle), found, log, directory)

    def praise(self, team: str | None = None, since: str = "") -> Praise:
        """Recoveries within their targets and well rated, and what customers say of each team.

        Args:
            team: only what is of this team.
            since: only cases that closed at or after this moment (text instant).

        Raises:
            EnvironmentFault: the database cannot be read.
        """
        with self.store.reading(None) as reading:
            directory = directory_from(reading.rows(PEOPLE, self.tenant))
        cases = [one for one in self._ended() if (one.closed_at or "") >= since]
        found = [recognition(self.workflow(one.bundle), one, directory) for one in cases]
        praised = [one for one in found if one is not None]
        figures = team_figures(cases, praised, directory)
        return Praise(
            sorted(
                (one for one in praised if team is None or team in one.teams),
                key=lambda one: (one.at, one.case),
                reverse=True,
            ),
            [one for one in figures if team is None or one.team == team],
        )

    def _ended(self) -> list[Case]:
        """Every live case that has ended, the newest first."""
        found: list[Case] = []
        cursor: str | None = None
        while True:
            page = self.list_cases(ended=True, mode="live", cursor=cursor, limit=MOST)
            found += page.cases
            if page.cursor is None:
                return found
            cursor = page.cursor
