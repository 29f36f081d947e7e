"""One exception tree. Every error says whose fault it is and what would have been accepted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Fault = Literal["caller", "workflow", "environment", "engine"]


class RecoveryError(Exception):
    """The root of everything this library raises on purpose.

    Attributes:
        fault: whose fault it is: the `caller` who sent something, the `workflow` as configured, the
            `environment` (disk, database, permissions) or the `engine` itself (a bug of ours).
        hint: what to do now, or what would have been accepted; may be empty.
    """

    fault: Fault = "caller"

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class EnvironmentFault(RecoveryError):
    """The disk, the database or a permission stands in the way; nothing was half done."""

    fault: Fault = "environment"


class NotFound(RecoveryError):
    """A case, a workflow, a template or a file that was named does not exist."""


class EngineFault(RecoveryError):
    """A bug of ours. The event was not applied; the case may be quarantined."""

    fault: Fault = "engine"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an event was refused. A refused event changes nothing.

    Attributes:
        code: a stable word for programs, such as `unknown_fact` or `not_from_here`.
        message: what was wrong, in one sentence.
        hint: what would have been accepted.
        fault: `caller` or `workflow`.
        details: one line for each further problem of the same event.
    """

    code: str
    message: str
    hint: str = ""
    fault: Fault = "caller"
    details: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, object]:
        """The refusal as plain data, for JSON."""
        return {
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "fault": self.fault,
            "details": list(self.details),
        }


class EventRefused(RecoveryError):
    """An event was refused; nothing changed. `refusal` says why and what would have been accepted."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.message, hint=refusal.hint)
        self.refusal = refusal
        self.fault = refusal.fault


def closest(word: str, known: Sequence[str]) -> str:
    """`did you mean …?` for a word that is nearly one of `known`, else an empty string."""
    from difflib import get_close_matches

    found = get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean {found[0]}?" if found else ""


def sentence(text: str) -> str:
    """The text with a capital at its beginning; the rest stays, for names may hold capitals of their own."""
    return text[:1].upper() + text[1:]
