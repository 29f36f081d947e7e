"""From a checked shape to `core.spec.Workflow`: names resolved, guards read, values checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from recovery.core.calendars.calendar import Calendar
from recovery.core.clocks.model import Clock
from recovery.core.guards import Guard
from recovery.core.spec import SAME, Rule, Step, Transition, Workflow
from recovery.workflow.budgets import read_budgets
from recovery.workflow.clocks import read_clocks
from recovery.workflow.derived import read_derived
from recovery.workflow.findings import Finding
from recovery.workflow.in_force import check_validity
from recovery.workflow.letter_parts import read_letters
from recovery.workflow.model import TransitionShape, WorkflowShape
from recovery.workflow.names import Names
from recovery.workflow.needs import read_need, read_needs
from recovery.workflow.reader import Document, Path
from recovery.workflow.rule_shapes import RuleShape
from recovery.workflow.rules import PlacedRule, read_rules

ANY_STEP = "any"
"""The source of a transition that may start from every step."""


@dataclass(slots=True)
class Built:
    """A workflow with the places of its parts, for checks that need the whole."""

    document: Document
    workflow: Workflow
    findings: list[Finding]
    rules: list[PlacedRule] = field(default_factory=list)
    transitions: list[tuple[Path, Transition]] = field(default_factory=list)
    ends_declared: bool = False
    derived_when: list[tuple[Path, Guard]] = field(default_factory=list)


def build(
    document: Document,
    shape: WorkflowShape,
    bundle: str = "",
    broken: frozenset[Path] = frozenset(),
    calendars: Mapping[str, Calendar] | None = None,
) -> Built:
    """Make the workflow a file describes.

    Args:
        bundle: the hash of the bundle this is a part of.
        calendars: that its clocks count by; None in a version from before clocks ran: then it has none.
        broken: paths whose shape was wrong and which are left out; nothing is said about them again.

    Returns:
        The workflow and every finding; with an error among them the workflow is only good for further checks.
    """
    return _Builder(document, shape, broken, calendars).build(bundle)


class _Builder:
    def __init__(
        self,
        document: Document,
        shape: WorkflowShape,
        broken: frozenset[Path],
        calendars: Mapping[str, Calendar] | None,
    ) -> None:
        self.document, self.shape, self.calendars = document, shape, calendars
        self.names = Names(document, shape, broken)
        self.rules: list[PlacedRule] = []

    def build(self, bundle: str) -> Built:
        shape, names = self.shape, self.names
        steps = {name: self._step(name) for name in shape.steps}
        transitions = [
            (path, made)
            for name, alternatives in shape.transitions.items()
            for path, made in self._transitions(name, alternatives)
        ]
        clocks: dict[str, Clock] = {}
        if self.calendars is not None:
            clocks, rules = read_clocks(names, shape, self.calendars)
            self.rules += rules
        calendar = (self.calendars or {}).get(shape.calendar or "")
        zone = "UTC" if calendar is None else calendar.zone
        derived, guards = read_derived(names, shape.derived, zone)
        workflow = Workflow(
            id=shape.workflow,
            bundle=bundle,
            title=shape.title,
            steps=steps,
            ends=names.ends,
            facts=names.facts,
            transitions=tuple(made for _, made in transitions),
            escalation=tuple(shape.escalation),
            severities=shape.severities,
            order=shape.order,
            say=tuple(shape.say),
            clocks=clocks,
            contact_hours=(self.calendars or {}).get(shape.contact_hours or ""),
            contact_cap=shape.contact_cap,
            on_message=self._rules(("on_message",), shape.on_message, "anytime", tuple(shape.steps)),
            acknowledgements=tuple(shape.acknowledgements),
            derived=derived,
            letters=read_letters(names, shape.letters),
            budgets=read_budgets(names, shape, self.calendars or {}),
        )
        findings = [*names.findings, *check_validity(self.document, shape)]
        return Built(
            self.document, workflow, findings, self.rules, transitions, shape.ends is not None, guards
        )

    def _step(self, name: str) -> Step:
        shape, path = self.shape.steps[name], ("steps", name)
        needs = read_needs(self.names, (*path, "needs"), shape.needs)
        on_enter = self._rules((*path, "on_enter"), shape.on_enter, "enter", (name,))
        on_leave = self._rules((*path, "on_leave"), shape.on_leave, "leave", (name,))
        if on_leave and self.shape.order == "free":
            message = "Nothing walks in a free workflow, so rules on leaving never fire."
            hint = "Put them under `then` of a transition."
            self.names.say((*path, "on_leave"), "never_fires", message, hint, key=True)
        return Step(
            id=name,
            title=shape.title,
            purpose=shape.purpose or {},
            worth=shape.worth or {},
            do=tuple(shape.do),
            never=tuple(shape.never),
            needs=needs,
            on_enter=on_enter,
            on_leave=on_leave,
        )

    def _rules(
        self,
        path: Path,
        shapes: Sequence[RuleShape],
        on: Literal["enter", "leave", "anytime"],
        states: tuple[str, ...],
    ) -> tuple[Rule, ...]:
        found = read_rules(self.names, path, shapes)
        self.rules += [PlacedRule(rule, here, on, states) for here, rule in found]
        return tuple(rule for _, rule in found)

    def _transitions(self, name: str, shapes: Sequence[TransitionShape]) -> list[tuple[Path, Transition]]:
        path: Path = ("transitions", name)
        listed = isinstance(self.document.get(path), list)
        return [
            self._transition((*path, number) if listed else path, name, shape)
            for number, shape in enumerate(shapes)
        ]

    def _transition(self, path: Path, name: str, shape: TransitionShape) -> tuple[Path, Transition]:
        names = self.names
        to = SAME
        if shape.to != SAME and names.state((*path, "to"), shape.to):
            to = shape.to
        sources = self._sources((*path, "from"), shape, to)
        for number, role in enumerate(shape.by):
            names.role(self._item((*path, "by"), number), role)
        needs = [
            need
            for fact, test in shape.needs.items()
            for need in read_need(names, (*path, "needs", fact), fact, test)
        ]
        then = read_rules(names, (*path, "then"), shape.then)
        made = Transition(
            name=name,
            sources=frozenset(sources),
            to=to,
            by=frozenset(shape.by),
            title=shape.title or {},
            when=names.guard((*path, "if"), shape.when),
            needs=tuple(needs),
            forget=names.forgotten((*path, "forget"), shape.forget),
            then=tuple(rule for _, rule in then),
            line=self.document.key(path).line,
        )
        self.rules += [PlacedRule(rule, here, "then", tuple(sources), made) for here, rule in then]
        return path, made

    def _sources(self, path: Path, shape: TransitionShape, to: str) -> list[str]:
        """The states a transition starts from; from `any` step never leads to that step itself."""
        sources: dict[str, None] = {}
        for number, source in enumerate(shape.sources):
            if source == ANY_STEP:
                sources.update(dict.fromkeys(step for step in self.shape.steps if step != to))
            elif self.names.state(self._item(path, number), source):
                sources[source] = None
        return list(sources)

    def _item(self, path: Path, number: int) -> Path:
        """The place of one of several words, or of the only one."""
        return (*path, number) if isinstance(self.document.get(path), list) else path
