"""Exit facts: what must be on record before a step is left, or a transition made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from recovery.core.facts import FactType
from recovery.core.spec import AnyOf, Need
from recovery.workflow.model import Needs, NeedTest, is_any
from recovery.workflow.names import Names
from recovery.workflow.reader import Path


def read_needs(names: Names, path: Path, shape: Needs | None) -> tuple[Need | AnyOf, ...]:
    """The needs of a step, in the order they are written."""
    needs: list[Need | AnyOf] = []
    for key in (names.document.get(path) or {}) if shape is not None else ():
        assert shape is not None
        here = (*path, key)
        if is_any(key) and key in shape.any_of:
            needs.append(_any_of(names, here, key, shape.any_of[key]))
        elif key in shape.every:
            needs.extend(read_need(names, here, key, shape.every[key]))
    return tuple(needs)


def read_need(names: Names, path: Path, fact: str, test: NeedTest) -> list[Need]:
    """One need; nothing, reported, when its fact or its test makes no sense."""
    when = names.guard((*path, "if"), test.when)
    kind = names.fact(path, fact)
    given = test.model_fields_set - {"when"}
    if kind is None:
        return []
    if len(given) > 1:
        message = f"The need {fact} has more than one test."
        names.say(path, "two_tests", message, "Keep one of is, in, at_least.", key=True)
        return []
    if "is_" in given:
        inner = (*path, "is") if isinstance(names.document.get(path), dict) else path
        return [Need(fact, "is", _comparable(names, inner, kind, test.is_), when)]
    if test.in_ is not None:
        wanted = [_comparable(names, (*path, "in", n), kind, one) for n, one in enumerate(test.in_)]
        return [Need(fact, "in", tuple(wanted), when)]
    if test.at_least is not None:
        return [Need(fact, "at_least", _least(names, (*path, "at_least"), kind, test.at_least), when)]
    return [Need(fact, when=when)]


def _any_of(names: Names, path: Path, key: str, alternatives: Sequence[Mapping[str, NeedTest]]) -> AnyOf:
    listed = isinstance(names.document.get(path), list)
    needs = [
        need
        for number, alternative in enumerate(alternatives)
        for fact, test in alternative.items()
        for need in read_need(names, (*path, number, fact) if listed else (*path, fact), fact, test)
    ]
    return AnyOf(key, tuple(needs))


def _comparable(names: Names, path: Path, kind: FactType, value: Any) -> Any:
    """A wanted value, of a type whose kept values can be compared for equality."""
    if kind.kind in ("decimal", "list"):
        message = f"{kind.name} is of type {kind.kind} and has no one value to wait for."
        names.say(path, "wrong_test", message, "Leave the value out, or use at_least with a list.")
        return value
    return names.value(path, kind, value)


def _least(names: Names, path: Path, kind: FactType, value: int) -> int:
    if kind.kind not in ("integer", "list"):
        message = f"{kind.name} is of type {kind.kind}."
        names.say(path, "wrong_test", message, "at_least is for integers, and for the items of lists.")
    elif kind.kind == "list" and value < 1:
        names.say(path, "wrong_value", "A list on record has at least 1 item.", "Leave at_least out.")
    elif kind.maximum is not None and value > kind.maximum:
        names.say(path, "wrong_value", f"{kind.name} is never more than {kind.maximum}.")
    return value
