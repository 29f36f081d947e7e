"""The funnel: how far cases came, which moves they made, and where they stand, read from the log alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from statistics import median
from typing import Any

from recovery.core.case import Change
from recovery.core.erasing import ERASURE
from recovery.core.instants import from_text
from recovery.core.spec import MERGED, SAME, Go, Workflow
from recovery.store.records import Record

FEW = 3
"""A transition from at most so many states is counted for each of them by itself."""

MERGE, UNDO_MERGE = "merge", "undo merge"


@dataclass(slots=True)
class StepCount:
    """One step in the funnel.

    Attributes:
        entered: cases that stood in it, or passed it, at least once.
        left: cases that went on from it with its exit facts on record.
        visits: how often it was entered; more than `entered` where cases came back.
        stayed: how many seconds each visit lasted; a case that is still there does not count.
    """

    step: str
    entered: int = 0
    left: int = 0
    visits: int = 0
    stayed: list[float] = field(default_factory=list, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """The counts as plain data; the median stay in whole seconds, None where nobody has left."""
        stay = round(median(self.stayed)) if self.stayed else None
        return {
            "step": self.step,
            "entered": self.entered,
            "left": self.left,
            "visits": self.visits,
            "median_stay_seconds": stay,
        }


class Funnel:
    """Counts over many cases of one workflow.

    Attributes:
        steps: in the workflow's order.
        transitions: every move the workflow knows, by `move_names`, and how often it was made.
        states: where the cases stand now.
    """

    def __init__(self, workflow: Workflow) -> None:
        self.workflow = workflow
        self.steps = [StepCount(step) for step in workflow.steps]
        self.transitions = Counter(dict.fromkeys(move_names(workflow), 0))
        self.states: Counter[str] = Counter()
        self.cases = 0
        self.events = 0
        self._by_name = {count.step: count for count in self.steps}

    def add(self, log: Sequence[Record]) -> None:
        """Count one case: every event of it, in order."""
        passed = _Passed()
        here, since = self.workflow.start, log[0].recorded_at
        for record in log:
            self.transitions.update(moves_of(self.workflow, record))
            for change in record.changes:
                if change[0] == "open":
                    here = change[3]["step"]
                    self._enter(here, passed)
                elif change[0] == "move":
                    _, source, here, _, _ = change
                    self._leave(source, here, since, record.recorded_at, passed)
                    self._enter(here, passed)
                    since = record.recorded_at
        for step in passed.entered:
            self._by_name[step].entered += 1
        for step in passed.left:
            self._by_name[step].left += 1
        self.states[here] += 1
        self.cases += 1
        self.events += sum(record.kind != ERASURE for record in log)

    def _enter(self, step: str, passed: _Passed) -> None:
        if step in self._by_name:
            self._by_name[step].visits += 1
            passed.entered.add(step)

    def _leave(self, step: str, to: str, since: str, now: str, passed: _Passed) -> None:
        if step in self._by_name:
            self._by_name[step].stayed.append((from_text(now) - from_text(since)).total_seconds())
            workflow = self.workflow
            if to == workflow.main_end or workflow.index.get(to, -1) > workflow.index[step]:
                passed.left.add(step)


@dataclass(slots=True)
class _Passed:
    """The steps one case came into, and those it went on from."""

    entered: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)


def funnel(workflow: Workflow, logs: Iterable[Record]) -> Funnel:
    """Count the cases of one workflow.

    Args:
        logs: their events, case by case and in order within each (as `store.logs` gives them).
    """
    total = Funnel(workflow)
    for _, log in groupby(logs, key=attrgetter("tenant", "case")):
        total.add(list(log))
    return total


# --- moves by name ------------------------------------------------------------------------------------------


def move_names(workflow: Workflow) -> list[str]:
    """Every move a workflow knows, as `moves_of` names it: walking on, by rule, named, merge and its undoing.

    A named transition that starts from a few states only has one name for each of them.
    """
    names: dict[str, None] = {}
    if workflow.order == "in_order":
        names.update(dict.fromkeys(_edge(source, to) for source, to in workflow.next_of.items()))
    for step in workflow.steps.values():
        for rule in (*step.on_enter, *step.on_leave):
            for action in rule.actions:
                if isinstance(action, Go):
                    names[f"{_edge(step.id, action.to)} by rule"] = None
    for transition in workflow.transitions:
        sources = [state for state in (*workflow.steps, *workflow.ends) if state in transition.sources]
        names.update(dict.fromkeys(_named(workflow, transition.name, source) for source in sources))
    if MERGED in workflow.ends:
        names[MERGE] = names[UNDO_MERGE] = None
    return list(names)


def moves_of(workflow: Workflow, record: Record) -> Iterator[str]:
    """The moves of one event by name.

    Moves that the workflow does not foresee are named by where they led: `forced to …` by a supervisor, and
    `fell back to …` where a passed step lost an exit fact.
    """
    moves = [change for change in record.changes if change[0] == "move"]
    if record.kind == "CaseMerged":
        yield MERGE
        return
    if record.kind == "MergeUndone":
        yield UNDO_MERGE
        moves = moves[1:]
    elif record.kind == "MoveRequested":
        name = str(record.event["transition"])
        yield _named(workflow, name, moves[0][1] if moves else "")
        moves = [move for move in moves if move[3] != name]
    yield from (_move(workflow, record.kind, move) for move in moves)


def _move(workflow: Workflow, kind: str, move: Change) -> str:
    _, source, to, why, _ = move
    if kind == "MoveForced":
        return f"forced to {to}"
    if why.startswith("no longer on record"):
        return f"fell back to {to}"
    if why.startswith("rule on") or workflow.next_of.get(source) != to:
        return f"{_edge(source, to)} by rule"
    return _edge(source, to)


def _named(workflow: Workflow, name: str, source: str) -> str:
    alike = [one for one in workflow.transitions if one.name == name]
    sources = {state for one in alike for state in one.sources}
    to = next((one.to for one in alike if source in one.sources), SAME)
    return name if to == SAME or not 1 < len(sources) <= FEW else f"{name}: {_edge(source, to)}"


def _edge(source: str, to: str) -> str:
    return f"{source} → {to}"
