"""The recovery fund at the engine: what was set aside for recoveries that fail, and what drew on it."""

from __future__ import annotations

from abc import abstractmethod
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from recovery.asking import Asking
from recovery.commands import FINGERPRINT, key_reused, usable, wrong_key
from recovery.core.empowerment.postings import DRAWN, FUND, SET_ASIDE
from recovery.core.errors import EventRefused, RecoveryError, Refusal
from recovery.core.event import role
from recovery.core.facts import shown
from recovery.core.instants import to_text
from recovery.core.money import read_money
from recovery.core.moves import supervisors
from recovery.store.fund import Fund
from recovery.store.ledger_reading import all_balances, moved_since

if TYPE_CHECKING:
    from datetime import datetime

    from recovery.core.spec import Workflow
    from recovery.store.lending import Lendable

BURN_DAYS = 30
"""Over how many days what is drawn is looked at."""


class FundBalance(NamedTuple):
    """How the fund stands in one currency, in its smallest coin; `decimals` is how many it has.

    Attributes:
        set_aside: all that was ever put in, and `drawn` all that was paid from it.
        burn: what was drawn in the last 30 days.
        lasts_days: how long the balance lasts at that rate; None where nothing was drawn.
    """

    currency: str
    decimals: int
    set_aside: int
    drawn: int
    burn: int

    @property
    def balance(self) -> int:
        """What is left; less than nothing where more was drawn than set aside."""
        return self.set_aside - self.drawn

    @property
    def lasts_days(self) -> int | None:
        """See above."""
        return max(0, self.balance) * BURN_DAYS // self.burn if self.burn else None


class Drawn(NamedTuple):
    """A compensation that was paid from the fund: in which case, how much, by whom, when (text instant)."""

    case: int
    compensation: str
    currency: str
    units: int
    by: str
    at: str


class FundReport(NamedTuple):
    """The fund in each currency, and what drew on it, the last first."""

    balances: list[FundBalance]
    drawn: list[Drawn]


class Funding(Asking):
    """The part of an engine that looks after the recovery fund.

    What is paid in a case after a failure of its recovery (from its second cycle on) is drawn from the fund.
    It never keeps anybody from paying: a fund that is overdrawn says so.
    """

    @abstractmethod
    def current(self, workflow: str | None = None) -> Workflow:
        """The version that new cases run on."""

    def set_aside(self, amount: str, *, by: str, at: datetime | None = None, key: str | None = None) -> bool:
        """Put money into the fund.

        Args:
            amount: such as `5000 USD`.
            by: a supervisor, or the engine.
            at: for which moment (aware), now when left out; the same moment is set aside for once.
            key: what is sent again under the same key is not set aside again.

        Returns:
            False where it had been set aside for that moment, or under that key.

        Raises:
            RecoveryError: the amount cannot be paid, or is not more than nothing.
            EventRefused: `not_allowed`: `by` is nobody who may; `key_reused`, `wrong_key`.
            EnvironmentFault: the database cannot be written.
        """
        from recovery.workflow.currencies import unpayable
        from recovery.workflow.rates import decimals

        wrong = unpayable(amount)
        money = None if wrong else read_money(amount)
        if money is None or money.amount <= 0:
            said = wrong or "it is not more than nothing"
            raise RecoveryError(f"{shown(amount)} cannot be set aside: {said}.", hint="Such as 5000 USD.")
        workflow = self.current()
        if role(by) != "engine" and not workflow.may(role(by), supervisors(workflow)):
            message = f"{by} may not set money aside."
            raise EventRefused(Refusal("not_allowed", message, "A supervisor may."))
        units = int(money.amount.scaleb(decimals(money.currency)))
        moment = at or self.clock.now()
        if key is not None and not usable(key):
            raise EventRefused(wrong_key())
        with self.store.working(Fund, self.tenant) as fund:
            if key is not None:
                given = _fingerprint(amount, by, at)
                known = fund.used_for(key, given, moment)
                if known is not None and known != given:
                    raise EventRefused(key_reused(key))
                if known is not None:
                    return False
            while not (done := fund.set_aside(moment, money.currency, units, by)) and at is None:
                moment += timedelta(microseconds=1)  # somebody else has set something aside just now
        return bool(done)

    def fund(self, since: str = "", *, connection: Lendable | None = None) -> FundReport:
        """How the fund stands, and what drew on it since a moment (text instant).

        Raises:
            EnvironmentFault: the database cannot be read.
        """
        from recovery.workflow.rates import decimals

        lately = to_text(self.clock.now() - timedelta(days=BURN_DAYS))
        with self.store.reading(connection) as reading:
            sums = all_balances(reading, self.tenant)
            drawn = [Drawn(*row) for row in moved_since(reading, self.tenant, DRAWN, min(since, lately))]
        burn: dict[str, int] = {}
        for one in drawn:
            if one.at >= lately:
                burn[one.currency] = burn.get(one.currency, 0) + one.units
        currencies = sorted({currency for account, currency in sums if account in (FUND, DRAWN, SET_ASIDE)})
        balances = [
            FundBalance(
                currency,
                decimals(currency),
                -sums.get((SET_ASIDE, currency), 0),
                sums.get((DRAWN, currency), 0),
                burn.get(currency, 0),
            )
            for currency in currencies
        ]
        return FundReport(balances, [one for one in reversed(drawn) if one.at >= since])


def _fingerprint(amount: str, by: str, at: datetime | None) -> str:
    """The same for the same command sent twice."""
    said = "\0".join(("set aside", amount, by, "" if at is None else to_text(at)))
    return sha256(said.encode()).hexdigest()[:FINGERPRINT]
