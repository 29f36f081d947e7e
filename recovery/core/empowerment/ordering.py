"""The order to whoever pays: a message through the outbox, under a key that is the same at every attempt."""

from __future__ import annotations

from typing import Any

from recovery.core.compensation.policy import PAID
from recovery.core.decision import Effect
from recovery.core.draft import Draft, context
from recovery.core.empowerment.state import CompensationState

PAYER, PAYMENT = "payer", "payment"
"""Who a payment order is for, and the channel it leaves by, which is also what its words may speak of."""

ORDERED = frozenset(PAID) - {"coupon"}
"""Kinds that somebody has to pay."""


def order(draft: Draft, number: str, state: CompensationState) -> CompensationState:
    """Ask whoever pays for what is due, where the budget it takes of says how; else a person does.

    One order is made of a compensation, ever: whatever becomes of it, no other one follows.

    Returns:
        How it stands with the order.
    """
    budget = draft.workflow.budgets.get(state.holds[0].budget) if state.holds else None
    if budget is None or budget.pay_with is None or state.kind not in ORDERED:
        return state
    case, n = draft.case, len(draft.effects)
    key = f"{draft.stamp.seq}.{n}"
    mentions = draft.workflow.mentions
    about = context(case, None if mentions is None else mentions[budget.pay_with])
    about[PAYMENT] = told(draft, number, state)
    template, hold = budget.pay_with, draft.event.hold
    draft.effects.append(Effect(key, n, template, PAYER, None, PAYMENT, "en", about, hold))
    draft.change("effect", key, template, "", {}, PAYER)
    draft.why.append(f"send {template} to whoever pays" + (" (held)" if hold else ""))
    return state._replace(order=key)


def told(draft: Draft, number: str, state: CompensationState) -> dict[str, Any]:
    """What whoever pays is told, beside the words of the template."""
    customer = draft.case.customer
    to = state.to if state.to != "customer" else customer.get("name") or customer.get("id") or ""
    return {
        "compensation": number,
        "offer": state.offer,
        "kind": state.kind,
        "amount": state.amount,
        "currency": state.currency,
        "units": state.units,
        "to": to,
        "accepted_at": state.accepted_at,
        "pay_by": state.pay_by,
    }
