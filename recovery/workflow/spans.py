"""Reading spans of time: `4 business hours`, `3 business days`, `15 days`, `2 real hours`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from recovery.core.calendars.calendar import Calendar, Unreachable
from recovery.core.calendars.local import instant
from recovery.core.calendars.spans import UNITS, YEARS_AT_MOST, Span, Unit
from recovery.workflow.findings import Finding, guess, one_of, shown
from recovery.workflow.reader import Document, Path

EXAMPLES = ("4 business hours", "3 business days", "15 days", "8 weeks", "2 months", "30 minutes")

_BUSINESS = tuple(unit.removeprefix("business ") for unit in UNITS if unit.startswith("business"))
_PLAIN = tuple(unit for unit in UNITS if not unit.startswith("business"))
_REAL = {"minute": (1, "minute"), "hour": (1, "hour"), "day": (24, "hour")}
_MEANT = {
    ("business", "week"): (5, "business day"),
    ("business", "fortnight"): (10, "business day"),
    ("", "fortnight"): (2, "week"),
    ("", "quarter"): (3, "month"),
    ("working", "day"): (1, "business day"),
    ("working", "hour"): (1, "business hour"),
}
"""What people write who mean something else."""

_WORD = re.compile(r"\S+")


@dataclass
class SpanProblem(Exception):
    """A text is no span. `at` is the character, from 0, that the message is about."""

    at: int
    message: str
    hint: str = ""


def read_span(text: str) -> Span:
    """The span a text says: a whole number and a unit, in one or more; `real` says that nothing stops it.

    Raises:
        SpanProblem: the text is no span; it says where and what would be accepted.
    """
    words = [(found.start(), found[0]) for found in _WORD.finditer(text)]
    if not words:
        raise SpanProblem(0, "No span of time is given.", one_of(EXAMPLES))
    amount = _amount(*words[0])
    counted = words[1][1] if len(words) > 2 and words[1][1] in ("business", "real", "working") else ""
    rest = words[2:] if counted else words[1:]
    if not rest:
        raise SpanProblem(len(text), "The span has no unit.", one_of(EXAMPLES))
    if len(rest) > 1:
        at, word = rest[1]
        raise SpanProblem(at, f"{shown(word)} is too much: a span is one number and one unit.", "")
    times, unit = _unit(amount, counted, *rest[0])
    try:
        return Span(amount * times, unit)
    except ValueError:
        message = f"{shown(text)} is longer than {YEARS_AT_MOST} years."
        raise SpanProblem(words[0][0], message, "Nobody waits so long; shorten it.") from None


def _amount(at: int, word: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", word):
        message = f"{shown(word)} is no whole number."
        hint = "Take a smaller unit for a part of one." if re.fullmatch(r"[0-9]+[.,][0-9]+", word) else ""
        raise SpanProblem(at, message, hint or one_of(EXAMPLES))
    if int(word) == 0:
        raise SpanProblem(at, "The span is empty: it would be over when it begins.", "At least 1.")
    return int(word)


def _unit(amount: int, counted: str, at: int, word: str) -> tuple[int, Unit]:
    """How many of which unit a word stands for."""
    single = word.removesuffix("s")
    meant = _MEANT.get((counted, single))
    if meant is not None:
        said = f"{amount * meant[0]} {meant[1]}s"
        raise SpanProblem(at, f"{shown(f'{counted} {word}'.strip())} is no unit.", f"Did you mean {said}?")
    known = {"business": _BUSINESS, "real": tuple(_REAL)}.get(counted, _PLAIN)
    if single not in known:
        kind = f"{counted} time" if counted else "time"
        hint = guess(word, [f"{unit}s" for unit in known])
        raise SpanProblem(at, f"{shown(word)} is no unit of {kind}.", hint)
    if counted == "real":
        return _REAL[single]  # type: ignore[return-value]
    return 1, next(unit for unit in UNITS if unit == f"{counted} {single}".strip())


def span_at(document: Document, path: Path, text: str, findings: list[Finding]) -> Span | None:
    """The span at a path of a document; None, and a finding, where there is none."""
    try:
        return read_span(text)
    except SpanProblem as problem:
        message = f"{problem.message} In {shown(text)}, at character {problem.at + 1}."
        findings.append(document.finding(path, "wrong_span", message, problem.hint))
        return None


def check_reach(
    document: Document, path: Path, span: Span, calendar: Calendar, findings: list[Finding]
) -> None:
    """Find a span that a calendar cannot hold, whenever it begins."""
    try:
        # A day later: the first instant of the first year in UTC is a day of the year before in the West.
        span.due(instant(calendar.bounds[0]) + timedelta(days=1), calendar)
    except Unreachable as error:
        message = f"{span} can never be over. {error.message}"
        findings.append(document.finding(path, "unreachable_span", message, error.hint))


def surely_as_long(before: Span, within: Span) -> bool:
    """Whether so much before the end of a span lies at or before its beginning, wherever that is.

    Business time compares with business time alone: how much of the clock's it takes a calendar knows.
    """
    if before.length is not None and within.length is not None and before.kind == within.kind:
        return before.length >= within.length
    if before.kind == within.kind == "business days":
        return before.amount >= within.amount
    longest = _longest(within)
    return longest is not None and _shortest(before) >= longest


def _shortest(span: Span) -> timedelta:
    """No such span is shorter on the clock. A day of a clock change has 23 hours."""
    if span.length is not None:
        return span.length
    days = {"business day": 1, "day": 1, "week": 7, "month": 28, "year": 365}[span.unit] * span.amount
    return timedelta(days=days - (span.unit == "business day")) - timedelta(hours=1)


def _longest(span: Span) -> timedelta | None:
    """No such span is longer; None of business time, which waits while the calendar is closed."""
    if span.kind in ("business time", "business days"):
        return None
    if span.length is not None:
        return span.length
    days = {"day": 1, "week": 7, "month": 31, "year": 366}[span.unit] * span.amount
    return timedelta(days=days + 1, hours=1)
