"""Giving cases to people, at the engine: who is the best owner of a case, and asking them."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from recovery.asking import Asking
from recovery.core.assigning import Choice, Wanted, choose
from recovery.core.errors import RecoveryError
from recovery.core.events import (
    CollaborationAnswered,
    CollaborationAsked,
    Event,
    FactsRecorded,
    HandOffOffered,
    person,
)
from recovery.store.people import PEOPLE, directory_from
from recovery.store.persons import of_person, ways_to_find

if TYPE_CHECKING:
    from recovery.commands import Outcome
    from recovery.store.lending import Lendable


class Assigned(NamedTuple):
    """What became of a case that was to be given to somebody, and why to them."""

    choice: Choice
    outcome: Outcome


class Assigning(Asking):
    """The part of an engine that finds owners."""

    @abstractmethod
    def handle(
        self,
        event: Event,
        case: int | None = None,
        *,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Let one event into its case."""

    def ask_help(
        self,
        case: int,
        of: str,
        what: str,
        *,
        by_when: datetime,
        by: str,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Ask somebody to help with a case by an hour (aware); its owner stays the owner.

        Raises:
            EventRefused: see `handle`.
        """
        now = self.clock.now()
        event = CollaborationAsked(by=by, occurred_at=now, of=of, what=what, by_when=by_when)
        return self.handle(event, case, key=key, connection=connection)

    def help_came(
        self,
        case: int,
        collaboration: str,
        answer: str = "",
        *,
        by: str,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Put on record what somebody who was asked for help has answered; `collaboration` is its number.

        Raises:
            EventRefused: see `handle`.
        """
        now = self.clock.now()
        event = CollaborationAnswered(by=by, occurred_at=now, collaboration=collaboration, answer=answer)
        return self.handle(event, case, key=key, connection=connection)

    def choose_owner(self, case: int, *, connection: Lendable | None = None) -> Choice:
        """Who should own a case, and what speaks for and against everybody; nothing is changed.

        It looks through every case for others of this customer, so it is for one case at a time.

        Raises:
            NotFound: there is no such case.
            EnvironmentFault: the database cannot be read.
        """
        found = self.case(case, connection=connection)
        workflow = self.workflow(found.bundle)
        with self.store.reading(connection) as reading:
            directory = directory_from(reading.rows(PEOPLE, self.tenant))
            loads = reading.count_by(self.tenant, "owner", ended=False)
            known_to: dict[str, int] = {}
            for id in of_person(reading, self.tenant, ways_to_find(found.customer).values()):
                other = reading.case(self.tenant, id)
                if id != found.id and other is not None and other.owner is not None:
                    known_to[other.owner] = id
            log = reading.log(self.tenant, found.id)
        no = {person(record.by) for record in log if record.kind == "HandOffDeclined"}
        category = found.facts.get("problem.category")
        wanted = Wanted(
            workflow.escalation[found.level],
            None if category is None else str(category),
            found.language,
            known_to,
            {str(name): count for name, count in loads.items() if name is not None},
            no if found.owner is None else no | {found.owner},
        )
        return choose(directory, wanted, self.clock.now())

    def assign(
        self, case: int, *, by: str, key: str | None = None, connection: Lendable | None = None
    ) -> Assigned:
        """Give a case that nobody owns to whoever `choose_owner` names; one with an owner is offered to them.

        Raises:
            NotFound: there is no such case.
            RecoveryError: nobody on the list of people can take it.
            EventRefused: see `Engine.handle`.
        """
        choice = self.choose_owner(case, connection=connection)
        if choice.person is None:
            hint = "`recovery assign CASE --dry-run` says why of each; config/people.yaml lists them."
            raise RecoveryError("Nobody on the list of people can take the case.", hint=hint)
        now = self.clock.now()
        event: Event = FactsRecorded(by=by, occurred_at=now, facts={"owner": choice.person})
        if self.case(case, connection=connection).owner is not None:
            event = HandOffOffered(by=by, occurred_at=now, to=choice.person)
        return Assigned(choice, self.handle(event, case, key=key, connection=connection))
