"""Reading the clocks of a workflow: from their checked shape to `core.clocks.model.Clock`."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from datetime import date
from typing import Literal

from recovery.core.calendars.calendar import Calendar, Window
from recovery.core.calendars.spans import Span
from recovery.core.clocks.model import Anchor, Clock, InStep, Limit, OfEnds, Open
from recovery.core.clocks.state import (
    CLOSED,
    FIRST_ANSWER,
    HAND_OFF,
    HAND_OFF_ANSWERED,
    HEARD,
    MESSAGE,
    sent_mark,
    step_mark,
)
from recovery.core.guards import And, CaseValue, Compare, Constant, FactValue, Guard, Known, Not, Or
from recovery.core.spec import Rule, Send
from recovery.workflow.clock_shapes import ClockShape, LimitShape
from recovery.workflow.findings import guess, one_of, shown
from recovery.workflow.model import WorkflowShape
from recovery.workflow.names import Names
from recovery.workflow.reader import Path
from recovery.workflow.rules import PlacedRule, read_rules
from recovery.workflow.spans import check_reach, span_at, surely_as_long

RECEIVED = "received"
MARKS = {name: name for name in (MESSAGE, HEARD, FIRST_ANSWER, CLOSED, HAND_OFF, HAND_OFF_ANSWERED)}
ANCHORS = (RECEIVED, *MARKS)

ALWAYS = Calendar("always", "UTC", ((Window(0, 1440),),) * 7)
"""What a clock of real time counts by where it names no calendar: the zone matters to nobody."""

_SHARE = re.compile(r"([1-9][0-9]?)\s*%")
_FROM = ("date", "instant")


def read_clocks(
    names: Names, shape: WorkflowShape, calendars: Mapping[str, Calendar]
) -> tuple[dict[str, Clock], list[PlacedRule]]:
    """The clocks of a workflow by their names, those with an error left out; and their rules, with places."""
    for key, calendar in (("calendar", shape.calendar), ("contact_hours", shape.contact_hours)):
        if calendar is not None and calendar not in calendars and (key,) not in names.broken:
            _unknown(names, (key,), calendar, calendars)
    clocks: dict[str, Clock] = {}
    rules: list[PlacedRule] = []
    for name, one in shape.clocks.items():
        reader = _Reader(names, shape, calendars, name, one)
        clock = reader.read()
        rules += reader.rules
        if clock is not None:
            clocks[name] = clock
    return clocks, rules


def _unknown(names: Names, path: Path, name: str, calendars: Mapping[str, Calendar]) -> None:
    hint = guess(name, calendars) if calendars else "Write it in config/calendars.yaml."
    names.say(path, "unknown_calendar", f"There is no calendar {shown(name)}.", hint)


class _Reader:
    """Makes one clock of its shape."""

    def __init__(
        self,
        names: Names,
        workflow: WorkflowShape,
        calendars: Mapping[str, Calendar],
        name: str,
        shape: ClockShape,
    ) -> None:
        self.names, self.workflow, self.calendars = names, workflow, calendars
        self.name, self.shape = name, shape
        self.path: Path = ("clocks", name)
        self.rules: list[PlacedRule] = []

    def read(self) -> Clock | None:
        names, shape, path = self.names, self.shape, self.path
        said = len(names.findings)
        how = self._how()
        calendar = self._calendar()
        limits = self._limits(how, calendar)
        if (shape.from_ or shape.before) is not None and how in ("due", "every"):
            what = "names the moment itself" if how == "due" else "counts from when it ran out last"
            message = f"`{how}` {what}; `from` and `before` do not go with it."
            self._say((how,), "wrong_clock", message)
        if shape.from_ is not None and shape.before is not None:
            self._say(
                ("before",), "wrong_clock", "A clock counts either `from` a fact or back from it, `before`."
            )
        counted = shape.from_ or shape.before
        for key, fact in (("from", shape.from_), ("before", shape.before)):
            self._moment_fact(key, fact, _FROM)
        self._moment_fact("due", shape.due, ("instant",))
        starts = self._starts(counted)
        stops = tuple(
            anchor
            for number, text in enumerate(shape.stops or ())
            if (anchor := self._anchor(self._item("stops", number), text)) is not None
        )
        restarts = None if shape.restarts is None else self._anchor((*path, "restarts"), shape.restarts)
        share, before = self._warning()
        self._sense(how)
        if before is not None and shape.before is None:
            self._warns_in_time(before, limits)
        given = frozenset(
            name
            for name in (starts.name if starts and starts.kind == "fact" else None, counted, shape.due)
            if name
        )
        on_warn, on_breach, at_last = (self._rules(key, given) for key in ("on_warn", "on_breach", "at_last"))
        if shape.send is not None:
            on_breach = (*on_breach, self._sending(shape.send, given))
        clock = Clock(
            name=self.name,
            calendar=calendar or ALWAYS,
            starts=starts or Anchor("received"),
            stops=stops,
            restarts=restarts,
            when=names.guard((*path, "if"), shape.when),
            while_=self._condition("while", shape.while_),
            pause_while=self._condition("pause_while", shape.pause_while),
            limits=limits,
            counts_from=counted,
            counts_back=shape.before is not None,
            due_by=shape.due,
            repeats=how == "every",
            times=shape.times,
            after_hours=shape.after_hours == "next_business_day",
            legal=shape.legal,
            in_ends=shape.in_ends,
            warn_share=share,
            warn_before=before,
            on_warn=on_warn,
            on_breach=on_breach,
            at_last=at_last,
            title=shape.title or {},
            source=shape.source or "",
            file=names.document.file_of(path),
            line=names.document.key(path).line,
        )
        return clock if len(names.findings) == said else None

    def _say(self, within: Path, code: str, message: str, hint: str = "", *, at_key: bool = False) -> None:
        path = (*self.path, *within)
        if path not in self.names.broken:
            self.names.say(path, code, message, hint, key=at_key or not within)

    def _item(self, key: str, number: int) -> Path:
        path = (*self.path, key)
        return (*path, number) if isinstance(self.names.document.get(path), list) else path

    def _how(self) -> Literal["within", "every", "due"] | None:
        """Which of the three ways to say how long is used."""
        written = self.names.document.get(self.path) or {}
        given = [key for key in ("within", "every", "due") if key in written]
        if not given:
            message = f"The clock {self.name} does not say how long it runs."
            self._say((), "missing_key", message, "Give it `within`, `every` or `due`.")
            return None
        if len(given) > 1:
            message = f"The clock {self.name} says in two ways how long it runs: {' and '.join(given)}."
            self._say((given[1],), "wrong_clock", message, "Keep one of them.", at_key=True)
        return given[0]  # type: ignore[return-value]

    def _calendar(self) -> Calendar | None:
        name = self.shape.calendar or self.workflow.calendar
        if name is None:
            return None
        if name not in self.calendars and self.shape.calendar is not None:
            _unknown(self.names, (*self.path, "calendar"), name, self.calendars)
        return self.calendars.get(name)

    def _limits(self, how: str | None, calendar: Calendar | None) -> tuple[Limit, ...]:
        shapes = {"within": self.shape.within, "every": self.shape.every}.get(how or "") or []
        found = []
        for number, shape in enumerate(shapes):
            limit = self._limit(how or "", number, shape, calendar)
            if limit is not None:
                found.append(limit)
        if any(limit == Limit(limit.span) for limit in found[:-1]) and not self._broken_in(how or ""):
            message = "A row that fits every case stands before others, which are never reached."
            self._say((how or "within",), "never_reached", message, "Put it last.")
        return tuple(found)

    def _broken_in(self, key: str) -> bool:
        """Whether something below a key had the wrong shape and is left out."""
        path = (*self.path, key)
        return any(broken[: len(path)] == path for broken in self.names.broken)

    def _limit(self, how: str, number: int, shape: LimitShape, calendar: Calendar | None) -> Limit | None:
        names, document = self.names, self.names.document
        path: Path = (*self.path, how)
        written = document.get(path)
        place: Path
        if isinstance(written, list):
            path = (*path, number)
            place = (*path, "is")
        elif isinstance(written, dict) and "is" not in written:
            place = (*path, str(list(written)[number]))
        else:
            place = (*path, "is") if isinstance(written, dict) else path
        span = span_at(document, place, shape.is_, names.findings)
        if shape.severity is not None and shape.severity > self.workflow.severities:
            message = f"There is no severity {shape.severity}: this workflow has {self.workflow.severities}."
            names.say(place, "wrong_value", message)
        if span is None:
            return None
        is_named = (
            self.shape.calendar or self.workflow.calendar
        ) is not None  # one that is not there says so
        if calendar is None and not is_named and span.kind != "real time":
            hint = "Name a `calendar` here or for the whole workflow."
            names.say(place, "no_calendar", f"{span} cannot be counted without a calendar.", hint)
        elif calendar is not None:
            check_reach(document, place, span, calendar, names.findings)
        return Limit(
            span,
            shape.severity,
            names.guard((*path, "if"), shape.when),
            _date(shape.received_from),
            _date(shape.received_before),
        )

    def _moment_fact(self, key: str, name: str | None, kinds: tuple[str, ...]) -> None:
        if name is None:
            return
        path = (*self.path, key)
        kind = self.names.facts.get(name)
        if kind is None:
            message = f"{name} is not a fact of this workflow."
            self.names.say(path, "unknown_fact", message, guess(name, self.names.facts))
        elif kind.kind not in kinds:
            message = f"{name} is of type {kind.kind}; `{key}` wants one of type {' or '.join(kinds)}."
            self.names.say(path, "wrong_type", message)

    def _starts(self, counted: str | None) -> Anchor | None:
        if self.shape.starts is not None:
            return self._anchor((*self.path, "starts"), self.shape.starts)
        fact = counted or self.shape.due
        return Anchor("received") if fact is None else Anchor("fact", fact)

    def _anchor(self, path: Path, text: str) -> Anchor | None:
        names = self.names
        word, _, rest = text.partition(" ")
        if text == RECEIVED:
            return Anchor("received")
        if text in MARKS:
            return Anchor("mark", MARKS[text])
        if word == "step" and " " not in rest:
            return Anchor("mark", step_mark(rest)) if names.state(path, rest) else None
        if word == "sent" and rest and " " not in rest:
            return Anchor("mark", sent_mark(rest))
        if text in names.facts:
            return Anchor("fact", text)
        if re.fullmatch(r"[\w.-]+", text):
            message = f"{shown(text)} is nothing a clock can start or stop by."
            hint = guess(text, [*ANCHORS, *names.facts]) or one_of((*ANCHORS, "step NAME", "sent TEMPLATE"))
            names.say(path, "unknown_anchor", message, hint)
            return None
        guard = names.guard(path, text)
        return None if guard is None else Anchor("guard", guard=guard)

    def _condition(self, key: str, text: str | None) -> Guard | None:
        if text is None:
            return None
        names, path = self.names, (*self.path, key)
        word, _, rest = text.partition(" ")
        if text == "open":
            return Open()
        if word == "step" and rest and " " not in rest:
            names.state(path, rest)
            return InStep(rest)
        kind = names.facts.get(text)
        if kind is not None:
            if kind.kind == "boolean":
                return Compare("==", FactValue(text), Constant(value=True))
            return Known(text)
        if re.fullmatch(r"[\w.-]+", text):
            message = f"{shown(text)} is no condition."
            names.say(path, "unknown_anchor", message, guess(text, ["open", *names.facts]))
            return None
        guard = names.guard(path, text)
        return OfEnds(guard) if guard is not None and _only_of_ends(guard, names.ends) else guard

    def _warning(self) -> tuple[int | None, Span | None]:
        text = self.shape.warn_at
        if text is None:
            return None, None
        share = _SHARE.fullmatch(text)
        if share:
            return int(share[1]), None
        if "%" in text:
            self._say(("warn_at",), "wrong_value", f"{shown(text)} is no share.", "From 1% to 99%.")
            return None, None
        span = span_at(self.names.document, (*self.path, "warn_at"), text, self.names.findings)
        return None, span

    def _warns_in_time(self, before: Span, limits: Sequence[Limit]) -> None:
        """A warning comes after the clock has begun, whichever of its rows counts."""
        longer = next((limit.span for limit in limits if surely_as_long(before, limit.span)), None)
        if longer is not None:
            message = f"The clock {self.name} runs {longer}, and would warn {before} before that is over."
            self._say(("warn_at",), "warns_before_start", message, "A share fits every length, such as 75%.")

    def _sense(self, how: str | None) -> None:
        """Keys that make no sense together."""
        shape = self.shape
        if shape.legal and shape.pause_while is not None:
            message = "A clock that a law sets never pauses."
            self._say(("pause_while",), "legal_pause", message, "Leave one of the two out.", at_key=True)
        if shape.on_warn and shape.warn_at is None:
            self._say(("on_warn",), "sibling_alone", "`on_warn` belongs to `warn_at`.", at_key=True)
        if shape.times is not None and how != "every":
            self._say(("times",), "sibling_alone", "`times` belongs to `every`.", at_key=True)
        if shape.at_last and shape.times is None:
            self._say(("at_last",), "sibling_alone", "`at_last` belongs to `times`.", at_key=True)
        if how in ("within", "due") and not shape.stops and shape.while_ is None:
            message = f"Nothing stops the clock {self.name}: it would run out in every case."
            self._say((), "never_stops", message, "Give it `stops`.")

    def _rules(self, key: str, given: frozenset[str]) -> tuple[Rule, ...]:
        found = read_rules(self.names, (*self.path, key), getattr(self.shape, key))
        states = self._states()
        self.rules += [PlacedRule(rule, here, "anytime", states, given=given) for here, rule in found]
        return tuple(rule for _, rule in found)

    def _states(self) -> tuple[str, ...]:
        """The steps in which it may fire."""
        word, _, rest = (self.shape.while_ or "").partition(" ")
        return (rest,) if word == "step" and rest in self.workflow.steps else tuple(self.workflow.steps)

    def _sending(self, template: str, given: frozenset[str]) -> Rule:
        line = self.names.document.at((*self.path, "send")).line
        rule = Rule((Send(template, once="always"),), None, line)
        self.rules.append(PlacedRule(rule, self.path, "anytime", self._states(), given=given))
        return rule


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _only_of_ends(guard: Guard, ends: Container[str]) -> bool:
    """Whether a condition asks of the case itself no more than which of these ends it stands in."""
    if isinstance(guard, And | Or):
        return all(_only_of_ends(term, ends) for term in guard.terms)
    if isinstance(guard, Not):
        return _only_of_ends(guard.term, ends)
    if isinstance(guard, Compare) and guard.left == CaseValue("step") and isinstance(guard.right, Constant):
        named = guard.right.value
        return all(name in ends for name in (named if isinstance(named, tuple) else (named,)))
    return "case." not in str(guard)
