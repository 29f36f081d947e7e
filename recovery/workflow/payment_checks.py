"""Payment orders in a workflow: only whoever pays is told of a payment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from recovery.core.spec import Send
from recovery.workflow.budgets import budget_templates
from recovery.workflow.build import Built
from recovery.workflow.findings import Finding
from recovery.workflow.reader import Path
from recovery.workflow.template_words import PAYMENT
from recovery.workflow.templates import Template


def check_payments(built: Built, templates: Mapping[str, Sequence[Template]]) -> Iterator[Finding]:
    """Every message that speaks of a payment and is given none.

    Args:
        templates: the readable templates, by name.
    """
    for path, name in _others(built):
        for letter in templates.get(name, ())[:1]:
            if any(use.name in PAYMENT for use in letter.uses):
                message = f"{letter.file} speaks of a payment, and is given none here."
                hint = "Only the order to whoever pays is: `pay` of a budget."
                yield built.document.finding(path, "no_payment", message, hint)


def _others(built: Built) -> Iterator[tuple[Path, str]]:
    """Every place that names a template, but those of payment orders."""
    for placed in built.rules:
        for action in placed.rule.actions:
            if isinstance(action, Send):
                yield (*placed.path, "send"), action.template
    for number, name in enumerate(built.workflow.say):
        yield ("say", number), name
    for path, name in budget_templates(built.workflow):
        if path[-1] != "pay":
            yield path, name
