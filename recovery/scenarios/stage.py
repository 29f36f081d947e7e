"""One scenario on an engine of its own: time passes, somebody acts, and what is so is compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import structs

from recovery.clock import ManualClock
from recovery.commands import Command
from recovery.core.case import Case
from recovery.core.changes import recorded
from recovery.core.errors import RecoveryError, Refusal
from recovery.core.events import CaseMerged, ComplaintReceived, Event, FactsRecorded, MessageWritten
from recovery.core.facts import SOURCES
from recovery.core.instants import from_text
from recovery.core.spec import Workflow
from recovery.delivery.message import Message
from recovery.delivery.outcomes import Delivered, Handed, Outcome, Rejected
from recovery.drafting import filled
from recovery.engine import Engine
from recovery.scenarios.comparing import Difference, View, accepted, difference, no_case, shown
from recovery.scenarios.counting import counts
from recovery.scenarios.coverage import Touched, touched
from recovery.scenarios.moments import written
from recovery.scenarios.story import Act, Moment, Scenario
from recovery.store.records import Record
from recovery.ticking import pass_time
from recovery.workflow.bundle import Bundle

TRACE_LINES = 16
"""How many lines of what happened are told of a scenario that fails."""


@dataclass(frozen=True, slots=True)
class Told:
    """How a story went.

    Attributes:
        differences: of the first moment that was not as expected; the story ended there.
        trace: the last lines of what happened, of the case that moment was about.
        records: the log of every case.
    """

    differences: tuple[Difference, ...]
    trace: tuple[str, ...]
    records: tuple[Record, ...]


class Mailbox:
    """Takes every message, or none while `delivery` fails; what is to be paid, a person pays."""

    def __init__(self) -> None:
        self.fails = False

    def deliver(self, message: Message) -> Outcome:
        """Say what became of a message (see `recovery.delivery.channels.Channel`)."""
        if self.fails:
            return Rejected("in this story nothing can be delivered")
        if message.payment is not None:
            return Handed("payment")
        return Delivered(f"taken for {message.address or 'the case'}")


def tell(scenario: Scenario, clock: ManualClock, begin: Callable[[], Engine]) -> tuple[Told, Touched]:
    """Run a scenario; gives what it came to as well.

    Args:
        begin: a new engine on the same database, with this clock; empty but for the workflow at first.
    """
    stage = _Stage(scenario, clock, begin)
    try:
        told = stage.tell()
        return told, touched(stage.engine.workflow(scenario.version), told.records)
    finally:
        stage.engine.store.close()


class _Stage:
    def __init__(self, scenario: Scenario, clock: ManualClock, begin: Callable[[], Engine]) -> None:
        self.scenario = scenario
        self.begin = begin
        self.engine = begin()
        self.clock = clock
        self.mailbox = Mailbox()
        self.stands_still = False
        self.zone = ZoneInfo(scenario.zone)
        self._seen: set[tuple[int, str]] = set()
        self._heard: dict[int, int] = {}
        self._key = ""
        self._versions = [scenario.version]

    def tell(self) -> Told:
        self.clock.set(self.scenario.story[0].at)
        for moment in self.scenario.story:
            differences = self._moment(moment)
            if differences:
                return Told(tuple(differences), self._trace(moment.case), self._records())
        return Told((), (), self._records())

    # --- a moment -------------------------------------------------------------------------------------------

    def _moment(self, moment: Moment) -> list[Difference]:
        if moment.restart:
            self.engine.store.close()
            self.engine = self.begin()
        self._pass(moment.at)
        if moment.publish is not None:
            self._publish(moment.publish)
        if moment.delivery is not None:
            self.mailbox.fails = moment.delivery == "fails"
            self.stands_still = moment.delivery == "stands still"
        looks_at_counts = any(one.what == "reports" for one in moment.expected or ())
        before = self._counts() if looks_at_counts else None
        self._key = f"line {moment.place[0]}" if moment.again else ""
        refusal = self._act(moment.act) if moment.act is not None else None
        if moment.again and refusal is None:
            assert moment.act is not None
            size = len(self._records())
            if (self._act(moment.act) or refusal) is not None or len(self._records()) != size:
                return [Difference(*moment.act.place, "again", "as the first time", "done twice")]
        self._pass(moment.at)
        expects_refusal = any(one.what == "refused" for one in moment.expected or ())
        if refusal is not None and not expects_refusal:
            assert moment.act is not None
            return [accepted(refusal, moment.act.place, moment.act.line.kind)]
        if moment.expected is None:
            return []
        return self._compared(moment, refusal, before)

    def _publish(self, bundle: Bundle) -> None:
        self.engine.store.publish(self.engine.tenant, bundle.hash, bundle.workflow_id, bundle.files)
        self._versions.append(bundle.hash)

    def _pass(self, until: datetime) -> None:
        """Let time pass, with everything that is due on the way at its own moment."""
        if self.stands_still:
            self.clock.set(until)
        else:
            pass_time(self.engine, self.clock, until, self.mailbox, at_due_time=False)

    def _compared(self, moment: Moment, refusal: Refusal | None, before: Any) -> list[Difference]:
        case = self._case(moment.case)
        if case is None:
            only_refused = all(one.what == "refused" for one in moment.expected or ())
            if not only_refused:
                return [no_case(moment.case, moment.place)]
            case = Case(self.engine.tenant, 0, self.scenario.workflow, self.scenario.version, "")
        rows = self.engine.store.outbox(self.engine.tenant, case=case.id, status="delivered")
        arrived = [row for row in rows if (row.case, row.effect) not in self._seen]
        self._seen |= {(row.case, row.effect) for row in arrived}
        view = View(
            *(self.engine.workflow(case.bundle), case, arrived, refusal, moment.at, self.zone),
            reasons=self._reasons(case),
            version=self._versions.index(case.bundle) + 1,
            counted=lambda: (before, self._counts()),
            kept=self._kept,
            limits=partial(self.engine.limits_of, case=case.id or None),
        )
        found = (difference(view, expected) for expected in moment.expected or ())
        return sorted(one for one in found if one is not None)

    def _reasons(self, case: Case) -> list[str]:
        """What was said since the last expectation of a case."""
        since = self._heard.get(case.id, 0)
        self._heard[case.id] = case.seq
        log = self.engine.store.log(self.engine.tenant, case.id)
        return [line for record in log if record.seq > since for line in record.why]

    def _counts(self) -> dict[str, Any]:
        return counts(self.engine.workflow(self.scenario.version), self.engine.store, self.engine.tenant)

    def _kept(self) -> str:
        store, tenant = self.engine.store, self.engine.tenant
        return "\n".join(map(repr, [*self._records(), *self._cases(), *store.outbox(tenant)]))

    def _cases(self) -> list[Case]:
        return [self.engine.case(id) for id in self._ids().values()]

    # --- an act ---------------------------------------------------------------------------------------------

    def _act(self, act: Act) -> Refusal | None:
        """Do it, and give the refusal it meets."""
        line = act.line
        assert line.event is not None
        assert line.case is not None
        if isinstance(line.event, ComplaintReceived):
            return self._open(line.event)
        ids = self._ids()
        if line.case not in ids:
            return Refusal("no_such_case", f"There is no case {line.case}.", "A complaint opens one.")
        event: Event = line.event
        if isinstance(event, CaseMerged):
            if line.other not in ids:
                return Refusal("no_such_case", f"There is no case {line.other}.", "A complaint opens one.")
            event = replace(event, into=ids[line.other])
        case = self.engine.case(ids[line.case])
        if act.is_anybody:
            event = replace(event, by=_somebody(self.engine.workflow(case.bundle), case))
        if act.is_filled:
            assert isinstance(event, MessageWritten)
            try:
                event = filled(self.engine, case, event)
            except RecoveryError as error:
                return Refusal("not_filled", error.message, error.hint)
        return self._handle(Command(event, case.id))

    def _open(self, event: ComplaintReceived) -> Refusal | None:
        refusal = self._handle(Command(event, workflow=self.scenario.workflow))
        facts = self.scenario.facts
        if refusal is not None or not facts:
            return refusal
        case = self._ids()[event.external_id or ""]
        for source, given in _by_source(self.engine.workflow(self.scenario.version), facts).items():
            by = source if source in ("customer", "engine", "import") else "agent"
            known = FactsRecorded(by=by, occurred_at=event.occurred_at, facts=given, source=source)
            refusal = refusal or self._handle(Command(known, case))
        return refusal

    def _handle(self, command: Command) -> Refusal | None:
        if self._key:
            key = f"{self._key} {type(command.event).__name__}"
            command = structs.replace(command, key=key)
        (answer,) = self.engine.handle_many([command])
        return answer if isinstance(answer, Refusal) else None

    # --- what is there --------------------------------------------------------------------------------------

    def _ids(self) -> dict[str, int]:
        names = {moment.case for moment in self.scenario.story}
        return dict(self.engine.store.find_cases(self.engine.tenant, names))

    def _case(self, name: str) -> Case | None:
        id = self._ids().get(name)
        return None if id is None else self.engine.case(id)

    def _records(self) -> tuple[Record, ...]:
        return tuple(
            record for id in self._ids().values() for record in self.engine.store.log(self.engine.tenant, id)
        )

    def _trace(self, name: str) -> tuple[str, ...]:
        id = self._ids().get(name)
        lines = []
        for record in self.engine.store.log(self.engine.tenant, id) if id is not None else ():
            lines.append(f"{written(from_text(record.occurred_at), self.zone)}  {record.kind} by {record.by}")
            told = recorded(record.changes)
            lines += [f"  {fact}: {shown(value)} (from the {source})" for fact, value, source in told]
            lines += [f"  {line}" for line in record.why]
        return tuple(lines[-TRACE_LINES:])


def _somebody(workflow: Workflow, case: Case) -> str:
    """Who acts where nobody is named: the owner, or somebody of the lowest level."""
    level = workflow.escalation[0]
    return level if case.owner is None else f"{level}:{case.owner}"


def _by_source(workflow: Workflow, facts: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Facts by who says them: whoever may, an agent where anybody may."""
    found: dict[str, dict[str, Any]] = {}
    for name, value in facts.items():
        said_by = workflow.facts[name].said_by
        source = next(one for one in ("agent", *SOURCES) if not said_by or one in said_by)
        found.setdefault(source, {})[name] = value
    return found
