"""Promises: rows that say to whom, what and by when, and whether it was kept (domain.md §3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Literal, NamedTuple

from recovery.core.instants import from_text, to_text

PromiseStatus = Literal["open", "kept", "broken", "released"]

SHARE = 20
"""Per cent of an estimate that the customer is told on top of it."""

LONG = timedelta(days=10)
"""From here on the margin is at least `AT_LEAST_LONG`, below at least `AT_LEAST_SHORT`."""

AT_LEAST_LONG, AT_LEAST_SHORT = timedelta(days=3), timedelta(hours=1)

FURTHEST = timedelta(days=3_650)
"""Nobody promises for later than in ten years."""


class PromiseState(NamedTuple):
    """One promise of one case. All moments are text instants.

    Attributes:
        to: to whom; `by` who made it, `role:name`.
        seq: the event in which it was made.
        estimate: the internal deadline; None where nobody gave one.
        contact: it is that they hear from us.
        kept_at: when it was kept, also where that was late.
        released_at: when it ceased to hold; `note` says why, or what was said when it was kept.
    """

    what: str
    by_when: str
    to: str
    by: str
    made_at: str
    seq: int
    estimate: str | None = None
    contact: bool = False
    kept_at: str | None = None
    released_at: str | None = None
    note: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it waits to be kept, in time or late."""
        return self.kept_at is None and self.released_at is None

    def status(self, now: str) -> PromiseStatus:
        """How it stands at a moment (text instant). What is kept late is broken.

        What is open at its very hour is broken, as its clock has it, which tells the owner then; what is
        done at that hour is kept.
        """
        if self.released_at is not None:
            return "released"
        if self.kept_at is not None:
            return "kept" if self.kept_at <= self.by_when else "broken"
        return "broken" if now >= self.by_when else "open"


def told(estimate: datetime, now: datetime, zone: tzinfo = UTC) -> datetime:
    """What a customer is told where the house thinks that it will be done at `estimate` (aware).

    The time it takes plus 20 %, at least three days more from ten days up and at least one hour below, and
    then the next full hour on the customer's clock: 15 days are told as 18.
    """
    takes = max(estimate - now, timedelta())
    margin = max(takes * SHARE / 100, AT_LEAST_LONG if takes >= LONG else AT_LEAST_SHORT)
    return to_the_hour(estimate + margin, zone)


def to_the_hour(moment: datetime, zone: tzinfo = UTC) -> datetime:
    """The next full hour on a clock in a zone; the moment itself where it is one. Gives UTC."""
    local = moment.astimezone(zone)
    over = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    if not over:
        return moment.astimezone(UTC)
    return moment.astimezone(UTC) - over + timedelta(hours=1)


def rows(
    promises: Mapping[str, PromiseState], now: datetime, zone: tzinfo | None = None
) -> list[dict[str, Any]]:
    """Promises as plain data, in their order, each with its number and how it stands at a moment.

    Args:
        zone: the customer's; `by_when_for_customer` is None where nobody knows it.
    """
    present = to_text(now)
    return [
        {
            "promise": number,
            "status": one.status(present),
            **one._asdict(),
            "by_when_for_customer": None
            if zone is None
            else from_text(one.by_when).astimezone(zone).isoformat(timespec="seconds"),
        }
        for number, one in promises.items()
    ]
