"""Playing: reading a script, handing it to the engine in batches, and delivering what it asks for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import itemgetter
from typing import Any

from recovery.clock import ManualClock
from recovery.commands import Command
from recovery.core.errors import Refusal
from recovery.core.events import CaseMerged
from recovery.delivery.channels import Channel
from recovery.engine import Engine
from recovery.play.script import Line, Unreadable, read_script
from recovery.ticking import next_moment, pass_time

BATCH = 200


@dataclass(slots=True)
class PlayReport:
    """How a play went.

    Attributes:
        events: lines read, `tick`s and unreadable ones included.
        refused: a row for each line that changed nothing, in their order: `line`, `case`, `event` and why.
        cases: cases opened by this play.
        repeated: complaints whose case was open already.
    """

    events: int = 0
    accepted: int = 0
    repeated: int = 0
    cases: int = 0
    delivered: int = 0
    undelivered: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The report as plain data, for JSON."""
        return {
            "events": self.events,
            "accepted": self.accepted,
            "repeated": self.repeated,
            "refused": self.refused,
            "cases": self.cases,
            "delivered": self.delivered,
            "undelivered": self.undelivered,
        }


def play(
    engine: Engine,
    clock: ManualClock,
    lines: Iterable[str],
    channel: Channel,
    *,
    progress: Callable[[int], None] | None = None,
) -> PlayReport:
    """Play a script. `clock` must be the engine's own; it follows the script and never goes back.

    Args:
        progress: told after each batch how many lines have been played so far.

    Raises:
        EnvironmentFault: the database cannot be written.
        OSError: the channel is out of order.
    """
    stage = _Stage(engine, clock, channel)
    for line in read_script(lines):
        stage.take(line)
        if progress is not None and stage.report.events % BATCH == 0:
            progress(stage.report.events)
    stage.flush()
    stage.report.refused.sort(key=itemgetter("line"))
    if progress is not None:
        progress(stage.report.events)
    return stage.report


class _Stage:
    """Collects lines of different cases into one batch; a second line of a case plays the batch first."""

    def __init__(self, engine: Engine, clock: ManualClock, channel: Channel) -> None:
        self.engine = engine
        self.clock = clock
        self.channel = channel
        self.report = PlayReport()
        self._waiting: list[Line] = []
        self._next = next_moment(engine, clock.now())
        self._cases: set[str] = set()

    def take(self, line: Line | Unreadable) -> None:
        self.report.events += 1
        if isinstance(line, Unreadable):
            self._refuse(line.number, line.case, line.kind, line.refusal)
            return
        if line.event is None or line.case is None:
            self.flush()
            self._let_pass(line.at)
            self.report.accepted += 1
            return
        if self._next is not None and self._next <= line.at:
            self.flush()
            self._let_pass(line.at)
        names = {line.case, line.other or line.case}
        if names & self._cases or len(self._waiting) >= BATCH:
            self.flush()
        self._waiting.append(line)
        self._cases |= names
        if line.other is not None:
            self.flush()

    def flush(self) -> None:
        """Play what has been collected, then deliver what it asked for."""
        lines, self._waiting = self._waiting, []
        names, self._cases = self._cases, set()
        if not lines:
            return
        known = self.engine.store.find_cases(self.engine.tenant, names)
        commands: list[Command] = []
        played: list[Line] = []
        for line in lines:
            self._advance(line)
            command = self._command(line, known)
            if isinstance(command, Refusal):
                self._refuse(line.number, line.case, line.kind, command)
            else:
                commands.append(command)
                played.append(line)
        for line, answer in zip(played, self.engine.handle_many(commands), strict=True):
            if isinstance(answer, Refusal):
                self._refuse(line.number, line.case, line.kind, answer)
                continue
            self.report.accepted += 1
            if line.kind == "complaint":
                self.report.repeated += answer.repeated
                self.report.cases += not answer.repeated
        self._let_pass(self.clock.now())

    def _let_pass(self, until: datetime) -> None:
        """Let time pass: clocks run out and messages leave, each at its moment."""
        done = pass_time(self.engine, self.clock, until, self.channel)
        self.report.delivered += done.delivered
        self.report.undelivered += done.failed
        self._next = next_moment(self.engine, self.clock.now())

    def _advance(self, line: Line) -> None:
        self.clock.set(max(self.clock.now(), line.at))

    def _command(self, line: Line, known: dict[str, int]) -> Command | Refusal:
        event, name = line.event, line.case
        assert event is not None
        assert name is not None
        now = self.clock.now()
        if line.kind == "complaint":
            return Command(event, workflow=line.workflow, recorded_at=now)
        case = known.get(name)
        if case is None:
            return Refusal("no_such_case", f"There is no case {name}.", "A complaint opens one.")
        if isinstance(event, CaseMerged):
            other = known.get(line.other or "")
            if other is None:
                return Refusal("no_such_case", f"There is no case {line.other}.", "A complaint opens one.")
            event = replace(event, into=other)
        return Command(event, case, recorded_at=now)

    def _refuse(self, number: int, case: str | None, kind: str | None, refusal: Refusal) -> None:
        self.report.refused.append({"line": number, "case": case, "event": kind, **refusal.as_dict()})
