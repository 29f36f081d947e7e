"""Offering a compensation, giving it at once, and what becomes of it (domain.md §4).

How much of a limit is used, the core cannot know: the shell fills it into the event as `standing`, under a
lock, and the log keeps it. By it the core offers, or asks for an approval.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from recovery.core.case import Case
from recovery.core.compensation.policy import OFFER_KINDS, PAID
from recovery.core.conversation import in_the_house, not_merged
from recovery.core.draft import Draft, Refused
from recovery.core.empowerment import events as money
from recovery.core.empowerment.budgets import Budget
from recovery.core.empowerment.couponing import COUPON, hand_over
from recovery.core.empowerment.holding import beside_no_rating, held
from recovery.core.empowerment.ordering import ORDERED, order
from recovery.core.empowerment.postings import COMPENSATION
from recovery.core.empowerment.standing import Standing, standing_of
from recovery.core.empowerment.state import LIVE, Asked, CompensationState, Hold
from recovery.core.event import known_as, person, role
from recovery.core.facts import is_blank, shown
from recovery.core.instants import end_of, to_text
from recovery.core.money import read_money, written_out
from recovery.core.moves import not_in_quarantine
from recovery.core.spec import DAYS_AT_MOST, Send

WANTED, COSTS, BECAUSE = "approval.wanted", "approval.cost", "approval.reason"
"""Facts by which an approval is asked for, in workflows that declare them."""

ASKED_IN = {WANTED: "text", COSTS: "money", BECAUSE: "text"}

COMFORT = "comfort_gesture"
"""What makes a wait comfortable, given at once; as an offer it is a remedy like any other."""

POSTAGE = ("ours", "customer")
"""Who pays for sending goods back."""

Giving = money.CompensationOffered | money.CompensationSpent


def offered(draft: Draft, event: money.CompensationOffered) -> None:
    """The customer is offered something, and it is kept for them until they answer."""
    expires_at = None
    if event.expires_at is not None:
        expires_at = to_text(event.expires_at)
        if expires_at <= draft.stamp.recorded_at:
            raise Refused("in_the_past", "The offer would be over already.", "Name a moment to come.")
    _check_amount(event)
    standing = standing_of(draft, event.standing, event.amount)
    state = _new(draft, event, standing, "offered")
    if event.pay_within is not None and event.pay_within > DAYS_AT_MOST:
        raise Refused("wrong_value", f"It is fulfilled within {DAYS_AT_MOST:,} days at most.")
    state = state._replace(expires_at=expires_at, pay_within=event.pay_within)
    _check_postage(draft, event)
    decide(draft, *held(draft, event.policy, event.because, state), standing)


def spent(draft: Draft, event: money.CompensationSpent) -> None:
    """Something is given at once: offered, taken and fulfilled in one. Money without a receipt is due."""
    _check_amount(event)
    standing = standing_of(draft, event.standing, event.amount)
    is_open = event.kind in ORDERED and (event.receipt is None or is_blank(event.receipt))
    state = _new(draft, event, standing, "due" if is_open else "fulfilled")
    state = state._replace(at_once=True, receipt=event.receipt)
    decide(draft, *held(draft, event.policy, event.because, state), standing)


def end(draft: Draft, number: str, state: CompensationState, status: Any, note: str | None) -> None:
    """Nothing is given any more: what was kept for it is free again."""
    moves = ["waived"] if state.status == "due" else []
    moves += ["released"] if state.holds else []
    ended = state._replace(status=status, ended_at=draft.stamp.recorded_at, note=note or state.note)
    put(draft, number, ended, *moves)
    draft.why.append(f"compensation {number} {status}: {said(state)}" + (f" ({note})" if note else ""))


def give(draft: Draft, number: str, state: CompensationState, standing: Standing) -> None:
    """Keep a compensation within the limits: it is offered, owed, or given already."""
    holds = tuple(Hold(name, of.account, of.currency, of.units) for name, of in standing.holds.items())
    now = draft.stamp.recorded_at
    state = state._replace(holds=holds)
    moves = ["reserved"] if holds else []
    if state.status == "fulfilled":
        state = state._replace(accepted_at=now, fulfilled_at=now)
        put(draft, number, state, *moves, "owed", "paid")
        draft.why.append(f"compensation {number} given: {said(state)}")
    elif state.at_once:  # to be paid, or approved: whoever asked for it gives it now
        become_due(draft, number, state, *moves)
    else:
        budgets = [draft.workflow.budgets[hold.budget] for hold in holds]
        ends = (budgets or list(draft.workflow.budgets.values()))[0].expires_at(now)
        until = state.expires_at or ends
        put(draft, number, state._replace(status="offered", expires_at=until), *moves)
        draft.why.append(f"compensation {number} offered: {said(state)}, until {until[:16]}Z")
        if state.kind == COUPON:
            hand_over(draft, state)


def put(draft: Draft, number: str, state: CompensationState, *moves: str) -> None:
    """Change how it stands, say what moves in the ledger, and let wait for a person what does."""
    before = draft.case.compensations.get(number)
    if "paid" in moves and state.draws_on_fund:
        moves += ("drawn",)
    draft.change(COMPENSATION, number, state.row(), list(moves))
    was, now = (None if one is None else one.waits_for for one in (before, state))
    if was is not None and was != now:
        draft.change("done", task_of(number))
    if now is not None and was != now:
        draft.change("task", task_of(number), now, said(state))


def task_of(number: str) -> str:
    """The name of the task that is about a compensation."""
    return f"c{number}"


def found(draft: Draft, number: str) -> tuple[str, CompensationState]:
    """A compensation of the case by its number.

    Raises:
        Refused: `no_such_compensation`.
    """
    state = draft.case.compensations.get(number)
    if state is None:
        known = ", ".join(draft.case.compensations) or "none"
        message = f"Case {draft.case.id} has no compensation {shown(number)}."
        raise Refused("no_such_compensation", message, f"It has: {known}.")
    return number, state


def said(state: CompensationState) -> str:
    """A compensation in a few words."""
    to = "" if state.to == "customer" else f" to {state.to}"
    return f"{state.kind}{'' if state.amount is None else f' {state.amount}'}{to}"


def is_payee(case: Case, to: str, by: str, ways: Iterable[str] = ()) -> bool:
    """Whether somebody would get it themselves.

    Args:
        to: the customer, or another one's name, perhaps with a role: `agent:li`.
        ways: what else they are known by, such as their address.
    """
    known = {known_as(one) for one in (person(by), *ways)} - {""}
    customer = [case.customer.get(key, "") for key in ("name", "id", "address")]
    payees = customer if to == "customer" else [to, person(to)]
    return any(known_as(one) in known for one in payees)


def become_due(draft: Draft, number: str, state: CompensationState, *moves: str) -> None:
    """It is owed from now on."""
    now = draft.stamp.recorded_at
    pay_by = None if state.pay_within is None else end_of(now, state.pay_within)
    state = state._replace(status="due", accepted_at=now, pay_by=pay_by)
    put(draft, number, order(draft, number, state), *moves, "owed")
    draft.why.append(f"compensation {number} is due: {said(state)}")


def _new(draft: Draft, event: Giving, standing: Standing, status: Any) -> CompensationState:
    """What is to be given, as far as the event says it.

    Raises:
        Refused: it may not be given by this person, or in this case, or was given already.
    """
    case = draft.case
    in_the_house(draft, event.by, "give anything")
    not_in_quarantine(draft)
    not_merged(draft)
    if case.mode == "history":
        raise Refused("history", f"Case {case.id} is history: nothing is given in it.", "Open a live case.")
    if event.kind not in OFFER_KINDS:
        raise Refused("unknown_kind", f"{shown(event.kind)} is no compensation.", _one_of(OFFER_KINDS))
    if event.kind == "coupon":
        raise Refused("unknown_kind", "A coupon has a code.", "`recovery coupon offer` gives one.")
    if is_blank(event.to):
        raise Refused("wrong_value", "Nobody would get it.", "Leave `to` out: then it is the customer.")
    if is_payee(case, event.to, event.by):
        raise Refused("pays_themselves", "Nobody pays themselves.", "Let somebody else give it.")
    key = f"{event.offer or event.kind}@{case.cycle}"
    for number, one in case.compensations.items():
        if (one.kind, one.offer) == (event.kind, key) and one.status in LIVE:
            message = f"{key} has been offered already: compensation {number}, {said(one)}, {one.status}."
            raise Refused("already_offered", message, "The same case never pays the same offer twice.")
    if event.kind != COMFORT or isinstance(event, money.CompensationOffered):
        beside_no_rating(draft)
    return CompensationState(
        event.kind,
        key,
        event.amount,
        standing.units,
        event.to,
        event.by,
        draft.stamp.recorded_at,
        draft.stamp.seq,
        status,
        note=event.note,
    )


def _check_amount(event: Giving) -> None:
    if event.amount is None:
        if event.kind in PAID:
            raise Refused("wrong_value", f"A {event.kind} has an amount.", "Such as 40 USD.")
        return
    try:
        if read_money(event.amount).amount <= 0:
            raise ValueError("it is more than nothing")
    except ValueError as error:
        raise Refused("wrong_value", f"amount: {error}.", "Give an amount such as 40 USD.") from None


def _check_postage(draft: Draft, event: money.CompensationOffered) -> None:
    """Sending goods back costs the customer nothing, or somebody says why it does (domain.md §1, step 7)."""
    if event.postage not in (None, *POSTAGE) or (event.postage is not None and event.kind != "refund"):
        hint = f"{_one_of(POSTAGE)} It goes with a refund."
        raise Refused("wrong_value", f"postage: {shown(event.postage)} of a {event.kind}.", hint)
    if event.postage == "customer":
        if event.because is None or is_blank(event.because):
            message = "The customer would pay for sending the goods back."
            raise Refused("postage_at_customer", message, "Pay it, or say why not.")
        draft.why.append("the customer pays for sending the goods back")


def decide(draft: Draft, state: CompensationState, above: str, standing: Standing) -> None:
    """Give it, or ask whoever may approve it.

    Args:
        above: why it is more than the policy allows; empty: it is not.
    """
    number = str(len(draft.case.compensations) + 1)
    over = standing.exceeded() or (next(iter(standing.holds), None) if above else None)
    if over is None:
        give(draft, number, state, standing)
        return
    budget, of = draft.workflow.budgets[over], standing.holds[over]
    now = draft.stamp.recorded_at
    asked = state._replace(status="asked", receipt=None, over=over, asked_at=now)
    asked = _of_somebody(draft, asked, budget, standing, of.units)
    who = asked.asked_of if asked.asked_to is None else f"{asked.asked_of}, {asked.asked_to},"
    put(draft, number, asked)
    left = f"what is left of {over} ({as_money(budget, of.free)} of {as_money(budget, of.limit)})"
    more_than = left if standing.exceeded() else f"what the policy allows ({above})"
    draft.why.append(f"compensation {number}: {said(state)} is above {more_than}; a {who} is asked")
    facts = {WANTED: said(state), COSTS: state.amount, BECAUSE: state.note}
    known = {fact: value for fact, value in facts.items() if value is not None and _declares(draft, fact)}
    if known:
        draft.record(known, "engine", "workflow")
    ask(draft, budget, asked)


def _of_somebody(
    draft: Draft, state: CompensationState, budget: Budget, standing: Standing, units: int
) -> CompensationState:
    """Whom to ask: the nearest above by the list of people, where it says, else the lowest role that may.

    Raises:
        Refused: `nobody_to_ask`, `above_every_limit`.
    """
    if standing.nobody:
        hint = "Ask again when somebody is back; `delegate` in config/people.yaml names who stands in."
        raise Refused("nobody_to_ask", standing.nobody, hint)
    if standing.ask:
        return asking(draft, state, budget, standing.ask)
    who = _approver(draft, budget, role(state.by), units)
    return state._replace(asked_of=who, answer_by=next_ask(draft, budget, who))


def asking(
    draft: Draft, state: CompensationState, budget: Budget, people: tuple[Asked, ...]
) -> CompensationState:
    """Ask the first of some people; the others after them."""
    first, *then = people
    by = None if first.stands_in is None else f"{first.role}:{first.name}"
    until = budget.answer_by(draft.stamp.recorded_at) if then else next_ask(draft, budget, first.role)
    return state._replace(
        asked_of=first.role,
        asked_to=first.name,
        delegate=first.stands_in,
        delegated_by=by,
        answer_by=until,
        then=tuple(then),
    )


def ask(draft: Draft, budget: Budget, state: CompensationState) -> None:
    """Send whoever is to approve what the budget says."""
    for template in budget.ask_with:
        draft.send(Send(template, once="always", to="supervisor"), state.delegate or state.asked_to)


def as_money(budget: Budget, units: int) -> str:
    """So many of a budget's smallest coins as an amount: `20.00 USD`."""
    return written_out(units, budget.decimals, budget.currency)


def _approver(draft: Draft, budget: Budget, asking: str, units: int) -> str:
    """The lowest role that may approve it alone: no approval needs another one.

    Raises:
        Refused: `above_every_limit`.
    """
    levels = draft.workflow.escalation
    above = levels.index(asking) + 1 if asking in levels else 1
    first = len(levels) if budget.ask is None else max(above, levels.index(budget.ask))
    for one in levels[first:]:
        if budget.limit(one, levels) >= units:
            return one
    most = as_money(budget, budget.limit(levels[-1], levels))
    message = f"{as_money(budget, units)} is above what anybody may approve of {budget.name}."
    raise Refused("above_every_limit", message, f"The highest limit is {most}.")


def next_ask(draft: Draft, budget: Budget, asked: str) -> str | None:
    """When the role above is asked; None at the top."""
    is_top = asked == draft.workflow.escalation[-1]
    return None if is_top else budget.answer_by(draft.stamp.recorded_at)


def _declares(draft: Draft, name: str) -> bool:
    kind = draft.workflow.facts.get(name)
    return kind is not None and kind.kind == ASKED_IN[name]


def _one_of(words: tuple[str, ...]) -> str:
    return f"One of {', '.join(words)}."
