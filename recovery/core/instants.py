"""Instants: aware UTC `datetime` in the program, fixed-width ISO text wherever they are kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

KEPT = 64

_written: dict[datetime, str] = {}
"""The same few moments are written many times over while a batch is decided; the last of them are kept.

Only moments in UTC: in another zone the two 01:30 of the night the clocks go back count as equal.
"""


def utc(moment: datetime) -> datetime:
    """The same instant in UTC.

    Raises:
        ValueError: the datetime is naive: it does not say which instant it means.
    """
    if moment.utcoffset() is None:
        raise ValueError(f"{moment.isoformat()} has no time zone: an instant must say its zone")
    return moment.astimezone(UTC)


def to_text(moment: datetime) -> str:
    """`2026-11-22T09:00:00.000000Z`: 27 characters, so that text order is time order."""
    if moment.tzinfo is not UTC:
        moment = utc(moment)
    text = _written.get(moment)
    if text is None:
        if len(_written) >= KEPT:
            _written.clear()
        text = _written[moment] = moment.isoformat(timespec="microseconds")[:26] + "Z"
    return text


def to_the_second(text: str) -> str:
    """A text instant as traces say it: `2026-11-22T09:00:00Z`."""
    return f"{text[:19]}Z"


def from_text(text: str) -> datetime:
    """Read an ISO 8601 instant with a zone (`Z` or an offset).

    Raises:
        ValueError: the text is no ISO instant, or has no zone.
    """
    return utc(datetime.fromisoformat(text))


def end_of(now: str, days: int) -> str:
    """The end of the last of so many days, as an instant: 12:00 UTC of the day after it.

    By then the day has ended everywhere. So it can be named in a letter without a time or a zone, and whoever
    reads it has the whole of it.
    """
    noon = from_text(now).replace(hour=12, minute=0, second=0, microsecond=0)
    return to_text(noon + timedelta(days=days + 1))


def last_day(end: str) -> str:
    """The day that `end_of` gave the end of, `2027-01-21`."""
    return (from_text(end) - timedelta(days=1)).date().isoformat()
