"""How a value is said to one reader: money, numbers, dates and times as they are written where they live."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.dates import format_date, format_time, get_datetime_format
from babel.numbers import format_currency, format_decimal

_NUMBER = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,20})?")

SAID_AT_MOST = 4_096
"""How many spoken values are kept in memory."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads a message.

    Attributes:
        locale: how the reader writes, such as `en_GB`; always of the language the message is in.
        zone: the reader's time zone (IANA), or empty when it is not known: then times are in UTC and say so.
    """

    locale: str
    zone: str = ""


@lru_cache(maxsize=SAID_AT_MOST)
def reader(language: str, asked: str, zone: object) -> Reader:
    """The reader of a message.

    Args:
        language: the language the message is written in.
        asked: the reader's own, which may know more: `en-GB` for a message in `en`. It counts when language
            and script are those of the message.
        zone: an IANA name; anything else is as good as not known.
    """
    own = _locale(language) or Locale("en")
    wanted = _locale(asked)
    if wanted is None or (wanted.language, _script(wanted)) != (own.language, _script(own)):
        wanted = own
    known = isinstance(zone, str) and _zone(zone) is not None
    return Reader(str(wanted), str(zone) if known else "")


def _locale(language: str) -> Locale | None:
    try:
        return Locale.parse(language, sep="-")
    except (ValueError, UnknownLocaleError):
        return None


def _script(locale: Locale) -> str:
    likely = get_global("likely_subtags").get(locale.language, "")
    return locale.script or (Locale.parse(likely).script if likely else None) or ""


@lru_cache(maxsize=SAID_AT_MOST)
def _zone(name: str) -> tzinfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return None


def _moment(value: Any) -> datetime | date:
    """An instant or a date, as it stands in a fact."""
    if not isinstance(value, str):
        raise ValueError(f"{value} is neither a date nor an instant")
    try:
        if len(value) == 10:
            return date.fromisoformat(value)
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value[:60]} is neither a date nor an instant") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _local(moment: datetime, reader: Reader) -> datetime:
    return moment.astimezone((_zone(reader.zone) if reader.zone else None) or UTC)


def _day(value: Any, reader: Reader) -> str:
    """`November 22, 2026`"""
    moment = _moment(value)
    if isinstance(moment, datetime):
        moment = _local(moment, reader)
    return _spaced(format_date(moment, "long", locale=reader.locale))


def _time(value: Any, reader: Reader) -> str:
    """`2:00 PM (UTC)`; the zone is named when it is not the reader's own."""
    moment = _moment(value)
    if not isinstance(moment, datetime):
        raise ValueError(f"{value} has no time of day")
    said = _spaced(format_time(_local(moment, reader), "short", locale=reader.locale))
    if reader.zone:
        return said
    return f"{said}（UTC）" if reader.locale.startswith("zh") else f"{said} (UTC)"


def _when(value: Any, reader: Reader) -> str:
    """`Sunday, November 22, 2026, 2:00 PM (UTC)`, or for a date only the day."""
    moment = _moment(value)
    if not isinstance(moment, datetime):
        return _spaced(format_date(moment, "full", locale=reader.locale))
    day = format_date(_local(moment, reader), "full", locale=reader.locale)
    pattern = str(get_datetime_format("full", Locale.parse(reader.locale)))
    return _spaced(pattern.replace("{1}", day).replace("{0}", _time(value, reader)))


def _money(value: Any, reader: Reader) -> str:
    """`$12.50` from `12.50 USD`; no digit is lost or added but the currency's own."""
    amount, space, currency = str(value).partition(" ")
    if not space or len(currency) != 3:
        raise ValueError(f"{str(value)[:60]} is not an amount of money")
    return _spaced(
        format_currency(_exact(amount), currency, locale=reader.locale, decimal_quantization=False)
    )


def _count(value: Any, reader: Reader) -> str:
    """`1,234`, with every decimal it has."""
    return _spaced(format_decimal(_exact(str(value)), locale=reader.locale, decimal_quantization=False))


def _exact(digits: str) -> Decimal:
    if not _NUMBER.fullmatch(digits):
        raise ValueError(f"{digits[:60]} is not a number")
    return Decimal(digits)


def _spaced(said: str) -> str:
    """Plain spaces: narrow ones are missing in many fonts of mail readers."""
    return said.replace("\u202f", " ").replace("\xa0", " ")


SAID: Mapping[str, Callable[[Any, Reader], str]] = {
    "when": _when,
    "date": _day,
    "time": _time,
    "money": _money,
    "count": _count,
}
"""The filters that depend on the reader."""


@lru_cache(maxsize=SAID_AT_MOST)
def said(filter: str, value: Any, reader: Reader) -> str:
    """A value as a filter of `SAID` says it to a reader.

    Raises:
        ValueError: the value is nothing this filter can say.
    """
    return SAID[filter](value, reader)
