"""Rules: what the engine does by itself when a step is entered or left, or a transition made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from recovery.core.spec import (
    DAYS_AT_MOST,
    Action,
    CountFailure,
    Coupon,
    Escalate,
    Forget,
    Go,
    RaiseSeverity,
    Record,
    Rule,
    Send,
    TakeBack,
    Transition,
)
from recovery.workflow.findings import one_of
from recovery.workflow.names import Names
from recovery.workflow.reader import Path
from recovery.workflow.rule_shapes import ACTIVE_VERBS, SIBLINGS, RuleShape

ANYTIME = ("clocks", "on_message")
"""The parts whose rules may fire wherever a case stands; only they may forget facts without a move."""


@dataclass(frozen=True, slots=True)
class PlacedRule:
    """A rule with its place in the file and in the process: at a step, with a move, or at any time.

    `given` are the facts that are surely known whenever it fires.
    """

    rule: Rule
    path: Path
    on: Literal["enter", "leave", "then", "anytime"]
    states: tuple[str, ...]
    transition: Transition | None = None
    given: frozenset[str] = frozenset()


def read_rules(names: Names, path: Path, shapes: Sequence[RuleShape]) -> list[tuple[Path, Rule]]:
    """The rules of one list, each with its place; what had the wrong shape is left out."""
    return [
        (here, _rule(names, here, shape))
        for number, shape in enumerate(shapes)
        if (here := (*path, number)) not in names.broken
    ]


def _rule(names: Names, path: Path, shape: RuleShape) -> Rule:
    written = names.document.get(path)
    actions: list[Action] = []
    for key in written:
        if (*path, key) not in names.broken:
            actions += _actions(names, path, key, shape, written)
    verbs = (*ACTIVE_VERBS, "forget") if path[0] in ANYTIME else ACTIVE_VERBS
    if not any(key in written for key in verbs) and not _broken_inside(names, path):
        names.say(path, "empty_rule", "The rule does nothing.", one_of(ACTIVE_VERBS))
    document = names.document
    file = document.files.get(path, "")
    return Rule(tuple(actions), names.guard((*path, "if"), shape.when), document.at(path).line, file)


def _broken_inside(names: Names, path: Path) -> bool:
    return any(broken[: len(path)] == path for broken in names.broken)


def _actions(
    names: Names, path: Path, key: str, shape: RuleShape, written: Mapping[str, Any]
) -> list[Action]:
    """What one key of a rule does."""
    here = (*path, key)
    if key in ACTIVE_VERBS and written[key] is None:
        names.say(here, "missing_value", f"`{key}` says nothing.", key=True)
    elif key == "forget" and shape.forget and path[0] in ANYTIME and "go" not in written:
        return [Forget(names.forgotten(here, shape.forget) or ())]
    elif key in SIBLINGS and SIBLINGS[key] not in written and not _broken_inside(names, path):
        message = f"`{key}` belongs to `{SIBLINGS[key]}`, which this rule does not have."
        names.say(here, "sibling_alone", message, key=True)
    elif key == "send" and shape.send is not None:
        facts = names.recorded((*path, "when_delivered"), shape.when_delivered or {})
        coupon = _coupon(names, path, shape)
        over = _over(names, path, shape)
        return [Send(shape.send, facts, shape.once or "cycle", shape.to or "customer", coupon, over)]
    elif key == "escalate" and shape.escalate is not None:
        return [Escalate(shape.escalate)]
    elif key == "raise" and shape.raise_ is not None:
        return [RaiseSeverity()]
    elif key == "count" and shape.count is not None:
        return [CountFailure()]
    elif key == "record" and shape.record is not None:
        return [Record(names.recorded(here, shape.record))]
    elif key == "take_back" and shape.take_back is not None:
        return [TakeBack()]
    elif key == "go" and shape.go is not None and names.state(here, shape.go):
        return [Go(shape.go, names.forgotten((*path, "forget"), shape.forget))]
    return []


def _over(names: Names, path: Path, shape: RuleShape) -> tuple[str, ...]:
    """The channels of a message, time by time; reported where there is but one time, or another reader."""
    here = (*path, "over")
    if shape.over is None or here in names.broken:
        return ()
    if path[0] != "clocks" or "every" not in names.document.get(path[:2]):
        message = "Only what a clock with `every` sends is sent time after time."
        names.say(
            here, "sibling_alone", message, "Leave `over` out: it leaves by the case's channel.", key=True
        )
    elif (shape.to or "customer") != "customer":
        message = f"This message goes to the {shape.to}, who has no other channel."
        names.say((*path, "to"), "wrong_channel", message, "Leave `to` out, or `over`.")
    return tuple(shape.over)


def _coupon(names: Names, path: Path, shape: RuleShape) -> Coupon | None:
    """The coupon a message hands over; None, reported, when it is none that anybody could have."""
    here, given = (*path, "coupon"), shape.coupon
    if given is None or here in names.broken:
        return None
    days = int(given.expires.partition(" ")[0])
    if days > DAYS_AT_MOST:
        message = f"A coupon is good for at most {DAYS_AT_MOST:,} days."
        names.say((*here, "expires"), "wrong_value", message)
    if (shape.to or "customer") != "customer":
        message = f"A coupon is the customer's; this message goes to the {shape.to}."
        names.say((*path, "to"), "wrong_coupon", message, "Leave `to` out.")
    return Coupon(given.offer, given.value, days)
