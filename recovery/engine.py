"""The engine: one door in. Every change of every case enters through `Engine.handle` or `handle_many`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from recovery.applying import Applying
from recovery.assigning import Assigning
from recovery.clock import Clock
from recovery.commands import Command, Outcome, Settlement, usable
from recovery.compensating import Compensating
from recovery.core.errors import EventRefused, NotFound, Refusal, closest, sentence
from recovery.core.events import (
    ComplaintReceived,
    Event,
    FactsRecorded,
    MoveRequested,
)
from recovery.core.facts import shown
from recovery.core.spec import Workflow
from recovery.couponing import Couponing
from recovery.erasing import Erasing
from recovery.funding import Funding
from recovery.learning import Learning
from recovery.lining_up import LiningUp
from recovery.recurring import OFTEN, Often, Recurring
from recovery.settling import settle_all
from recovery.staffing import Staffing
from recovery.standing import Limits
from recovery.storytelling import Storytelling
from recovery.tending import Tending

if TYPE_CHECKING:
    from recovery.store.lending import Lendable
    from recovery.store.store import Store
    from recovery.store.unit import Unit
    from recovery.workflow.bundle import Bundle


class Engine(
    Assigning,
    Compensating,
    Couponing,
    Erasing,
    Funding,
    Learning,
    LiningUp,
    Recurring,
    Storytelling,
    Tending,
    Staffing,
):
    """Turns events into committed facts. Make one with `recovery.bootstrap.open_engine`; share it freely.

    Attributes:
        store: where everything is kept.
        clock: where the present moment comes from.
        tenant: whose cases these are.
        default_workflow: the workflow a complaint opens in when its command names none.
        limits: what people may spend, and what currencies are worth.
        often: from how many cases alike within how long a trouble happens often.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        tenant: str = "default",
        default_workflow: str = "ten-step",
        limits: Limits | None = None,
        often: Often | None = None,
    ) -> None:
        self.store = store
        self.clock = clock
        self.tenant = tenant
        self.default_workflow = default_workflow
        self.limits = limits or Limits()
        self.often = often or OFTEN
        self._bundles: dict[str, Bundle] = {}
        self._workflows: dict[str, Workflow] = {}

    # --- the door -------------------------------------------------------------------------------------------

    def handle(
        self,
        event: Event,
        case: int | None = None,
        *,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Let one event into its case, in one transaction.

        Args:
            connection: a connection of the host's own, lent for this command: it is then done in the host's
                transaction, inside a savepoint, and committed or rolled back with it.

        Raises:
            EventRefused: the event was refused and changed nothing; `.refusal` says why.
            Unlendable: the lent connection cannot be used.
            EnvironmentFault: the database is locked, full, read-only or of another version.
        """
        (answer,) = self.handle_many([Command(event, case, key)], connection=connection)
        if isinstance(answer, Refusal):
            raise EventRefused(answer)
        return answer

    def handle_many(
        self,
        commands: Sequence[Command],
        *,
        contents: Sequence[bytes] = (),
        connection: Lendable | None = None,
    ) -> list[Outcome | Refusal]:
        """Let many events in, in one transaction, each accepted or refused by itself, in the order given.

        Args:
            contents: of the files that `AttachmentAdded` events among them attach.

        Raises:
            Unlendable, EnvironmentFault: see `handle`; then none of them was let in.
        """
        if not commands:
            return []
        with self.store.write(connection) as unit:
            return self._applying(unit, contents).all(commands)

    def see_to_due(self, limit: int) -> tuple[int, list[int]]:
        """Let clocks run out whose time has come (see `recovery.ticking.fire_due`).

        Returns:
            In how many cases, and which of them were put in quarantine.

        Raises:
            EnvironmentFault: see `handle`; then nothing was done.
        """
        with self.store.write() as unit:
            applying = self._applying(unit)
            due = unit.lock_due(self.tenant, applying.now, limit)
            aside = applying.see_to(due, all_of_them=len(due) < limit)
        return len(due), aside

    def settle_many(self, settlements: Sequence[Settlement]) -> list[Outcome | Refusal | None]:
        """Close effects in the outbox and let `EffectDelivered`, `EffectFailed` … into their cases, together.

        What was sent was sent, and is never sent again: a case that cannot take note of a delivery has it on
        record as a message that failed, with the reason.

        Raises:
            EnvironmentFault: see `handle`; then none of them was settled.
        """
        if not settlements:
            return []
        with self.store.write() as unit:
            return settle_all(unit, self._applying(unit), settlements)

    def _applying(self, unit: Unit, contents: Sequence[bytes] = ()) -> Applying:
        files = {sha256(content).hexdigest(): content for content in contents}
        now = self.clock.now()
        return Applying(
            unit, self.tenant, now, self.workflow, self.current, self.bundle, files, self.limits, self.often
        )

    # --- the usual commands ---------------------------------------------------------------------------------

    def open_case(
        self,
        text: str,
        *,
        by: str = "customer",
        customer: Mapping[str, str] | None = None,
        external_id: str | None = None,
        workflow: str | None = None,
        key: str | None = None,
        connection: Lendable | None = None,
        **more: Any,
    ) -> Outcome:
        """Open a case for a complaint that came just now. `more` are further fields of `ComplaintReceived`.

        A complaint whose `external_id` is known opens nothing: the answer names the case and is `repeated`.

        Raises:
            EventRefused: see `handle`.
        """
        event = ComplaintReceived(
            by=by,
            occurred_at=self.clock.now(),
            text=text,
            customer=customer or {},
            external_id=external_id,
            **more,
        )
        (answer,) = self.handle_many([Command(event, None, key, workflow)], connection=connection)
        if isinstance(answer, Refusal):
            raise EventRefused(answer)
        return answer

    def record(
        self,
        case: int,
        facts: Mapping[str, Any],
        *,
        by: str,
        source: str = "agent",
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Put facts on record. `source` says who they come from, `by` who writes them down.

        Raises:
            EventRefused: see `handle`.
        """
        event = FactsRecorded(by=by, occurred_at=self.clock.now(), facts=facts, source=source)
        return self.handle(event, case, key=key, connection=connection)

    def do(
        self,
        case: int,
        transition: str,
        *,
        by: str,
        facts: Mapping[str, Any] | None = None,
        source: str = "agent",
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Ask for a transition by its name.

        Raises:
            EventRefused: see `handle`.
        """
        event = MoveRequested(
            by=by,
            occurred_at=self.clock.now(),
            transition=transition,
            facts=facts or {},
            source=source,
        )
        return self.handle(event, case, key=key, connection=connection)

    # --- versions -------------------------------------------------------------------------------------------

    def bundle(self, hash: str) -> Bundle:
        """A published version, from memory after the first time.

        Raises:
            NotFound: no such version was ever published here, or its files were changed since.
        """
        if not usable(hash):
            raise NotFound(f"No workflow version {shown(hash)} is in this database.")
        found = self._bundles.get(hash)
        if found is None:
            from recovery.workflow.bundle import Bundle, hash_of

            row = self.store.bundle(self.tenant, hash)
            if row is None:
                raise NotFound(f"No workflow version {hash[:12]} is in this database.")
            if hash_of(row.files) != hash:
                raise NotFound(
                    f"Workflow version {hash[:12]} is no longer what was published.",
                    hint="`recovery db verify` says what was changed; restore it from a copy.",
                )
            found = self._bundles[hash] = Bundle(row.hash, row.workflow, row.files)
        return found

    def workflow(self, hash: str) -> Workflow:
        """The workflow of a version, ready to decide with.

        Raises:
            NotFound: see `bundle`.
        """
        found = self._workflows.get(hash) if usable(hash) else None
        if found is None:
            from recovery.workflow.bundle import load

            found = self._workflows[hash] = load(self.bundle(hash))
        return found

    def current(self, workflow: str | None = None) -> Workflow:
        """The version that new cases run on.

        Raises:
            NotFound: nothing of this name has been published.
        """
        name = workflow or self.default_workflow
        hash = self.store.published(self.tenant, name) if usable(name) else None
        if hash is None:
            known = list(self.store.workflows(self.tenant))
            listed = f"Published: {', '.join(known)}." if known else "Run `recovery publish`."
            hint = sentence(closest(name, known)) if usable(name) else ""
            named = name if usable(name) else shown(name)
            raise NotFound(f"No workflow {named} has been published here.", hint=hint or listed)
        return self.workflow(hash)
