"""Line-up sheets at the engine: what a team reads aloud before its shift, and which leaders were there."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from recovery.asking import MOST, Asking, require_whole
from recovery.core.calendars.local import zone_of
from recovery.core.errors import NotFound, RecoveryError, closest, sentence
from recovery.core.facts import shown
from recovery.core.instants import from_text, to_text
from recovery.core.people import Directory
from recovery.insight.lineup import (
    PRAISE_AT_MOST,
    STORIES_AT_MOST,
    Praised,
    Sheet,
    is_of,
    ordered,
    praised_in,
    rule_of_day,
)
from recovery.insight.praise import Recognition, recognition
from recovery.insight.stories import Story, story_of
from recovery.store import lineups
from recovery.store.compiling import Statement
from recovery.store.dialect import LAST
from recovery.store.lineups import LineUp, LineUps, line_up
from recovery.store.people import PEOPLE, directory_from
from recovery.store.story_statements import PRAISE, STORIES

if TYPE_CHECKING:
    from recovery.core.case import Case
    from recovery.core.spec import Workflow
    from recovery.store.lending import Lendable
    from recovery.store.reading import Reading

AT_FIRST = timedelta(days=7)
"""Of which time the first sheet of a team tells."""


class LiningUp(Asking):
    """The part of an engine that makes line-up sheets."""

    @abstractmethod
    def current(self, workflow: str | None = None) -> Workflow:
        """The version that new cases run on."""

    def lineup(self, team: str, *, connection: Lendable | None = None) -> Sheet:
        """The sheet of a team as it would be now: what was told since its last one. Nothing is kept.

        Raises:
            NotFound: there is no such team.
            EnvironmentFault: the database cannot be read.
        """
        now = self.clock.now() + timedelta(microseconds=1)  # what was told just now is on it
        with self.store.reading(connection) as reading:
            directory = self._directory(reading, team)
            rows = reading.rows(lineups.LAST, self.tenant, team, 1)
            since = line_up(rows[0]).made_at if rows else to_text(now - AT_FIRST)
            return self._sheet(reading, directory, team, None, since, to_text(now))

    def make_lineup(self, team: str, shift_at: datetime) -> tuple[LineUp, Sheet]:
        """Keep the sheet of a shift; asked for again, it is the same.

        Args:
            shift_at: when the shift begins (aware).

        Raises:
            NotFound: there is no such team.
            EnvironmentFault: the database cannot be written.
        """
        now = self.clock.now()
        with self.store.reading(None) as reading:
            self._directory(reading, team)
        with self.store.working(LineUps, self.tenant) as kept:
            made = kept.make(team, shift_at, now - AT_FIRST, now)
        return made, self.sheet_of(made)

    def sheet_of(self, made: LineUp, *, connection: Lendable | None = None) -> Sheet:
        """What a sheet that was made says; nothing more of whoever has been erased since.

        Raises:
            NotFound: its team is no longer listed.
            EnvironmentFault: the database cannot be read.
        """
        with self.store.reading(connection) as reading:
            directory = self._directory(reading, made.team)
            return self._sheet(reading, directory, made.team, made.shift_at, made.since, made.made_at)

    def lineups(self, team: str, limit: int = 10, *, connection: Lendable | None = None) -> list[LineUp]:
        """The last sheets that were made for a team, the latest shift first.

        Raises:
            NotFound: there is no such team.
            RecoveryError: the limit is no number from 1 to 500.
            EnvironmentFault: the database cannot be read.
        """
        require_whole(limit, "a limit", 1, MOST)
        with self.store.reading(connection) as reading:
            self._directory(reading, team)
            return [line_up(row) for row in reading.rows(lineups.LAST, self.tenant, team, limit)]

    def attended(self, team: str, people: Sequence[str], *, by: str) -> LineUp:
        """Put on record which leaders were at the last line-up of a team, in place of what was said before.

        Raises:
            NotFound: there is no such team, or nobody of one of these names.
            RecoveryError: the team has had no line-up yet.
            EnvironmentFault: the database cannot be written.
        """
        with self.store.reading(None) as reading:
            known = self._directory(reading, team).people
        for name in people:
            if name not in known:
                hint = sentence(closest(name, list(known))) or "Name one of config/people.yaml."
                raise NotFound(f"Nobody here is called {shown(name)}.", hint=hint)
        with self.store.working(LineUps, self.tenant) as kept:
            found: LineUp | None = kept.attended(team, people, by)
        if found is None:
            hint = "A worker makes one before each of its `shifts`."
            raise RecoveryError(f"Team {team} has had no line-up yet.", hint=hint)
        return found

    # --- how ------------------------------------------------------------------------------------------------

    def _directory(self, reading: Reading, team: str) -> Directory:
        directory = directory_from(reading.rows(PEOPLE, self.tenant))
        if team not in directory.teams:
            hint = sentence(closest(team, list(directory.teams))) or "config/people.yaml lists teams."
            raise NotFound(f"There is no team {shown(team)}.", hint=hint)
        return directory

    def _sheet(
        self, reading: Reading, directory: Directory, team: str, shift_at: str | None, since: str, until: str
    ) -> Sheet:
        of = directory.teams[team]
        day = from_text(shift_at or until).astimezone(zone_of(of.zone or directory.zone)).date()
        step, rule = rule_of_day(self.current(), day)
        stories: list[Story] = []
        for case, seq in self._passed_on(reading, STORIES, since, until):
            story = story_of(case, seq, directory)
            if story is not None:
                stories.append(story)
        praise: list[Praised] = []
        for case, seq in self._passed_on(reading, PRAISE, since, until):
            one = praised_in(case, seq)
            if one is not None and is_of(team, one.to, directory):
                praise.append(one)
        stories = ordered(team, stories)
        return Sheet(
            team,
            of.title,
            shift_at,
            since,
            until,
            step,
            rule,
            stories[:STORIES_AT_MOST],
            max(0, len(stories) - STORIES_AT_MOST),
            praise[:PRAISE_AT_MOST],
            self._recognised(reading, directory, team, since, until)[:PRAISE_AT_MOST],
        )

    def _passed_on(
        self, reading: Reading, statement: Statement, since: str, until: str
    ) -> Iterator[tuple[Case, int]]:
        """Cases with the number of the event in which something was told from one moment up to another."""
        before: Any = LAST
        while rows := reading.rows(statement, self.tenant, before, since, MOST):
            before = rows[-1][0]
            cases = reading.cases(self.tenant, {case for _, case, _ in rows})
            for _, id, seq in rows:
                at = next(
                    (
                        at
                        for at, of in (
                            *((one.told_at, one.seq) for one in cases[id].stories.values()),
                            *((one.at, one.seq) for one in cases[id].praise.values()),
                        )
                        if of == seq
                    ),
                    until,
                )
                if at < until:
                    yield cases[id], seq

    def _recognised(
        self, reading: Reading, directory: Directory, team: str, since: str, until: str
    ) -> list[Recognition]:
        """Recoveries of a team's own people that closed in this time, among the cases that changed since."""
        found: list[Recognition] = []
        before: int | None = None
        while True:
            page = reading.changed_cases(self.tenant, before=before, limit=MOST)
            for at, case in page:
                before = at
                if case.updated_at < since:
                    return found
                if case.closed_at is not None and since <= case.closed_at < until:
                    one = recognition(self.workflow(case.bundle), case, directory)
                    if one is not None and team in one.teams:
                        found.append(one)
            if len(page) < MOST:
                return found
