"""From when to when a workflow holds: the dates of the law it follows."""

from __future__ import annotations

from datetime import date

from recovery.workflow.findings import Finding
from recovery.workflow.model import WorkflowShape
from recovery.workflow.reader import Document


def check_validity(document: Document, shape: WorkflowShape) -> list[Finding]:
    """A last day that comes before the first."""
    first, last = shape.valid_from, shape.valid_to
    if first is None or last is None or first <= last:
        return []
    message = f"The workflow would hold from {first} to {last}: on no day."
    return [document.finding(("valid_to",), "wrong_value", message, "Exchange the two.")]


def check_in_force(document: Document, shape: WorkflowShape, today: date) -> list[Finding]:
    """The notice that a workflow does not hold today. New cases are opened all the same."""
    now = today.isoformat()
    hint = "New cases are opened in it all the same."
    if shape.valid_from is not None and now < shape.valid_from:
        message = f"It holds from {shape.valid_from} on; today is {now}."
        return [document.notice(("valid_from",), "not_in_force", message, hint)]
    if shape.valid_to is not None and now > shape.valid_to:
        message = f"It held until {shape.valid_to}; today is {now}."
        return [document.notice(("valid_to",), "not_in_force", message, hint)]
    return []
