"""What becomes of the order to whoever pays, and of what is paid by hand in its place (domain.md §4).

Either whoever pays has been told, or a person pays: never both. So what a person puts on record as paid
takes back an order that has not left (whether it has, the shell knows), and one that was taken waits for its
receipt.
"""

from __future__ import annotations

from recovery.core import events as ev
from recovery.core.draft import Draft, Refused
from recovery.core.empowerment import events as money
from recovery.core.empowerment.answering import fulfil, fulfilled
from recovery.core.empowerment.offering import put, said
from recovery.core.empowerment.state import CompensationState
from recovery.core.facts import is_blank


def is_order(draft: Draft, effect: str) -> bool:
    """Whether a message is the order of a compensation that is due."""
    return _of_order(draft, effect) is not None


def told(draft: Draft, effect: str, receipt: str | None) -> None:
    """A message was delivered: if it was an order, it is paid, or its receipt is waited for."""
    found = _of_order(draft, effect)
    if found is None:
        return
    number, state = found
    if receipt is not None and not is_blank(receipt):
        fulfil(draft, number, state, receipt)
        return
    put(draft, number, state._replace(taken_at=draft.stamp.recorded_at))
    draft.why.append(f"compensation {number}: whoever pays has been told; their receipt is waited for")


def not_told(draft: Draft, effect: str) -> None:
    """A message is not to go out after all: if it was an order, a person pays."""
    found = _of_order(draft, effect)
    if found is not None:
        number, state = found
        put(draft, number, state._replace(order=None))
        draft.why.append(f"compensation {number} is to be paid by hand: {said(state)}")


def done(draft: Draft, event: ev.TaskDone, kind: str) -> bool:
    """A task is done; where it is about a compensation, the note is the receipt.

    Returns:
        Whether it is about one.
    """
    if kind == "approval":
        message = f"Compensation {event.task.removeprefix('c')} waits for an approval."
        raise Refused("approval_asked", message, "Approve it or refuse it.")
    found = _of_order(draft, event.task)
    number = event.task.removeprefix("c") if found is None else found[0]
    if found is None and kind not in ("payment", "receipt"):
        return False
    paid = money.CompensationFulfilled(
        by=event.by, occurred_at=event.occurred_at, compensation=number, receipt=event.note
    )
    fulfilled(draft, paid)
    return True


def _of_order(draft: Draft, effect: str) -> tuple[str, CompensationState] | None:
    """The compensation that is due, and that an effect is the order of."""
    for number, state in draft.case.compensations.items():
        if state.order == effect and state.status == "due":
            return number, state
    return None
