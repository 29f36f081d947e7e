"""A workflow in the shape of the ten steps (domain.md §1), built by hand."""

from __future__ import annotations

from recovery.core.facts import FactType
from recovery.core.guards import Compare, Constant, FactValue, Known, Or
from recovery.core.spec import (
    AnyOf,
    CountFailure,
    Escalate,
    Go,
    Need,
    RaiseSeverity,
    Rule,
    Send,
)
from tests.core.builders import step, texts, transition, workflow

CUSTOMER, ENGINE = frozenset({"customer"}), frozenset({"engine"})
CUSTOMER_OR_ENGINE = CUSTOMER | ENGINE


def _boolean(name: str, said_by: frozenset[str] = frozenset()) -> FactType:
    return FactType(name, "boolean", said_by=said_by)


TYPED = [
    _boolean("problem.confirmed", CUSTOMER_OR_ENGINE),
    FactType("problem.category", "choice", choices=("delivery", "quality", "conduct")),
    FactType("problem.driver", "choice", choices=("core_offer", "execution", "contact")),
    FactType("expectation.feasible", "choice", choices=("fully", "partly", "not_at_all")),
    _boolean("expectation.reasonable"),
    FactType("policy.refs", "list"),
    FactType("alternatives", "list"),
    FactType("promise.next_contact", "instant"),
    _boolean("resolved_on_contact"),
    FactType("emotion.level", "integer", minimum=0, maximum=4),
    _boolean("emotion.heard"),
    _boolean("apology.sent", ENGINE),
    _boolean("apology.in_person", frozenset({"agent"})),
    FactType("resolution.kind", "choice", choices=("refund", "replacement", "gesture")),
    FactType("resolution.done_at", "instant"),
    _boolean("resolution.accepted", CUSTOMER_OR_ENGINE),
    FactType("followup.satisfaction", "integer", minimum=1, maximum=5, said_by=CUSTOMER),
    _boolean("followup.unreachable"),
    _boolean("goodwill.sent", ENGINE),
    _boolean("recurrence.checked"),
    FactType("recovery_cause", "choice", choices=("wrong_person", "none")),
]
FACTS = {kind.name: kind for kind in TYPED} | texts(
    "problem.restated",
    "expectation.wanted",
    "expectation.reason",
    "account_given",
    "goodwill.waived",
    "prevention",
    "withdrawn.reason",
)

NOT_FULLY = Compare("!=", FactValue("expectation.feasible"), Constant("fully"))
UNREASONABLE = Compare("==", FactValue("expectation.reasonable"), Constant(False))
CONTENT = Compare(">=", FactValue("followup.satisfaction"), Constant(4))
UNHAPPY = Compare("<=", FactValue("followup.satisfaction"), Constant(2))
NO_APOLOGY_YET = Or((Known("apology.in_person", known=False), UNREASONABLE))
APOLOGY = Send("apology", {"apology.sent": True})

STEPS = [
    step(
        "identify",
        Need("problem.statement"),
        Need("problem.restated"),
        Need("problem.confirmed", "is", True),
        Need("problem.category"),
        Need("problem.driver"),
        on_enter=[Send("acknowledgement", once="case")],
    ),
    step(
        "clarify",
        Need("expectation.wanted"),
        Need("expectation.feasible"),
        Need("expectation.reasonable"),
        Need("expectation.reason", when=UNREASONABLE),
        on_leave=[Rule((Send("assurance"),), when=Compare("==", NOT_FULLY.left, NOT_FULLY.right))],
    ),
    step("own", Need("owner"), Need("policy.refs"), Need("alternatives", "at_least", 1, when=NOT_FULLY)),
    step(
        "reassure",
        AnyOf("promise", (Need("promise.next_contact"), Need("resolved_on_contact", "is", True))),
    ),
    step("stay_objective", Need("emotion.level"), Need("emotion.heard", "is", True)),
    step(
        "stay_positive",
        AnyOf("apology", (Need("apology.sent", "is", True), Need("apology.in_person", "is", True))),
        on_enter=[APOLOGY],
    ),
    step(
        "resolve",
        Need("resolution.kind", "in", ("refund", "replacement")),
        Need("account_given", when=NOT_FULLY),
        Need("resolution.done_at"),
        Need("resolution.accepted", "is", True),
    ),
    step(
        "follow_up",
        AnyOf("answer", (Need("followup.satisfaction"), Need("followup.unreachable", "is", True))),
        AnyOf("goodwill", (Need("goodwill.sent", "is", True), Need("goodwill.waived"))),
        on_enter=[Send("follow-up")],
        on_leave=[
            Rule((Send("rating-ask"),), when=CONTENT),
            Rule((Escalate(1), CountFailure(), APOLOGY, Go("resolve")), when=UNHAPPY),
        ],
    ),
    step(
        "big_picture",
        Need("recurrence.checked", "is", True),
        Need("prevention", when=Known("recurrence.checked", known=False)),
    ),
    step("root_cause", Need("recovery_cause")),
]
ALL = " ".join(one.id for one in STEPS)

TEN_STEPS = workflow(
    *STEPS,
    facts=FACTS,
    ends=("closed", "withdrawn", "merged", "ended"),
    transitions=[
        transition("escalate", ALL, "same", then=[Escalate(1)]),
        transition("withdraw", ALL, "withdrawn", needs=(Need("withdrawn.reason"),)),
        transition("reopen", "closed withdrawn", "resolve", then=[RaiseSeverity(), CountFailure(), APOLOGY]),
        transition("refuse", "resolve", "own", by=("customer",), forget=("alternatives",)),
        transition("end", ALL, "ended", by=("supervisor",)),
        transition(
            "goodwill",
            "follow_up",
            "same",
            by=("agent",),
            then=[Send("goodwill", {"goodwill.sent": True})],
        ),
        transition("settle", "stay_objective stay_positive", "follow_up", by=("agent",)),
        transition("start_over", "resolve follow_up", "identify", when=NO_APOLOGY_YET),
    ],
)
