"""What cannot be stopped any more, because somebody sends it just now; only the outbox knows that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recovery.commands import Command, is_number
from recovery.core.empowerment.answering import PAYING
from recovery.core.empowerment.events import CompensationFulfilled, CompensationRevoked
from recovery.core.errors import Refusal
from recovery.core.event import Event, role
from recovery.core.events import EffectCancelled
from recovery.core.facts import shown

if TYPE_CHECKING:
    from recovery.store.unit import Unit

_STOPPING: tuple[type[Event], ...] = (EffectCancelled, CompensationFulfilled, CompensationRevoked)
STOPPING = frozenset(_STOPPING)
"""Events that take a message back, or put something in its place."""


def leaving(unit: Unit, tenant: str, command: Command) -> Refusal | None:
    """Why a message cannot be taken back: it is being sent, or, of a payment order, it may have been.

    Whoever pays by an order that left, and a person in their place, would both pay. So a person pays by hand
    only what was never sent, or what somebody has taken back first, knowing that it was not paid.

    Args:
        command: with an event of `STOPPING`.
    """
    event, case = command.event, command.case
    if not is_number(case):
        return None
    if isinstance(event, EffectCancelled):
        if not unit.outbox.is_leased(tenant, case, event.effect):
            return None
        message = f"Message {shown(event.effect)} is being sent just now."
        return Refusal("being_sent", message, "See what became of it.")
    assert isinstance(event, CompensationFulfilled | CompensationRevoked)
    if role(event.by) in PAYING:
        return None
    of = unit.case(tenant, case)
    state = None if of is None else of.compensations.get(event.compensation)
    order = None if state is None else state.order
    if of is None or order not in of.awaiting or order in of.tasks:
        return None
    if not unit.outbox.versions(tenant, (case,)).get((case, order)):
        return None
    message = f"Whoever pays may have been told already of compensation {event.compensation}."
    hint = f"See what became of message {order}; take it back first if nobody has paid (`recovery outbox`)."
    return Refusal("being_paid", message, hint)
