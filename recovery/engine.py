"""The engine: one door in. Every change of every case enters through `Engine.handle` or `handle_many`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from recovery.clock import Clock
from recovery.commands import Command, Outcome, Settlement, fingerprint, outcome_of, plain, repeat
from recovery.core.case import Case
from recovery.core.decide import decide, open_case
from recovery.core.decision import Decision
from recovery.core.errors import EventRefused, NotFound, Refusal
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
from recovery.core.spec import MERGED, Workflow

if TYPE_CHECKING:
    from datetime import datetime

    from recovery.store.sqlite import SqliteStore, Unit
    from recovery.workflow.bundle import Bundle


class Engine:
    """Turns events into committed facts. Make one with `recovery.bootstrap.open_engine`; share it freely.

    Attributes:
        store: where everything is kept.
        clock: where the present moment comes from.
        tenant: whose cases these are.
        default_workflow: the workflow a complaint opens in when its command names none.
    """

    def __init__(
        self, store: SqliteStore, clock: Clock, *, tenant: str = "default", default_workflow: str = "ten-step"
    ) -> None:
        self.store = store
        self.clock = clock
        self.tenant = tenant
        self.default_workflow = default_workflow
        self._bundles: dict[str, Bundle] = {}
        self._workflows: dict[str, Workflow] = {}

    # --- the door -------------------------------------------------------------------------------------------

    def handle(self, event: Event, case: int | None = None, *, key: str | None = None) -> Outcome:
        """Let one event into its case, in one transaction.

        Raises:
            EventRefused: the event was refused and changed nothing; `.refusal` says why.
            EnvironmentFault: the database is locked, full, read-only or of another version.
        """
        (answer,) = self.handle_many([Command(event, case, key)])
        if isinstance(answer, Refusal):
            raise EventRefused(answer)
        return answer

    def handle_many(self, commands: Sequence[Command]) -> list[Outcome | Refusal]:
        """Let many events in, in one transaction, each accepted or refused by itself, in the order given."""
        with self.store.write() as unit:
            now = self.clock.now()
            self._prefetch(unit, commands)
            return [self._once(unit, command, command.recorded_at or now) for command in commands]

    def settle_many(self, settlements: Sequence[Settlement]) -> list[Outcome | Refusal]:
        """Close effects in the outbox and let `EffectDelivered` or `EffectFailed` into their cases, together.

        What was sent was sent: the outbox is closed even where the case refuses to hear of it.
        """
        if not settlements:
            return []
        with self.store.write() as unit:
            unit.load(self.tenant, {settled.case for settled in settlements})
            answers = []
            for settled in settlements:
                failure = settled.failure
                event = (
                    EffectDelivered(by="engine", occurred_at=settled.at, effect=settled.effect)
                    if failure is None
                    else EffectFailed(
                        by="engine", occurred_at=settled.at, effect=settled.effect, reason=failure
                    )
                )
                answer = self._apply(unit, Command(event, settled.case), settled.at)
                note = failure or (answer.message if isinstance(answer, Refusal) else None)
                status = "delivered" if failure is None else "failed"
                unit.settle(
                    self.tenant, settled.case, settled.effect, status, settled.at, settled.rendered, note
                )
                answers.append(answer)
            return answers

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
        (answer,) = self.handle_many([Command(event, None, key, workflow)])
        if isinstance(answer, Refusal):
            raise EventRefused(answer)
        return answer

    def record(
        self, case: int, facts: Mapping[str, Any], *, by: str, source: str = "agent", key: str | None = None
    ) -> Outcome:
        """Put facts on record. `source` says who they come from, `by` who writes them down.

        Raises:
            EventRefused: see `handle`.
        """
        now = self.clock.now()
        return self.handle(FactsRecorded(by=by, occurred_at=now, facts=facts, source=source), case, key=key)

    def do(
        self,
        case: int,
        transition: str,
        *,
        by: str,
        facts: Mapping[str, Any] | None = None,
        source: str = "agent",
        key: str | None = None,
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
        return self.handle(event, case, key=key)

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
        hash = self.store.published(self.tenant, name)
        if hash is None:
            raise NotFound(f"No workflow {name} has been published here.", hint="Run `recovery publish`.")
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
            if isinstance(command.event, ComplaintReceived) and command.event.external_id is not None
        }
        if external:
            unit.find(self.tenant, external)
        keys = {command.key for command in commands if command.key is not None}
        if keys:
            unit.recall(self.tenant, keys)

    def _once(self, unit: Unit, command: Command, now: datetime) -> Outcome | Refusal:
        """Apply a command, or repeat the answer its key was given before."""
        if command.key is None:
            return self._apply(unit, command, now)
        print_ = fingerprint(command)
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
        while isinstance(command.event, MessageReceived) and case is not None and case.step == MERGED:
            assert case.merged_into is not None
            case = self._case(unit, case.merged_into)
        if case is None:
            return Refusal("no_such_case", f"There is no case {command.case}.")
        instead = ""
        try:
            decisions = self._decide_all(unit, case, command.event, now)
            if isinstance(decisions, Refusal) and command.otherwise is not None:
                event = command.otherwise(decisions, case)
                if event is not None:
                    instead = decisions.code
                    decisions = self._decide_all(unit, case, event, now)
        except Exception as error:
            return self._set_aside(unit, case, command.event, error, now)
        if isinstance(decisions, Refusal):
            return decisions
        for decision in decisions:
            unit.add(decision)
        return outcome_of(decisions[0], instead)

    def _open(
        self, unit: Unit, event: ComplaintReceived, workflow: str | None, now: datetime
    ) -> Outcome | Refusal:
        if event.external_id is not None:
            known = unit.find(self.tenant, {event.external_id}).get(event.external_id)
            if known is not None:
                case = self._case(unit, known)
                assert case is not None
                why = f"complaint {event.external_id} is already case {known}"
                return Outcome(known, case.seq, case.step, (), (why,), repeated=True)
        spec = self.current(workflow)
        (id,) = unit.new_ids(1)
        decision = open_case(spec, self.tenant, id, event, now)
        if isinstance(decision, Refusal):
            return decision
        unit.add(decision)
        return outcome_of(decision)

    def _case(self, unit: Unit, id: int) -> Case | None:
        return unit.load(self.tenant, {id}).get(id)

    def _decide_all(self, unit: Unit, case: Case, event: Event, now: datetime) -> list[Decision] | Refusal:
        """The decision for an event and for those it brings about in other cases: all, or the refusal."""
        first = decide(self.workflow(case.bundle), case, event, now)
        if isinstance(first, Refusal):
            return first
        decisions = [first]
        for id, further in first.also:
            other = self._case(unit, id)
            if other is None:
                return Refusal("no_such_case", f"There is no case {id}.")
            second = decide(self.workflow(other.bundle), other, further, now)
            if isinstance(second, Refusal):
                return second
            decisions.append(second)
        return decisions

    def _set_aside(self, unit: Unit, case: Case, event: Event, error: Exception, now: datetime) -> Refusal:
        """Quarantine a case whose handling failed in a way nobody foresaw, so that the rest go on."""
        reason = f"{type(event).__name__} could not be handled: {type(error).__name__}: {error}"
        if case.quarantine is None:
            quarantined = CaseQuarantined(by="engine", occurred_at=now, reason=reason)
            decision = decide(self.workflow(case.bundle), case, quarantined, now)
            assert isinstance(decision, Decision)
            unit.add(decision)
        return Refusal(
            "quarantined",
            f"Case {case.id} was set aside: {reason}",
            "Please report it; then lift the quarantine.",
            fault="engine",
        )
