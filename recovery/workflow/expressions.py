"""Guards: the text after `if`, read with Jinja2's expression parser and turned into `core.guards`.

Only the parser is used, never the compiler: nothing of a guard is ever executed as code. Anything but the few
kinds of node handled here is a finding. Every comparison is checked against the types of its facts, so that a
misspelt fact or an impossible value is found when the file is read, not when a case hangs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.parser import Parser

from recovery.core.facts import FactType
from recovery.core.guards import (
    CASE_VALUES,
    And,
    CaseValue,
    Compare,
    Constant,
    FactValue,
    Guard,
    Known,
    Not,
    Or,
)
from recovery.workflow.comparisons import Bad, Problem, fitting, membership, turned, two_facts
from recovery.workflow.findings import guess, shown

_OPERATORS = {
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "lteq": "<=",
    "gt": ">",
    "gteq": ">=",
    "in": "in",
    "notin": "not in",
}


GUARDS_KEPT = 1_000
"""How many are kept in memory after they were parsed: workflows that extend one have its guards."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What a guard may speak of: the facts of a workflow and the values of a case, each with its type."""

    facts: Mapping[str, FactType]
    case: Mapping[str, FactType] = field(default_factory=dict)


def vocabulary(
    facts: Mapping[str, FactType], states: Sequence[str], severities: int, levels: int
) -> Vocabulary:
    """The vocabulary of a workflow with these facts, states, severities and escalation levels."""
    kinds = {
        "step": FactType("case.step", "choice", choices=tuple(states)),
        "severity": FactType("case.severity", "integer", minimum=1, maximum=severities),
        "level": FactType("case.level", "integer", minimum=0, maximum=levels - 1),
        "failures": FactType("case.failures", "integer", minimum=0),
        "channel": FactType("case.channel", "text"),
        "language": FactType("case.language", "text"),
        "mode": FactType("case.mode", "choice", choices=("live", "history")),
        "unanswered": FactType("case.unanswered", "boolean"),
        "signal": FactType("case.signal", "boolean"),
    }
    return Vocabulary(facts, {name: kinds[name] for name in CASE_VALUES})


@cache
def _environment() -> Environment:
    return Environment(autoescape=False)


def read_guard(text: str, words: Vocabulary) -> tuple[Guard | None, list[Problem]]:
    """Read one guard.

    Returns:
        The guard, or None and everything that is wrong with it. A syntax error hides what stands after it.
    """
    try:
        tree = _parsed(text)
    except Bad as bad:
        return None, [bad.problem]
    except TemplateSyntaxError as error:
        hint = "Write for example: followup.satisfaction >= 4."
        return None, [Problem("guard_syntax", f"{shown(text)} is not a condition: {error.message}.", hint)]
    except RecursionError:
        return None, [
            Problem("guard_syntax", "The condition is nested too deep.", "Make several rules of it.")
        ]
    reader = _Reader(words)
    try:
        guard = reader.condition(tree)
    except RecursionError:
        return None, [
            Problem("guard_syntax", "The condition is nested too deep.", "Make several rules of it.")
        ]
    return (None, reader.problems) if reader.problems or guard is None else (guard, [])


@lru_cache(maxsize=GUARDS_KEPT)
def _parsed(text: str) -> nodes.Expr:
    parser = Parser(_environment(), text, state="variable")
    tree = parser.parse_expression()
    if not parser.stream.eos:
        token = parser.stream.current
        raise Bad("guard_syntax", f"Nothing was expected after {shown(text)[:40]}… at {token.value!r}.")
    return tree


class _Reader:
    """Walks the tree; collects every problem instead of stopping at the first."""

    def __init__(self, words: Vocabulary) -> None:
        self.words = words
        self.problems: list[Problem] = []

    def condition(self, node: nodes.Expr) -> Guard | None:
        """A node that must be true, false or unknown."""
        try:
            return self._condition(node)
        except Bad as bad:
            self.problems.append(bad.problem)
            return None

    def _condition(self, node: nodes.Expr) -> Guard | None:
        if isinstance(node, nodes.And):
            return self._joined(And, nodes.And, node)
        if isinstance(node, nodes.Or):
            return self._joined(Or, nodes.Or, node)
        if isinstance(node, nodes.Not):
            inner = self.condition(node.node)
            if isinstance(inner, Known):
                return Known(inner.name, not inner.known)
            return None if inner is None else Not(inner)
        if isinstance(node, nodes.Compare):
            return self._compare(node)
        if isinstance(node, nodes.Test):
            return self._test(node)
        if isinstance(node, nodes.Const):
            raise Bad(
                "constant_guard", f"The condition {_constant_text(node)} never changes.", "Leave it out."
            )
        value, kind = self._value(node)
        if kind is None or kind.kind != "boolean":
            what = f"{kind.name} is of type {kind.kind}" if kind else str(value)
            name = kind.name if kind else "fact"
            raise Bad(
                "not_a_condition", f"{what}, not true or false.", f"Compare it, or write `{name} is known`."
            )
        return value

    def _joined(self, make: Callable[[tuple[Guard, ...]], Guard], kind: type, node: Any) -> Guard | None:
        terms = [self.condition(term) for term in _terms(node, kind)]
        found = tuple(term for term in terms if term is not None)
        return make(found) if len(found) == len(terms) else None

    def _test(self, node: nodes.Test) -> Guard:
        if node.name not in ("known", "unknown") or node.args or node.kwargs or node.dyn_args:
            hint = "Write `is known` or `is unknown`; compare with == and !=."
            raise Bad("guard_syntax", f"`is {node.name}` is not a test.", hint)
        value, _ = self._value(node.node)
        if not isinstance(value, FactValue):
            raise Bad("constant_guard", f"{value} is always known.", "Ask it of a fact.")
        return Known(value.name, node.name == "known")

    def _value(self, node: nodes.Expr) -> tuple[Guard, FactType | None]:
        """A fact, a value of the case, or a constant (without type)."""
        if isinstance(node, nodes.Name | nodes.Getattr):
            return self._named(_dotted(node))
        return Constant(_literal(node)), None

    def _named(self, name: str) -> tuple[Guard, FactType]:
        root, _, rest = name.partition(".")
        if root == "case" and rest:
            if rest not in self.words.case:
                hint = guess(rest, self.words.case)
                raise Bad("unknown_case_value", f"A condition cannot ask for {name}.", hint)
            return CaseValue(rest), self.words.case[rest]
        kind = self.words.facts.get(name)
        if kind is None:
            hint = f"Did you mean case.{name}?" if name in self.words.case else guess(name, self.words.facts)
            if name not in self.words.case and "." not in name and hint.startswith("One of"):
                hint = f'Put a text in quotes: "{name}". ' + hint
            raise Bad("unknown_fact", f"{name} is not a fact of this workflow.", hint, name)
        return FactValue(name, kind.kind == "decimal"), kind

    def _compare(self, node: nodes.Compare) -> Guard:
        if len(node.ops) != 1:
            raise Bad(
                "guard_syntax", "A chain of comparisons is not accepted.", "Join two of them with `and`."
            )
        operand = node.ops[0]
        sign = _OPERATORS[operand.op]
        left, left_kind = self._value(node.expr)
        right, right_kind = self._value(operand.expr)
        if left_kind is None and right_kind is None:
            raise Bad("constant_guard", f"{left} {sign} {right} never changes.", "Compare a fact.")
        if sign in ("in", "not in"):
            right = membership(sign, left, left_kind, right, right_kind)
            if left_kind is None or right_kind is not None:
                return Compare(sign, left, right)
        elif left_kind is not None and right_kind is not None:
            two_facts(sign, left_kind, right_kind)
        elif left_kind is not None:
            right = Constant(fitting(sign, left_kind, right))
        elif right_kind is not None:
            left = Constant(fitting(turned(sign), right_kind, left))
        return Compare(sign, left, right)


def _terms(node: Any, kind: type) -> Iterator[nodes.Expr]:
    """`a and b and c` comes as a tree that leans left; give its terms in order, without recursion."""
    rest = []
    while isinstance(node, kind):
        rest.append(node.right)  # type: ignore[attr-defined]
        node = node.left  # type: ignore[attr-defined]
    yield node
    yield from reversed(rest)


def _dotted(node: nodes.Expr) -> str:
    parts: list[str] = []
    while isinstance(node, nodes.Getattr):
        parts.append(node.attr)
        node = node.node
    if not isinstance(node, nodes.Name):
        raise _unaccepted(node)
    return ".".join([node.name, *reversed(parts)])


def _literal(node: nodes.Expr) -> Any:
    if isinstance(node, nodes.List):
        items = [_literal(item) for item in node.items]
        if not items or any(isinstance(item, tuple) for item in items):
            raise Bad("guard_syntax", "A list holds at least one text or number and no lists.")
        return tuple(items)
    if isinstance(node, nodes.Neg) and isinstance(node.node, nodes.Const):
        value = _literal(node.node)
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            return -value
    if isinstance(node, nodes.Const):
        if node.value is None:
            raise Bad("guard_syntax", "There is no `none`.", "Write `fact is unknown`.")
        if isinstance(node.value, float):
            if not math.isfinite(node.value):
                raise Bad("guard_syntax", "The number is too large.")
            return Decimal(str(node.value))
        return node.value
    raise _unaccepted(node)


_NAMES: Mapping[type[nodes.Node], str] = {
    nodes.Call: "a call",
    nodes.Filter: "a filter",
    nodes.Getitem: "a subscript",
    nodes.CondExpr: "`if … else`",
    nodes.Concat: "`~`",
    nodes.Tuple: "a list in round brackets",
    nodes.Dict: "a mapping",
    nodes.BinExpr: "arithmetic",
    nodes.UnaryExpr: "arithmetic",
    nodes.Compare: "a comparison inside a comparison",
    nodes.Test: "a test inside a comparison",
}


def _unaccepted(node: nodes.Node) -> Bad:
    what = next((words for kind, words in _NAMES.items() if isinstance(node, kind)), type(node).__name__)
    hint = "Use and, or, not, ==, !=, <, <=, >, >=, in, not in, `is known`, `is unknown`, facts and values."
    return Bad("guard_syntax", f"{what[:1].upper()}{what[1:]} is not accepted in a condition.", hint)


def _constant_text(node: nodes.Const) -> str:
    return "none" if node.value is None else str(Constant(node.value))
