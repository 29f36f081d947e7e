"""What a workflow's names stand for, and what is said about a name that stands for nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recovery.core.facts import FactType
from recovery.core.guards import Guard, Known
from recovery.workflow.declared import declared_ends, declared_facts
from recovery.workflow.expressions import read_guard, vocabulary
from recovery.workflow.findings import Finding, guess, shown
from recovery.workflow.model import WorkflowShape
from recovery.workflow.reader import Document, Path
from recovery.workflow.shape import boolean_hint

UNREAD: Guard = Known("an unreadable condition")
"""Stands for a guard that could not be read, so that the rest can still be checked."""

_OTHER_ROLES = ("customer", "engine", "import")
"""Roles beside those of the escalation."""


class Names:
    """The facts, states and roles of one workflow, and the findings made while looking them up."""

    def __init__(self, document: Document, shape: WorkflowShape, broken: frozenset[Path]) -> None:
        self.document, self.shape, self.broken = document, shape, broken
        self.findings: list[Finding] = []
        self.facts = declared_facts(document, shape, self.findings)
        self.ends = declared_ends(document, shape, self.findings)
        self.states = [*shape.steps, *self.ends]
        self.roles = (*shape.escalation, *_OTHER_ROLES)
        self._broken_facts = {str(path[1]) for path in broken if path[:1] == ("facts",) and len(path) > 1}
        self._broken_states = {
            str(path[1]) for path in broken if path[:1] in (("steps",), ("ends",)) and len(path) == 2
        }
        known = [*self.states, *self._broken_states]
        self._words = vocabulary(self.facts, known, shape.severities, len(shape.escalation))

    def say(self, path: Path, code: str, message: str, hint: str = "", *, key: bool = False) -> None:
        """Report an error at the value of a path, or at its key."""
        self.findings.append(self.document.finding(path, code, message, hint, key=key))

    def fact(self, path: Path, name: str) -> FactType | None:
        """The type of a fact; None, reported, when there is no such fact."""
        kind = self.facts.get(name)
        if kind is None and name not in self._broken_facts:
            hint = guess(name, self.facts)
            self.say(path, "unknown_fact", f"{name} is not a fact of this workflow.", hint, key=True)
        return kind

    def state(self, path: Path, name: str) -> bool:
        """Whether this is a step or an end; reported when not."""
        if name not in self.states and name not in self._broken_states:
            message = f"{shown(name)} is neither a step nor an end."
            self.say(path, "unknown_step", message, guess(name, self.states))
        return name in self.states

    def role(self, path: Path, name: str) -> None:
        """Report a role that nobody has."""
        if name not in self.roles:
            self.say(path, "unknown_role", f"{shown(name)} is not a role.", guess(name, self.roles))

    def guard(self, path: Path, text: str | None) -> Guard | None:
        """The guard a text stands for; `UNREAD`, reported, when it cannot be read."""
        if text is None:
            return None
        guard, problems = read_guard(text, self._words)
        for problem in problems:
            if not (problem.code == "unknown_fact" and problem.about in self._broken_facts):
                self.say(path, problem.code, problem.message, problem.hint)
        return UNREAD if guard is None else guard

    def value(self, path: Path, kind: FactType, value: Any) -> Any:
        """The value as it is kept on record; reported when it is not of the fact's type."""
        try:
            return kind.check(value)
        except ValueError as error:
            hint = boolean_hint(value) or (guess(str(value), kind.choices) if kind.choices else "")
            self.say(path, "wrong_value", f"{kind.name}: {error}.", hint)
            return value

    def recorded(self, path: Path, values: Mapping[str, Any], at: Path | None = None) -> dict[str, Any]:
        """Facts the engine will record, each of its type and one that the engine may say.

        Args:
            at: where the value stands when it is not under the fact's name.
        """
        made = {}
        for name, value in values.items():
            here = (*path, name)
            kind = self.said_by_rules(here, name)
            if kind is not None:
                made[name] = self.value(at or here, kind, value)
        return made

    def said_by_rules(self, path: Path, name: str) -> FactType | None:
        """The type of a fact that the engine is to record; None where there is none. Wrong ones are told."""
        kind = self.fact(path, name)
        if kind is not None and name == "owner":
            message = "A rule cannot make somebody the owner: a person takes a case on."
            self.say(path, "owner_stays", message, "Let a step need the owner.", key=True)
        elif kind is not None and kind.said_by and "engine" not in kind.said_by:
            said_by = " or ".join(sorted(kind.said_by))
            message = f"{name} is said by the {said_by}; a rule is the engine speaking."
            hint = "Add engine to its said_by, or let it be asked."
            self.say(path, "wrong_source", message, hint, key=True)
        return kind

    def forgotten(self, path: Path, names: Sequence[str] | None) -> tuple[str, ...] | None:
        """Facts that a move forgets."""
        for number, name in enumerate(names or ()):
            self.fact((*path, number), name)
            if name == "owner":
                message = "The owner cannot be forgotten: from step to step a case keeps its one owner."
                self.say((*path, number), "owner_stays", message, "Leave it out.")
        return None if names is None else tuple(names)
