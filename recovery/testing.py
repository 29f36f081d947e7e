"""What the tests of a host need: an engine of their own, a clock to move, and messages that stay at home.

```python
from recovery.testing import engine_for_tests, run_until, suppressed

def test_a_complaint_is_answered():
    with suppressed() as mailbox, engine_for_tests() as engine:
        engine.open_case("It broke.", customer={"name": "Ana", "address": "ana@example.org"})
        run_until(engine, engine.clock.now())
        assert mailbox.templates == ["acknowledgement"]
```
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from recovery.bootstrap import open_engine
from recovery.clock import ManualClock
from recovery.core.errors import RecoveryError
from recovery.core.instants import from_text, utc
from recovery.delivery.channels import Channel, Message
from recovery.delivery.outbox import Delivered, deliver_due
from recovery.delivery.outcomes import Delivered as Taken
from recovery.delivery.outcomes import Outcome, OutOfOrder, Rejected, RetryLater
from recovery.delivery.suppressing import suppressing
from recovery.engine import Engine
from recovery.project import Project, starter_root

__all__ = [
    "Mailbox",
    "ManualClock",
    "Message",
    "OutOfOrder",
    "Rejected",
    "RetryLater",
    "engine_for_tests",
    "run_until",
    "suppressed",
]

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""When the clock of `engine_for_tests` stands, unless it is told otherwise: a Monday morning."""


@dataclass
class Mailbox:
    """A channel that keeps what it is given.

    Attributes:
        answer: what to say to every message, such as `Rejected("No such address.")`, to see what a host does
            then; what is not taken is not kept.
        messages: what was delivered, in order.
    """

    answer: Outcome = Taken("kept")  # noqa: RUF009 - frozen
    messages: list[Message] = field(default_factory=list)

    def deliver(self, message: Message) -> Outcome:
        """Keep a message (see `recovery.delivery.channels.Channel`)."""
        if isinstance(self.answer, Taken):
            self.messages.append(message)
        return self.answer

    @property
    def templates(self) -> list[str]:
        """The templates of what was delivered, in order."""
        return [message.template for message in self.messages]


@contextmanager
def suppressed() -> Iterator[Mailbox]:
    """Nothing leaves this process: what any engine in it delivers, whatever its channel, goes to the mailbox.

    Cases go on as if it had been sent. Other processes, such as a worker that was started, are not reached.
    """
    mailbox = Mailbox()
    with suppressing(mailbox):
        yield mailbox


@contextmanager
def engine_for_tests(
    root: Path | None = None, *, database: str | None = None, clock: ManualClock | None = None
) -> Iterator[Engine]:
    """An engine whose clock stands until it is moved, and whose random bytes repeat; closed at the end.

    Args:
        root: the folder with the workflows to publish; the starter's by default.
        database: a URL, where the engine shares a database with the host's own tables; by default a new file
            that is removed at the end.
        clock: where its moments come from; by default one that stands on a Monday morning.

    Raises:
        EnvironmentFault: the database cannot be made.
        BadFile: a workflow has errors.
    """
    with tempfile.TemporaryDirectory(prefix="recovery-") as folder:
        url = database or f"sqlite:///{Path(folder) / 'recovery.db'}"
        project = Project(root or starter_root(), url, outbox=Path(folder) / "outbox")
        engine = open_engine(
            project,
            clock=clock or ManualClock(START),
            entropy=random.Random(0).randbytes,
            make=True,
            synchronous="NORMAL",
        )
        try:
            yield engine
        finally:
            engine.store.close()


def run_until(engine: Engine, moment: datetime, channel: Channel | None = None) -> Delivered:
    """Move the engine's clock to a moment and deliver, on the way, what becomes due, each at its time.

    Args:
        moment: aware; one that has passed moves no clock.
        channel: where it goes; a mailbox nobody looks into by default.

    Raises:
        RecoveryError: the engine's clock is no `ManualClock`, or the moment is naive.
    """
    clock = engine.clock
    if not isinstance(clock, ManualClock):
        raise RecoveryError("This engine's clock cannot be moved.", hint="Open it with a ManualClock.")
    try:
        until = utc(moment)
    except ValueError as error:
        raise RecoveryError(f"{moment!r} is no instant: {error}.", hint="Give an aware datetime.") from error
    channel = channel or Mailbox()
    total = Delivered()
    while True:
        done = deliver_due(engine, channel)
        total.delivered += done.delivered
        total.failed += done.failed
        coming = (from_text(row.due_at) for row in engine.store.outbox(engine.tenant, status="due"))
        following = min((at for at in coming if clock.now() < at <= until), default=None)
        if following is None:
            break
        clock.set(following)
    clock.set(max(clock.now(), until))
    return total
