"""What happens when an offer, an approval or a payment has been waited for long enough."""

from __future__ import annotations

from recovery.core.draft import Draft
from recovery.core.empowerment.approving import go_up
from recovery.core.empowerment.offering import end, put, said
from recovery.core.instants import to_the_second
from recovery.core.spec import Send


def earliest(draft: Draft, until: str) -> tuple[str, str] | None:
    """When something is due about a compensation first, up to a moment, and about which."""
    due = [
        (at, int(number), number)
        for number, one in draft.case.compensations.items()
        if (at := one.next_at) is not None and at <= until
    ]
    return (first[0], first[2]) if (first := min(due, default=None)) is not None else None


def happen(draft: Draft, number: str) -> None:
    """See to the one that is due."""
    state = draft.case.compensations[number]
    if state.status == "asked":
        go_up(draft, number, state)
    elif state.status == "offered":
        end(draft, number, state, "expired", None)
    else:
        assert state.pay_by is not None
        put(draft, number, state._replace(late_at=draft.stamp.recorded_at))
        draft.why.append(
            f"compensation {number} was due by {to_the_second(state.pay_by)} and is not paid: {said(state)}"
        )
        budget = draft.workflow.budgets.get(state.holds[0].budget) if state.holds else None
        if budget is not None and budget.late_with is not None:
            draft.send(Send(budget.late_with, once="always", to="owner"))
