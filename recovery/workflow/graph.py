"""Where a case can get to, and whether it can get out again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from recovery.core.spec import MERGED
from recovery.workflow.build import Built
from recovery.workflow.findings import Finding
from recovery.workflow.knowledge import edges


def check_ways(built: Built) -> list[Finding]:
    """Steps and ends nothing leads to, steps nothing leads out of, and circles without an exit."""
    workflow, document = built.workflow, built.document
    onward: dict[str, set[str]] = {state: set() for state in (*workflow.steps, *workflow.ends)}
    backward: dict[str, set[str]] = {state: set() for state in onward}
    for edge in edges(workflow):
        onward[edge.source].add(edge.to)
        backward[edge.to].add(edge.source)
    reached = _closure([workflow.start], onward)
    findings = []
    for step in workflow.steps:
        if step not in reached:
            hint = "Let a transition or a rule lead to it, or remove it."
            message = f"Nothing leads to the step {step}."
            findings.append(document.finding(("steps", step), "unreachable_step", message, hint, key=True))
    for end in workflow.ends:
        if built.ends_declared and end not in reached and end != MERGED:
            hint = "Let a transition lead to it, or remove it."
            message = f"Nothing leads to the end {end}."
            findings.append(document.finding(("ends", end), "unreachable_end", message, hint, key=True))
    dead = [step for step in workflow.steps if not onward[step] - {step}]
    for step in dead:
        message = f"Nothing leads out of the step {step}."
        hint = "Add a transition from it; cases that come there stay for ever."
        findings.append(document.finding(("steps", step), "dead_end", message, hint, key=True))
    finishing = _closure([*workflow.ends, *dead], backward)
    circling = [step for step in workflow.steps if step in reached and step not in finishing]
    if circling:
        message = f"No end can be reached from {', '.join(circling)}: cases go round there for ever."
        hint = "Give one of the moves a condition, or add a transition to an end."
        path = ("steps", circling[0])
        findings.append(document.finding(path, "loop_without_exit", message, hint, key=True))
    return findings


def _closure(begin: Iterable[str], ways: Mapping[str, Iterable[str]]) -> set[str]:
    found = set(begin)
    open_ = list(found)
    while open_:
        for state in ways[open_.pop()]:
            if state not in found:
                found.add(state)
                open_.append(state)
    return found
