"""What happens in a run: a list of actions, drawn from a seed. What is left of one is one too.

An action is a plain tuple: what, whom, and numbers.
"""

from __future__ import annotations

import random
from typing import Any, NamedTuple

from tests.simulation.actors import FATES
from tests.simulation.orders import WITHOUT_MONEY
from tests.simulation.refunds import MONEY, THEN

BOUNDARIES = (
    "after-claim",
    "after-render",
    "mid-send",
    "mid-answer",
    "after-send",
    "mid-commit",
    "after-commit",
)
"""Where a worker is killed: these, and wherever it happens to stand."""

COMMITS = ("mid-commit", "after-commit")

DESKS = ("desk-1", "desk-2")
"""The processes of people."""

Action = tuple[Any, ...]


class Plan(NamedTuple):
    """What a run is made of.

    Attributes:
        seed: what it was drawn from; also that of salts and codes.
        workers, senders, batch: how many there are, how many cases each serves at once, how many messages it
            claims at once.
        one_machine: all go by one clock, leases too; else each has its own and the database another.
    """

    seed: int
    workers: int
    senders: int
    batch: int
    one_machine: bool
    actions: tuple[Action, ...]

    def with_actions(self, actions: list[Action]) -> Plan:
        """The same with other actions."""
        return self._replace(actions=tuple(actions))


def plan_of(seed: int) -> Plan:
    """The plan of a seed, the same on every machine."""
    rng = random.Random(seed)
    workers = rng.choice((1, 2, 2, 3))
    cases = rng.randint(1, 3)
    drawing = _Drawing(rng, [f"worker-{n}" for n in range(1, workers + 1)], cases)
    actions: list[Action] = [("ask", "desk-1", "open", case, 0) for case in range(cases)]
    actions += [drawing.draw() for _ in range(rng.randint(10, 40))]
    return Plan(seed, workers, rng.randint(1, 3), rng.choice((2, 3, 50)), rng.random() < 0.5, tuple(actions))


class _Drawing:
    """Draws actions. Each run has a taste of its own, so that rare mixtures come too."""

    def __init__(self, rng: random.Random, workers: list[str], cases: int) -> None:
        self.rng = rng
        self.workers = workers
        self.cases = cases
        kinds = {
            "ask": 8.0,
            "go": 6.0,
            "to": 5.0,
            "crash": 4.0,
            "crash-at": 4.0,
            "doom": 3.0,
            "next": 4.0,
            "pass": 5.0,
            "stall": 1.0,
            "stall-at": 2.0,
            "doze": 2.0,
            "jump": 0.7,
            "stop": 0.5,
        }
        self.weights = {
            kind: weight * (1 if kind in ("ask", "pass", "go") else rng.choice((0, 0.5, 1, 2)))
            for kind, weight in kinds.items()
        }
        common = ("own", "own", "own", "answer", "word", "say", "open")
        self.orders = (*common, *rng.sample(WITHOUT_MONEY, 7))
        self.following: list[str] = []
        if rng.random() < 0.7:
            self.orders += MONEY
            self.weights["ask"] *= 1.5

    def draw(self) -> Action:
        """One action."""
        rng = self.rng
        (kind,) = rng.choices(list(self.weights), list(self.weights.values()))
        worker = rng.choice(self.workers)
        anybody = rng.choice((*self.workers, *DESKS))
        match kind:
            case "ask":
                steps = rng.choice((0, rng.randint(1, 8)))
                desk = rng.choice(DESKS)
                return ("ask", desk, self._order(), rng.randrange(self.cases), steps)
            case "go":
                return ("go", worker, rng.randint(1, 25), rng.randrange(1000))
            case "to":
                return ("to", worker, rng.choice(BOUNDARIES), rng.randrange(1000))
            case "crash":
                return ("crash", anybody)
            case "crash-at":
                return ("crash-at", worker, rng.choice(BOUNDARIES), rng.randrange(1000))
            case "doom":
                return ("doom", anybody, rng.choice(COMMITS if anybody in DESKS else (*BOUNDARIES, *COMMITS)))
            case "next":
                fate = rng.choice(FATES[1:])
                return ("next", fate, rng.choice((0.5, 10.0, 45.0, 100.0)) if fate == "slow" else 0.0)
            case "pass":
                return ("pass", rng.choice((0.1, 2.0, 30.0, 70.0, 700.0, 8_000.0, 30_000.0, 90_000.0)))
            case "stall":
                return ("stall", anybody, rng.choice((5.0, 15.0, 65.0, 200.0)))
            case "stall-at":
                where = (rng.choice(BOUNDARIES), rng.randrange(1000))
                return ("stall-at", worker, *where, rng.choice((30.0, 65.0, 65.0, 200.0)))
            case "doze":
                where = (rng.choice(BOUNDARIES), rng.choice(self.workers), rng.choice(BOUNDARIES))
                return ("doze", worker, *where, rng.randrange(1000))
            case "jump":
                return ("jump", anybody, rng.choice((86_400.0, -3_600.0)))
            case _:
                return ("stop", worker)

    def _order(self) -> str:
        """What is asked for: something new, or what comes after what was asked for before."""
        is_next = self.following and self.rng.random() < 0.8
        what = self.following.pop(0) if is_next else self.rng.choice(self.orders)
        self.following += THEN.get(what, ())
        return what


def in_words(action: Action) -> str:
    """An action as people read it."""
    match action:
        case ("ask", desk, what, case, steps):
            how = f"and is left after {steps} steps" if steps else "and waits for the answer"
            return f"{desk} asks: {what} x-{case}, {how}"
        case ("go", who, steps, _):
            return f"{who} goes on for {steps} steps"
        case ("to", who, boundary, _):
            return f"{who} goes on until {boundary}"
        case ("crash-at", who, boundary, _):
            return f"{who} is killed at {boundary}"
        case ("doom", who, boundary):
            return f"{who} will be killed when it comes to {boundary} next"
        case ("crash", who):
            return f"{who} is killed"
        case ("next", fate, seconds):
            return f"the next message is {fate}" + (f" ({seconds:g} s)" if seconds else "")
        case ("pass", seconds):
            return f"{seconds:,g} seconds pass"
        case ("stall", who, seconds):
            return f"{who} stands still for {seconds:g} seconds"
        case ("stall-at", who, boundary, _, seconds):
            return f"{who} stands still for {seconds:g} seconds at {boundary}, and the others go on"
        case ("doze", who, boundary, other, where, _):
            return f"{who} dozes off at {boundary}, {other} goes on until {where}, and {who} wakes"
        case ("jump", who, seconds):
            return f"the clock of {who} is set by {seconds:+,g} seconds"
        case (what, who):
            return f"{who} is told to {what}"
        case _:
            return str(action)
