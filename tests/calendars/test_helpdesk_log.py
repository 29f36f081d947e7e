"""A real help desk's log against a clock of 30 business days, counted a second time with numpy."""

from __future__ import annotations

import csv
import gzip
from datetime import UTC, date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from recovery.core.calendars.calendar import Calendar
from recovery.core.calendars.spans import Span
from recovery.workflow.calendars import read_calendars

ROME = ZoneInfo("Europe/Rome")
DESK = """
calendars:
  desk:
    zone: Europe/Rome
    hours: {mon-fri: 09:00-18:00}
    holidays: [country: IT]
"""
FIXED = {(1, 1), (1, 6), (4, 25), (5, 1), (6, 2), (8, 15), (11, 1), (12, 8), (12, 25), (12, 26)}
"""Italy's public holidays that have a fixed date; Easter's two follow."""
EASTERS = (date(2010, 4, 4), date(2011, 4, 24), date(2012, 4, 8), date(2013, 3, 31), date(2014, 4, 20))


@pytest.fixture(scope="module")
def tickets(real_data: Path) -> list[tuple[datetime, datetime]]:
    """Of each case that was resolved, its first event and its last `Resolve ticket`."""
    first: dict[str, datetime] = {}
    resolved: dict[str, datetime] = {}
    with gzip.open(real_data / "helpdesk-log.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            case, moment = row["case:concept:name"], datetime.fromisoformat(row["time:timestamp"])
            first[case] = min(moment, first.get(case, moment))
            if row["Activity"] == "Resolve ticket":
                resolved[case] = max(moment, resolved.get(case, moment))
    return [(first[case], resolved[case]) for case in resolved]


def our_breaches(tickets: list[tuple[datetime, datetime]]) -> list[bool]:
    calendar = _desk()
    return [end > Span(30, "business day").due(begin, calendar) for begin, end in tickets]


def _desk() -> Calendar:
    calendars, findings = read_calendars(DESK.encode(), "c.yaml", lambda name: (None, name))
    assert findings == []
    return calendars["desk"]


def numpys_breaches(tickets: list[tuple[datetime, datetime]]) -> list[bool]:
    fixed = [date(year, month, day) for year in range(2010, 2016) for month, day in FIXED]
    easter = [np.datetime64(day) + np.timedelta64(more, "D") for day in EASTERS for more in (0, 1)]
    off = np.array([*map(np.datetime64, fixed), *easter], dtype="datetime64[D]")
    days = np.array([begin.astimezone(ROME).date() for begin, _ in tickets], dtype="datetime64[D]")
    # Rolled back to a business day, the thirtieth after it is the thirtieth after the day of receipt.
    last = np.busday_offset(np.busday_offset(days, 0, "backward", holidays=off), 30, holidays=off)
    dues = [datetime.combine(day, time(18), ROME).astimezone(UTC) for day in last.astype(object)]
    return [end > due for (_, end), due in zip(tickets, dues, strict=True)]


def test_breaches_of_thirty_business_days_are_those_that_numpy_counts(
    tickets: list[tuple[datetime, datetime]],
) -> None:
    ours = our_breaches(tickets)
    assert ours == numpys_breaches(tickets)
    assert (len(tickets), sum(ours)) == (4_569, 43)  # 11 of the 4,580 cases were never resolved
