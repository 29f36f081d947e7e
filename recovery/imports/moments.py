"""Dates and times as files write them, made instants; each text is worked out once."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from recovery.core.instants import utc

_REMEMBERED = 20_000


class Moments:
    """Reads one column's dates.

    A local time that does not exist (clocks go forward) is read with the offset before the gap; one that
    exists twice means its first occurrence (design.md §5). A date without a time is 00:00 in the zone.

    Args:
        format: as in `strptime`; None for ISO 8601.
        zone: the zone of times that do not say theirs; None refuses those.
    """

    def __init__(self, format: str | None, zone: ZoneInfo | None) -> None:
        self._format = format
        self._numbers = None if format is None else _numbers(format)
        self._names = () if self._numbers is None else tuple(_DIGITS)[: self._numbers.groups]
        self._zone = zone
        self._known: dict[str, datetime] = {}

    def read(self, text: str) -> datetime:
        """The instant (UTC).

        Raises:
            ValueError: the text is no such date; the message says what would be accepted.
        """
        found = self._known.get(text)
        if found is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            found = self._known[text] = self._read(text.strip())
        return found

    def day(self, text: str) -> date:
        """The date as it is written, whatever the zone.

        Raises:
            ValueError: see `read`.
        """
        return self._parse(text.strip()).date()

    def _parse(self, text: str) -> datetime:
        try:
            if self._format is None:
                return datetime.fromisoformat(text)
            if self._numbers is not None and (found := self._numbers.fullmatch(text)) is not None:
                numbers = map(int, found.group(*self._names))
                return datetime(*numbers)  # type: ignore[arg-type]  # noqa: DTZ001 - the zone follows
            return datetime.strptime(text, self._format)  # noqa: DTZ007 - the zone follows
        except ValueError:
            raise ValueError(f"is not a date such as {self.example()}") from None

    def _read(self, text: str) -> datetime:
        moment = self._parse(text)
        if moment.tzinfo is None:
            if self._zone is None:
                raise ValueError("does not say its zone; give the mapping a `zone`")
            moment = moment.replace(tzinfo=self._zone)
        try:
            return utc(moment)
        except OverflowError:
            raise ValueError("lies outside the years 1 to 9999") from None

    def example(self) -> str:
        """How a date of this column is written."""
        moment = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
        return moment.isoformat() if self._format is None else moment.strftime(self._format)


_DIGITS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
"""The parts of a date that are numbers, in the order `datetime` takes them, with their digits."""


def _numbers(format: str) -> re.Pattern[str] | None:
    """What finds the numbers of a date, in a fifth of the time, where a format asks for nothing else.

    What it does not match is left to `strptime`, which takes `3` for `03`, too.
    """
    pieces = re.split("%(.)", format)
    names, between = pieces[1::2], pieces[::2]
    if len(names) < len("Ymd") or sorted(names) != sorted([*_DIGITS][: len(names)]):
        return None
    digits = [f"(?P<{name}>[0-9]{{{_DIGITS[name]}}})" for name in names]
    return re.compile(
        "".join(re.escape(piece) + digit for piece, digit in zip(between, [*digits, ""], strict=True))
    )


def unusable_format(format: str) -> str:
    """Why a `strptime` format cannot be used; empty when it can."""
    moment = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
    try:
        text = moment.strftime(format)
        again = datetime.strptime(text, format)  # noqa: DTZ007 - compared by its date alone
    except ValueError as error:
        return f"it cannot be read back ({error})"
    if again.date() != moment.date():
        return f"{text} does not say the year, the month and the day"
    return ""
