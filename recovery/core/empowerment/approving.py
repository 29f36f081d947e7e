"""Approvals of what is above a limit: granted, refused, handed on; waiting that goes one level up.

An approval is judged as if whoever grants it spent it: it takes of their limit, and they may not approve what
they could not spend. So no approval ever needs another one.
"""

from __future__ import annotations

from recovery.core.case import Case
from recovery.core.draft import Draft, Refused
from recovery.core.empowerment import events as money
from recovery.core.empowerment.offering import (
    as_money,
    ask,
    asking,
    end,
    found,
    give,
    is_payee,
    next_ask,
    put,
    said,
)
from recovery.core.empowerment.standing import standing_of
from recovery.core.empowerment.state import CompensationState, CompensationStatus
from recovery.core.event import known_as, person, role
from recovery.core.facts import is_blank
from recovery.core.instants import from_text
from recovery.core.moves import not_in_quarantine, reasoned


def granted(draft: Draft, event: money.ApprovalGranted) -> None:
    """A supervisor says yes: it is offered to the customer, or due where it needs no yes of theirs."""
    not_in_quarantine(draft)
    number, state = _asked(draft, event.compensation, event.by, "approve")
    standing = standing_of(draft, event.standing, state.amount)
    over = standing.exceeded()
    if over is not None:
        budget, of, whose = draft.workflow.budgets[over], standing.holds[over], spender(draft.case, event)
        message = (
            f"{as_money(budget, of.units)} is above what is left of {whose}'s {over}: "
            f"{as_money(budget, of.free)}."
        )
        raise Refused("above_own_limit", message, "Somebody with a higher limit may approve it.")
    now = draft.stamp.recorded_at
    status: CompensationStatus = "due" if state.at_once else "offered"
    expires_at = None if state.expires_at is not None and state.expires_at <= now else state.expires_at
    answered = state._replace(
        status=status, answered_by=event.by, answered_at=now, answer_by=None, expires_at=expires_at
    )
    draft.why.append(f"compensation {number} was approved by {event.by}{_waited(state, now)}")
    give(draft, number, answered, standing)


def refused(draft: Draft, event: money.ApprovalRefused) -> None:
    """A supervisor says no."""
    reasoned(event.reason, "Refusing an approval")
    number, state = _asked(draft, event.compensation, event.by, "refuse")
    now = draft.stamp.recorded_at
    draft.why.append(f"compensation {number} was not approved by {event.by}{_waited(state, now)}")
    end(draft, number, state._replace(answered_by=event.by, answered_at=now), "refused", event.reason)


def delegated(draft: Draft, event: money.ApprovalDelegated) -> None:
    """Somebody answers in the place of who is asked, within the same limit."""
    number, state = _asked(draft, event.compensation, event.by, "hand on")
    to = person(event.to) or event.to
    if is_blank(to):
        raise Refused("wrong_value", "Nobody would answer.", "Name who does.")
    if _is_own(draft.case, state, f"agent:{to}"):
        raise Refused("own_approval", f"{to} cannot approve this.", "Name somebody else.")
    put(draft, number, state._replace(delegate=to, delegated_by=event.by))
    why = f": {event.reason}" if event.reason else ""
    draft.why.append(f"{to} answers in the place of {event.by} about compensation {number}{why}")


def go_up(draft: Draft, number: str, state: CompensationState) -> None:
    """Nobody has answered in time: the role above is asked."""
    levels = draft.workflow.escalation
    budget = draft.workflow.budgets.get(state.over or "")
    if budget is not None and state.then:
        state = asking(draft, state, budget, state.then)
        put(draft, number, state)
        answers = state.delegate or state.asked_to
        draft.why.append(f"compensation {number}: nobody has answered in time; {answers} is asked")
        ask(draft, budget, state)
        return
    above = levels.index(state.asked_of) + 1 if state.asked_of in levels else len(levels)
    if budget is None or above >= len(levels):
        put(draft, number, state._replace(answer_by=None))
        draft.why.append(f"compensation {number}: nobody has answered, and nobody is above to be asked")
        return
    asked = levels[above]
    until = next_ask(draft, budget, asked)
    state = state._replace(asked_of=asked, asked_to=None, delegate=None, delegated_by=None, answer_by=until)
    put(draft, number, state)
    draft.why.append(f"compensation {number}: nobody has answered in time; a {asked} is asked")
    ask(draft, budget, state)


def spender(case: Case, event: money.ApprovalGranted) -> str:
    """Whose limit an approval takes of: that of who handed it on, where a delegate grants it."""
    state = case.compensations.get(event.compensation)
    if state is not None and state.delegated_by is not None and person(event.by) == state.delegate:
        return state.delegated_by
    return event.by


def _asked(draft: Draft, number: str, by: str, what: str) -> tuple[str, CompensationState]:
    """A compensation that waits for an answer of this person.

    Raises:
        Refused: it does not wait, or not for them.
    """
    number, state = found(draft, number)
    if state.status != "asked" or state.asked_of is None:
        message = f"Compensation {number} is {state.status}: no approval is asked for."
        raise Refused("not_asked", message)
    name = person(by)
    if not name:
        raise Refused("no_name", f"{by} names nobody.", f"Name who does it, such as {state.asked_of}:eva.")
    if _is_own(draft.case, state, by):
        raise Refused("own_approval", "Nobody approves their own.", "Let somebody else answer.")
    if name != state.delegate and not draft.workflow.may(role(by), frozenset({state.asked_of})):
        message = f"{by} may not {what} compensation {number}: {said(state)}."
        raise Refused("not_allowed", message, f"A {state.asked_of} may, and whoever is above.")
    return number, state


def _is_own(case: Case, state: CompensationState, by: str) -> bool:
    """Whether somebody wants to give it, or would get it."""
    return known_as(person(by)) == known_as(person(state.by)) or is_payee(case, state.to, by)


def _waited(state: CompensationState, now: str) -> str:
    assert state.asked_at is not None
    return f" after {from_text(now) - from_text(state.asked_at)}"
