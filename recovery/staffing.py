"""Who works here, at the engine: the list of people, and who is away (domain.md §4).

The list is published from `config/people.yaml` together with the workflows; an absence can be put on record
at any time.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from recovery.asking import MOST, Asking
from recovery.commands import Command, Outcome
from recovery.core.errors import EventRefused, NotFound, RecoveryError, Refusal, closest, sentence
from recovery.core.events import HandOffForced, HandOffOffered
from recovery.core.facts import shown
from recovery.core.people import Absence, Directory
from recovery.store.people import PEOPLE, People, directory_from

if TYPE_CHECKING:
    from recovery.store.lending import Lendable


class Left(NamedTuple):
    """What became of the open cases of somebody who has left.

    Attributes:
        to: to whom they were offered or given.
        offered: the number of each case.
        refused: those that stay as they were, each with why.
    """

    to: str
    offered: list[int]
    refused: list[tuple[int, Refusal]]


ABSENCES_AT_MOST = 100
"""Of one person, put on record by hand."""


class Staffing(Asking):
    """What an engine knows of the people who work with it."""

    @abstractmethod
    def handle_many(
        self, commands: Sequence[Command], *, connection: Lendable | None = None
    ) -> list[Outcome | Refusal]:
        """Let many events in."""

    def people(self, *, connection: Lendable | None = None) -> Directory:
        """Everybody as they are now; nobody where no list was published.

        Raises:
            EnvironmentFault: the database cannot be read.
        """
        with self.store.reading(connection) as reading:
            return directory_from(reading.rows(PEOPLE, self.tenant))

    def absent(self, person: str, days: Sequence[Absence] = (), *, by: str, left: bool = False) -> Directory:
        """Put on record when somebody is away, in place of what was said before; no days: they are back.

        Args:
            days: the days, both included; what the file says of them holds as well.
            left: they work here no longer.

        Returns:
            Everybody, as they are then.

        Raises:
            NotFound: nobody of this name is listed.
            RecoveryError: an absence ends before it begins, or there are more than a hundred.
            EnvironmentFault: the database cannot be written.
        """
        if len(days) > ABSENCES_AT_MOST or any(last < first for first, last in days):
            raise RecoveryError("An absence is a first day and a last one, in this order.")
        with self.store.working(People, self.tenant) as people:
            known = people.directory().people
            if person not in known:
                hint = sentence(closest(person, list(known))) or "Name one of config/people.yaml."
                raise NotFound(f"Nobody here is called {shown(person)}.", hint=hint)
            people.absent(person, days, by, self.clock.now(), left=left)
            return people.directory()

    def leave(self, person: str, *, to: str, by: str, reason: str | None = None) -> Left:
        """Put on record that somebody works here no longer, and offer each open case of theirs to another.

        The cases stay with whoever has left until `to` accepts; with a `reason` a supervisor gives them to
        `to` at once, so that each has an owner who is there.

        Raises:
            NotFound: nobody of one of the names is listed.
            RecoveryError: they are the same.
            EventRefused: none of the cases may be handed on by `by`.
            EnvironmentFault: the database cannot be written; cases before stay done.
        """
        known = self.people().people
        for name in (person, to):
            if name not in known:
                hint = sentence(closest(name, list(known))) or "Name one of config/people.yaml."
                raise NotFound(f"Nobody here is called {shown(name)}.", hint=hint)
        if person == to:
            raise RecoveryError(f"{person} is leaving.", hint="Name somebody who stays.")
        self.absent(person, known[person].away, by=by, left=True)
        done, refused = [], []
        cursor: str | None = None
        while True:
            page = self.list_cases(owner=person, ended=False, cursor=cursor, limit=MOST)
            commands = [Command(self._given(to, by, reason), case.id) for case in page.cases]
            for case, answer in zip(page.cases, self.handle_many(commands), strict=True):
                if isinstance(answer, Refusal):
                    refused.append((case.id, answer))
                else:
                    done.append(case.id)
            if page.cursor is None:
                break
            cursor = page.cursor
        if refused and not done:
            raise EventRefused(refused[0][1])
        return Left(to, done, refused)

    def _given(self, to: str, by: str, reason: str | None) -> HandOffForced | HandOffOffered:
        now = self.clock.now()
        if reason is None:
            return HandOffOffered(by=by, occurred_at=now, to=to, reason="its owner has left")
        return HandOffForced(by=by, occurred_at=now, to=to, reason=reason)
