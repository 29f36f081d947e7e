"""The engine: one door in. Every change of every case enters through `Engine.handle` or `handle_many`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from recovery.asking import Asking
from recovery.clock import Clock
from recovery.commands import Command, Outcome, Settlement, fingerprint, outcome_of, plain, repeat, usable
from recovery.core.case import Case
from recovery.core.decide import decide, open_case
from recovery.core.decision import Decision
from recovery.core.errors import EventRefused, NotFound, RecoveryError, Refusal, closest, sentence
from recovery.core.events import (
    CaseQuarantined,
    ComplaintReceived,
    EffectDelivered,
    EffectFailed,
    Event,
    FactsRecorded,
    MessageReceived,
    MoveRequested,
)
from recovery.core.facts import shown
from recovery.core.shape import MAX_NAME, problem
from recovery.core.spec import Workflow

if TYPE_CHECKING:
    from datetime import datetime

    from recovery.store.lending import Lendable
    from recovery.store.store import Store
    from recovery.store.unit import Unit
    from recovery.workflow.bundle import Bundle


class Engine(Asking):
    """Turns events into committed facts. Make one with `recovery.bootstrap.open_engine`; share it freely.

    Attributes:
        store: where everything is kept.
        clock: where the present moment comes from.
        tenant: whose cases these are.
        default_workflow: the workflow a complaint opens in when its command names none.
    """

    def __init__(
        self, store: Store, clock: Clock, *, tenant: str = "default", default_workflow: str = "ten-step"
    ) -> None:
        self.store = store
        self.clock = clock
        self.tenant = tenant
        self.default_workflow = default_workflow
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
        self, commands: Sequence[Command], *, connection: Lendable | None = None
    ) -> list[Outcome | Refusal]:
        """Let many events in, in one transaction, each accepted or refused by itself, in the order given.

        Raises:
            Unlendable, EnvironmentFault: see `handle`; then none of them was let in.
        """
        if not commands:
            return []
        with self.store.write(connection) as unit:
            now = self.clock.now()
            self._prefetch(unit, commands)
            return [self._once(unit, command, command.recorded_at or now) for command in commands]

    def settle_many(self, settlements: Sequence[Settlement]) -> list[Outcome | Refusal]:
        """Close effects in the outbox and let `EffectDelivered` or `EffectFailed` into their cases, together.

        What was sent was sent, and is never sent again: a case that cannot take note of a delivery has it on
        record as a message that failed, with the reason.

        Raises:
            EnvironmentFault: see `handle`; then none of them was settled.
        """
        if not settlements:
            return []
        with self.store.write() as unit:
            unit.load(self.tenant, {settled.case for settled in settlements})
            return [self._settle(unit, settled) for settled in settlements]

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
            NotFound: no such version was ever published here.
        """
        found = self._bundles.get(hash)
        if found is None:
            from recovery.workflow.bundle import Bundle

            row = self.store.bundle(self.tenant, hash)
            if row is None:
                raise NotFound(f"No workflow version {hash[:12]} is in this database.")
            found = self._bundles[hash] = Bundle(row.hash, row.workflow, row.files)
        return found

    def workflow(self, hash: str) -> Workflow:
        """The workflow of a version, ready to decide with.

        Raises:
            NotFound: see `bundle`.
        """
        found = self._workflows.get(hash)
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
            raise NotFound(f"No workflow {name} has been published here.", hint=hint or listed)
        return self.workflow(hash)

    # --- inside a transaction -------------------------------------------------------------------------------

    def _prefetch(self, unit: Unit, commands: Sequence[Command]) -> None:
        """Load everything the commands name at once; no query per command."""
        ids = {command.case for command in commands if command.case is not None}
        if ids:
            unit.load(self.tenant, ids)
        external = {
            command.event.external_id
            for command in commands
            if isinstance(command.event, ComplaintReceived) and usable(command.event.external_id)
        }
        if external:
            unit.find(self.tenant, external)
        keys = {command.key for command in commands if usable(command.key)}
        if keys:
            unit.recall(self.tenant, keys)

    def _once(self, unit: Unit, command: Command, now: datetime) -> Outcome | Refusal:
        """Apply a command, or repeat the answer its key was given before."""
        if command.key is None:
            return self._apply(unit, command, now)
        if not usable(command.key):
            return Refusal("wrong_key", "The key cannot be used.", f"Give 1 to {MAX_NAME} characters.")
        try:
            print_ = fingerprint(command)
        except (TypeError, ValueError, RecursionError) as error:
            return problem(command.event) or Refusal("wrong_field", f"The event cannot be read: {error}.")
        known = unit.recall(self.tenant, {command.key}).get(command.key)
        if known is not None:
            return repeat(command.key, print_, known.fingerprint, known.answer)
        answer = self._apply(unit, command, now)
        if isinstance(answer, Outcome):
            unit.remember(self.tenant, command.key, print_, answer.case, answer.seq, plain(answer))
        return answer

    def _apply(self, unit: Unit, command: Command, now: datetime) -> Outcome | Refusal:
        if isinstance(command.event, ComplaintReceived) and command.case is None:
            return self._open(unit, command.event, command.workflow, now)
        if command.case is None:
            return Refusal("no_case", "The event names no case.", "Only a complaint opens one.")
        case = self._case(unit, command.case)
        while (
            isinstance(command.event, MessageReceived) and case is not None and case.merged_into is not None
        ):
            case = self._case(unit, case.merged_into)
        if case is None:
            return Refusal("no_such_case", f"There is no case {command.case}.")
        instead = ""
        decisions = self._decide_all(unit, case, command.event, now)
        if isinstance(decisions, Refusal) and command.otherwise is not None:
            event = command.otherwise(decisions, case)
            if event is not None:
                instead = decisions.code
                decisions = self._decide_all(unit, case, event, now)
        if isinstance(decisions, Refusal):
            return decisions
        for decision in decisions:
            unit.add(decision)
        return outcome_of(decisions[0], instead)

    def _open(
        self, unit: Unit, event: ComplaintReceived, workflow: str | None, now: datetime
    ) -> Outcome | Refusal:
        if usable(event.external_id):
            known = unit.find(self.tenant, {event.external_id}).get(event.external_id)
            if known is not None:
                case = self._case(unit, known)
                assert case is not None
                why = f"complaint {event.external_id} is already case {known}"
                return Outcome(known, case.seq, case.step, (), (why,), repeated=True)
        try:
            spec = self.current(workflow)
        except NotFound as error:
            return Refusal("unknown_workflow", error.message, error.hint)
        (id,) = unit.new_ids(1)
        try:
            decision = open_case(spec, self.tenant, id, event, now)
        except Exception as error:
            return _unforeseen("not_opened", f"The complaint could not be handled: {_named(error)}", "")
        if isinstance(decision, Refusal):
            return decision
        unit.add(decision)
        return outcome_of(decision)

    def _settle(self, unit: Unit, settled: Settlement) -> Outcome | Refusal:
        case, effect, at, failure = settled.case, settled.effect, settled.at, settled.failure
        answer: Outcome | Refusal | None = None
        if failure is None:
            delivered = EffectDelivered(by="engine", occurred_at=at, effect=effect)
            answer = self._apply(unit, Command(delivered, case), at)
            if isinstance(answer, Refusal):
                failure = f"It was sent, but the case could not take note of it: {answer.message}"
        if failure is not None:
            failed = EffectFailed(by="engine", occurred_at=at, effect=effect, reason=failure)
            noted = self._apply(unit, Command(failed, case), at)
            answer = answer or noted
        assert answer is not None
        # The log has the last word, also where somebody else settled this effect first.
        snapshot = self._case(unit, case)
        ended_well = effect not in snapshot.undelivered if snapshot else failure is None
        status = "delivered" if ended_well else "failed"
        unit.settle(self.tenant, case, effect, status, at, settled.rendered, None if ended_well else failure)
        return answer

    def _case(self, unit: Unit, id: int) -> Case | None:
        return unit.load(self.tenant, {id}).get(id)

    def _decide_all(self, unit: Unit, case: Case, event: Event, now: datetime) -> list[Decision] | Refusal:
        """The decision for an event and for those it brings about in other cases: all, or the refusal."""
        first = self._decide(unit, case, event, now)
        if isinstance(first, Refusal):
            return first
        decisions = [first]
        for id, further in first.also:
            other = self._case(unit, id)
            if other is None:
                return Refusal("no_such_case", f"There is no case {id}.")
            second = self._decide(unit, other, further, now)
            if isinstance(second, Refusal):
                return second
            decisions.append(second)
        return decisions

    def _decide(self, unit: Unit, case: Case, event: Event, now: datetime) -> Decision | Refusal:
        """One decision. A case whose handling fails in a way nobody foresaw is set aside; the rest go on."""
        try:
            workflow = self.workflow(case.bundle)
        except RecoveryError as error:
            if error.fault == "environment":
                raise
            message = f"Case {case.id} cannot be handled: {error.message}"
            return Refusal(
                "no_version", message, "`recovery db verify` says what is missing.", fault="engine"
            )
        try:
            return decide(workflow, case, event, now)
        except Exception as error:
            reason = f"{type(event).__name__} could not be handled: {_named(error)}"
        if case.quarantine is None:
            quarantined = CaseQuarantined(by="engine", occurred_at=now, reason=reason)
            decision = decide(workflow, case, quarantined, now)
            assert isinstance(decision, Decision)
            unit.add(decision)
        return _unforeseen(
            "quarantined", f"Case {case.id} was set aside: {reason}", "; then lift the quarantine"
        )


def _unforeseen(code: str, message: str, then: str) -> Refusal:
    return Refusal(code, message, f"Nothing else changed. Please report it{then}.", fault="engine")


def _named(error: Exception) -> str:
    """An error as a reason keeps it: its kind and its words, short."""
    return f"{type(error).__name__}: {shown(str(error))}"
