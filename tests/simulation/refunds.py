"""What people ask for that costs money: offered, given, accepted, approved, taken back, paid.

Every second of these orders comes without a key: whoever is not answered then asks once more all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from recovery.core.empowerment.state import CompensationState
from recovery.engine import Engine

if TYPE_CHECKING:
    from tests.simulation.orders import Order

AMOUNTS = (20, 40, 60, 90, 130, 320, 950)
"""In dollars. One may spend up to 100 a day alone, 150 in a case; the highest is above what anybody may."""

COMPLAINTS = ("x-0", "x-1", "x-2")
"""The cases of a run, as outside systems name them."""

PEOPLE = {"agent": "li", "lead": "eva", "supervisor": "max"}
"""Who acts in a role."""

EVENTS = {
    "refund": "CompensationOffered",
    "spend": "CompensationSpent",
    "accept": "CompensationAccepted",
    "decline": "CompensationDeclined",
    "take-back": "CompensationRevoked",
    "pay": "CompensationFulfilled",
    "approve": "ApprovalGranted",
    "refuse": "ApprovalRefused",
    "delegate": "ApprovalDelegated",
}
"""What an order puts on record."""

Doing = Callable[["Order", Engine, int], Any]


def key_of(order: Order) -> str | None:
    """The key that an order comes with; None: it has none."""
    return order.key if order.number % 2 else None


def _refund(order: Order, engine: Engine, case: int) -> Any:
    days = (None, 0, 2)[order.number // 2 % 3]
    return engine.offer_compensation(
        case,
        "refund",
        _amount(order),
        by=_giver(order),
        offer=_offer(order),
        pay_within=days,
        because="as they wish" if days else None,
        key=key_of(order),
    )


def _spend(order: Order, engine: Engine, case: int) -> Any:
    is_paid_already = order.number // 2 % 2
    return engine.spend(
        case,
        "comfort_gesture" if is_paid_already else "credit",
        _amount(order),
        by=_giver(order),
        offer=_offer(order),
        receipt=order.key if is_paid_already else None,
        key=key_of(order),
    )


def _amount(order: Order) -> str:
    return f"{AMOUNTS[order.number % len(AMOUNTS)]} USD"


def _giver(order: Order) -> str:
    return "agent:bo" if order.number % 4 == 0 else "agent:li"


def _offer(order: Order) -> str | None:
    """What it is called: by the kind for some, so that two people offer the same."""
    return None if order.number % 5 == 0 else order.key


def _about(*statuses: str, do: Callable[..., Any]) -> Doing:
    """About a compensation that stands like this, in this case or else in another one.

    It is the same one when it is asked for again.
    """

    def carry_out(order: Order, engine: Engine, case: int) -> Any:
        if "about" not in order.kept:
            found = _fitting(engine, case, statuses)
            if found is None:
                return None
            order.kept["about"] = found
        case, number, state = order.kept["about"]
        return do(engine, case, number, state, order)

    return carry_out


def _fitting(
    engine: Engine, first: int, statuses: tuple[str, ...]
) -> tuple[int, str, CompensationState] | None:
    others = engine.store.find_cases(engine.tenant, COMPLAINTS).values()
    for case in (first, *sorted(set(others) - {first})):
        found = engine.store.case(engine.tenant, case)
        known = {} if found is None else found.compensations
        for number, one in reversed(known.items()):
            if one.status in statuses:
                return case, number, one
    return None


def _accept(engine: Engine, case: int, number: str, state: CompensationState, order: Order) -> Any:
    return engine.accept_compensation(case, number, key=key_of(order))


def _decline(engine: Engine, case: int, number: str, state: CompensationState, order: Order) -> Any:
    return engine.decline_compensation(case, number, key=key_of(order))


def _take_back(engine: Engine, case: int, number: str, state: CompensationState, order: Order) -> Any:
    return engine.revoke_compensation(case, number, "A slip.", by="supervisor:max", key=key_of(order))


def _pay(engine: Engine, case: int, number: str, state: CompensationState, order: Order) -> Any:
    return engine.fulfil_compensation(case, number, by="agent:zoe", receipt=order.key, key=key_of(order))


def _approve(engine: Engine, case: int, number: str, state: CompensationState, order: Order) -> Any:
    by = f"agent:{state.delegate}" if state.delegate is not None else _asked(state)
    return engine.approve(case, number, by=by, key=key_of(order))


def _refuse(engine: Engine, case: int, number: str, state: CompensationState, order: Order) -> Any:
    return engine.refuse_approval(case, number, "No.", by=_asked(state), key=key_of(order))


def _delegate(engine: Engine, case: int, number: str, state: CompensationState, order: Order) -> Any:
    return engine.delegate_approval(case, number, "kim", by=_asked(state), key=key_of(order))


def _asked(state: CompensationState) -> str:
    return f"{state.asked_of}:{PEOPLE[state.asked_of or 'lead']}"


REFUNDS: dict[str, Doing] = {
    "refund": _refund,
    "spend": _spend,
    "accept": _about("offered", do=_accept),
    "decline": _about("offered", do=_decline),
    "take-back": _about("asked", "offered", "due", do=_take_back),
    "pay": _about("due", do=_pay),
    "approve": _about("asked", do=_approve),
    "refuse": _about("asked", do=_refuse),
    "delegate": _about("asked", do=_delegate),
}

MONEY = ("refund", "refund", "spend", *REFUNDS)
"""What people ask for in a run that is about money, some of it more often."""

THEN = {"refund": ("approve", "accept", "pay", "pay"), "spend": ("approve", "pay")}
"""What is mostly asked for after something."""
