"""The desk at work: a queue of moments and cases; at its turn a case gets the one thing that comes next."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from random import Random
from typing import Any

from recovery.clock import ManualClock
from recovery.commands import Command
from recovery.core.case import Case
from recovery.core.errors import Refusal
from recovery.core.events import role
from recovery.core.explain import explain
from recovery.core.instants import to_text
from recovery.delivery.channels import Channel
from recovery.delivery.outbox import Delivered, deliver_due
from recovery.demo import hours
from recovery.demo.answers import next_answer
from recovery.demo.incidents import next_incident
from recovery.demo.people import REPLY, Act, Mind, View, Wait, later
from recovery.engine import Engine
from recovery.ticking import pass_time

WINDOW = timedelta(minutes=30)
BATCH = 200
"""Turns of different cases within one window, and at most so many, go through the door together."""

TURNS_AT_MOST = 400
"""A case that is not done after so many turns is left where it stands."""

OFTEN = 5
OFTEN_SHARE = 0.08
LOOKED_BACK = 200
"""A kind of trouble recurs when it was at least so many, and such a share, of the last complaints."""


@dataclass(slots=True)
class Played:
    """How the play went: events let in, messages delivered or not, cases done, and what was refused."""

    events: int = 0
    messages: int = 0
    undelivered: int = 0
    done: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)


class Desk:
    """Plays every case to its end. The engine's clock must be `clock`; it follows the play."""

    def __init__(
        self,
        engine: Engine,
        clock: ManualClock,
        channel: Channel,
        *,
        progress: Callable[[int], None] | None = None,
    ) -> None:
        self.engine = engine
        self.clock = clock
        self.channel = channel
        self.played = Played()
        self._workflow = engine.current()
        self._progress = progress or (lambda _: None)
        self._queue: list[tuple[datetime, int]] = []
        self._minds: list[Mind] = []
        self._open: dict[str, list[Mind]] = {}
        self._recent: deque[str] = deque(maxlen=LOOKED_BACK)

    def play(self, minds: Sequence[Mind], arrivals: Sequence[datetime]) -> Played:
        """Let every complaint arrive at its moment and play on until nothing is left to do.

        Raises:
            EnvironmentFault, OSError: the database or the outbox cannot be written.
        """
        self._minds = list(minds)
        self._queue = [(moment, number) for number, moment in enumerate(arrivals)]
        heapify(self._queue)
        while self._queue:
            self._round()
        return self.played

    # --- the office, as the people of a case know it --------------------------------------------------------

    def host_for(self, mind: Mind) -> int | None:
        """The first complaint of a customer who wrote twice, else an open case of the same kind, else any."""
        alike = self._open.get(mind.complaint.category, [])
        others = [one for minds in self._open.values() for one in minds]
        wanted = [mind.host] if mind.host is not None else [*reversed(alike), *reversed(others)]
        for one in wanted:
            if one is not mind and one.case is not None and self._can_host(one):
                return one.case
        return None

    def _can_host(self, mind: Mind) -> bool:
        index = self._workflow.index
        standing = index.get(mind.step, len(index)) < index.get("follow_up", len(index))
        return standing and mind.character.fate == "ordinary"

    def recurs(self, category: str) -> bool:
        """Whether this kind of trouble is a good part of the last complaints."""
        count = Counter(self._recent)[category]
        return count >= OFTEN and count >= OFTEN_SHARE * len(self._recent)

    # --- one round ------------------------------------------------------------------------------------------

    def _round(self) -> None:
        moment = self._queue[0][0]
        if moment >= self.clock.now():
            self._count(pass_time(self.engine, self.clock, moment, self.channel))
        turns = self._due()
        ids = [mind.case for _, mind in turns if mind.case is not None]
        cases = self.engine.store.cases(self.engine.tenant, ids)
        turns = self._before_a_clock(turns, cases)
        commands: list[Command] = []
        taken: list[tuple[datetime, Mind, Act | None]] = []
        for moment, mind in turns:
            act = self._act(moment, mind, cases)
            if isinstance(act, Command):
                commands.append(act)
                taken.append((moment, mind, None))
            elif isinstance(act, Act):
                commands.append(Command(act.event, mind.case, recorded_at=moment))
                taken.append((moment, mind, act))
        if not commands:
            return
        self.clock.set(max(self.clock.now(), turns[-1][0]))
        for (moment, mind, act), answer in zip(taken, self.engine.handle_many(commands), strict=True):
            self._settle(moment, mind, act, answer)
        done = deliver_due(self.engine, self.channel, at_due_time=True)
        done.require_channels()
        self._count(done)

    def _count(self, done: Delivered) -> None:
        self.played.messages += done.delivered
        self.played.undelivered += done.failed

    def _due(self) -> list[tuple[datetime, Mind]]:
        end = self._queue[0][0] + WINDOW
        turns: list[tuple[datetime, Mind]] = []
        while self._queue and self._queue[0][0] < end and len(turns) < BATCH:
            moment, number = heappop(self._queue)
            turns.append((moment, self._minds[number]))
        return turns

    def _before_a_clock(
        self, turns: list[tuple[datetime, Mind]], cases: Mapping[int, Case]
    ) -> list[tuple[datetime, Mind]]:
        """The turns up to the first whose case is not what it was looked at any more: a clock runs out first.

        That one and what comes after it are left for a later round, not before now.
        """
        for at, (moment, mind) in enumerate(turns):
            due_at = None if mind.case is None else cases[mind.case].due_at
            if due_at is not None and due_at <= to_text(moment):
                for later_moment, other in turns[at:]:
                    self._again(other, max(later_moment, self.clock.now()))
                return turns[:at]
        return turns

    def _act(self, moment: datetime, mind: Mind, cases: dict[int, Case]) -> Act | Command | None:
        """What is done at this turn; None when it is nothing: the next turn is planned already, if any."""
        if mind.case is None:
            event = replace(mind.complaint.event, occurred_at=moment)
            return Command(event, recorded_at=moment)
        case = cases[mind.case]
        mind.step = case.step
        mind.turns += 1
        told = explain(self._workflow, case, case.language)
        view = View(self._workflow, case, told, mind, moment, self)
        turn = next_incident(view)
        if turn is None and not self._workflow.is_end(case.step):
            turn = next_answer(view)
        if turn is None or mind.turns > TURNS_AT_MOST:
            self._finish(mind)
            return None
        if isinstance(turn, Wait):
            self._again(mind, later(moment, turn.pause, mind.rng))
            return None
        return self._when_there(moment, mind, turn)

    def _when_there(self, moment: datetime, mind: Mind, act: Act) -> Act | None:
        """The act, if whoever does it is there now; else the case comes up again when they are."""
        by_customer = role(act.event.by) == "customer"
        if hours.awake(moment) if by_customer else hours.at_work(moment):
            return act
        find = hours.next_awake if by_customer else hours.next_at_work
        self._again(mind, find(moment, mind.rng))
        return None

    def _settle(self, moment: datetime, mind: Mind, act: Act | None, answer: Any) -> None:
        pause = REPLY if act is None else act.pause
        if isinstance(answer, Refusal):
            self.played.refused.append(
                {"case": mind.case, "external_id": mind.complaint.name, **answer.as_dict()}
            )
        else:
            self.played.events += 1
            mind.step = answer.step
            if act is None:
                mind.case = answer.case
                self._open.setdefault(mind.complaint.category, []).append(mind)
                self._recent.append(mind.complaint.category)
            elif act.done:
                mind.done.add(act.done)
        if mind.case is None:
            self._finish(mind)
        else:
            self._again(mind, later(moment, pause, mind.rng))

    def _again(self, mind: Mind, moment: datetime) -> None:
        heappush(self._queue, (moment, mind.number))

    def _finish(self, mind: Mind) -> None:
        self.played.done += 1
        self._progress(self.played.done)
        same = self._open.get(mind.complaint.category, [])
        if mind in same:
            same.remove(mind)


def arrivals(count: int, start: datetime, per_day: int, rng: Random) -> list[datetime]:
    """When each complaint arrives: so many a day, while people are awake, in order."""
    moments = []
    for first in range(0, count, per_day):
        day = start.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=first // per_day)
        opens = start if first == 0 else day + timedelta(hours=hours.RISES)
        span = int((day + timedelta(hours=hours.SLEEPS) - opens).total_seconds())
        seconds = sorted(rng.randrange(span) for _ in range(min(per_day, count - first)))
        moments += [opens + timedelta(seconds=one) for one in seconds]
    return moments
