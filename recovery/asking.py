"""What hosts ask of the engine: a case by its number or its ticket, lists, explanations, and what changed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, NamedTuple

from recovery.commands import LARGEST, usable
from recovery.core.brief import Brief, brief
from recovery.core.calendars.local import zone_of
from recovery.core.case import Case
from recovery.core.clocks.telling import told, zone_of_customer
from recovery.core.errors import NotFound, RecoveryError
from recovery.core.explain import explain
from recovery.core.facts import shown
from recovery.core.promises import rows

if TYPE_CHECKING:
    from recovery.clock import Clock
    from recovery.core.spec import Workflow
    from recovery.store.lending import Lendable
    from recovery.store.records import Record
    from recovery.store.store import Store

MOST = 500
"""How many rows one page has at most."""


class Page(NamedTuple):
    """Some of the cases of a list, the newest first.

    Attributes:
        cases: at most as many as were asked for.
        cursor: what to ask for the next page with; None when this is the last one.
    """

    cases: list[Case]
    cursor: str | None


class Changes(NamedTuple):
    """Some of what happened, in the order it was written.

    Attributes:
        records: events with what they changed (see `recovery.store.records.Record`).
        position: what to ask for the next ones with; the same as before when there are none yet.
    """

    records: list[Record]
    position: int


class Asking(ABC):
    """The questions, for `Engine`. `connection`, where a question takes one, is a connection the host lends:
    the answer then sees what the host's transaction has written and not yet committed.

    Every question raises `EnvironmentFault` when the database cannot be read.
    """

    store: Store
    tenant: str
    clock: Clock

    @abstractmethod
    def workflow(self, hash: str) -> Workflow:
        """The workflow of a version."""

    def find(self, external_id: str, *, connection: Lendable | None = None) -> Case | None:
        """The case that was opened under an external id, such as the id of a ticket; None when there is none.

        Raises:
            RecoveryError: the external id is no text, or the lent connection cannot be used.
        """
        if not isinstance(external_id, str):
            raise RecoveryError(
                f"{shown(external_id)} is no external id.", hint='External ids are texts, such as "HD-17".'
            )
        if not usable(external_id):
            return None
        with self.store.reading(connection) as reading:
            id = reading.find_cases(self.tenant, [external_id]).get(external_id)
            return None if id is None else reading.case(self.tenant, id)

    def case(self, id: int, *, connection: Lendable | None = None) -> Case:
        """A case by its number.

        Raises:
            NotFound: there is none.
            RecoveryError: that is no number, or the lent connection cannot be used.
        """
        require_whole(id, "a case number")
        with self.store.reading(connection) as reading:
            found = reading.case(self.tenant, id)
        if found is None:
            raise NotFound(f"There is no case {id}.")
        return found

    def list_cases(
        self,
        *,
        step: str | None = None,
        owner: str | None = None,
        workflow: str | None = None,
        mode: str | None = None,
        severity: int | None = None,
        ended: bool | None = None,
        cursor: str | None = None,
        limit: int = 50,
        connection: Lendable | None = None,
    ) -> Page:
        """Cases with all of these, the newest first, a page at a time.

        Args:
            mode: `live` or `history`.
            ended: True for closed cases alone, False for open ones alone.
            cursor: the `cursor` of the page before; None for the first page.
            limit: 1 to 500.

        Raises:
            RecoveryError: a filter, the cursor or the limit cannot be used, or the lent connection cannot.
        """
        require_whole(limit, "a limit", 1, MOST)
        for name, text in {"step": step, "owner": owner, "workflow": workflow, "mode": mode}.items():
            if text is not None and not usable(text):
                raise RecoveryError(f"{shown(text)} is no {name}.", hint="Give a short text.")
        if severity is not None:
            require_whole(severity, "a severity")
        if ended not in (None, True, False):
            raise RecoveryError(
                f"{shown(ended)} does not say whether a case has ended.", hint="True or False."
            )
        with self.store.reading(connection) as reading:
            cases = reading.list_cases(
                self.tenant,
                step=step,
                owner=owner,
                workflow=workflow,
                mode=mode,
                severity=severity,
                ended=ended,
                before=position(cursor),
                limit=limit + 1,
            )
        return Page(cases[:limit], str(cases[limit - 1].id) if len(cases) > limit else None)

    def explain(
        self, case: int | Case, language: str = "en", *, connection: Lendable | None = None
    ) -> dict[str, Any]:
        """What an agent needs to know now: what the case waits for, what is open, what to do and never to do,
        how its deadlines stand and what they will do, what was promised, and which messages are on their way.

        Returns:
            Plain data; see `recovery.core.explain.explain` and `recovery.core.clocks.telling.told`. Of each
            of the `messages` also `to`, `status`, `leaves_at` and `note`, as the outbox has them.

        Raises:
            NotFound: there is no such case, or its version is not in this database.
            RecoveryError: the case is no number, or the lent connection cannot be used.
        """
        found = case if isinstance(case, Case) else self.case(case, connection=connection)
        workflow = self.workflow(found.bundle)
        data = explain(workflow, found, language=language)
        data |= told(workflow, found, self.clock.now(), language)
        zone = zone_of_customer(found)
        data["promises"] = rows(found.promises, self.clock.now(), None if zone is None else zone_of(zone))
        with self.store.reading(connection) as reading:
            outbox = {row.effect: row for row in reading.outbox(self.tenant, case=found.id)}
        for message in data["messages"]:
            row = outbox.get(message["effect"])
            if row is not None:
                message |= {
                    "to": row.recipient,
                    "status": row.status,
                    "leaves_at": row.due_at,
                    "note": row.note,
                }
        return data

    def brief(self, case: int | Case, language: str = "en", *, connection: Lendable | None = None) -> Brief:
        """All that a colleague needs to know of a case, so that nobody has to tell it twice (domain.md §2).

        Args:
            language: Chinese for `zh` and its variants, else English.

        Raises:
            NotFound: there is no such case, or its version is not in this database.
            RecoveryError: the case is no number, or the lent connection cannot be used.
        """
        found = case if isinstance(case, Case) else self.case(case, connection=connection)
        with self.store.reading(connection) as reading:
            log = reading.log(self.tenant, found.id)
        return brief(self.workflow(found.bundle), found, self.clock.now(), language, log)

    def changes(self, since: int = 0, limit: int = 100) -> Changes:
        """What happened to all cases after a position, in the order it was committed.

        Ask again with the `position` of the answer. Nothing is left out and nothing comes twice: an event is
        given only when none before it can appear any more.

        Args:
            since: 0, or the `position` of an answer before.
            limit: 1 to 500.

        Raises:
            RecoveryError: the position or the limit cannot be used.
        """
        require_whole(since, "a position")
        require_whole(limit, "a limit", 1, MOST)
        records = self.store.changes(self.tenant, since, limit)
        return Changes(records, records[-1].position if records else since)


def require_whole(value: object, what: str, least: int = 0, most: int = LARGEST) -> None:
    """Make sure that a question's number is one.

    Raises:
        RecoveryError: it is not; the hint says which would be.
    """
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
        return
    limits = f" from {least} to {most}" if most != LARGEST else f", {least} or more"
    raise RecoveryError(f"{shown(value)} is not {what}.", hint=f"Give a whole number{limits}.")


def position(cursor: object) -> int | None:
    """Where a page begins; None for the first one.

    Raises:
        RecoveryError: that is no cursor.
    """
    if cursor is None:
        return None
    if isinstance(cursor, str) and cursor.isascii() and cursor.isdigit() and len(cursor) < len(str(LARGEST)):
        return int(cursor)
    raise RecoveryError(f"{shown(cursor)} is no cursor.", hint="Give the cursor of the page before, or None.")
