"""A small policy to change, and cases to hold against it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from recovery.core.compensation.facts import FACTS, Situation, Value
from recovery.core.compensation.policy import Policy
from recovery.core.compensation.recommending import Recommendation, recommend
from recovery.core.errors import Refusal
from recovery.core.rates import Rates
from recovery.workflow.compensation import read_policy
from recovery.workflow.findings import Finding
from recovery.workflow.rates import decimals

RATES = Rates("USD", "2026-01-02", {"EUR": Decimal("1.10"), "JPY": Decimal("0.0067")}, decimals)

HEAD = """\
currency: USD
agent_time: {day: 80 USD, hours: 8}
disputing_costs: 20 USD
warn_above: {share_of_price: 150%, source: Haesevoets 2017}
loyalty:
  source: TARP
  small: {loss: 5 USD, silent: 37%, unsatisfied: 46%, satisfied: 70%, quickly_satisfied: 95%}
  large: {loss: 100 USD, silent: 9%, unsatisfied: 19%, satisfied: 54%, quickly_satisfied: 82%}
"""
"""Eight lines; what a test adds begins on the ninth."""


def read(body: str) -> tuple[Policy | None, list[Finding]]:
    """A policy with this after the head, and its findings."""
    return read_policy((HEAD + body).encode(), "config/compensation.yaml")


def policy(body: str) -> Policy:
    """A policy that has no errors."""
    made, findings = read(body)
    assert made is not None, "\n".join(map(str, findings))
    return made


def rules(*lines: str) -> str:
    """Rules, each given as flow YAML without its braces."""
    return "rules:\n" + "".join(f"  - {{{line}}}\n" for line in lines)


def case(made: Policy | None = None, /, on: date = date(2026, 11, 22), **known: Any) -> Situation:
    """A case that knows these facts, written as on a command line."""
    facts = FACTS if made is None else made.facts
    values: dict[str, Value] = {name: facts[name].read(value) for name, value in known.items()}
    return Situation(values, on, RATES)


def recommended(made: Policy, **known: Any) -> Recommendation:
    """What a policy recommends, where it does not refuse."""
    found = recommend(made, case(made, **known))
    assert not isinstance(found, Refusal), found
    return found


def codes(found: list[Finding]) -> list[str]:
    return [finding.code for finding in found]
