"""How a clock stands in one case: rows of the snapshot, changed only through `case.apply`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, Self

Status = Literal["running", "paused", "stopped", "off"]

MESSAGE, HEARD, FIRST_ANSWER, CLOSED, CYCLE = "message", "heard", "first_answer", "closed", "cycle"
"""Marks: the customer wrote; something reached the customer; something beside an acknowledgement did; the
case reached its main end; a recovery failed, and another cycle began."""

HAND_OFF, HAND_OFF_ANSWERED = "hand_off", "hand_off_answered"
"""Marks: somebody was asked to take the case over; that is settled, by a yes, a no or otherwise."""

HELD = "held"
"""The mark of a case that was opened silently: what its clocks send waits until somebody releases it."""


SENT = "sent "
"""What the mark of a delivered message begins with."""


def step_mark(step: str) -> str:
    """The mark of a step that was entered."""
    return f"step {step}"


def sent_mark(template: str) -> str:
    """The mark of a message that was delivered."""
    return f"{SENT}{template}"


def mark_trigger(name: str) -> str:
    """A mark as `triggers` names it; no fact has such a name."""
    return f"({name})"


def case_trigger(name: str) -> str:
    """A value of the case itself as `triggers` names it."""
    return f"(case.{name})"


def step_trigger(step: str) -> str:
    """Coming to a step, or leaving it, as `triggers` names it."""
    return f"(case.step {step})"


class Mark(NamedTuple):
    """When something last happened that clocks start or stop by (text instant).

    Attributes:
        seq: the event it happened in.
        asked: of a delivery the event that asked for it: what was asked for by the very event that started a
            clock is no answer to it.
    """

    at: str
    seq: int
    asked: int


class ClockState(NamedTuple):
    """One clock of one case. All moments are text instants.

    Attributes:
        status: `off`: what had started it was taken back.
        since: what it counts from.
        seq: the event in which it started.
        cycle: of the case, when it started.
        limit: the span it runs by; empty where it is due at a moment that a fact names.
        due_at: when it runs out; None while it is paused, and where no calendar reaches that far.
        warn_at: when it warns; None where it does not, or has.
        breached_at: when it ran out, first.
        stopped_at, stopped_in: when it stopped, and in which event.
        runs: how often it ran out.
        pauses: from when to when it was paused; the last may be open.
    """

    status: Status
    since: str
    seq: int
    cycle: int
    limit: str
    due_at: str | None = None
    warn_at: str | None = None
    warned_at: str | None = None
    breached_at: str | None = None
    stopped_at: str | None = None
    stopped_in: int = 0
    runs: int = 0
    pauses: tuple[tuple[str, str | None], ...] = ()

    @classmethod
    def of(cls, row: Sequence[Any]) -> Self:
        """What `row` gave."""
        if len(row) < len(cls._fields):
            return cls(*row)
        return cls._make((*row[:-1], tuple((start, end) for start, end in row[-1])))

    @property
    def is_on(self) -> bool:
        """Whether it runs or is paused."""
        return self.status in ("running", "paused")

    @property
    def next_at(self) -> str | None:
        """When something is to be done about it next."""
        return None if self.status != "running" else self.warn_at or self.due_at

    def row(self) -> list[Any]:
        """It as the log keeps it; what is as in a new one at the end is left out."""
        row = [*self[:-1], [list(pause) for pause in self.pauses]]
        while not row[-1] and len(row) > _NEEDED:
            row.pop()
        return row


_NEEDED = len(ClockState._fields) - len(ClockState._field_defaults)
"""So many fields have no default; the others say nothing where they are None, 0 or empty."""


def next_due(clocks: Mapping[str, ClockState]) -> str | None:
    """The next moment at which something is to be done about any of them."""
    found: str | None = None
    for state in clocks.values():
        at = state.next_at
        if at is not None and (found is None or at < found):
            found = at
    return found
