"""What is so, beside what was expected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from recovery.core.case import Case
from recovery.core.errors import Refusal
from recovery.core.spec import AnyOf, Workflow
from recovery.scenarios.story import Expected
from recovery.store.records import OutboxRow
from recovery.workflow.findings import Position


class Difference(NamedTuple):
    """One thing that is not as it was expected; both sides in words."""

    line: int
    column: int
    what: str
    expected: str
    was: str

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected}, but was {self.was}"


@dataclass(frozen=True, slots=True)
class View:
    """What can be seen of a case at a moment.

    Attributes:
        arrived: messages that were delivered since the last expectation.
        refusal: of this moment's act.
        zone: whose clock moments are written by.
    """

    workflow: Workflow
    case: Case
    arrived: Sequence[OutboxRow]
    refusal: Refusal | None
    zone: ZoneInfo


def difference(view: View, expected: Expected) -> Difference | None:
    """How a case differs from what was expected of it, or None."""
    met, wanted, was = WHAT[expected.what](view, expected)
    if met:
        return None
    what = " ".join(filter(None, (_NAMES.get(expected.what, expected.what), expected.name)))
    return Difference(*expected.place, what, wanted, was)


def accepted(refusal: Refusal, place: Position, kind: str) -> Difference:
    """The difference of an act that was refused though nobody expected it."""
    said = f"refused as {refusal.code}: {refusal.message} {refusal.hint}".strip()
    return Difference(*place, kind, "accepted", said)


def no_case(name: str, place: Position) -> Difference:
    """The difference where there is nothing to look at."""
    return Difference(*place, f"the case {name}", "open", "never opened")


Compared = tuple[bool, str, str]
"""Whether it is so, what was expected, and what is, in words."""

_NAMES = {
    "facts": "fact",
    "due": "due moment of clock",
    "status": "status of clock",
    "warned": "warning of clock",
}


def _same(look: Callable[[View], Any]) -> Callable[[View, Expected], Compared]:
    def compare(view: View, expected: Expected) -> Compared:
        was = look(view)
        return was == expected.value, shown(expected.value), shown(was)

    return compare


def _these(look: Callable[[View], Iterable[str]]) -> Callable[[View, Expected], Compared]:
    """These and no others, each as often as it is named, in any order."""

    def compare(view: View, expected: Expected) -> Compared:
        was = list(look(view))
        return Counter(was) == Counter(expected.value), shown(expected.value), shown(was)

    return compare


def _none_of(look: Callable[[View], Iterable[str]]) -> Callable[[View, Expected], Compared]:
    def compare(view: View, expected: Expected) -> Compared:
        found = [name for name in look(view) if name in expected.value]
        return not found, f"not {' and not '.join(expected.value)}", shown(found)

    return compare


def _fact(view: View, expected: Expected) -> Compared:
    was = view.case.facts.get(expected.name)
    return was == expected.value, _known(expected.value), _known(was)


def _known(value: Any) -> str:
    return "not on record" if value is None else shown(value)


def _arrived(recipient: str) -> Callable[[View], list[str]]:
    return lambda view: [row.template for row in view.arrived if row.recipient == recipient]


def _needed(view: View) -> list[str]:
    step = view.workflow.steps.get(view.case.step)
    found: dict[str, None] = {}
    for need in step.missing(view.case) if step is not None else ():
        found |= dict.fromkeys(one.fact for one in (need.of if isinstance(need, AnyOf) else (need,)))
    return list(found)


WHAT: Mapping[str, Callable[[View, Expected], Compared]] = {
    "step": _same(lambda view: view.case.step),
    "open": _same(lambda view: not view.workflow.is_end(view.case.step)),
    "owner": _same(lambda view: view.case.owner),
    "level": _same(lambda view: view.workflow.escalation[view.case.level]),
    "severity": _same(lambda view: view.case.severity),
    "cycle": _same(lambda view: view.case.cycle),
    "facts": _fact,
    "sent": _these(_arrived("customer")),
    "sent_to_owner": _these(_arrived("owner")),
    "sent_to_supervisor": _these(_arrived("supervisor")),
    "not_sent": _none_of(lambda view: [row.template for row in view.arrived]),
    "tasks": _these(lambda view: [kind for kind, _ in view.case.tasks.values()]),
    "asked": _these(_needed),
    "not_asked": _none_of(_needed),
    "refused": _same(lambda view: None if view.refusal is None else view.refusal.code),
}
"""How each thing that can be expected is looked at."""


def shown(value: Any) -> str:
    """A value as a person would write it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ", ".join(map(shown, value)) or "nothing"
    text = " ".join(str(value).split())
    return f"{text[:97]}..." if len(text) > 100 else text
