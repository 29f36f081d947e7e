"""What is left of limits, what the ledger has of a case, and who is paid again and again, at the engine."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from recovery.asking import MOST, Asking, require_whole
from recovery.clock import Clock
from recovery.commands import usable
from recovery.core.empowerment.budgets import Budget
from recovery.core.empowerment.postings import RESERVED, USED, account
from recovery.core.empowerment.reviewing import Paid, Payee, repeat_payees
from recovery.core.errors import RecoveryError
from recovery.core.event import known_as, person, role
from recovery.core.facts import shown
from recovery.core.instants import to_text
from recovery.standing import Allowance, Limits, Member, Members, account_of, day_of, guest_of
from recovery.store.people import PEOPLE, directory_from

if TYPE_CHECKING:
    from recovery.core.case import Case
    from recovery.core.spec import Workflow
    from recovery.store.ledger_reading import LedgerLine
    from recovery.store.lending import Lendable
    from recovery.store.reading import Reading


class Budgeting(Asking):
    """What an engine says of limits, and of money that was given."""

    clock: Clock
    limits: Limits

    @abstractmethod
    def current(self, workflow: str | None = None) -> Workflow:
        """The version that new cases run on."""

    def ledger(self, case: int, *, connection: Lendable | None = None) -> list[LedgerLine]:
        """Every line of the ledger that a case wrote, in order.

        Raises:
            NotFound: there is no such case.
        """
        from recovery.store.ledger_reading import lines

        self.case(case, connection=connection)
        with self.store.reading(connection) as reading:
            return lines(reading, self.tenant, case)

    def limits_of(
        self, by: str, case: int | None = None, *, connection: Lendable | None = None
    ) -> list[Allowance]:
        """How somebody stands with each budget just now.

        Args:
            by: `role:name`, such as `agent:li`.
            case: whose budgets are meant, those of a case and of its customer too; else those of people in
                the workflow that new cases run on.

        Raises:
            NotFound: there is no such case.
            RecoveryError: nobody is named, or the lent connection cannot be used.
        """
        if not usable(by) or not person(by):
            raise RecoveryError(f"{shown(by)} names nobody.", hint="Write role:name, such as agent:li.")
        found = None if case is None else self.case(case, connection=connection)
        workflow = self.current() if found is None else self.workflow(found.bundle)
        with self.store.reading(connection) as reading:
            return [
                self._left(reading, workflow, budget, by, found)
                for budget in workflow.budgets.values()
                if found is not None or _of_people(budget)
            ]

    def limits_now(self, *, connection: Lendable | None = None) -> list[Allowance]:
        """How everybody stands who has used up something of a budget today (this week, this month)."""
        workflow = self.current()
        found: dict[tuple[str, str], str] = {}
        with self.store.reading(connection) as reading:
            for budget in workflow.budgets.values():
                if _of_people(budget):
                    for by in self._spenders(reading, budget):
                        whose = budget.name, known_as(person(by))
                        found[whose] = max(found.get(whose, by), by, key=lambda one: _rank(workflow, one))
            return [
                self._left(reading, workflow, workflow.budgets[name], by, None)
                for (name, _), by in sorted(found.items())
            ]

    def repeat_payees(
        self,
        since: datetime,
        *,
        at_least: int = 3,
        one_in: int = 1,
        salt: str = "",
        connection: Lendable | None = None,
    ) -> list[Payee]:
        """Whoever was paid again and again since a moment, to be looked at (domain.md §4).

        Customers are told apart by their id, else their address, and named by a hash; others by their names.

        Args:
            since: aware.
            at_least: how often.
            one_in: of how many one is chosen, always the same ones; another `salt` chooses others.

        Raises:
            RecoveryError: a number is none that can be counted by, or the lent connection cannot be used.
        """
        from recovery.store.ledger_reading import paid_since

        require_whole(at_least, "a number of payments", 1, MOST)
        require_whole(one_in, "a share", 1, MOST)
        with self.store.reading(connection) as reading:
            rows = paid_since(reading, self.tenant, to_text(since))
            cases = reading.cases(self.tenant, {row[0] for row in rows})
        paid = []
        for id, number, currency, units, by, at in rows:
            to = cases[id].compensations[number].to
            payee = f"guest:{guest_of(cases[id])}" if to == "customer" else to
            paid.append(Paid(payee, id, currency, units, by, at))
        return repeat_payees(paid, at_least, one_in, salt)

    def _spenders(self, reading: Reading, budget: Budget) -> list[str]:
        """Whoever has used up something of a budget in the present period of their own calendar."""
        from recovery.store.ledger_reading import spenders

        now, members, found = self.clock.now(), self._members(reading), []
        somewhere = {day_of(budget, now + timedelta(days=days), Member("UTC")) for days in (-1, 0, 1)}
        for of in sorted(somewhere):
            for _, by in spenders(reading, self.tenant, f"{USED} {budget.name} {of} "):
                if day_of(budget, now, members(person(by))) == of:
                    found.append(by)
        return found

    def _members(self, reading: Reading) -> Members:
        return self.limits.members_of(lambda: directory_from(reading.rows(PEOPLE, self.tenant)))

    def _left(
        self, reading: Reading, workflow: Workflow, budget: Budget, by: str, case: Case | None
    ) -> Allowance:
        from recovery.store.ledger_reading import balances

        members, rates = self._members(reading), self.limits.rates()
        of = account_of(budget, by, case, self.clock.now(), members)
        sides = [account(side, budget.name, of) for side in (USED, RESERVED)]
        sums = balances(reading, self.tenant, sides)
        used, reserved = (sums.get((side, budget.currency), 0) for side in sides)
        limit = self.limits.limit(budget, by, workflow, members(person(by)), rates)
        return Allowance(budget.name, by, of, budget.currency, budget.decimals, limit, used, -reserved)


def _of_people(budget: Budget) -> bool:
    return budget.subject in ("person", "team") and budget.per in ("day", "week", "month")


def _rank(workflow: Workflow, by: str) -> int:
    levels = workflow.escalation
    return levels.index(role(by)) if role(by) in levels else -1
