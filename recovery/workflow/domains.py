"""Small worlds: the few values of each fact that a guard can tell apart, tried out one with another.

A guard compares facts with constants, so of an integer compared with 3 the values 2, 3 and 4 stand for all.
Trying every combination answers exactly what otherwise would be guesswork: can this condition ever be true,
can these two be true at once, can this one stay unknown. Where there are too many, nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise, product
from math import prod
from types import SimpleNamespace
from typing import Any

from recovery.core.facts import FactType
from recovery.core.guards import And, CaseValue, Compare, Constant, FactValue, Guard, Known, Not, Or

_WORLDS_AT_MOST = 5_000

_UNKNOWN = object()
_HIGHER = "\uffff"


def worlds(
    guards: Sequence[Guard],
    facts: Mapping[str, FactType],
    case: Mapping[str, FactType],
    *,
    also: Mapping[str, Sequence[Any]] | None = None,
    certain: frozenset[str] = frozenset(),
    at_most: int = _WORLDS_AT_MOST,
) -> list[Any] | None:
    """Every case that these guards can tell from another, as far as guards look.

    Args:
        facts, case: the types of facts and of the values of a case.
        also: further facts to vary, each with the values to try.
        certain: facts that are never unknown.
        at_most: how many are made; more are not worth the time.

    Returns:
        Things that guards and needs can be evaluated with; None when there would be too many.
    """
    asked: dict[tuple[str, bool], list[Any]] = {}
    for guard in guards:
        _collect(guard, asked)
    for name, values in (also or {}).items():
        asked.setdefault((name, True), []).extend(values)
    names = list(asked)
    domains = [
        _domain(facts[name] if is_fact else case[name], asked[name, is_fact])
        + ([_UNKNOWN] if is_fact and name not in certain else [])
        for name, is_fact in names
    ]
    if prod(len(domain) for domain in domains) > min(at_most, _WORLDS_AT_MOST):
        return None
    return [_world(names, values) for values in product(*domains)]


def describe(world: Any) -> str:
    """A world in words: `stars is 4 and case.failures is 0`."""
    said = [f"{name} is {Constant(value)}" for name, value in world.facts.items()]
    said += [f"case.{name} is {Constant(value)}" for name, value in vars(world).items() if name != "facts"]
    return " and ".join(said)


def _world(names: Sequence[tuple[str, bool]], values: Sequence[Any]) -> Any:
    pairs = list(zip(names, values, strict=True))
    known = {name: value for (name, is_fact), value in pairs if is_fact and value is not _UNKNOWN}
    return SimpleNamespace(facts=known, **{name: value for (name, is_fact), value in pairs if not is_fact})


def _collect(guard: Guard, asked: dict[tuple[str, bool], list[Any]]) -> None:
    """Every fact and value a guard asks for, each with the constants it is compared with."""
    if isinstance(guard, And | Or):
        for term in guard.terms:
            _collect(term, asked)
    elif isinstance(guard, Not):
        _collect(guard.term, asked)
    elif isinstance(guard, Known):
        asked.setdefault((guard.name, True), [])
    elif isinstance(guard, FactValue | CaseValue):
        asked.setdefault((guard.name, isinstance(guard, FactValue)), [])
    elif isinstance(guard, Compare):
        sides = [side for side in (guard.left, guard.right) if isinstance(side, FactValue | CaseValue)]
        constants = [
            value
            for side in (guard.left, guard.right)
            if isinstance(side, Constant)
            for value in (side.value if isinstance(side.value, tuple) else (side.value,))
        ]
        for side in sides:
            asked.setdefault((side.name, isinstance(side, FactValue)), []).extend(constants)
        if len(sides) == 2:
            _share(asked, sides)


def _share(asked: dict[tuple[str, bool], list[Any]], sides: Sequence[FactValue | CaseValue]) -> None:
    """Two facts compared with each other: each may have the values of the other."""
    lists = [asked[side.name, isinstance(side, FactValue)] for side in sides]
    together = [*lists[0], *lists[1]]
    for values in lists:
        values[:] = together


def _domain(kind: FactType, constants: Sequence[Any]) -> list[Any]:
    """The values of a type that stand for all the others, as far as these constants can tell."""
    if kind.kind == "boolean":
        return [True, False]
    if kind.kind == "choice":
        return _choices(kind, constants)
    if kind.kind in ("integer", "decimal"):
        return _numbers(kind, constants)
    texts = list(dict.fromkeys(str(value) for value in constants))
    if kind.kind == "list":
        return [[text] for text in texts] + [texts or ["?"], ["?"]]
    return list(dict.fromkeys(["?", *texts, *(text + _HIGHER for text in texts), ""]))


def _choices(kind: FactType, constants: Sequence[Any]) -> list[Any]:
    named = [choice for choice in kind.choices if choice in constants]
    others = [choice for choice in kind.choices if choice not in constants]
    return named + others[:1]


def _numbers(kind: FactType, constants: Sequence[Any]) -> list[Any]:
    points: set[Any] = {0, 1, kind.minimum, kind.maximum} - {None}
    for value in constants:
        points |= {value - 1, value, value + 1}
    if kind.kind == "decimal":
        points |= {Decimal(one + other) / 2 for one, other in pairwise(sorted(points))}
    low, high = kind.minimum, kind.maximum
    inside = {p for p in points if (low is None or p >= low) and (high is None or p <= high)}
    return sorted(inside)
