"""An example to fill templates with: one case of the demo that knows everything a message can say."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from recovery.core.brief import BRIEF, brief
from recovery.core.case import Case
from recovery.core.facts import FactType
from recovery.core.instants import from_text
from recovery.core.spec import Workflow
from recovery.demo.words import language_of

NUMBER, STEP = 17, "resolve"
COUPON = {"code": "K7MPQX-4WDF2A-9RTBHC", "value": "10 USD", "good_until": "2027-01-19", "replaces": False}
"""What a message is given with a coupon. Its code was never drawn anywhere."""

PAYMENT = {
    "compensation": "1",
    "kind": "refund",
    "amount": "40.00 USD",
    "to": "Grace",
    "pay_by": "2026-11-27T12:00:00.000000Z",
}
"""What the order to whoever pays is given."""

RECEIVED_AT = "2026-11-20T09:00:00.000000Z"


def example(workflow: Workflow, language: str) -> dict[str, Any]:
    """What a template is filled from (see `delivery.render`).

    Args:
        workflow: whose facts the case has. What the demo knows nothing about gets a value of its type.
        language: of the customer; the example is Chinese for `zh`, else English.
    """
    told = _examples()[language_of(language)]
    complaint = _complaint(told["complaint"])
    known = {
        "problem.statement": complaint["text"],
        "problem.restated": complaint["restated"],
        "problem.category": complaint["category"],
        "problem.driver": complaint["driver"],
        "expectation.wanted": complaint["wanted"],
        "wish": complaint["wanted"],
        "owner": told["owner"],
        **told["facts"],
    }
    facts = {name: _value(kind, known.get(name)) for name, kind in workflow.facts.items()}
    step = STEP if STEP in workflow.steps else workflow.start
    said = {"1 agent agent": (RECEIVED_AT, RECEIVED_AT, facts)}
    stands = Case("default", NUMBER, workflow.id, "", step, facts=facts, said=said)
    return {
        "case": {
            "id": NUMBER,
            "external_id": complaint["external_id"],
            "subject": complaint["subject"],
            "step": step,
            "severity": 1,
            "cycle": 1,
            "received_at": RECEIVED_AT,
        },
        "customer": {"name": complaint["name"], "address": complaint["address"], "id": "C-204"},
        "owner": told["owner"],
        "facts": facts,
        "coupon": dict(COUPON),
        "payment": dict(PAYMENT),
        "zone": told["zone"],
        BRIEF: brief(workflow, stands, from_text(RECEIVED_AT), language).as_text(),
    }


def _value(kind: FactType, known: Any) -> Any:
    """What the demo knows, where it fits this workflow's fact; else a value of the fact's type."""
    try:
        return kind.check(known)
    except ValueError:
        return kind.check(_invented(kind))


def _invented(kind: FactType) -> Any:
    least = kind.minimum if kind.minimum is not None else min(kind.maximum or 1, 1)
    words = kind.name.replace(".", " ").replace("_", " ")
    values: dict[str, Any] = {
        "boolean": True,
        "integer": least,
        "decimal": str(least),
        "money": "10.00 USD",
        "choice": next(iter(kind.choices), ""),
        "date": "2026-11-24",
        "instant": "2026-11-24T10:00:00Z",
        "person": "Grace",
        "list": [words],
    }
    return values.get(kind.kind, words)


@cache
def _examples() -> dict[str, Any]:
    return dict(json.loads(files("recovery.demo").joinpath("example.json").read_text(encoding="utf-8")))


@cache
def _complaint(name: str) -> dict[str, Any]:
    text = files("recovery.demo").joinpath("complaints.jsonl").read_text(encoding="utf-8")
    rows = (json.loads(line) for line in text.splitlines())
    return next(row for row in rows if row["external_id"] == name)
