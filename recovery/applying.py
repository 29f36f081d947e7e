"""What happens inside one transaction: commands and settlements are applied to cases, one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Any

import msgspec

from recovery.commands import (
    Command,
    Outcome,
    Print,
    is_number,
    outcome_of,
    plain,
    print_of,
    repeat,
    usable,
)
from recovery.core.attachments import is_what_it_says
from recovery.core.case import Case
from recovery.core.contact import ENOUGH
from recovery.core.decide import decide, open_case
from recovery.core.decision import Decision
from recovery.core.errors import NotFound, RecoveryError, Refusal
from recovery.core.events import (
    AttachmentAdded,
    CaseQuarantined,
    ComplaintReceived,
    Event,
    FactsRecorded,
    MessageReceived,
    MessageWritten,
    PersonErased,
    TimerFired,
)
from recovery.core.facts import shown
from recovery.core.instants import from_text, to_text
from recovery.core.shape import problem
from recovery.core.spec import End, Step, Workflow
from recovery.guarding import WRITTEN, Written, guarded
from recovery.handing import HANDING, HandOff, expected
from recovery.leaving import STOPPING, leaving
from recovery.recurring import Often, counted, has_looked, said
from recovery.standing import SPENDING, Limits, Spending
from recovery.taking_out import take_out, take_out_beside

if TYPE_CHECKING:
    from recovery.store.unit import Unit
    from recovery.workflow.bundle import Bundle

FOLLOWING = frozenset({MessageReceived, AttachmentAdded})
"""What comes from a customer for a merged case is for the case it goes on in."""

LOOKED_AT = SPENDING | HANDING | WRITTEN | {AttachmentAdded, PersonErased}
"""Events that are not for the core alone to judge."""

GONE = Workflow("gone", "", {}, {"none": Step("none", {})}, {"closed": End("closed", {})}, {})
"""Stands for a version that cannot be had, so that its cases can be set aside."""


class Applying:
    """One transaction at work. What it asks of the database it asks once for all commands.

    `version` gives the workflow of a bundle's hash, `current` the one a new case runs on, by its name.
    `bundle` gives the files of a hash; `contents` are those to be attached, by their SHA-256. `limits` tells
    what may be spent.
    """

    def __init__(
        self,
        unit: Unit,
        tenant: str,
        now: datetime,
        version: Callable[[str], Workflow],
        current: Callable[[str | None], Workflow],
        bundle: Callable[[str], Bundle],
        contents: Mapping[str, bytes],
        limits: Limits,
        often: Often,
    ) -> None:
        self.unit = unit
        self.tenant = tenant
        self.now = now
        self._version = version
        self._current = current
        self._bundle = bundle
        self._contents = contents
        self._limits = limits
        self._often = often
        self._found: dict[str | None, Workflow] = {}
        self._versions: dict[str, Workflow] = {}
        self._done: dict[str, tuple[str, Outcome]] = {}
        self._erased: dict[int, Case] = {}

    def all(self, commands: Sequence[Command]) -> list[Outcome | Refusal]:
        """Apply commands in their order, each accepted or refused by itself."""
        prints = [print_of(command) for command in commands]
        self._prefetch(commands, prints)
        answers = [
            self._once(command, one, command.recorded_at or self.now)
            for command, one in zip(commands, prints, strict=True)
        ]
        if self._erased:
            take_out_beside(self.unit, self.tenant, self._erased)
        for key, (hash, answer) in self._done.items():
            self.unit.remember(self.tenant, key, hash, plain(answer), logged=not answer.repeated)
        self._done.clear()
        return answers

    def _prefetch(self, commands: Sequence[Command], prints: Sequence[Print | Refusal | None]) -> None:
        """Load everything the commands name at once; no query per command."""
        ids = set()
        keys = []
        spending = []
        external = set()
        opening = 0
        for command, one in zip(commands, prints, strict=True):
            if is_number(command.case):
                ids.add(command.case)
                if type(command.event) in SPENDING:
                    spending.append(command)
            elif isinstance(command.event, ComplaintReceived):
                opening += 1
                if usable(command.event.external_id):
                    external.add(command.event.external_id)
            if isinstance(one, Print) and command.key is not None:
                keys.append(command.key)
        if ids:
            self.unit.load(self.tenant, ids)
        known = self.unit.find(self.tenant, external) if external else {}
        done = self.unit.recall(self.tenant, keys) if keys else {}
        if opening > 1:
            self.unit.reserve(max(0, opening - len(known) - len(done)))
        if len(spending) > 1:
            self._limits.take(self.unit, self.tenant, spending, self._version)

    def _once(self, command: Command, print_: Print | Refusal | None, now: datetime) -> Outcome | Refusal:
        """Apply a command, or repeat the answer its key was given before."""
        event = command.event
        if type(event) in STOPPING and (left := leaving(self.unit, self.tenant, command)) is not None:
            return left
        if print_ is None:
            return self.apply(command, now)
        if isinstance(print_, Refusal):
            return print_
        key = command.key
        assert key is not None
        if key in self._done:
            done, answer = self._done[key]
            return repeat(key, print_.hash, done, plain(answer))
        known = self.unit.answer(self.tenant, key)
        if known is not None:
            return repeat(key, print_.hash, known.fingerprint, known.answer)
        found = self.apply(command, now, print_.told)
        if isinstance(found, Outcome):
            self._done[key] = print_.hash, found
        return found

    def apply(self, command: Command, now: datetime, told: dict[str, Any] | None = None) -> Outcome | Refusal:
        """Apply one command. `told`: the event's payload, where it is at hand."""
        event = command.event
        if command.case is None:
            if isinstance(event, ComplaintReceived):
                return self._open(event, command.workflow, now, told)
            return Refusal("no_case", "The event names no case.", "Only a complaint opens one.")
        case = self.unit.case(self.tenant, command.case) if is_number(command.case) else None
        if type(event) in FOLLOWING:
            while case is not None and case.merged_into is not None:
                case = self.unit.case(self.tenant, case.merged_into)
        if case is None:
            return Refusal("no_such_case", f"There is no case {shown(command.case)}.")
        case = self.let_time_pass(case, now)
        if type(event) in LOOKED_AT:
            looked_at = self._looked_at(event, case, now)
            if isinstance(looked_at, Refusal):
                return looked_at
            event = looked_at
            if isinstance(event, PersonErased):
                case = self.unit.case(self.tenant, case.id) or case
        more = None
        if type(event) is FactsRecorded and has_looked(event):
            event, more = counted(event, case, self._version, self.unit, now, self._often)
        instead = ""
        decisions = self._decide_all(case, event, now)
        if isinstance(decisions, Refusal) and command.otherwise is not None:
            other = command.otherwise(decisions, case)
            if other is not None:
                instead = decisions.code
                decisions = self._decide_all(case, other, now)
        if isinstance(decisions, Refusal):
            return decisions
        if decisions[0].draws and (wrong := _unpayable(decisions[0])) is not None:
            return wrong
        for decision in decisions:
            self.unit.add(decision, told if decision.event is command.event else None)
        if isinstance(event, MessageWritten) and event.to == "customer" and case.awaiting:
            due_at = decisions[0].effects[0].due_at or to_text(now)
            self.unit.outbox.hurry(self.tenant, case.id, due_at, ENOUGH)
        found = outcome_of(decisions[0], instead)
        return found if more is None else self._and_more(found, more, now)

    def _and_more(self, found: Outcome, more: FactsRecorded, now: datetime) -> Outcome:
        """What the engine adds to an event that was let in, in the same transaction."""
        case = self.unit.case(self.tenant, found.case)
        decision = None if case is None else self._decide(case, more, now)
        if not isinstance(decision, Decision):
            return found
        self.unit.add(decision)
        then = outcome_of(decision)
        why, effects = (*found.why, said(more), *then.why), (*found.effects, *then.effects)
        return msgspec.structs.replace(found, step=then.step, effects=effects, why=why)

    def let_time_pass(self, case: Case, now: datetime) -> Case:
        """First what is due happens, then what somebody does: whoever comes late finds a clock run out.

        One whose clocks cannot be seen to is set aside, so that the rest go on.
        """
        while case.due_at is not None and case.due_at <= to_text(now):
            case = self._fire(case, case.due_at, now)
        return case

    def see_to(self, due: Sequence[int], *, all_of_them: bool) -> list[int]:
        """Let clocks of cases run out, across all of them in the order of their due times.

        Args:
            all_of_them: no other case has anything due; otherwise none goes further than the last of these.

        Returns:
            Those that had to be set aside.
        """
        until = to_text(self.now)
        waiting: list[tuple[str, int, Case]] = []
        for id in due:
            case = self.unit.case(self.tenant, id)
            if case is not None and case.due_at is not None:
                waiting.append((case.due_at, id, case))
        if waiting and not all_of_them:
            until = max(waiting)[0]
        heapify(waiting)
        aside = []
        while waiting:
            at, id, case = heappop(waiting)
            case = self._fire(case, at, self.now)
            if case.quarantine is not None:
                aside.append(id)
            elif case.due_at is not None and case.due_at <= until:
                heappush(waiting, (case.due_at, id, case))
        return aside

    def _fire(self, case: Case, due_at: str, now: datetime) -> Case:
        """Let what is due up to a moment happen in a case; gives it as it stands then."""
        decision = self._decide(case, TimerFired(by="engine", occurred_at=now, due_at=from_text(due_at)), now)
        if isinstance(decision, Decision):
            self.unit.add(decision)
            return decision.case
        self._set_aside(case, now, f"its clocks cannot be seen to: {decision.message}")
        found = self.unit.case(self.tenant, case.id)
        assert found is not None
        return found

    def _set_aside(self, case: Case, now: datetime, reason: str) -> None:
        """Put a case in quarantine, unless it is there already."""
        current = self.unit.case(self.tenant, case.id)
        if current is None or current.quarantine is not None:
            return
        quarantined = CaseQuarantined(by="engine", occurred_at=now, reason=reason)
        decision = decide(self._versions.get(case.bundle, GONE), current, quarantined, now)
        assert isinstance(decision, Decision)
        self.unit.add(decision)

    def _looked_at(self, event: Event, case: Case, now: datetime) -> Event | Refusal:
        """What only the shell can judge of an event: the words in it, or whether its file is at hand."""
        if problem(event) is not None:  # the core says so
            return event
        if isinstance(event, Spending):
            try:
                return self._limits.filled(event, case, self._version(case.bundle), self.unit, now)
            except NotFound:  # deciding says so
                return event
        if isinstance(event, HandOff):
            return expected(event, self.unit.people(self.tenant).directory(), now)
        if isinstance(event, AttachmentAdded):
            answer = self._decide(case, event, now)  # what is refused leaves nothing behind
            return answer if isinstance(answer, Refusal) else self._with_content(event)
        if isinstance(event, PersonErased):
            answer = self._decide(case, event, now)
            if isinstance(answer, Refusal):
                return answer
            self._erased[case.id] = case
            return take_out(self.unit, case, event, self._versions[case.bundle])
        assert isinstance(event, Written)
        try:
            return guarded(event, case, self._bundle(case.bundle))
        except NotFound:  # deciding says so
            return event

    def _with_content(self, event: AttachmentAdded) -> Event | Refusal:
        content = self._contents.get(event.sha256)
        if content is not None and not is_what_it_says(event.type, content):
            message = f"{shown(event.name)} is not what its name says."
            return Refusal("wrong_attachment", message, f"Its content does not begin as {event.type} does.")
        if content is not None and len(content) == event.size:
            self.unit.keep_attachment(self.tenant, event.sha256, content)
        elif content is not None or not self.unit.has_attachment(self.tenant, event.sha256):
            message = f"The content of {shown(event.name)} did not come with it."
            return Refusal("no_content", message, "Give it together with the event, or use `Desk.attach`.")
        return event

    def _open(
        self, event: ComplaintReceived, workflow: str | None, now: datetime, told: dict[str, Any] | None
    ) -> Outcome | Refusal:
        if usable(event.external_id):
            known = self.unit.find(self.tenant, {event.external_id}).get(event.external_id)
            if known is not None:
                case = self.unit.case(self.tenant, known)
                assert case is not None
                why = f"complaint {event.external_id} is already case {known}"
                return Outcome(known, case.seq, case.step, (), (why,), repeated=True)
        name = workflow or None
        spec = self._found.get(name) if name is None or usable(name) else None
        if spec is None:
            try:
                spec = self._found[name] = self._current(name)
            except NotFound as error:
                return Refusal("unknown_workflow", error.message, error.hint)
        (id,) = self.unit.new_ids(1)
        try:
            decision = open_case(spec, self.tenant, id, event, now)
        except Exception as error:
            return _unforeseen("not_opened", f"The complaint could not be handled: {_named(error)}", "")
        if isinstance(decision, Refusal):
            return decision
        self.unit.add(decision, told)
        return outcome_of(decision)

    def _decide_all(self, case: Case, event: Event, now: datetime) -> list[Decision] | Refusal:
        """The decision for an event and for those it brings about in other cases: all, or the refusal."""
        first = self._decide(case, event, now)
        if isinstance(first, Refusal):
            return first
        if not first.also:
            return [first]
        decisions = [first]
        for id, further in first.also:
            other = self.unit.case(self.tenant, id)
            if other is None:
                return Refusal("no_such_case", f"There is no case {id}.")
            second = self._decide(other, further, now)
            if isinstance(second, Refusal):
                return second
            decisions.append(second)
        return decisions

    def _decide(self, case: Case, event: Event, now: datetime) -> Decision | Refusal:
        """One decision. A case whose handling fails in a way nobody foresaw is set aside; the rest go on."""
        workflow = self._versions.get(case.bundle)
        if workflow is None:
            try:
                workflow = self._versions[case.bundle] = self._version(case.bundle)
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
        self._set_aside(case, now, reason)
        return _unforeseen(
            "quarantined", f"Case {case.id} was set aside: {reason}", "; then lift the quarantine"
        )


def _unpayable(decision: Decision) -> Refusal | None:
    """Why a coupon cannot be worth what was offered: no such currency, or more decimals than it has."""
    from recovery.workflow.currencies import unpayable

    wrong = next(filter(None, (unpayable(draw.value) for draw in decision.draws)), None)
    return (
        None
        if wrong is None
        else Refusal("wrong_value", f"value: {wrong}.", "Give an amount such as 10 USD.")
    )


def _unforeseen(code: str, message: str, then: str) -> Refusal:
    return Refusal(code, message, f"Nothing else changed. Please report it{then}.", fault="engine")


def _named(error: Exception) -> str:
    """An error as a reason keeps it: its kind and its words, short."""
    return f"{type(error).__name__}: {shown(str(error))}"
