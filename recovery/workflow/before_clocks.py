"""Versions from before clocks ran: what they declared and nobody acted on is left out, as it was then."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from typing import Any

from recovery.workflow.reader import Document

_VERBS = ("follow_up", "start", "stop")
_PARTS = ("clocks", "calendar", "budgets")


def leave_out(document: Document) -> Document:
    """The document without what was declared and not yet active; cases of such a version have no clocks."""
    workflow = deepcopy(document.value)
    if not isinstance(workflow, dict):
        return document
    for part in _PARTS:
        workflow.pop(part, None)
    for steps in (workflow.get("steps") or {}).values():
        for rules in ("on_enter", "on_leave"):
            if isinstance(steps, dict) and rules in steps:
                steps[rules] = _active(steps[rules])
    for moves in (workflow.get("transitions") or {}).values():
        for move in moves if isinstance(moves, list) else [moves]:
            if isinstance(move, dict) and "then" in move:
                move["then"] = _active(move["then"])
    return replace(document, value=workflow)


def _active(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rules that did something; what they did comes first in the file, so that places stay right."""
    kept = [{key: value for key, value in rule.items() if key not in _VERBS} for rule in rules]
    return [rule for rule in kept if rule.keys() - {"if"}]
