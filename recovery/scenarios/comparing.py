"""What is so, beside what was expected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from recovery.core.case import Case
from recovery.core.clocks.standing import Standing, standing
from recovery.core.erasing import mentions
from recovery.core.errors import Refusal
from recovery.core.instants import from_text
from recovery.core.money import same_amount, written_out
from recovery.core.promises import rows
from recovery.core.spec import AnyOf, Need, Workflow
from recovery.scenarios.moments import written
from recovery.scenarios.story import Expected
from recovery.standing import Allowance
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


@dataclass(frozen=True)
class View:
    """What can be seen of a case at a moment.

    Attributes:
        arrived: messages that were delivered since the last expectation.
        refusal: of this moment's act.
        now: this moment.
        reasons: what the engine said since the last expectation, line by line.
        version: which one it runs on, from 1.
        counted: what reports counted before this moment's act, and now; asked for when it is looked at.
        kept: everything that is kept of the story, as text; likewise.
        zone: whose clock moments are written by.
        limits: how somebody stands with the budgets of the case.
    """

    workflow: Workflow
    case: Case
    arrived: Sequence[OutboxRow]
    refusal: Refusal | None
    now: datetime
    zone: ZoneInfo
    reasons: Sequence[str] = ()
    version: int = 1
    counted: Callable[[], tuple[Any, Any]] = lambda: (None, None)
    kept: Callable[[], str] = str
    limits: Callable[[str], list[Allowance]] = lambda _: []

    @cached_property
    def clocks(self) -> dict[str, Standing]:
        """The clocks that ever started, by name."""
        return {one.name: one for one in standing(self.workflow, self.case, self.now)}


def difference(view: View, expected: Expected) -> Difference | None:
    """How a case differs from what was expected of it, or None."""
    met, wanted, was = WHAT[expected.what](view, expected)
    if met:
        return None
    what = " ".join(filter(None, (_NAMES.get(expected.what, expected.what), expected.name)))
    return Difference(*expected.place, what, wanted, was)


def accepted(refusal: Refusal, place: Position, kind: str) -> Difference:
    """The difference of an act that was refused though nobody expected it."""
    said = f"refused as {refusal.code}: {refusal.message} {refusal.hint}".rstrip(" .")
    return Difference(*place, kind, "accepted", said)


def no_case(name: str, place: Position) -> Difference:
    """The difference where there is nothing to look at."""
    return Difference(*place, f"the case {name}", "open", "never opened")


Compared = tuple[bool, str, str]
"""Whether it is so, what was expected, and what is, in words."""

_NAMES = {"facts": "fact"} | {name: f"{name} of clock" for name in ("due", "status", "warned", "runs")}


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


def _step(view: View, expected: Expected) -> Compared:
    was = view.case.step
    needs = ", ".join(map(str, _missing(view)))
    return was == expected.value, shown(expected.value), f"{was}, which needs {needs}" if needs else was


def _fact(view: View, expected: Expected) -> Compared:
    was = view.case.facts.get(expected.name)
    return was == expected.value, _known(expected.value), _known(was)


def _known(value: Any) -> str:
    return "not on record" if value is None else shown(value)


def _arrived(recipient: str) -> Callable[[View], list[str]]:
    return lambda view: [row.template for row in view.arrived if row.recipient == recipient]


def _missing(view: View) -> list[Need | AnyOf]:
    """What the step still needs, as far as it is known to be needed."""
    step = view.workflow.steps.get(view.case.step)
    found = step.missing(view.case) if step is not None else []
    return [need for need in found if isinstance(need, AnyOf) or _is_needed(view, need)]


def _needed(view: View) -> list[str]:
    found: dict[str, None] = {}
    for need in _missing(view):
        alternatives = need.of if isinstance(need, AnyOf) else (need,)
        found |= {one.fact: None for one in alternatives if _is_needed(view, one)}
    return list(found)


def _is_needed(view: View, need: Need) -> bool:
    return need.when is None or bool(need.when.evaluate(view.case))


def _refused(view: View, expected: Expected) -> Compared:
    refusal = view.refusal
    if refusal is None:
        return expected.value is None, shown(expected.value), "accepted"
    return refusal.code == expected.value, shown(expected.value), f"{refusal.code} ({refusal.message})"


def _why(view: View, expected: Expected) -> Compared:
    """Each is a part of a reason that was given."""
    missing = [words for words in expected.value if not any(words in line for line in view.reasons)]
    return not missing, shown(missing or expected.value), "; ".join(view.reasons) or "no reason"


def _reports(view: View, expected: Expected) -> Compared:
    if expected.value is None:
        return True, "", ""
    before, now = view.counted()
    names = [name for name in before if before[name] != now[name]]
    return not names, "unchanged", f"otherwise in {', '.join(names)}"


def _nowhere(view: View, expected: Expected) -> Compared:
    text = view.kept()
    found = [words for words in expected.value if mentions(text, words)]
    return not found, f"nowhere {shown(expected.value)}", f"kept {shown(found)}"


def _breached(view: View) -> list[str]:
    clocks = view.workflow.clocks
    return [
        name for name, one in view.clocks.items() if one.breached_at is not None and not clocks[name].repeats
    ]


def _due(view: View, expected: Expected) -> Compared:
    clock = view.clocks.get(expected.name)
    due_at = clock.due_at if clock is not None else None
    was = None if due_at is None else from_text(due_at)
    return was == expected.value, _when(view, expected.value), _when(view, was) + _because(view, clock)


def _because(view: View, clock: Standing | None) -> str:
    """How a clock came to be due then: ` (running, 4 business hours, from Fri 2026-11-20 17:55)`."""
    if clock is None:
        return " (it never started)"
    since = written(from_text(clock.starts_at), view.zone)
    return f" ({clock.status}, {clock.limit or 'by a fact'}, from {since})"


def _when(view: View, moment: datetime | None) -> str:
    return "never" if moment is None else written(moment, view.zone)


def _of_clock(look: Callable[[Standing], Any], otherwise: Any) -> Callable[[View, Expected], Compared]:
    def compare(view: View, expected: Expected) -> Compared:
        clock = view.clocks.get(expected.name)
        was = otherwise if clock is None else look(clock)
        return was == expected.value, shown(expected.value), shown(was)

    return compare


def _left(view: View, expected: Expected) -> Compared:
    found = view.limits(expected.name)[0]
    was = written_out(found.left, found.decimals, found.currency)
    return same_amount(was, expected.value), shown(expected.value), shown(was)


WHAT: Mapping[str, Callable[[View, Expected], Compared]] = {
    "step": _step,
    "open": _same(lambda view: not view.workflow.is_end(view.case.step)),
    "owner": _same(lambda view: view.case.owner),
    "level": _same(lambda view: view.workflow.escalation[view.case.level]),
    "severity": _same(lambda view: view.case.severity),
    "cycle": _same(lambda view: view.case.cycle),
    "facts": _fact,
    "sent": _these(_arrived("customer")),
    "sent_over": _these(lambda view: [row.channel for row in view.arrived if row.recipient == "customer"]),
    "sent_in": _these(lambda view: [row.language for row in view.arrived if row.recipient == "customer"]),
    "version": _same(lambda view: view.version),
    "why": _why,
    "reports": _reports,
    "nowhere": _nowhere,
    "sent_to_owner": _these(_arrived("owner")),
    "sent_to_supervisor": _these(_arrived("supervisor")),
    "sent_to_teller": _these(_arrived("teller")),
    "not_sent": _none_of(lambda view: [row.template for row in view.arrived]),
    "promises": _these(lambda view: [row["status"] for row in rows(view.case.promises, view.now)]),
    "compensations": _these(lambda view: [one.status for one in view.case.compensations.values()]),
    "left": _left,
    "tasks": _these(lambda view: [kind for kind, _ in view.case.tasks.values()]),
    "asked": _these(_needed),
    "not_asked": _none_of(_needed),
    "refused": _refused,
    "breached": _these(_breached),
    "due": _due,
    "status": _of_clock(lambda clock: clock.status, "off"),
    "warned": _of_clock(lambda clock: clock.warned_at is not None, False),
    "runs": _of_clock(lambda clock: clock.runs, 0),
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
