"""What a case surely knows in each state, whichever way it came there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from recovery.core.guards import And, Compare, FactValue, Guard, Known, Not, Or
from recovery.core.spec import SAME, Go, Need, Record, Rule, Transition, Workflow

ALWAYS = frozenset({"problem.statement"})
"""A complaint has a text."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One way from a state to another, with what it adds to what is surely known and what it forgets."""

    source: str
    to: str
    adds: frozenset[str]
    forgets: frozenset[str]


def implied(guard: Guard | None) -> frozenset[str]:
    """The facts that are known whenever a guard is true."""
    if isinstance(guard, And):
        return frozenset().union(*(implied(term) for term in guard.terms))
    if isinstance(guard, Or):
        return frozenset.intersection(*(implied(term) for term in guard.terms))
    if isinstance(guard, Known):
        return frozenset({guard.name}) if guard.known else frozenset()
    if isinstance(guard, Not) and isinstance(guard.term, Compare | FactValue):
        return frozenset(guard.term.facts())
    return frozenset(guard.facts()) if isinstance(guard, Compare | FactValue) else frozenset()


def needed(workflow: Workflow, state: str) -> frozenset[str]:
    """The facts that are known once a step's needs are met."""
    step = workflow.steps.get(state)
    needs = step.needs if step is not None else ()
    return frozenset(need.fact for need in needs if isinstance(need, Need) and need.when is None)


def recorded(rules: Iterable[Rule]) -> frozenset[str]:
    """The facts that rules without a condition put on record."""
    return frozenset(
        fact
        for rule in rules
        if rule.when is None
        for action in rule.actions
        if isinstance(action, Record)
        for fact in action.facts
    )


def goes(rules: Iterable[Rule]) -> Iterator[tuple[Rule, Go]]:
    """Every move that rules ask for."""
    for rule in rules:
        for action in rule.actions:
            if isinstance(action, Go):
                yield rule, action


def always_goes(rules: Iterable[Rule]) -> bool:
    """Whether one of the rules moves the case whatever is known."""
    return any(rule.when is None for rule, _ in goes(rules))


def forgets(workflow: Workflow, source: str, to: str, forget: tuple[str, ...] | None) -> frozenset[str]:
    """What a move forgets: what it says, or for a move backwards every exit fact from the destination on."""
    if forget is not None:
        return frozenset(forget)
    index = workflow.index
    if to in index and index[to] <= index.get(source, len(index)):
        return frozenset(workflow.needed_between(to, source))
    return frozenset()


def edges(workflow: Workflow) -> list[Edge]:
    """Every way between states: walking on, moves of rules, and transitions."""
    found = []
    for step in workflow.steps.values():
        entering = recorded(step.on_enter)
        for rule, go in goes(step.on_enter):
            adds = entering | implied(rule.when)
            found.append(Edge(step.id, go.to, adds, forgets(workflow, step.id, go.to, go.forget)))
        if always_goes(step.on_enter) or workflow.order == "free":
            continue
        met = entering | needed(workflow, step.id) | recorded(step.on_leave)
        for rule, go in goes(step.on_leave):
            adds = met | implied(rule.when)
            found.append(Edge(step.id, go.to, adds, forgets(workflow, step.id, go.to, go.forget)))
        if not always_goes(step.on_leave):
            found.append(Edge(step.id, workflow.next_of[step.id], met, frozenset()))
    for transition in workflow.transitions:
        for source in transition.sources:
            step_rules = workflow.steps[source].on_enter if source in workflow.steps else ()
            if not always_goes(step_rules):
                found.extend(_transition(workflow, transition, source))
    for rules in (workflow.on_message, *(clock.rules() for clock in workflow.clocks.values())):
        for rule, go in goes(rules):
            for source in workflow.steps:
                gone = forgets(workflow, source, go.to, go.forget)
                found.append(Edge(source, go.to, implied(rule.when), gone))
    return found


def _transition(workflow: Workflow, transition: Transition, source: str) -> Iterator[Edge]:
    adds = asked(workflow, transition, source) | recorded(transition.then)
    for rule, go in goes(transition.then):
        gone = forgets(workflow, source, go.to, go.forget)
        yield Edge(source, go.to, adds | implied(rule.when), gone)
    if transition.to != SAME and not always_goes(transition.then):
        gone = forgets(workflow, source, transition.to, transition.forget)
        yield Edge(source, transition.to, adds, gone)


def asked(workflow: Workflow, transition: Transition, source: str) -> frozenset[str]:
    """What is surely known, beyond what the source knows, when a transition is made from there."""
    known = implied(transition.when)
    known |= {need.fact for need in transition.needs if need.when is None}
    index = workflow.index
    forward = transition.to in index and index[transition.to] > index.get(source, len(index))
    if forward or transition.to == workflow.main_end:
        known |= needed(workflow, source)
    return known


def surely_known(workflow: Workflow) -> dict[str, frozenset[str]]:
    """For every state that can be reached, the facts a case knows there whichever way it came."""
    known: dict[str, frozenset[str]] = {workflow.start: ALWAYS}
    ways = edges(workflow)
    changed = True
    while changed:
        changed = False
        for edge in ways:
            if edge.source not in known:
                continue
            arriving = ((known[edge.source] | edge.adds) - edge.forgets) | ALWAYS
            before = known.get(edge.to)
            after = arriving if before is None else before & arriving
            if after != before:
                known[edge.to] = after
                changed = True
    return known
