"""Money as the world itself counts it: each line of the ledger as it was committed, and what limits allow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from recovery.commands import Outcome
from recovery.core.case import Case
from recovery.core.empowerment.state import CompensationState
from recovery.core.event import role
from recovery.core.spec import Workflow
from recovery.delivery.channels import Message
from recovery.store.records import Record
from tests.simulation.refunds import EVENTS
from tests.simulation.world import Process, Violation, World

if TYPE_CHECKING:
    from tests.simulation.orders import Order
    from tests.simulation.play import Run

GONE = frozenset({"declined", "expired", "revoked", "refused", "asked"})
"""Nothing is kept for a compensation that stands like this, nor was it given."""


class Fate(NamedTuple):
    """What a receiver will do next, and how many seconds it takes."""

    what: str
    seconds: float = 0.0


class Payment(NamedTuple):
    """What whoever pays has paid, once for each key."""

    case: int
    compensation: str
    units: int
    receipt: str


class Purse:
    """What was written into the ledger, in the order of the commits, and what was really paid.

    Attributes:
        lines: each as a row of `recovery_ledger`, without its tenant.
        payments: by the keys of their orders; `refused`: the keys of those that were not paid for good.
    """

    def __init__(self, world: World, workflow: Workflow) -> None:
        self.world = world
        self.workflow = workflow
        self.lines: list[tuple[Any, ...]] = []
        self.payments: dict[str, Payment] = {}
        self.refused: set[str] = set()
        self._used: Counter[str] = Counter()

    def stands(self, message: Message, fate: Fate) -> Fate:
        """What whoever pays has answered to a key stands: neither paid and then refused, nor the reverse."""
        if message.payment is None:
            return fate
        if message.key in self.refused:
            return Fate("refused")
        if fate.what == "refused":
            if message.key in self.payments:
                return Fate("taken")
            self.refused.add(message.key)
        return fate

    def pay(self, message: Message) -> str:
        """Whoever pays has got an order: it is paid, unless it was before; gives the receipt."""
        assert message.payment is not None
        about = message.payment
        receipt = f"T-{len(self.payments) + 1}"
        paid = Payment(message.case, about["compensation"], about["units"], receipt)
        return self.payments.setdefault(message.key, paid).receipt

    def committed(self, process: Process, row: tuple[Any, ...]) -> None:
        """A line was committed.

        Raises:
            Violation: `limit-exceeded`.
        """
        self.lines.append(tuple(row[1:]))
        _, case, _, _, number, account, _, units, by, _ = row
        if not account.startswith("used "):
            return
        budget = account.split(" ")[1]
        self._used[account] += units
        used, limit = self._used[account], self._limit(budget, by)
        self.world.tell(f"{process.name} has used {units} of {account}: {used} of {limit}")
        if units > 0 and used > limit:
            what = f"compensation {number} of case {case}"
            raise self.world.violated("limit-exceeded", f"{what} makes it {used} of {limit} in {account}")
        if used < 0:
            raise self.world.violated("released-twice", f"{account} comes to {used}")

    def _limit(self, budget: str, by: str) -> int:
        return self.workflow.budgets[budget].limit(role(by), self.workflow.escalation)


def check(run: Run, cases: Mapping[int, Case], logs: Mapping[int, list[Record]]) -> None:
    """Nothing was paid twice, nothing lost, nothing kept that is free; the ledger comes to what cases say.

    Raises:
        Violation: one of these does not hold.
    """
    rows = run.place.looking.execute(_LEDGER).fetchall()
    if sorted(run.purse.lines) != rows:
        raise Violation("ledger", "the ledger does not have the lines that were committed")
    sums: Counter[tuple[str, str]] = Counter()
    for _, _, _, _, account, currency, units, _, _ in rows:
        sums[account, currency] += units
    expected: Counter[tuple[str, str]] = Counter()
    states = [(id, number, one) for id, case in cases.items() for number, one in case.compensations.items()]
    for id, number, state in states:
        run.book.counts.money[state.status] += 1
        run.book.counts.money["approved"] += state.status != "refused" and state.answered_by is not None
        if state.status == "offered":
            raise Violation("reservation-kept", f"compensation {number} of case {id} is still offered")
        _expect(expected, state)
    wrong = [key for key in {*sums, *expected} if sums[key] != expected[key]]
    if wrong:
        (account, currency), at = min(wrong), min(wrong)
        message = f"{account} comes to {sums[at]} {currency}, and by the cases to {expected[at]}"
        raise Violation("ledger", message)
    _once(logs)
    _really(run.purse.payments.values(), cases, logs)
    run.book.counts.money["paid by whoever pays"] += len(run.purse.payments)
    _answers(run.done, logs)


_LEDGER = """
select case_id, seq, n, compensation, account, currency, units, "by", at from recovery_ledger
order by case_id, seq, n
"""


def _expect(sums: Counter[tuple[str, str]], state: CompensationState) -> None:
    """Add what a compensation must have left in the ledger, by how it stands."""
    if state.status in GONE:
        return
    side = "spent" if state.status == "fulfilled" else "reserved"
    for budget, account, currency, units in state.holds:
        sums[f"used {budget} {account}", currency] += units
        sums[f"{side} {budget} {account}", currency] -= units
    sums[f"cost {state.kind}", state.currency] += state.units
    sums["paid" if state.status == "fulfilled" else "owed", state.currency] -= state.units


def _once(logs: Mapping[int, list[Record]]) -> None:
    """By the log alone: no compensation, no offer and no receipt was paid twice."""
    paid: Counter[str] = Counter()
    for id, log in logs.items():
        for record in log:
            for change in record.changes:
                if change[0] == "compensation" and "paid" in change[3]:
                    state = CompensationState(*change[2])
                    paid[f"compensation {change[1]} of case {id}"] += 1
                    paid[f"{state.kind} {state.offer} of case {id}"] += 1
                    if state.receipt is not None:
                        paid[f"receipt {state.receipt}"] += 1
    for what, times in paid.items():
        if times > 1:
            raise Violation("paid-twice", f"{what} was paid {times} times")


def _really(payments: Iterable[Payment], cases: Mapping[int, Case], logs: Mapping[int, list[Record]]) -> None:
    """What was really paid, by whoever pays or by hand, was paid once, and is on record or waited for."""
    paid = {(one.case, one.compensation): one for one in payments}
    times = Counter((one.case, one.compensation) for one in payments)
    for (case, number), one in paid.items():
        state, what = cases[case].compensations[number], f"compensation {number} of case {case}"
        if times[case, number] > 1:
            raise Violation("paid-twice", f"{what} was paid under {times[case, number]} keys")
        if state.units != one.units or state.status not in ("due", "fulfilled"):
            raise Violation("paid-for-nothing", f"{what} was paid, {one.units}, and is {state.status}")
        if state.status == "due" and state.taken_at is None:
            raise Violation("paid-unnoticed", f"{what} was paid, and nobody knows")
    for case, log in logs.items():
        for record in log:
            for change in record.changes:
                if change[0] == "compensation" and "paid" in change[3]:
                    _known(record, case, change[1], CompensationState(*change[2]), paid)


def _known(
    record: Record,
    case: int,
    number: str,
    state: CompensationState,
    paid: Mapping[tuple[int, str], Payment],
) -> None:
    """Whoever says that something was paid is right: who had the order has paid, or else a person has."""
    found, what = paid.get((case, number)), f"compensation {number} of case {case}"
    if record.kind == "EffectDelivered" and (found is None or found.receipt != state.receipt):
        raise Violation("payment-lost", f"{what} is on record as paid by {state.receipt}, not {found}")
    if record.kind != "EffectDelivered" and (state.taken_at is None) != (found is None):
        raise Violation("paid-twice", f"{what} was paid by hand ({state.receipt}), and by {found}")


def _answers(orders: Iterable[Order], logs: Mapping[int, list[Record]]) -> None:
    """What people were told about money stands in the log where they were told it does."""
    for order in orders:
        kind = EVENTS.get(order.what)
        if kind is None or not isinstance(order.answer, Outcome):
            continue
        record = logs[order.answer.case][order.answer.seq - 1]
        about = order.kept["about"][1] if "about" in order.kept else None
        if record.kind != kind or record.event.get("compensation") != about:
            raise Violation("money-lost", f"{order} was answered, and the log says {record.kind} {about}")
