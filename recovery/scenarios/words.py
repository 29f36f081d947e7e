"""The words of a scenario that its workflow must know, each looked up where it stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from recovery.core.conversation import WRITTEN
from recovery.core.errors import closest, sentence
from recovery.core.facts import FactType
from recovery.core.spec import Workflow
from recovery.scenarios.shape import CLOCK, ExpectShape
from recovery.workflow.findings import Finding, guess, shown
from recovery.workflow.reader import Document, Path


class Words:
    """Looks up what a scenario names in its workflow: a slip in `not_sent` would never be noticed."""

    def __init__(self, document: Document, workflow: Workflow, findings: list[Finding]) -> None:
        self._document, self._workflow, self._findings = document, workflow, findings
        self._known: dict[str, tuple[str, str, list[str]]] = {}
        self._facts: dict[str, FactType] = {}
        self._clocks: list[str] = []
        self.learn(workflow)

    def learn(self, workflow: Workflow) -> None:
        """Know the names of another version of the workflow too."""
        sent = dict.fromkeys([WRITTEN, *workflow.say, *(send.template for send in workflow.sends())])
        new = {
            "step": ("unknown_step", "a step or an end", [*workflow.steps, *workflow.ends]),
            "level": ("unknown_role", "a level of escalation", list(workflow.escalation)),
            **dict.fromkeys(
                ("sent", "not_sent", "sent_to_owner", "sent_to_supervisor", "sent_to_teller"),
                ("unknown_template", "a message", list(sent)),
            ),
            **dict.fromkeys(("asked", "not_asked"), ("unknown_fact", "a fact", list(workflow.facts))),
            "breached": ("unknown_clock", "a clock", list(workflow.clocks)),
        }
        for key, (code, what, names) in new.items():
            before = self._known[key][2] if key in self._known else []
            self._known[key] = code, what, list(dict.fromkeys([*before, *names]))
        self._facts |= workflow.facts
        self._clocks += [name for name in workflow.clocks if name not in self._clocks]

    def expectation(self, path: Path, shape: ExpectShape) -> None:
        """Every name in an expectation."""
        self.facts((*path, "facts"), shape.facts)
        for key in shape.__pydantic_extra__:
            name = key[len(CLOCK) :].strip()
            self._look_up((*path, key), "unknown_clock", name, "a clock", self._clocks, key=True)
        for key, (code, what, known) in self._known.items():
            said = getattr(shape, key)
            for number, name in enumerate([said] if isinstance(said, str) else said or ()):
                here = (*path, key)
                listed = isinstance(self._document.get(here), list)
                self._look_up((*here, number) if listed else here, code, name, what, known)

    def facts(self, path: Path, facts: Iterable[str]) -> None:
        """The names of facts."""
        for name in facts:
            self._look_up((*path, name), "unknown_fact", name, "a fact", list(self._facts), key=True)

    def value(self, path: Path, fact: str, wanted: Any) -> Any:
        """A fact's value as a case keeps it."""
        kind = self._facts.get(fact)
        if kind is None or wanted is None:
            return wanted
        try:
            return kind.check(wanted)
        except ValueError as error:
            self._findings.append(self._document.finding(path, "wrong_value", f"{fact}: {error}."))
            return wanted

    def _look_up(
        self, path: Path, code: str, name: str, what: str, known: list[str], *, key: bool = False
    ) -> None:
        if name not in known:
            message = f"{shown(name)} is not {what} of workflow {self._workflow.id}."
            hint = sentence(closest(name[:100], known)) or guess(name, known)
            self._findings.append(self._document.finding(path, code, message, hint, key=key))
