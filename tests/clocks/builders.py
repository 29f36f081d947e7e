"""What the tests of clocks build with: a desk's calendar, clocks in few words, a case whose time passes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from recovery.core import events as ev
from recovery.core.calendars.calendar import Calendar, Window
from recovery.core.case import Case
from recovery.core.clocks.model import Anchor, Clock, Limit
from recovery.core.clocks.standing import Standing, standing
from recovery.core.clocks.state import ClockState
from recovery.core.decision import Decision
from recovery.core.errors import Refusal
from recovery.core.facts import FactType
from recovery.core.guards import CaseValue, Compare, Constant, FactValue, Guard
from recovery.core.instants import from_text, to_text
from recovery.core.spec import SAME, Action, CountFailure, Need, RaiseSeverity, Send, Workflow
from recovery.workflow.spans import read_span
from tests.core.builders import Story, rules, step, transition, workflow

LONDON = ZoneInfo("Europe/London")

FACTS = {
    "answered": FactType("answered", "boolean"),
    "waiting": FactType("waiting", "boolean"),
    "watched": FactType("watched", "boolean"),
    "note": FactType("note", "text"),
    "noticed": FactType("noticed", "text"),
    "day": FactType("day", "date"),
    "moment": FactType("moment", "instant"),
    "done": FactType("done", "boolean"),
}

WAITING = Compare("==", FactValue("waiting"), Constant(value=True))
WATCHED = Compare("==", FactValue("watched"), Constant(value=True))
ANSWERED = Anchor("fact", "answered")


def at(text: str, zone: ZoneInfo = LONDON) -> datetime:
    """A local time as people write it, `2026-11-20 09:00`; London's where nothing else is said."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def desk(zone: str = "Europe/London", opens: int = 9, closes: int = 17, **more: Any) -> Calendar:
    """Open on weekdays between two hours."""
    day = (Window(opens * 60, closes * 60),)
    return Calendar("desk", zone, (day,) * 5 + ((),) * 2, **more)


DESK = desk()


def limits(given: str | Mapping[int, str] | Iterable[Limit]) -> tuple[Limit, ...]:
    """A span for all, or by severity (0: any), or rows as they are."""
    if isinstance(given, str):
        return (Limit(read_span(given)),)
    if isinstance(given, Mapping):
        return tuple(Limit(read_span(text), number or None) for number, text in given.items())
    return tuple(given)


def clock(
    name: str = "due",
    within: str | Mapping[int, str] | Iterable[Limit] = (),
    *,
    breach: Iterable[Any] = (),
    warn: Iterable[Any] = (),
    **more: Any,
) -> Clock:
    """A clock on the desk's calendar. `every` may stand for `within`; rules may be bare actions."""
    every = more.pop("every", None)
    return Clock(
        name=name,
        calendar=more.pop("calendar", DESK),
        limits=limits(every if every is not None else within),
        repeats=every is not None,
        on_breach=rules(breach),
        on_warn=rules(warn),
        at_last=rules(more.pop("last", ())),
        **more,
    )


def told(name: str = "late", **more: Any) -> Send:
    """A message to the owner, as often as asked for."""
    return Send(name, once="always", to="owner", **more)


def guard(name: str, value: Any = True) -> Anchor:
    """What starts or stops a clock when a fact has a value."""
    return Anchor("guard", guard=Compare("==", FactValue(name), Constant(value)))


def case_is(name: str, value: Any) -> Guard:
    """A condition on the case itself."""
    return Compare("==", CaseValue(name), Constant(value))


def world(*clocks: Clock, on_enter: Iterable[Action] = (), **more: Any) -> Workflow:
    """Two steps, ways out, back and around, and these clocks."""
    moves = [
        transition("drop", "one two", "withdrawn"),
        transition("finish", "one two", "closed", by=("agent", "customer")),
        transition("resume", "withdrawn closed", "one", forget=()),
        transition("reopen", "closed", "one", forget=("done",), then=[CountFailure()]),
        transition("worsen", "one two", SAME, then=[RaiseSeverity()]),
        transition("fail", "one two", SAME, then=[CountFailure()]),
        transition("on", "one", "two"),
        transition("back", "two", "one", forget=()),
    ]
    return workflow(
        step("one", Need("done"), on_enter=on_enter),
        step("two", Need("never")),
        facts={**FACTS, "never": FactType("never", "boolean"), **more.pop("facts", {})},
        transitions=[*moves, *more.pop("transitions", ())],
        clocks={one.name: one for one in clocks},
        mentions=None,
        **more,
    )


class Tale(Story):
    """A case under a clock that moves only when it is told to; times are London's, as in `at`."""

    def __init__(self, *clocks: Clock, **more: Any) -> None:
        super().__init__(world(*clocks, **more))

    def handle(self, event: ev.Event) -> Decision | Refusal:
        """Let an event in without any time passing."""
        now = self.now
        answer = super().handle(event)
        self.now = now
        return answer

    def begin(self, moment: str = "2026-11-20 10:00", **fields: Any) -> Tale:
        """A complaint opens the case at a moment (2026-11-20 is a Friday)."""
        self.now = at(moment)
        self.open(**fields)
        return self

    def fire(self) -> Decision:
        """What is due now happens."""
        due = self.case.due_at
        assert due is not None, "nothing is ever due"
        return self.do(ev.TimerFired, by="engine", due_at=from_text(due))

    def until(self, moment: str | datetime) -> list[str]:
        """Let time pass; everything happens at its own moment. Gives what was sent, with the local time."""
        end = at(moment) if isinstance(moment, str) else moment
        sent = []
        while (due := self.case.due_at) is not None and due <= to_text(end):
            self.now = max(self.now, from_text(due))
            sent += [f"{effect.template} {self.here}" for effect in self.fire().effects]
        self.now = end
        return sent

    def then(self, moment: str, **facts: Any) -> Tale:
        """Let time pass, then put facts on record."""
        self.until(moment)
        self.record(facts)
        return self

    def retract(self, name: str) -> Decision:
        """A fact was wrong."""
        return self.do(ev.FactRetracted, fact=name, reason="a mistake")

    def hear(self) -> None:
        """Everything that was asked for reaches whom it is for."""
        for effect in list(self.case.awaiting):
            self.do(ev.EffectDelivered, by="engine", effect=effect)

    @property
    def here(self) -> str:
        """The present moment in London."""
        return local(to_text(self.now)) or ""

    def state(self, name: str = "due") -> ClockState:
        """How a clock stands."""
        return self.case.clocks[name]

    def due(self, name: str = "due") -> str | None:
        """When a clock is due, in London."""
        return local(self.state(name).due_at)

    def status(self, name: str = "due") -> str:
        """Where a clock is, as people see it."""
        return self.standing(name).status

    def standing(self, name: str = "due") -> Standing:
        """A clock as people see it."""
        (found,) = [one for one in standing(self.workflow, self.case, self.now) if one.name == name]
        return found


def local(instant: str | None, zone: ZoneInfo = LONDON) -> str | None:
    """A text instant as a local time, `2026-11-20 09:00`, with seconds where it has any."""
    if instant is None:
        return None
    moment = from_text(instant).astimezone(zone)
    return f"{moment:%Y-%m-%d %H:%M}" + (f":{moment:%S}" if moment.second else "")


def case_of(**more: Any) -> Case:
    """A bare case."""
    return Case("default", 1, "small", "bundle-1", "one", **more)
