"""What only the whole of a workflow can tell: needs nothing meets, moves open at once, silent hangs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from types import SimpleNamespace
from typing import Any

from recovery.core.guards import CaseValue, Compare, Guard, Known
from recovery.core.spec import SAME, AnyOf, Go, Need, Record, Send, Transition
from recovery.workflow.build import Built
from recovery.workflow.clock_checks import check_clocks
from recovery.workflow.coupon_checks import check_coupons
from recovery.workflow.domains import describe, worlds
from recovery.workflow.expressions import vocabulary
from recovery.workflow.findings import Finding, errors
from recovery.workflow.graph import check_ways
from recovery.workflow.knowledge import (
    asked,
    forgets,
    implied,
    needed,
    recorded,
    surely_known,
)
from recovery.workflow.letter_parts import check_letters
from recovery.workflow.names import UNREAD
from recovery.workflow.payment_checks import check_payments
from recovery.workflow.reader import Path
from recovery.workflow.rules import PlacedRule
from recovery.workflow.template_checks import check_template
from recovery.workflow.templates import Template


def check_meaning(
    built: Built, templates: Mapping[str, Sequence[Template]], *, sound: bool = True
) -> list[Finding]:
    """Everything that is wrong with a workflow as a whole.

    Args:
        templates: the readable templates it sends, by name, one for each language.
        sound: whether everything that steps, moves and facts hang on had the right shape; otherwise nothing
            is said about where a case can get to and what it knows there.
    """
    checker = _Checker(built)
    codes = {finding.code for finding in errors(built.findings)}
    checker.guards()
    checker.open_moves()
    if sound and not codes & _UNKNOWN_WAYS:
        checker.findings += check_ways(built)
    sound = sound and not codes & (_UNKNOWN_WAYS | _UNKNOWN_NEEDS)
    if sound:
        checker.forgetting()
        checker.unmet_needs()
        checker.hanging_needs()
        checker.findings += check_clocks(built)
    checker.messages(templates, sound)
    checker.findings += check_coupons(built, templates, checker.can_both_hold)
    checker.findings += check_payments(built, templates)
    return checker.findings


_WORLDS_AT_MOST = 30_000
"""How many worlds are tried for one workflow. The ten steps try about a hundred."""

_UNKNOWN_WAYS = frozenset({"unknown_step", "bad_name"})
"""Findings after which what can be reached would be a guess."""

_UNKNOWN_NEEDS = frozenset({"unknown_fact", "wrong_value", "two_tests"})
"""Findings after which what is needed and known would be a guess."""


class _Checker:
    def __init__(self, built: Built) -> None:
        self.built, self.workflow, self.document = built, built.workflow, built.document
        self.findings: list[Finding] = []
        self.worlds_left = _WORLDS_AT_MOST
        workflow = self.workflow
        states = (*workflow.steps, *workflow.ends)
        words = vocabulary(workflow.facts, states, workflow.severities, len(workflow.escalation))
        self.case = words.case

    def _say(self, path: Path, code: str, message: str, hint: str = "", *, key: bool = False) -> None:
        self.findings.append(self.document.finding(path, code, message, hint, key=key))

    def _needs(self) -> Iterator[tuple[str, Path, Need | AnyOf]]:
        """Every need of every step, with its place."""
        for step in self.workflow.steps.values():
            for need in step.needs:
                name = need.name if isinstance(need, AnyOf) else need.fact
                yield step.id, ("steps", step.id, "needs", name), need

    def _worlds(self, guards: Sequence[Guard], **more: Any) -> list[Any]:
        """The worlds these guards can tell apart; none when they, or all so far, are too many to try."""
        found = worlds(guards, self.workflow.facts, self.case, at_most=self.worlds_left, **more) or []
        self.worlds_left -= len(found)
        return found

    # --- Conditions that say nothing

    def guards(self) -> None:
        """Conditions that are never true, or always, whatever a case knows."""
        placed = [(path, placed.when) for path, placed in self.built.transitions]
        placed += [(rule.path, rule.rule.when) for rule in self.built.rules]
        placed += self.built.derived_when
        placed += [(path, need.when) for _, path, need in self._needs() if isinstance(need, Need)]
        for path, guard in placed:
            if guard is None or guard is UNREAD:
                continue
            answers = {world_answer(guard, world) for world in self._worlds([guard])}
            if answers and True not in answers:
                message = f"The condition {guard} can never be true."
                self._say((*path, "if"), "constant_guard", message, "Look for parts that exclude each other.")
            elif answers == {True}:
                self._say(
                    (*path, "if"), "constant_guard", f"The condition {guard} is always true.", "Leave it out."
                )

    # --- Moves

    def open_moves(self) -> None:
        """Two transitions of one name, or two rules that move, that can be open at once."""
        for (_, first), (path, second) in combinations(self.built.transitions, 2):
            if first.name != second.name or not first.sources & second.sources:
                continue
            if not any(self._may(role, first) and self._may(role, second) for role in self._roles()):
                continue
            self._exclude(path, first.when, second.when, f"Two transitions {first.name}")
        by_list: dict[Path, list[tuple[PlacedRule, Go]]] = {}
        for placed in self.built.rules:
            for action in placed.rule.actions:
                if isinstance(action, Go):
                    by_list.setdefault(placed.path[:-1], []).append((placed, action))
        for moving in by_list.values():
            for (one, go), (other, away) in combinations(moving, 2):
                if go.to != away.to:
                    what = f"Two rules, one to {go.to} and one to {away.to},"
                    self._exclude(other.path, one.rule.when, other.rule.when, what)

    def can_both_hold(self, first: Guard | None, second: Guard | None) -> bool:
        """Whether two rules may fire at once; True where that cannot be told."""
        guards = [guard for guard in (first, second) if guard is not None]
        trying = self._worlds(guards) if guards and UNREAD not in guards else []
        return not trying or any(all(guard.evaluate(world) for guard in guards) for world in trying)

    def _exclude(self, path: Path, first: Guard | None, second: Guard | None, what: str) -> None:
        guards = [guard for guard in (first, second) if guard is not None]
        if any(guard is UNREAD for guard in guards):
            return
        hint = "Make their conditions exclude each other."
        if not guards:
            self._say(path, "two_open_moves", f"{what} are open at once, always.", hint, key=True)
            return
        for world in self._worlds(guards):
            if all(guard.evaluate(world) for guard in guards):
                when = describe(world)
                self._say(path, "two_open_moves", f"{what} are open at once when {when}.", hint, key=True)
                return

    def _roles(self) -> set[str]:
        named = {role for transition in self.workflow.transitions for role in transition.by}
        return named | set(self.workflow.escalation)

    def _may(self, role: str, transition: Transition) -> bool:
        return self.workflow.may(role, transition.by)

    def forgetting(self) -> None:
        """Ways back that forget nothing the steps ask for: the case would walk straight on again."""
        workflow = self.workflow
        if workflow.order == "free":
            return
        for placed in self.built.rules:
            if placed.on in ("then", "anytime") or asks_the_case(placed.rule.when):
                continue
            for action in placed.rule.actions:
                if isinstance(action, Go):
                    guarded = frozenset(placed.rule.when.facts()) if placed.rule.when else frozenset()
                    self._back((*placed.path, "go"), placed.states[0], action.to, action.forget, guarded)
        for path, transition in self.built.transitions:
            if workflow.main_end in transition.sources and transition.to != SAME:
                self._back((*path, "to"), workflow.main_end, transition.to, transition.forget, frozenset())

    def _back(
        self, path: Path, source: str, to: str, forget: tuple[str, ...] | None, guarded: frozenset[str]
    ) -> None:
        index = self.workflow.index
        if to not in index or index[to] > index.get(source, len(index)):
            return
        gone = forgets(self.workflow, source, to, forget)
        between = frozenset(self.workflow.needed_between(to, source))
        if not gone & (between | guarded):
            message = f"The way back from {source} to {to} forgets nothing that these steps need."
            hint = "The case would walk straight on again: let `forget` name a fact to be established anew."
            self._say(path, "forgets_nothing", message, hint)

    # --- Needs

    def unmet_needs(self) -> None:
        """Needs for facts that only the engine may say and no rule puts on record."""
        said: dict[str, list[Any]] = {}
        for placed in self.built.rules:
            for action in placed.rule.actions:
                if isinstance(action, Record | Send):
                    facts = action.facts if isinstance(action, Record) else action.when_delivered
                    for name, value in facts.items():
                        said.setdefault(name, []).append(value)
        for derived in self.workflow.derived:
            for row in derived.rows:
                kind = self.workflow.facts[derived.fact]
                values = (kind.minimum or 0, kind.maximum or 0) if row.least_of else (row.value,)
                said.setdefault(derived.fact, []).extend(values)
        places = [(path, need) for _, path, need in self._needs()]
        for path, transition in self.built.transitions:
            places += [((*path, "needs", need.fact), need) for need in transition.needs]
        for path, need in places:
            alternatives = need.of if isinstance(need, AnyOf) else (need,)
            if alternatives and not any(self._can_be_met(one, said) for one in alternatives):
                message = f"Nothing can meet the need {need}: only the engine says it, and no rule does."
                hint = "Record it in a rule, or change its said_by."
                self._say(path, "impossible_need", message, hint, key=True)

    def _can_be_met(self, need: Need, said: Mapping[str, Sequence[Any]]) -> bool:
        if self.workflow.facts[need.fact].said_by != {"engine"}:
            return True
        if need.when is not None:
            return True
        bare = Need(need.fact, need.test, need.wanted)
        return any(bare.met(_only(need.fact, value)) for value in said.get(need.fact, ()))

    def hanging_needs(self) -> None:
        """Needs whose `if` hangs on a fact that nothing before asks for: the case could not leave."""
        known = surely_known(self.workflow)
        for step, path, need in self._needs():
            if not isinstance(need, Need) or need.when is None or need.when is UNREAD or step not in known:
                continue
            certain = known[step] | needed(self.workflow, step)
            choices = self._choices_before(step, frozenset(need.when.facts()))
            also = {
                one.fact: [one.wanted] if one.test == "is" else [] for any_of in choices for one in any_of.of
            }
            guards = [need.when, *(one.when for any_of in choices for one in any_of.of if one.when)]
            for world in self._worlds(guards, also=also, certain=certain):
                if need.when.evaluate(world) is None and all(any_of.met(world) for any_of in choices):
                    facts = ", ".join(name for name in need.when.facts() if name not in world.facts)
                    message = (
                        f"The case would hang here: whether {need.fact} is needed stays open without {facts}."
                    )
                    hint = f"Let {step} or a step before it need {facts}, or ask whether it `is known`."
                    self._say((*path, "if"), "hanging_need", message, hint)
                    break

    def _choices_before(self, step: str, facts: frozenset[str]) -> list[AnyOf]:
        """The alternatives of this step that speak of these facts."""
        needs = self.workflow.steps[step].needs
        return [need for need in needs if isinstance(need, AnyOf) and facts & set(need.names())]

    # --- Messages

    def messages(self, templates: Mapping[str, Sequence[Template]], sound: bool) -> None:
        """Templates that speak of facts the workflow does not have, or does not surely know when it sends."""
        for versions in templates.values():
            for template in versions:
                self.findings += check_template(template, self.workflow.facts, self.workflow.id)
        self.findings += check_letters(self.document, self.workflow.letters, templates)
        known = surely_known(self.workflow) if sound else {}
        for placed in self.built.rules if sound else ():
            for action in placed.rule.actions:
                if isinstance(action, Send) and placed.rule.when is not UNREAD:
                    states = {name for t in templates.get(action.template, ()) for name in t.states}
                    missing = sorted(states - self._known_at(placed, known))
                    missing = [name for name in missing if name in self.workflow.facts]
                    if missing and any(state in known for state in placed.states):
                        message = (
                            f"{action.template} states {', '.join(missing)}, which may not be known here."
                        )
                        hint = f"Add to `if`: {' and '.join(f'{name} is known' for name in missing)}."
                        self._say((*placed.path, "send"), "may_be_missing", message, hint)

    def _known_at(self, placed: PlacedRule, known: Mapping[str, frozenset[str]]) -> frozenset[str]:
        """What is surely known when a rule fires."""
        workflow = self.workflow
        here = [known[state] for state in placed.states if state in known]
        if placed.transition is not None:
            here = [
                known[state] | asked(workflow, placed.transition, state)
                for state in placed.states
                if state in known
            ]
        surely = frozenset.intersection(*here) if here else frozenset()
        if placed.on == "anytime":
            surely |= placed.given
        elif placed.on != "then":
            step = workflow.steps[placed.states[0]]
            if placed.on == "leave":
                surely |= needed(workflow, step.id) | recorded(step.on_enter)
                surely |= self._needed_when(step.needs, placed.rule.when)
        else:
            assert placed.transition is not None
            surely |= self._needed_when(placed.transition.needs, placed.rule.when)
        return surely | implied(placed.rule.when)

    def _needed_when(self, needs: Sequence[Need | AnyOf], when: Guard | None) -> frozenset[str]:
        """The facts of conditional needs whose condition is true wherever the rule's is."""
        found = set()
        for need in needs:
            if isinstance(need, Need) and need.when is not None and when is not None:
                trying = self._worlds([need.when, when])
                if trying and all(need.when.evaluate(world) for world in trying if when.evaluate(world)):
                    found.add(need.fact)
        return frozenset(found)


def _only(name: str, value: Any) -> Any:
    return SimpleNamespace(facts={name: value})


def world_answer(guard: Guard, world: Any) -> bool | None:
    """The guard's answer in a world, as plainly true, false or unknown."""
    answer = guard.evaluate(world)
    return None if answer is None else bool(answer)


def asks_the_case(guard: Guard | None) -> bool:
    """Whether a guard looks at the case itself, which the rule may be about to change."""
    if guard is None or isinstance(guard, Known):
        return False
    if isinstance(guard, Compare):
        return isinstance(guard.left, CaseValue) or isinstance(guard.right, CaseValue)
    terms = getattr(guard, "terms", None) or (getattr(guard, "term", None),)
    return any(asks_the_case(term) for term in terms if term is not None)
