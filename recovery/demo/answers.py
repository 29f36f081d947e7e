"""What people say when a step asks: the next thing the case waits for, answered by whoever can answer it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from recovery.core.facts import FactType
from recovery.core.spec import AnyOf, Need
from recovery.demo import words
from recovery.demo.hours import promised_hour
from recovery.demo.incidents import HOUR
from recovery.demo.people import REPLY, SOON, Act, Pause, View, Wait

TOPICS: tuple[frozenset[str], ...] = (
    frozenset({"problem.restated", "problem.category", "problem.driver"}),
    frozenset({"expectation.feasible", "expectation.reasonable", "expectation.reason"}),
    frozenset({"owner", "policy.refs", "alternatives"}),
    frozenset({"emotion.level", "emotion.heard"}),
    frozenset({"resolution.kind", "account_given"}),
    frozenset({"recurrence.checked", "recurrence.recurrent", "prevention"}),
)
"""Facts that one person writes down in one go."""

CUSTOMERS = frozenset(
    {"problem.confirmed", "expectation.wanted", "resolution.accepted", "followup.satisfaction"}
)
"""Facts that the customer is asked for."""

ONE_CALL = ("identify", "clarify", "own", "reassure", "stay_objective")
"""The steps that can be walked in one telephone call."""

PAUSES: dict[str, Pause] = {
    "resolution.kind": (2 * HOUR, 30 * HOUR),
    "resolution.done_at": (HOUR, 20 * HOUR),
    "problem.restated": (20, 6 * HOUR),
    "policy.refs": SOON,
}
"""How long until something more can be said after a fact was put on record."""

WHILE: Pause = (2 * HOUR, 10 * HOUR)
"""How long until somebody looks again whether something has come."""

Value = Callable[[View], Any]


def next_answer(view: View) -> Act | Wait:
    """Answer the first thing the case waits for; wait where it is on its way already."""
    if view.character.conversation and view.case.step in ONE_CALL and not view.has("called"):
        called = _call(view)
        if called is not None:
            return called
    needs = view.workflow.steps[view.case.step].missing(view.case)
    for need, row in zip(needs, view.told["waits_for"], strict=True):
        options = row["any_of"] if isinstance(need, AnyOf) else [row]
        if any(option["comes_with"] for option in options):
            continue
        turn = _alternative(view, need) if isinstance(need, AnyOf) else _answer(view, need, needs)
        if turn is not None:
            return turn
    return Wait(WHILE)


def _answer(view: View, need: Need, needs: list[Need | AnyOf]) -> Act:
    """One person says what is asked, and what belongs to it."""
    fact, case = need.fact, view.case
    if fact == "resolution.accepted" and case.facts.get(fact) is False:
        return view.move("offer_alternative", view.agent, "offered better")
    if fact == "problem.confirmed" and case.facts.get(fact) is False and not view.has("said again"):
        return view.note({"problem.restated": view.mind.complaint.restated}, REPLY, "said again")
    topic = next((topic for topic in TOPICS if fact in topic), frozenset({fact}))
    asked = [one for one in needs if isinstance(one, Need) and one.fact in topic]
    facts = {one.fact: _value(view, one) for one in asked if _is_needed(view, one)} or {
        fact: _value(view, need)
    }
    if fact == "expectation.feasible" and facts.get("expectation.reasonable") is False:
        facts["expectation.reason"] = view.say("unreasonable")
    if fact == "expectation.feasible" and facts[fact] == "fully":
        facts["expectation.reasonable"] = True
    if facts.get("recurrence.recurrent") is True:
        facts["prevention"] = _about(view)["prevention"]
    if fact == "followup.satisfaction" and (facts[fact] <= 2 or view.character.feasible != "fully"):
        facts["followup.gap"] = view.say("gap_low" if facts[fact] <= 2 else "gap")
    pause = PAUSES.get(fact, REPLY)
    said_by = view.workflow.facts[fact].said_by
    if fact in CUSTOMERS or said_by == {"customer"}:
        return view.answer(facts, pause, f"said {fact}")
    return view.note(facts, pause, f"said {fact}")


def _is_needed(view: View, need: Need) -> bool:
    return need.when is None or bool(need.when.evaluate(view.case))


def _alternative(view: View, need: AnyOf) -> Act | Wait | None:
    """Choose one of several ways, as the case has it; None while it is for somebody else to begin."""
    facts = [one.fact for one in need.of]
    if "followup.unreachable" in facts:
        survey = view.case.clocks.get("follow-up")
        if survey is not None and survey.cycle == view.case.cycle and survey.runs == 0:
            return None  # nobody has been asked yet
        if view.character.follow_up == "unreachable" and view.case.cycle == 1:
            return None  # every try comes to nothing, and after a while that is on record
        return _answer(view, next(one for one in need.of if one.fact == "followup.satisfaction"), [*need.of])
    if "goodwill.waived" in facts:
        return _goodwill(view)
    if "promise.next_contact" in facts:
        settled = bool(view.character.conversation) and view.character.feasible == "fully"
        chosen = "resolved_on_contact" if settled and view.rng.random() < 0.5 else "promise.next_contact"
        return _answer(view, next(one for one in need.of if one.fact == chosen), [*need.of])
    if "apology.in_person" in facts:
        return view.note({"apology.in_person": True})
    if "resolution.kind" in facts:
        return view.note({"resolution.kind": "refund"})
    first = next((one for one in need.of if view.workflow.facts[one.fact].said_by != {"engine"}), None)
    return Wait((HOUR, 2 * HOUR)) if first is None else _answer(view, first, [*need.of])


def _goodwill(view: View) -> Act:
    if view.rng.random() < 0.2 or not view.is_open("send_goodwill"):
        return view.note({"goodwill.waived": view.say("waived")})
    kind = view.rng.choice(("apology_letter", "coupon", "gift", "extra_service"))
    facts = {"goodwill.kind": kind}
    if kind in ("gift", "extra_service"):
        facts["goodwill.detail"] = words.goodwill(view.case.language, kind)
    return view.move("send_goodwill", view.agent, "goodwill", facts)


def _call(view: View) -> Act | None:
    """One telephone call: the agent writes down what is theirs first, then what the customer says."""
    customers = view.has("noted the call")
    facts: dict[str, Any] = {}
    for need in _of_the_call(view):
        if (need.fact in CUSTOMERS) is customers and need.fact not in facts:
            facts[need.fact] = _value(view, need)
    if "alternatives" in facts and view.character.feasible == "fully":
        del facts["alternatives"]
    if facts.get("expectation.reasonable", True):
        facts.pop("expectation.reason", None)
    if not facts:
        return None
    if customers:
        return view.answer(facts, REPLY, "called")
    return view.note(facts, (4, 12), "noted the call")


def _of_the_call(view: View) -> Iterator[Need]:
    """What the steps from here to the end of the call ask for; of several ways the first."""
    for step in ONE_CALL[ONE_CALL.index(view.case.step) :]:
        if step not in view.workflow.steps:
            continue
        for need in view.workflow.steps[step].missing(view.case):
            if isinstance(need, Need):
                yield need
            else:
                settled = view.character.feasible == "fully"
                yield need.of[-1] if settled else need.of[0]


def _about(view: View) -> dict[str, Any]:
    return words.of_category(_category(view), view.case.language)


def _category(view: View) -> str:
    fact = view.case.fact("problem.category")
    return view.mind.complaint.category if fact is None else str(fact.value)


def _value(view: View, need: Need) -> Any:
    known = VALUES.get(need.fact)
    if known is not None:
        return known(view)
    return _invent(view, need, view.workflow.facts[need.fact])


def _restated(view: View) -> str:
    if view.character.misread and not view.has("said problem.restated"):
        return view.say("misread")
    return view.mind.complaint.restated


def _confirmed(view: View) -> bool:
    return not view.character.misread or view.has("said again")


def _driver(view: View) -> str:
    driver = view.mind.complaint.driver
    if view.character.mistake and not view.has("wrong problem.driver"):
        view.mind.done.add("wrong problem.driver")
        return "contact" if driver != "contact" else "execution"
    return driver


def _kind(view: View) -> str:
    """The first remedy fits the trouble; who was let down by it gets more, not the same again."""
    remedy = str(words.about(_category(view))["remedy"])
    if view.case.cycle > 1:
        more = "credit" if remedy == "refund" else "refund"
        return more if view.character.feasible == "fully" else remedy
    if "resolution.refused" in view.case.facts:
        return "credit" if remedy == "refund" else "refund"
    if view.character.feasible != "fully":
        return "alternative"
    driver = view.case.fact("problem.driver")
    if driver is not None and driver.value in ("contact", "emotion") and view.rng.random() < 0.5:
        return view.rng.choice(("explanation", "gesture"))
    return remedy


def _accepted(view: View) -> bool:
    return not (view.character.refuses and not view.has("offered better"))


def _satisfaction(view: View) -> int:
    if view.character.follow_up == "bad" and view.case.cycle == 1:
        return view.rng.choice((1, 2, 2))
    weights = (20, 45, 35) if view.character.feasible == "fully" else (40, 45, 15)
    return view.rng.choices((3, 4, 5), weights)[0]


def _cause(view: View) -> str:
    """What made this recovery harder, from what the case itself has seen."""
    if view.has("declined"):
        return "wrong_person"
    if view.case.cycle > 1:
        return "insufficient_training"
    if view.case.level > 0 or view.has("offered better"):
        return "too_little_discretion"
    return "weak_support_systems" if view.has("asked for news") else "none"


def _done_at(view: View) -> str:
    return (view.now - timedelta(minutes=view.rng.randint(1, 45))).replace(second=0).isoformat()


def _yes(_: View) -> bool:
    return True


VALUES: dict[str, Value] = {
    "problem.restated": _restated,
    "problem.confirmed": _confirmed,
    "problem.category": lambda view: view.mind.complaint.category,
    "problem.driver": _driver,
    "expectation.wanted": lambda view: view.mind.complaint.wanted,
    "expectation.feasible": lambda view: view.character.feasible,
    "expectation.reasonable": lambda view: (
        view.character.feasible != "not_at_all" or view.rng.random() < 0.85
    ),
    "expectation.reason": lambda view: view.say("unreasonable"),
    "owner": lambda view: view.mind.agent,
    "policy.refs": lambda view: [words.about(_category(view))["policy"]],
    "alternatives": lambda view: list(_about(view)["offers"]),
    "promise.next_contact": lambda view: promised_hour(
        view.now, view.rng.choice((4, 8, 24, 48)), view.rng
    ).isoformat(),
    "resolved_on_contact": _yes,
    "emotion.level": lambda view: view.character.temper,
    "emotion.heard": _yes,
    "resolution.kind": _kind,
    "account_given": lambda view: _about(view)["account"],
    "resolution.done_at": _done_at,
    "resolution.accepted": _accepted,
    "followup.satisfaction": _satisfaction,
    "recurrence.checked": _yes,
    "recurrence.recurrent": lambda view: view.office.recurs(_category(view)),
    "prevention": lambda view: _about(view)["prevention"],
    "recovery_cause": _cause,
}
"""What is said to each question of the ten steps."""


def _invent(view: View, need: Need, kind: FactType) -> Any:
    """Something fitting for a fact that a workflow of somebody's own asks for."""
    if need.test == "is":
        return need.wanted
    if need.test == "in":
        return need.wanted[0]
    least = need.wanted if need.test == "at_least" else kind.minimum
    invented: dict[str, Any] = {
        "text": view.mind.complaint.wanted,
        "boolean": True,
        "integer": int(least or 0),
        "decimal": str(least or 0),
        "money": "10.00 USD",
        "choice": next(iter(kind.choices), ""),
        "date": view.now.date().isoformat(),
        "instant": view.now.isoformat(),
        "person": view.mind.agent,
        "list": [view.mind.complaint.wanted] * int(need.wanted if need.test == "at_least" else 1),
    }
    return invented[kind.kind]
