"""From when to when each pack holds: the first and the last day, None where it still does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

HOLDS: Mapping[str, tuple[date, date | None]] = {
    "acma-telco": (date(2018, 7, 1), None),
    "asic-rg271": (date(2021, 10, 5), None),
    "bahrain-cbb": (date(2012, 1, 1), None),
    "cfpb": (date(2011, 7, 21), None),
    "eu261": (date(2005, 2, 17), None),
    "fca-disp": (date(2018, 1, 13), None),
    "iso-10002": (date(2018, 7, 1), None),
    "ofcom-adr": (date(2018, 10, 1), None),
}
