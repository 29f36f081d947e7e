"""A job: its name, its set times, and what is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from recovery.engine import Engine


@dataclass(frozen=True, slots=True)
class Moment:
    """The moment a job is done for.

    Attributes:
        due_at: when it was due (aware UTC). After an outage this is the first moment that was missed; those
            between it and `now` are done with it, in one go.
        now: when it was begun, by the engine's clock.
    """

    due_at: datetime
    now: datetime

    @property
    def late_by(self) -> timedelta:
        """How long after it was due it was begun."""
        return max(self.now - self.due_at, timedelta())


Work = Callable[[Engine, Moment], Iterable[None] | None]
"""Does a job. One that takes long gives an iterator: between its parts the worker sees to everything else.

A worker that dies in the middle, or is stopped, leaves the job to another one, from the beginning: doing it
twice must come to the same. What it raises puts it off for a while.
"""


class Times(Protocol):
    """When something is to be done: a `Schedule`, or what is made of one."""

    @property
    def text(self) -> str: ...
    @property
    def zone(self) -> str: ...
    def after(self, moment: datetime) -> datetime | None: ...


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done at set times, by one worker, however many there are.

    Attributes:
        name: unique, and the same in every version: its rows in the database go by it.
        times: when.
    """

    name: str
    times: Times
    work: Work
