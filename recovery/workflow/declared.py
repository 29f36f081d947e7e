"""What a workflow declares by name: its facts and its ends."""

from __future__ import annotations

from recovery.core.facts import BUILT_IN, FactType
from recovery.core.spec import SAME, End
from recovery.workflow.findings import Finding, guess, shown
from recovery.workflow.model import ChoiceFact, NumberFact, WorkflowShape
from recovery.workflow.reader import Document, Path

_BUILT_IN_ENDS = {
    "closed": {"en": "Closed", "zh": "已结案"},
    "withdrawn": {"en": "Withdrawn by the customer", "zh": "顾客已撤回"},
    "merged": {"en": "Merged into another case", "zh": "已并入另一案件"},
    "ended": {"en": "Ended by a supervisor", "zh": "已由主管终止"},
}

_NOT_CHOICES = ("yes", "no", "on", "off", "y", "n", "true", "false")
"""Words that some reader of YAML takes for a boolean: no value of a choice may look like one."""

_NOT_FIRST = ("any", "case", "not", "and", "or", "in", "is", "if", "else", "true", "false", "none")
"""Words that a condition reads as something else; no fact's name begins with one."""


def declared_facts(document: Document, shape: WorkflowShape, findings: list[Finding]) -> dict[str, FactType]:
    """Every fact of the workflow by its name, built-in ones included."""
    facts = dict(BUILT_IN)
    for name, fact in shape.facts.items():
        path = ("facts", name)
        choices: tuple[str, ...] = ()
        least = most = None
        if isinstance(fact, ChoiceFact):
            choices = _choices(document, path, fact, shape, findings)
        elif isinstance(fact, NumberFact):
            least, most = fact.least, fact.most
            if least is not None and most is not None and least > most:
                message = f"{name} goes from {least} to {most}: no number is within that."
                findings.append(document.finding((*path, "to"), "wrong_value", message, "Exchange the two."))
                least = most = None
        said_by = frozenset(fact.said_by or ())
        _check_name(document, path, name, findings)
        if name in BUILT_IN and BUILT_IN[name].kind != fact.type:
            message = f"{name} is built in and of type {BUILT_IN[name].kind}."
            findings.append(
                document.finding((*path, "type"), "built_in_fact", message, "Only its ask may change.")
            )
        ask = fact.ask or {}
        facts[name] = FactType(name, fact.type, choices, least, most, said_by, ask, fact.personal)
    _check_overlaps(document, shape, facts, findings)
    for name, values in shape.lists.items():
        _check_choices(document, ("lists", name), values, findings)
    return facts


def _choices(
    document: Document, path: Path, fact: ChoiceFact, shape: WorkflowShape, findings: list[Finding]
) -> tuple[str, ...]:
    if (fact.of is None) == (fact.source is None):
        message = f"{path[-1]} needs its values: either `of` or `from`."
        findings.append(
            document.finding(path, "wrong_choices", message, "For example of: [low, high].", key=True)
        )
        return tuple(fact.of or ())
    if fact.source is not None:
        if fact.source not in shape.lists:
            message = f"{shown(fact.source)} is not one of the lists."
            hint = guess(fact.source, shape.lists) or "Declare it under `lists`."
            findings.append(document.finding((*path, "from"), "unknown_list", message, hint))
        return tuple(shape.lists.get(fact.source, ()))
    assert fact.of is not None
    _check_choices(document, (*path, "of"), fact.of, findings)
    return tuple(fact.of)


def _check_choices(document: Document, path: Path, values: list[str], findings: list[Finding]) -> None:
    for number, value in enumerate(values):
        here = (*path, number)
        if value.lower() in _NOT_CHOICES:
            message = f"{shown(value)} cannot be a choice: other readers of YAML take it for true or false."
            findings.append(document.finding(here, "confusing_choice", message, "Use a word that says more."))
        elif value in values[:number]:
            message = f"{shown(value)} stands in the list twice."
            findings.append(document.finding(here, "duplicate_choice", message, "Keep one of them."))


def _check_name(document: Document, path: Path, name: str, findings: list[Finding]) -> None:
    first = name.partition(".")[0]
    if first in _NOT_FIRST:
        message = f"A fact's name cannot begin with {shown(first)}: conditions read that as something else."
        findings.append(document.finding(path, "bad_name", message, key=True))


def _check_overlaps(
    document: Document, shape: WorkflowShape, facts: dict[str, FactType], findings: list[Finding]
) -> None:
    """`problem` and `problem.kind` cannot both be facts: a message could not tell them apart."""
    for name in facts:
        parts = name.split(".")
        for end in range(1, len(parts)):
            outer = ".".join(parts[:end])
            if outer in facts:
                path = ("facts", name if name in shape.facts else outer)
                message = f"{outer} and {name} cannot both be facts: one is the beginning of the other."
                findings.append(document.finding(path, "bad_name", message, "Rename one of them.", key=True))


def declared_ends(document: Document, shape: WorkflowShape, findings: list[Finding]) -> dict[str, End]:
    """The ends in their order; the four built-in ones when none are declared."""
    if shape.ends is None:
        ends = {name: End(name, title) for name, title in _BUILT_IN_ENDS.items()}
    else:
        ends = {}
        for name, end in shape.ends.items():
            title = end.title or _BUILT_IN_ENDS.get(name)
            if title is None:
                message = f"The end {shown(name)} has no `title`."
                findings.append(document.finding(("ends", name), "missing_key", message, key=True))
            ends[name] = End(name, title or {"en": name})
    for name in shape.steps:
        if name in ends:
            message = f"{shown(name)} is a step and an end."
            findings.append(
                document.finding(("steps", name), "bad_name", message, "Rename the step.", key=True)
            )
            del ends[name]
    for part, names in (("steps", shape.steps), ("ends", ends)):
        for name in names:
            if name in ("any", SAME):
                message = f"{shown(name)} has a meaning of its own in transitions."
                findings.append(
                    document.finding((part, name), "bad_name", message, "Use another name.", key=True)
                )
    return ends or {"closed": End("closed", _BUILT_IN_ENDS["closed"])}
