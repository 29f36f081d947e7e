"""Which parts of a workflow scenarios have come to, and which none has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field

from recovery.core.case import Case
from recovery.core.changes import fold
from recovery.core.spec import Rule, Workflow
from recovery.store.records import Record

KINDS = ("steps", "transitions", "clocks", "rules", "messages")
"""The kinds of parts: steps and ends that were entered, transitions that were made, clocks that started,
rules whose condition held, messages that were asked for."""

_FIRED = re.compile(r"line (\d+): fired, ")


Touched = frozenset[tuple[str, str]]
"""The parts a scenario came to: kind and name."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a workflow scenarios have come to.

    Attributes:
        scenarios: how many are about it.
        parts, touched: how many parts it has, and how many of them any scenario came to.
        untouched: kind → the parts that none came to.
    """

    workflow: str
    scenarios: int
    parts: int = 0
    touched: int = 0
    untouched: dict[str, list[str]] = field(default_factory=dict)


def coverage(workflow: Workflow, stories: Iterable[Touched]) -> Coverage:
    """What all stories of a workflow together came to."""
    told = list(stories)
    seen = Touched().union(*told)
    parts = list(dict.fromkeys(_parts(workflow)))
    untouched = {
        kind: [name for one, name in parts if one == kind and (one, name) not in seen] for kind in KINDS
    }
    return Coverage(workflow.id, len(told), len(parts), sum(part in seen for part in parts), untouched)


def touched(workflow: Workflow, records: Iterable[Record]) -> Touched:
    """The parts of a workflow that the logs of a story's cases tell of."""
    return Touched(_told(workflow, records))


def _parts(workflow: Workflow) -> Iterator[tuple[str, str]]:
    for name in (*workflow.steps, *workflow.ends):
        yield "steps", name
    for move in workflow.transitions:
        yield "transitions", _transition(workflow, move.name, move.line)
    for clock in workflow.clocks:
        yield "clocks", clock
    for rule in _rules(workflow):
        if rule.when is not None:
            yield "rules", _rule(rule.line, rule.asks)
    for template in (*(send.template for send in workflow.sends()), *workflow.say):
        yield "messages", template


def _told(workflow: Workflow, records: Iterable[Record]) -> Iterator[tuple[str, str]]:
    rules = {rule.line: rule.asks for rule in _rules(workflow) if rule.when is not None}
    case: Case | None = None
    for record in records:
        if case is not None and record.case != case.id:
            case = None
        if record.kind == "MoveRequested" and case is not None:
            yield from _made(workflow, record.event["transition"], case)
        for change in record.changes:
            if change[0] == "open":
                yield "steps", workflow.start
            elif change[0] == "move":
                yield "steps", change[2]
            elif change[0] == "clock":
                yield "clocks", change[1]
            elif change[0] == "effect":
                yield "messages", change[2]
        for line in record.why:
            found = _FIRED.match(line)
            if found is not None and int(found[1]) in rules:
                yield "rules", _rule(int(found[1]), rules[int(found[1])])
        case = fold(case, [asdict(record)])


def _made(workflow: Workflow, name: str, case: Case) -> Iterator[tuple[str, str]]:
    """The transition that was made from where a case stood: the one of its name whose condition held."""
    for move, _ in workflow.moves.named(name, case.step):
        if move.when is None or move.when.evaluate(case):
            yield "transitions", _transition(workflow, name, move.line)


def _rules(workflow: Workflow) -> Iterator[Rule]:
    for step in workflow.steps.values():
        yield from (*step.on_enter, *step.on_leave)
    for move in workflow.transitions:
        yield from move.then
    for clock in workflow.clocks.values():
        yield from clock.rules()
    yield from workflow.on_message


def _transition(workflow: Workflow, name: str, line: int) -> str:
    alone = sum(move.name == name for move in workflow.transitions) == 1
    return name if alone else f"{name} (line {line})"


def _rule(line: int, asks: str) -> str:
    return f"line {line}: {asks}"
