"""What the core may not know of limits: how much of which is used, filled into events under a lock.

A limit is counted by accounts of the ledger, one for each subject and period: `2026-11-30 person:li`. The day
is that of the person's own zone, else of the workflow's calendar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from recovery.commands import Command
from recovery.core.calendars.local import zone_of
from recovery.core.case import Case
from recovery.core.empowerment import events as money
from recovery.core.empowerment.approving import spender
from recovery.core.empowerment.budgets import Budget
from recovery.core.empowerment.offering import is_payee
from recovery.core.empowerment.standing import Stand, Standing
from recovery.core.errors import NotFound, RecoveryError, Refusal
from recovery.core.event import Event, known_as, person, role
from recovery.core.events import CouponOffered
from recovery.core.money import Money, read_money
from recovery.core.people import Directory
from recovery.core.rates import NoRate, Rates
from recovery.core.shape import problem
from recovery.untold import held_back

if TYPE_CHECKING:
    from recovery.core.compensation.policy import Policy
    from recovery.core.spec import Workflow
    from recovery.store.unit import Unit

Spending = money.CompensationOffered | money.CompensationSpent | money.ApprovalGranted | CouponOffered
"""Events that use up limits."""

Giving = money.CompensationOffered | money.CompensationSpent | CouponOffered

SPENDING = frozenset(
    {money.CompensationOffered, money.CompensationSpent, money.ApprovalGranted, CouponOffered}
)


class Member(NamedTuple):
    """What counts of somebody of the house when they spend.

    Attributes:
        zone: the time zone they work in; None: that of the workflow's calendar.
        limit: what they may spend a day; it wins over what their role may.
        team: whose limit they share, where one is a team's.
    """

    zone: str | None = None
    limit: Money | None = None
    team: str | None = None


Members = Callable[[str], Member]
"""What counts of a person, by their name."""


class Allowance(NamedTuple):
    """How somebody stands with a budget.

    Attributes:
        by: who, `role:name`.
        account: whose limit and of which period: `2026-11-30 person:li`.
        limit, used, reserved, left: in the smallest coin of the currency, which has so many `decimals`;
            `reserved` is the part of `used` that has not been given yet.
    """

    budget: str
    by: str
    account: str
    currency: str
    decimals: int
    limit: int
    used: int
    reserved: int

    @property
    def left(self) -> int:
        """What may still be used up; never less than nothing."""
        return max(0, self.limit - self.used)


def listed(directory: Directory) -> Members:
    """What the list of people says of them; of who is not on it nothing but the house's zone."""

    def member(name: str) -> Member:
        known = directory.find(name)
        if known is None:
            return Member(directory.zone if directory.people else None)
        return Member(known.zone or directory.zone, known.limit, next(iter(known.teams), None))

    return member


def no_rates() -> Rates:
    """No currency can be converted into another one."""
    from recovery.workflow.rates import decimals

    return Rates("USD", "", {}, decimals)


class Limits:
    """Looks at limits for one installation.

    Attributes:
        members: what counts of people, where that is known elsewhere than in the list of people.
        rates: what currencies are worth.
        policy: the compensation policy; None: there is none.
    """

    def __init__(
        self,
        members: Members | None = None,
        rates: Callable[[], Rates] = no_rates,
        policy: Callable[[], Policy | None] = lambda: None,
    ) -> None:
        self.members = members
        self.rates = rates
        self.policy = policy

    def members_of(self, directory: Callable[[], Directory]) -> Members:
        """What counts of people; the list of them is asked for where it matters."""
        return self.members or listed(directory())

    def take(
        self, unit: Unit, tenant: str, commands: Sequence[Command], version: Callable[[str], Workflow]
    ) -> None:
        """Take whatever several commands are going to use up, all at once: no two wait for each other.

        Args:
            commands: for cases that are loaded.
            version: gives the workflow of a bundle's hash.
        """
        subjects = set()
        members = self.members_of(unit.people(tenant).directory)
        for event, case in ((command.event, unit.case(tenant, command.case or 0)) for command in commands):
            if case is not None and isinstance(event, Spending) and problem(event) is None:
                with suppress(NotFound):  # deciding says so
                    for budget in version(case.bundle).budgets.values():
                        subject = subject_of(budget, _by(event, case), case, members)
                        subjects.add(f"{budget.name} {subject}")
        unit.ledger.take(tenant, subjects)

    def filled(
        self, event: Spending, case: Case, workflow: Workflow, unit: Unit, now: datetime
    ) -> Event | Refusal:
        """The event with how things stand, or why its amount cannot be counted.

        Args:
            event: one whose fields are of their types.
            now: when we learn of it; whose day it is is asked of this moment.
        """
        if (own := self._own(event, case, unit)) is not None:
            return own
        if isinstance(event, money.ApprovalGranted):
            state = case.compensations.get(event.compensation)
            text = None if state is None else state.amount
        else:
            text = event.value if isinstance(event, CouponOffered) else event.amount
        if text is None:
            return self._judged(replace(event, standing={}), case)
        if (owed := held_back(event, case.tenant, workflow, unit)) is not None:
            return owed
        from recovery.workflow.currencies import unpayable

        if wrong := unpayable(text):
            return Refusal("wrong_value", f"amount: {wrong}.", "Give an amount such as 40 USD.")
        amount = read_money(text)
        try:
            rates = self.rates()
            holds = dict(self._holds(amount, _by(event, case), case, workflow, unit, now, rates))
        except NoRate as error:
            return Refusal("amount_without_rate", f"{text} cannot be counted: {error}.", fault="environment")
        except RecoveryError as error:
            return Refusal(
                "amount_without_rate", f"{text} cannot be counted: {error.message}", fault="environment"
            )
        units = int(amount.amount.scaleb(rates.decimals(amount.currency)))
        standing = Standing(units, holds)
        told = self._judged(replace(event, standing=standing.row()), case)
        if isinstance(told, Refusal | money.ApprovalGranted):
            return told
        over = standing.exceeded() or (next(iter(holds), None) if told.policy.get("above") else None)
        if over is None:
            return told
        return replace(
            told, standing=self._with_people(standing, over, told, case, workflow, unit, now).row()
        )

    @staticmethod
    def _own(event: Spending, case: Case, unit: Unit) -> Refusal | None:
        """Why somebody who is listed may not do it: they would get it, under their name or their address."""
        known = unit.people(case.tenant).directory().find(person(event.by))
        if isinstance(event, money.ApprovalGranted):
            state = case.compensations.get(event.compensation)
            to = None if state is None else state.to
        else:
            to = "customer" if isinstance(event, CouponOffered) else event.to
        if known is None or to is None or not is_payee(case, to, event.by, known.ways):
            return None
        if isinstance(event, money.ApprovalGranted):
            return Refusal("own_approval", "Nobody approves their own.", "Let somebody else answer.")
        return Refusal("pays_themselves", "Nobody pays themselves.", "Let somebody else give it.")

    def _with_people(
        self,
        standing: Standing,
        over: str,
        event: Giving,
        case: Case,
        workflow: Workflow,
        unit: Unit,
        now: datetime,
    ) -> Standing:
        """How things stand, with whoever is to be asked for an approval, where the list of people knows."""
        directory = unit.people(case.tenant).directory()
        asking = directory.find(person(event.by))
        if asking is None:
            return standing
        from recovery.approvers import approvers

        budget, units = workflow.budgets[over], standing.holds[over].units
        members, rates = self.members_of(lambda: directory), self.rates()

        def suffices(by: str) -> bool:
            return self.limit(budget, by, workflow, members(person(by)), rates) >= units

        by = f"{role(event.by)}:{asking.id}"
        to = "customer" if isinstance(event, CouponOffered) else event.to
        ask, nobody = approvers(directory, workflow, budget, case, by, to, now, suffices)
        return standing._replace(ask=ask, nobody=nobody)

    def _judged(self, event: Spending, case: Case) -> Spending | Refusal:
        """The event with what the compensation policy says of it, where there is one."""
        if isinstance(event, money.ApprovalGranted):
            return event
        from recovery.judging import said_by

        try:
            policy = self.policy()
            said = {} if policy is None else said_by(policy, event, case, self.rates())
        except RecoveryError as error:
            return Refusal(
                "no_policy", f"The compensation policy cannot be asked: {error.message}", error.hint
            )
        return said if isinstance(said, Refusal) else replace(event, policy=said)

    def _holds(
        self,
        amount: Money,
        by: str,
        case: Case,
        workflow: Workflow,
        unit: Unit,
        now: datetime,
        rates: Rates,
    ) -> Iterator[tuple[str, Stand]]:
        members = self.members_of(unit.people(case.tenant).directory)
        member = members(person(by))
        for budget in workflow.budgets.values():
            subject = subject_of(budget, by, case, members)
            account = account_of(budget, by, case, now, members)
            unit.ledger.take(case.tenant, (f"{budget.name} {subject}",))
            limit = self.limit(budget, by, workflow, member, rates)
            used = unit.ledger.used(case.tenant, budget.name, account, budget.currency)
            yield budget.name, Stand(account, budget.currency, _units(amount, budget, rates), limit, used)

    def limit(self, budget: Budget, by: str, workflow: Workflow, member: Member, rates: Rates) -> int:
        """How much somebody may use up of a budget, in its smallest coin.

        Raises:
            NoRate: their own limit is in a currency that cannot be converted.
        """
        if member.limit is not None and (budget.subject, budget.per) == ("person", "day"):
            exact = rates.exact(member.limit, budget.currency) * 10**budget.decimals
            return int(exact.numerator // exact.denominator)
        return budget.limit(role(by), workflow.escalation)


def account_of(budget: Budget, by: str, case: Case | None, now: datetime, members: Members) -> str:
    """Which account of a budget somebody uses up at a moment: `2026-11-30 person:li`.

    Args:
        case: in which; None for a budget that is the same in every case.
    """
    if budget.per == "case":
        of = f"case-{case.id}" if case is not None else ""
    elif budget.per == "incident":
        of = f"case-{case.id}@{case.cycle}" if case is not None else ""
    else:
        of = day_of(budget, now, members(person(by)))
    return f"{of} {subject_of(budget, by, case, members)}"


def subject_of(budget: Budget, by: str, case: Case | None, members: Members) -> str:
    """Whose limit of a budget somebody uses up: `person:li`."""
    if budget.subject == "person":
        return f"person:{known_as(person(by)) or role(by)}"
    if budget.subject == "team":
        return f"team:{members(person(by)).team or ''}"
    assert case is not None, "whoever asks without a case asks about people"
    return f"case:{case.id}" if budget.subject == "case" else f"guest:{guest_of(case)}"


def day_of(budget: Budget, now: datetime, member: Member) -> str:
    """The local day of a moment, `2026-11-30`; its week, `2026-W49`; or its month, `2026-11`."""
    zone = zone_of(member.zone or (budget.calendar.zone if budget.calendar is not None else "UTC"))
    day = now.astimezone(zone).date()
    if budget.per == "week":
        year, week, _ = day.isocalendar()
        return f"{year}-W{week:02}"
    return day.isoformat()[:7] if budget.per == "month" else day.isoformat()


def guest_of(case: Case) -> str:
    """The customer without a name: what is the same in all of their cases, and tells nobody who they are."""
    known = case.customer.get("id") or case.customer.get("address")
    if known is None:
        return f"case-{case.id}"
    return sha256(f"{case.tenant}\0{known.casefold()}".encode()).hexdigest()[:32]


def _by(event: Spending, case: Case) -> str:
    """Whose limit an event uses up."""
    return spender(case, event) if isinstance(event, money.ApprovalGranted) else event.by


def _units(amount: Money, budget: Budget, rates: Rates) -> int:
    """What an amount takes of a budget: rounded up, so that no limit is overrun by fractions."""
    exact = rates.exact(amount, budget.currency) * 10**budget.decimals
    return int(-(-exact.numerator // exact.denominator))
