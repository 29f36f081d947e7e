"""Who works here, at the engine: the list of people, and who is away (domain.md §4).

The list is published from `config/people.yaml` together with the workflows; an absence can be put on record
at any time.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from recovery.asking import Asking
from recovery.core.errors import NotFound, RecoveryError, closest, sentence
from recovery.core.facts import shown
from recovery.core.people import Absence, Directory
from recovery.store.people import PEOPLE, People, directory_from

if TYPE_CHECKING:
    from recovery.store.lending import Lendable

ABSENCES_AT_MOST = 100
"""Of one person, put on record by hand."""


class Staffing(Asking):
    """What an engine knows of the people who work with it."""

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
