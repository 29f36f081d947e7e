"""A decision in the making: a copy of the case, and everything done to it, in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from recovery.core.brief import BRIEF, brief
from recovery.core.case import APPLY, Case, Change, Stamp
from recovery.core.clocks.state import HELD
from recovery.core.contact import RATING, UNASKED, may_leave
from recovery.core.decision import Decision, Draw, Effect, built
from recovery.core.empowerment.state import is_waited_for
from recovery.core.errors import Fault, Refusal, closest, sentence
from recovery.core.events import Event, TimerFired
from recovery.core.facts import FactType
from recovery.core.instants import end_of, from_text, last_day, to_text
from recovery.core.spec import OWN, Send, Workflow


class Refused(Exception):
    """Raised inside `decide` to give up an event; never leaves it."""

    def __init__(self, code: str, message: str, hint: str = "", **more: Any) -> None:
        super().__init__(message)
        self.refusal = Refusal(code, message, hint, **more)


class Draft:
    """Collects changes, effects and the trace of one event. `case` is always up to date."""

    __slots__ = (
        "also",
        "before",
        "case",
        "changes",
        "clocked",
        "derived",
        "draws",
        "effects",
        "event",
        "run",
        "stamp",
        "why",
        "workflow",
    )

    def __init__(self, workflow: Workflow, case: Case, event: Event, stamp: Stamp) -> None:
        self.workflow = workflow
        self.before = case
        self.case = case.copy()
        self.event = event
        self.stamp = stamp
        self.run = 1  # of the clock whose rules are being fired: how often it has run out
        self.changes: list[Change] = []
        self.clocked = 0  # so many of the changes the clocks have seen
        self.derived = 0  # and so many the tables of facts that follow from others
        self.effects: list[Effect] = []
        self.why: list[str] = []
        self.also: list[tuple[int, Event]] = []
        self.draws: list[Draw] = []

    def change(self, *row: Any) -> Change:
        """Do one change (see `case.apply`), keep it for the log, and give it."""
        change = [*row]
        APPLY[row[0]](self.case, change, self.stamp)
        self.changes.append(change)
        return change

    def mark(self, name: str, *asked: int) -> None:
        """Note that something happened just now, where a clock of the workflow goes by it.

        Args:
            asked: of a delivery the event that asked for it.
        """
        if name in self.workflow.tracked:
            self.change("mark", name, *asked)

    def decision(self) -> Decision:
        """What has been collected."""
        self.case.seq = self.stamp.seq
        self.case.updated_at = self.stamp.recorded_at
        also, draws = tuple(self.also), tuple(self.draws)
        return built(Decision, (self.case, self.event, self.changes, self.effects, self.why, also, draws))

    def record(self, facts: Mapping[str, Any], source: str, fault: Fault = "caller") -> None:
        """Put facts on record after checking every one of them. `fault`: whose it is when one is wrong.

        Raises:
            Refused: unknown fact, wrong type, or a source the fact may not come from; nothing is recorded.
        """
        problems: list[Refusal] = []
        checked: dict[str, Any] = {}
        kinds = self.workflow.facts
        for name, value in facts.items():
            kind = kinds.get(name)
            if kind is None or kind.said_by or name == "owner":
                problem = self._problem(name, kind, source)
                if problem is not None:
                    problems.append(problem)
                    continue
            assert kind is not None
            try:
                checked[name] = kind.check(value)
            except ValueError as error:
                problems.append(Refusal("wrong_value", f"{name}: {error}.", _ask(self.workflow, name)))
        if problems:
            first, *rest = problems
            raise Refused(
                first.code,
                first.message,
                first.hint,
                fault=fault,
                details=tuple(f"{p.message} {p.hint}".strip() for p in rest),
            )
        if checked:
            self.change("facts", checked, source)

    def forget(self, names: Iterable[str]) -> None:
        """Take facts off the record that must be established anew; never the owner."""
        gone = [name for name in names if name in self.case.facts and name != "owner"]
        if gone:
            self.change("forget", gone)
            self.why.append(f"to be established anew: {', '.join(gone)}")

    def _problem(self, name: str, kind: FactType | None, source: str) -> Refusal | None:
        if kind is None:
            known = list(self.workflow.facts)
            guess = sentence(closest(name, known)) or f"Its facts: {', '.join(known)}."
            return Refusal("unknown_fact", f"{name} is not a fact of workflow {self.workflow.id}.", guess)
        if kind.said_by and source not in kind.said_by:
            said_by = " or ".join(sorted(kind.said_by))
            return Refusal("wrong_source", f"{name} must come from the {said_by}, not from the {source}.")
        if name == "owner" and self.case.owner is not None:
            return Refusal(
                "has_owner",
                f"The case is owned by {self.case.owner}.",
                "Offer a hand-off; the owner changes when it is accepted.",
            )
        return None

    def send(self, action: Send, name: str | None = None) -> None:
        """Ask for a message, unless it has been sent in this cycle (or case), or the case is history.

        Args:
            name: of the supervisor it is for, where that is known.
        """
        case = self.case
        template, to = action.template, action.to
        once = once_key(action, case)
        if once and once in case.sent:
            self.why.append(f"{template} not sent again: already sent as {case.sent[once]}")
            return
        if case.mode == "history":
            self.why.append(f"{template} not sent: the case is history")
            return
        if case.signal and template in self.workflow.acknowledgements:
            self.why.append(f"{template} not sent: nobody has complained")
            return
        if case.marks and to == "customer" and case.unanswered and self._purpose(template) in UNASKED:
            self.why.append(f"{template} not sent: the customer has written and waits for an answer")
            return
        if case.compensations and self._purpose(template) == RATING and is_waited_for(case.compensations):
            self.why.append(f"{template} not sent: an offer waits for the customer's answer")
            return
        coupon = action.coupon
        if coupon is not None and f"{coupon.offer}@{case.cycle}" in case.coupons:
            self.why.append(f"{template} not sent: {coupon.offer}@{case.cycle} has been offered already")
            return
        n = len(self.effects)
        mentions = self.workflow.mentions
        about = context(case, None if mentions is None else mentions[template])
        key = f"{self.stamp.seq}.{n}"
        by_clock = type(self.event) is TimerFired
        hold = self.event.hold or (by_clock and HELD in case.marks)
        if to == "customer":
            address, channel, language = case.customer.get("address"), case.channel, case.language
            if action.over:
                channel = self._channel(action)
        else:
            helper = next(reversed(case.collaborations.values())).of if to == "helper" else None
            teller = next(reversed(case.untold)) if to == "teller" else None
            known = {"owner": case.owner, "asked": case.offered_to, "helper": helper, "teller": teller}
            address, channel, language = known.get(to, name), "desk", "en"
            if mentions is not None and BRIEF in mentions[template]:
                now = from_text(self.stamp.recorded_at)
                about[BRIEF] = brief(self.workflow, case, now, language).as_text()
        due_at = self._in_contact_hours() if by_clock and to == "customer" else None
        effect = (key, n, template, to, address, channel, language, about, hold, due_at)
        self.effects.append(built(Effect, effect))
        inside = () if to == "customer" else (to,)
        self.change("effect", key, template, once, {**action.when_delivered}, *inside)
        way = f" by {channel}" if action.over else ""
        self.why.append(f"send {template} to {to}{way} (held)" if hold else f"send {template} to {to}{way}")
        if coupon is not None:
            expires_at = end_of(self.stamp.recorded_at, coupon.days)
            self.draw(f"{coupon.offer}@{case.cycle}", 1, coupon.value, expires_at)

    def _channel(self, action: Send) -> str:
        """How a message to the customer leaves this time."""
        channel = action.over[min(self.run, len(action.over)) - 1]
        return self.case.channel if channel == OWN else channel

    def _purpose(self, template: str) -> str:
        purposes = self.workflow.purposes
        return "" if purposes is None else purposes[template]

    def _in_contact_hours(self) -> str | None:
        """When a message that nobody waits for just now may leave; None: at once."""
        hours = self.workflow.contact_hours
        if hours is None:
            return None
        then = may_leave(hours, self.case.customer, from_text(self.stamp.recorded_at))
        return None if then is None else to_text(then)

    def draw(self, offer: str, serial: int, value: str, expires_at: str) -> None:
        """Let a code be drawn for the message just asked for. `offer` is the offer and its cycle."""
        effect = self.effects[-1]
        told = {"value": value, "good_until": last_day(expires_at), "replaces": serial > 1}
        effect.context["coupon"] = told
        self.draws.append(Draw(offer, serial, value, expires_at, effect.key))
        self.change("coupon", offer, serial, value, expires_at, effect.key)
        self.why.append(f"{offer}: {value}, good until {last_day(expires_at)}")


def once_key(action: Send, case: Case) -> str:
    """What a message is known by, so that it goes out once in a cycle or a case; empty for `always`."""
    if action.once == "cycle":
        return f"{action.template}@{case.cycle}"
    return action.template if action.once == "case" else ""


def context(case: Case, mentioned: tuple[str, ...] | None = None) -> dict[str, Any]:
    """What a template may say about a case, as plain data: of the facts those it speaks of (None: all)."""
    facts = case.facts
    names = facts if mentioned is None else mentioned
    return {
        "case": {
            "id": case.id,
            "external_id": case.external_id,
            "subject": case.subject,
            "step": case.step,
            "severity": case.severity,
            "cycle": case.failures + 1,
            "received_at": case.received_at,
        },
        "customer": case.customer,
        "owner": facts.get("owner"),
        "facts": {name: facts[name] for name in names if name in facts},
    }


def _ask(workflow: Workflow, name: str) -> str:
    return workflow.facts[name].ask.get("en", "")
