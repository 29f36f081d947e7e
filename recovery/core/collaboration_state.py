"""How a collaboration stands in its case: a row of the snapshot, changed only through `case.apply`."""

from __future__ import annotations

from typing import NamedTuple


class CollaborationState(NamedTuple):
    """Somebody who helps with one thing. All moments are text instants.

    Attributes:
        of: who was asked; `by` who asked, `role:name`.
        answered_at: when they answered, in time or late; None while the answer is waited for.
    """

    of: str
    what: str
    by_when: str
    by: str
    asked_at: str
    answered_at: str | None = None
    answer: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether an answer is waited for, in time or late."""
        return self.answered_at is None
