"""What a worker says of its work: sentences for people, or one JSON object a line for programs.

Lines name cases and messages by their numbers. Nobody's name, address or words are in them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Protocol, TextIO

from recovery.clock import Clock
from recovery.core.instants import to_text

EVENTS = {
    "started": "The worker runs: `database`.",
    "sends": "Whether this installation sends the database's messages has turned out or changed: `sends`.",
    "batch_done": "A tick did something: cases `fired`, messages by what became of them, `seconds`.",
    "message": "A message was tried: `case`, `effect`, and `end`, what became of it.",
    "set_aside": "A `case` was put in quarantine.",
    "job_done": "A `job` was done: how many seconds it was `late_by`, and how many `seconds` it took.",
    "job_failed": "A `job` could not be done: `reason`; it is tried again later.",
    "outage": "A `channel`, or the `database`, does not work: `reason`.",
    "works_again": "The `channel`, or the `database`, works again.",
    "lost_race": "Somebody else wrote the same rows at the same time; it is done again at the next tick.",
    "stopped": "The worker ends: what became of messages since it started.",
}
"""Every line there is, and what it says beside the moment (`at`) and `event`."""


class Tell(Protocol):
    """Says that something happened.

    Args:
        event: one of `EVENTS`.
        text: the sentence for people; nothing is said to them where it is empty.
        values: numbers and names, for programs.
    """

    def __call__(self, event: str, text: str = "", /, **values: Any) -> None: ...


def for_people(notice: Callable[[str], None]) -> Tell:
    """Sentences, as `notice` prints them."""

    def tell(event: str, text: str = "", /, **values: Any) -> None:  # noqa: ARG001
        if text:
            notice(text)

    return tell


def as_lines(clock: Clock, out: TextIO | None = None) -> Tell:
    """JSON lines, to standard error unless another stream is given."""
    import structlog

    def stamped(_: Any, __: str, line: Any) -> Any:
        return {"at": to_text(clock.now()), "event": line.pop("event"), **line}

    log = structlog.wrap_logger(
        structlog.WriteLogger(out or sys.stderr),
        processors=[stamped, structlog.processors.JSONRenderer(ensure_ascii=False)],
        wrapper_class=structlog.BoundLogger,
    )

    def tell(event: str, text: str = "", /, **values: Any) -> None:  # noqa: ARG001
        log.info(event, **values)

    return tell
