"""What is not sent just now, although it is due: at night, and when the customer has heard enough today."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from recovery.core.calendars.local import date_in, midnight
from recovery.core.contact import AT_ONCE, CAPPED, ENOUGH, hours_of, may_leave
from recovery.core.conversation import WRITTEN
from recovery.core.errors import NotFound
from recovery.core.instants import from_text
from recovery.engine import Engine
from recovery.store.codec import read_effect_key

if TYPE_CHECKING:
    from recovery.commands import Settlement
    from recovery.core.calendars.calendar import Calendar
    from recovery.core.spec import Workflow
    from recovery.store.records import OutboxRow


class Later(NamedTuple):
    """A message waits until a moment, and why."""

    until: datetime
    reason: str


class Sending:
    """Which capped messages are being sent just now, by any thread of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._to: dict[tuple[int, str], str] = {}

    def enter(self, row: OutboxRow, most: int) -> bool:
        """Whether one more may leave for its address, where `most` may be under way; then it is counted."""
        assert row.address is not None
        with self._lock:
            if list(self._to.values()).count(row.address) >= most:
                return False
            self._to[row.case, row.effect] = row.address
            return True

    def leave(self, those: Iterable[OutboxRow | Settlement]) -> None:
        """They have been settled: the database counts what has left."""
        with self._lock:
            for one in those:
                self._to.pop((one.case, one.effect), None)


def waits(engine: Engine, row: OutboxRow, moment: datetime, sending: Sending) -> Later | None:
    """Why a claimed message does not leave at a moment (aware); None: it may.

    What answers somebody who has just written leaves at any hour; what has waited (for a worker that
    was down, for a channel) does not.
    """
    if row.recipient != "customer":
        return None
    try:
        workflow = engine.workflow(row.bundle)
    except NotFound:  # rendering says so
        return None
    hours = workflow.contact_hours
    if hours is not None and moment - from_text(row.due_at) >= AT_ONCE:
        until = may_leave(hours, row.context["customer"], moment)
        if until is not None:
            return Later(until, "outside the contact hours")
    if row.address is None or not _is_capped(workflow, row):
        return None
    calendar = None if hours is None else hours_of(hours, row.context["customer"])
    left = workflow.contact_cap - _heard_today(engine, row.address, calendar, moment)
    if sending.enter(row, left) or _is_waited_for(engine, row):
        return None
    return Later(_tomorrow(calendar, moment), ENOUGH)


def _is_capped(workflow: Workflow, row: OutboxRow) -> bool:
    """Whether nobody waits for it: no answer, no letter that a law asks for, nothing a person wrote."""
    purposes = workflow.purposes
    return purposes is not None and WRITTEN not in row.context and purposes[row.template] in CAPPED


def _heard_today(engine: Engine, address: str, calendar: Calendar | None, moment: datetime) -> int:
    """How many such messages, of any case, have reached an address on this day of the customer's."""
    begins = moment - timedelta(days=1)
    if calendar is not None:
        begins = midnight(calendar.tz, date_in(calendar.tz, moment))
    heard = 0
    for one in engine.store.reached(engine.tenant, address, begins):
        with suppress(NotFound):  # of a version that is not here nobody knows what its messages are for
            heard += _is_capped(engine.workflow(one.bundle), one)
    return heard


def _is_waited_for(engine: Engine, row: OutboxRow) -> bool:
    """Whether something else of its case waits behind it: messages of a case keep their order."""
    mine = read_effect_key(row.effect)
    due = engine.store.outbox(engine.tenant, case=row.case, status="due")
    return any(read_effect_key(other.effect) > mine and other.recipient == "customer" for other in due)


def _tomorrow(calendar: Calendar | None, moment: datetime) -> datetime:
    if calendar is None:
        return moment + timedelta(days=1)
    begins = midnight(calendar.tz, date_in(calendar.tz, moment) + timedelta(days=1))
    return may_leave(calendar, {}, begins) or begins
