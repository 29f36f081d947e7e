"""Leaving out what has the wrong shape, so that the rest of a file can still be checked in the same run."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from recovery.workflow.findings import Finding
from recovery.workflow.model import WorkflowShape
from recovery.workflow.reader import Document, Path, step_into
from recovery.workflow.shape import TEXT_KEYS, explain, not_a_mapping

_ROUNDS = 8
_RULES = ("on_enter", "on_leave", "on_message", "then", "on_warn", "on_breach", "at_last")
_STAND_INS: dict[str, Any] = {"title": "?", "workflow": "unnamed"}
"""What stands in for a required value that is missing or wrong."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """What of a document has the right shape.

    Attributes:
        shape: None when too little is left.
        broken: what was left out or replaced.
        sound: nothing that steps, moves and facts hang on was left out.
        findings: everything wrong with the shape.
    """

    shape: WorkflowShape | None
    broken: frozenset[Path]
    sound: bool
    findings: list[Finding]


def prune(document: Document) -> Pruned:
    """Check the shape; leave out what is wrong until the rest is right."""
    if not isinstance(document.value, dict):
        return Pruned(None, frozenset(), False, [not_a_mapping(document, WorkflowShape)])
    value = document.value
    findings: list[Finding] = []
    broken: set[Path] = set()
    sound = True
    for number in range(_ROUNDS):
        try:
            return Pruned(WorkflowShape.model_validate(value), frozenset(broken), sound, findings)
        except ValidationError as error:
            problems = explain(document, WorkflowShape, error)
        if number == 0:
            findings = [finding for _, finding in problems]
            value = deepcopy(value)
        for path, finding in problems:
            if path[-1] not in _STAND_INS and finding.code == "missing_key":
                path = path[:-1]
            if not path:
                return Pruned(None, frozenset(broken), False, findings)
            gone = _leave_out(value, path)
            broken.add(gone)
            sound = sound and _harmless(gone, finding.code)
    return Pruned(None, frozenset(broken), False, findings)


def _leave_out(value: Any, path: Path) -> Path:
    """Take away what is at a path, or the smallest thing around it that can be; give what was taken."""
    for end in range(len(path), 0, -1):
        holder, last = _holder(value, path[:end]), path[end - 1]
        if isinstance(holder, dict):
            if last in _STAND_INS and _is_title(path[:end]):
                holder[str(last)] = _STAND_INS[str(last)]
            else:
                holder.pop(last, None)
            return path[:end]
        if isinstance(holder, list) and isinstance(last, int) and end > 1 and last < len(holder):
            if path[end - 2] in _RULES:
                holder[last] = {}
                return path[:end]
            if path[end - 2] in ("do", "never"):
                holder[last] = "?"
                return path[:end]
    return path[:1]


def _is_title(path: Path) -> bool:
    return len(path) == 1 or path[0] == "steps"


def _holder(value: Any, path: Path) -> Any:
    for part in path[:-1]:
        _, value = step_into(value, part)
    return value


def _harmless(path: Path, code: str) -> bool:
    """Whether nothing that steps, moves and facts hang on was left out."""
    if code == "unknown_key":  # in a rule it may be a misspelt verb
        return not set(_RULES).intersection(path)
    return bool(TEXT_KEYS.intersection(path[2:])) or path[0] in ("budgets", "title", "workflow")
