"""From a checked shape to `core.spec.Workflow`: names resolved, guards read, values checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from recovery.core.facts import FactType
from recovery.core.guards import Guard, Known
from recovery.core.spec import (
    SAME,
    Action,
    AnyOf,
    CountFailure,
    Declared,
    Escalate,
    Go,
    Need,
    RaiseSeverity,
    Record,
    Rule,
    Send,
    Step,
    Transition,
    Workflow,
)
from recovery.workflow.declared import declared_ends, declared_facts
from recovery.workflow.expressions import read_guard, vocabulary
from recovery.workflow.findings import Finding, guess, one_of, shown
from recovery.workflow.model import (
    ACTIVE_VERBS,
    INERT_VERBS,
    SIBLINGS,
    NeedTest,
    RuleShape,
    TransitionShape,
    WorkflowShape,
    is_any,
)
from recovery.workflow.reader import Document, Path
from recovery.workflow.shape import boolean_hint

ANY_STEP = "any"
"""The source of a transition that may start from every step."""

UNREAD: Guard = Known("an unreadable condition")
"""Stands for a guard that could not be read, so that the rest can still be checked."""

OTHER_ROLES = ("customer", "engine", "import")
"""Roles beside those of the escalation."""


@dataclass(frozen=True, slots=True)
class PlacedRule:
    """A rule with its place in the file and in the process: on entering, on leaving, or with a transition."""

    rule: Rule
    path: Path
    on: Literal["enter", "leave", "then"]
    states: tuple[str, ...]
    transition: Transition | None = None


@dataclass(slots=True)
class Built:
    """A workflow with the places of its parts, for checks that need the whole."""

    document: Document
    workflow: Workflow
    findings: list[Finding]
    rules: list[PlacedRule] = field(default_factory=list)
    transitions: list[tuple[Path, Transition]] = field(default_factory=list)
    ends_declared: bool = False


def build(
    document: Document, shape: WorkflowShape, bundle: str = "", broken: frozenset[Path] = frozenset()
) -> Built:
    """Make the workflow a file describes.

    Args:
        bundle: the hash of the bundle this is a part of.
        broken: paths whose shape was wrong and which are left out; nothing is said about them again.

    Returns:
        The workflow and every finding; with an error among them the workflow is only good for further checks.
    """
    return _Builder(document, shape, broken).build(bundle)


class _Builder:
    def __init__(self, document: Document, shape: WorkflowShape, broken: frozenset[Path]) -> None:
        self.document, self.shape, self.broken = document, shape, broken
        self.findings: list[Finding] = []
        self.rules: list[PlacedRule] = []
        self.facts = declared_facts(document, shape, self.findings)
        self.doubtful = {str(path[1]) for path in broken if path[:1] == ("facts",) and len(path) > 1}
        self.ends = declared_ends(document, shape, self.findings)
        gone = [str(path[1]) for path in broken if path[:1] in (("steps",), ("ends",)) and len(path) == 2]
        self.states = list(dict.fromkeys([*shape.steps, *self.ends, *gone]))
        self.roles = (*shape.escalation, *OTHER_ROLES)
        self.words = vocabulary(self.facts, self.states, shape.severities, len(shape.escalation))

    def build(self, bundle: str) -> Built:
        shape = self.shape
        steps = {name: self._step(name) for name in shape.steps}
        transitions = [
            (path, made)
            for name, alternatives in shape.transitions.items()
            for path, made in self._transitions(name, alternatives)
        ]
        workflow = Workflow(
            id=shape.workflow,
            bundle=bundle,
            title=shape.title,
            steps=steps,
            ends=self.ends,
            facts=self.facts,
            transitions=tuple(made for _, made in transitions),
            escalation=tuple(shape.escalation),
            severities=shape.severities,
            order=shape.order,
        )
        self._inert()
        declared = shape.ends is not None
        return Built(self.document, workflow, self.findings, self.rules, transitions, declared)

    def _say(self, path: Path, code: str, message: str, hint: str = "", *, key: bool = False) -> None:
        self.findings.append(self.document.finding(path, code, message, hint, key=key))

    # --- Steps and needs

    def _step(self, name: str) -> Step:
        shape, path = self.shape.steps[name], ("steps", name)
        needs: list[Need | AnyOf] = []
        if shape.needs is not None:
            for key in self.document.get((*path, "needs")) or {}:
                here = (*path, "needs", key)
                if is_any(key) and key in shape.needs.any_of:
                    needs.append(self._any_of(here, key, shape.needs.any_of[key]))
                elif key in shape.needs.every:
                    needs.extend(self._need(here, key, shape.needs.every[key]))
        return Step(
            id=name,
            title=shape.title,
            purpose=shape.purpose or {},
            worth=shape.worth or {},
            do=tuple(shape.do),
            never=tuple(shape.never),
            needs=tuple(needs),
            on_enter=self._rules((*path, "on_enter"), shape.on_enter, "enter", (name,)),
            on_leave=self._rules((*path, "on_leave"), shape.on_leave, "leave", (name,)),
        )

    def _any_of(self, path: Path, key: str, alternatives: Sequence[Mapping[str, NeedTest]]) -> AnyOf:
        listed = isinstance(self.document.get(path), list)
        needs = [
            need
            for number, alternative in enumerate(alternatives)
            for fact, test in alternative.items()
            for need in self._need((*path, number, fact) if listed else (*path, fact), fact, test)
        ]
        return AnyOf(key, tuple(needs))

    def _need(self, path: Path, fact: str, test: NeedTest) -> list[Need]:
        when = self._guard((*path, "if"), test.when)
        kind = self._fact(path, fact)
        given = test.model_fields_set - {"when"}
        if kind is None:
            return []
        if len(given) > 1:
            self._say(
                path, "two_tests", f"The need {fact} has more than one test.", "Keep one of is, in, at_least."
            )
            return []
        if "is_" in given:
            inner = (*path, "is") if isinstance(self.document.get(path), dict) else path
            return [Need(fact, "is", self._comparable(inner, kind, test.is_), when)]
        if test.in_ is not None:
            wanted = [self._comparable((*path, "in", n), kind, one) for n, one in enumerate(test.in_)]
            return [Need(fact, "in", tuple(wanted), when)]
        if test.at_least is not None:
            return [Need(fact, "at_least", self._least((*path, "at_least"), kind, test.at_least), when)]
        return [Need(fact, when=when)]

    def _comparable(self, path: Path, kind: FactType, value: Any) -> Any:
        """A wanted value, of a type whose kept values can be compared for equality."""
        if kind.kind in ("decimal", "list"):
            hint = "Leave the value out, or use at_least with a list."
            self._say(
                path,
                "wrong_test",
                f"{kind.name} is of type {kind.kind} and has no one value to wait for.",
                hint,
            )
            return value
        return self._checked(path, kind, value)

    def _least(self, path: Path, kind: FactType, value: int) -> int:
        if kind.kind not in ("integer", "list"):
            hint = "at_least counts integers and the items of lists."
            self._say(path, "wrong_test", f"{kind.name} is of type {kind.kind}.", hint)
        elif kind.kind == "list" and value < 1:
            self._say(path, "wrong_value", "A list on record has at least 1 item.", "Leave at_least out.")
        elif kind.maximum is not None and value > kind.maximum:
            self._say(path, "wrong_value", f"{kind.name} is never more than {kind.maximum}.")
        return value

    # --- Rules

    def _rules(
        self,
        path: Path,
        shapes: Sequence[RuleShape],
        on: Literal["enter", "leave", "then"],
        states: tuple[str, ...],
    ) -> tuple[Rule, ...]:
        made = []
        for number, shape in enumerate(shapes):
            here = (*path, number)
            if here in self.broken:
                continue
            rule = Rule(
                self._actions(here, shape),
                self._guard((*here, "if"), shape.when),
                self.document.at(here).line,
            )
            made.append(rule)
            self.rules.append(PlacedRule(rule, here, on, states))
        if shapes and on == "leave" and self.shape.order == "free":
            message = "Nothing walks in a free workflow, so rules on leaving never fire."
            self._say(path, "never_fires", message, "Put them under `then` of a transition.", key=True)
        return tuple(made)

    def _actions(self, path: Path, shape: RuleShape) -> tuple[Action, ...]:
        written = self.document.get(path)
        actions: list[Action] = []
        for key in written:
            here = (*path, key)
            if here in self.broken:
                continue
            if key in INERT_VERBS:
                actions.append(Declared(key))
                self.findings.append(declared_not_active(self.document, here, key))
            elif key in ACTIVE_VERBS and written[key] is None:
                self._say(here, "missing_value", f"`{key}` says nothing.", "", key=True)
            elif key in ACTIVE_VERBS:
                actions.extend(self._action(here, key, shape))
            elif key in SIBLINGS and SIBLINGS[key] not in written:
                message = f"`{key}` belongs to `{SIBLINGS[key]}`, which this rule does not have."
                self._say(here, "sibling_alone", message, key=True)
        if not any(key in written for key in (*ACTIVE_VERBS, *INERT_VERBS)) and not self._broken_inside(path):
            self._say(path, "empty_rule", "The rule does nothing.", one_of(ACTIVE_VERBS))
        return tuple(actions)

    def _broken_inside(self, path: Path) -> bool:
        return any(broken[: len(path)] == path for broken in self.broken)

    def _action(self, path: Path, verb: str, shape: RuleShape) -> list[Action]:
        beside = path[:-1]
        if verb == "send" and shape.send is not None:
            facts = self._values((*beside, "when_delivered"), shape.when_delivered or {})
            return [Send(shape.send, facts, shape.once or "cycle", shape.to or "customer")]
        if verb == "escalate" and shape.escalate is not None:
            return [Escalate(shape.escalate)]
        if verb == "raise" and shape.raise_ is not None:
            return [RaiseSeverity()]
        if verb == "count" and shape.count is not None:
            return [CountFailure()]
        if verb == "record" and shape.record is not None:
            return [Record(self._values(path, shape.record))]
        if verb == "go" and shape.go is not None and self._state(path, shape.go):
            return [Go(shape.go, self._forget((*beside, "forget"), shape.forget))]
        return []

    def _values(self, path: Path, values: Mapping[str, Any]) -> dict[str, Any]:
        """Facts the engine will record, each of its type and one that the engine may say."""
        made = {}
        for name, value in values.items():
            here = (*path, name)
            kind = self._fact(here, name)
            if kind is None:
                continue
            if kind.said_by and "engine" not in kind.said_by:
                said_by = " or ".join(sorted(kind.said_by))
                message = f"{name} is said by the {said_by}; a rule is the engine speaking."
                self._say(
                    here, "wrong_source", message, "Add engine to its said_by, or let it be asked.", key=True
                )
            made[name] = self._checked(here, kind, value)
        return made

    def _forget(self, path: Path, names: Sequence[str] | None) -> tuple[str, ...] | None:
        if names is None:
            return None
        for number, name in enumerate(names):
            self._fact((*path, number), name)
            if name == "owner":
                message = "The owner cannot be forgotten: from step to step a case keeps its one owner."
                self._say((*path, number), "owner_stays", message, "Leave it out.")
        return tuple(names)

    # --- Transitions

    def _transitions(self, name: str, shapes: Sequence[TransitionShape]) -> list[tuple[Path, Transition]]:
        path: Path = ("transitions", name)
        listed = isinstance(self.document.get(path), list)
        return [
            self._transition((*path, number) if listed else path, name, shape)
            for number, shape in enumerate(shapes)
        ]

    def _transition(self, path: Path, name: str, shape: TransitionShape) -> tuple[Path, Transition]:
        to = shape.to if shape.to == SAME or self._state((*path, "to"), shape.to) else SAME
        sources: dict[str, None] = {}
        for number, source in enumerate(shape.sources):
            listed = isinstance(self.document.get((*path, "from")), list)
            if source == ANY_STEP:
                sources.update(dict.fromkeys(step for step in self.shape.steps if step != to))
            elif self._state((*path, "from", number) if listed else (*path, "from"), source) and (
                source in self.shape.steps or source in self.ends
            ):
                sources[source] = None
        for number, role in enumerate(shape.by):
            if role not in self.roles:
                listed = isinstance(self.document.get((*path, "by")), list)
                here = (*path, "by", number) if listed else (*path, "by")
                self._say(here, "unknown_role", f"{shown(role)} is not a role.", guess(role, self.roles))
        needs = [
            need
            for fact, test in shape.needs.items()
            for need in self._need((*path, "needs", fact), fact, test)
        ]
        first = len(self.rules)
        made = Transition(
            name=name,
            sources=frozenset(sources),
            to=to,
            by=frozenset(shape.by),
            title=shape.title or {},
            when=self._guard((*path, "if"), shape.when),
            needs=tuple(needs),
            forget=self._forget((*path, "forget"), shape.forget),
            then=self._rules((*path, "then"), shape.then, "then", tuple(sources)),
            line=self.document.key(path).line,
        )
        for at in range(first, len(self.rules)):
            placed = self.rules[at]
            self.rules[at] = PlacedRule(placed.rule, placed.path, "then", placed.states, made)
        return path, made

    # --- Names and values

    def _guard(self, path: Path, text: str | None) -> Guard | None:
        if text is None:
            return None
        guard, problems = read_guard(text, self.words)
        for problem in problems:
            if not (problem.code == "unknown_fact" and problem.about in self.doubtful):
                self._say(path, problem.code, problem.message, problem.hint)
        return UNREAD if guard is None else guard

    def _fact(self, path: Path, name: str) -> FactType | None:
        kind = self.facts.get(name)
        if kind is None and name not in self.doubtful:
            hint = guess(name, self.facts)
            self._say(path, "unknown_fact", f"{name} is not a fact of this workflow.", hint, key=True)
        return kind

    def _state(self, path: Path, name: str) -> bool:
        if name in self.states:
            return True
        self._say(
            path, "unknown_step", f"{shown(name)} is neither a step nor an end.", guess(name, self.states)
        )
        return False

    def _checked(self, path: Path, kind: FactType, value: Any) -> Any:
        """The value as it is kept on record."""
        try:
            return kind.check(value)
        except ValueError as error:
            hint = boolean_hint(value) or (guess(str(value), kind.choices) if kind.choices else "")
            self._say(path, "wrong_value", f"{kind.name}: {error}.", hint)
            return value

    def _inert(self) -> None:
        document = self.document
        if self.shape.calendar is not None:
            self.findings.append(declared_not_active(document, ("calendar",), "calendar"))
        for part, names in (("clocks", self.shape.clocks), ("budgets", self.shape.budgets)):
            for name in names:
                path = (part, name)
                self.findings.append(declared_not_active(document, path, f"{part[:-1]} {name}"))


def declared_not_active(document: Document, path: Path, what: str) -> Finding:
    """The notice that something may be written and does nothing yet."""
    return document.notice(path, "declared_not_active", f"{what}: declared, not yet active.")
