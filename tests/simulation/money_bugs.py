"""Mistakes with money, each as a switch: see `bugs`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch
from weakref import WeakKeyDictionary

from recovery.core.empowerment import offering
from recovery.core.empowerment.postings import USED, account
from recovery.delivery import outbox
from recovery.store.ledger import Ledger
from tests.simulation.world import Process, current


@contextmanager
def limit_beside_the_ledger() -> Iterator[None]:
    """Each process remembers what is used of a limit, instead of asking the ledger."""
    real, known = Ledger.used, WeakKeyDictionary[Process, dict[tuple[str, str], int]]()

    def used(self: Ledger, tenant: str, budget: str, of: str, currency: str) -> int:
        task = current()
        assert task is not None
        mine = known.setdefault(task.process, {})
        if (budget, of) not in mine:
            mine[budget, of] = real(self, tenant, budget, of, currency)
        unwritten = self._unwritten.get((tenant, account(USED, budget, of), currency), 0)
        return mine[budget, of] + unwritten

    with patch.object(Ledger, "used", used):
        yield


@contextmanager
def reservation_kept() -> Iterator[None]:
    """An offer ends, and what was kept for it stays used."""

    def end(draft: Any, number: str, state: Any, status: Any, note: str | None) -> None:
        offering.put(draft, number, state._replace(status=status, ended_at=draft.stamp.recorded_at))

    with patch("recovery.core.empowerment.running_out.end", end):
        yield


@contextmanager
def paid_again() -> Iterator[None]:
    """Whoever says that they have paid is believed, also when it was paid before."""

    def found(draft: Any, number: str) -> Any:
        number, state = offering.found(draft, number)
        return number, state._replace(status="due") if state.status == "fulfilled" else state

    with patch("recovery.core.empowerment.answering.found", found):
        yield


@contextmanager
def key_of_each_attempt() -> Iterator[None]:
    """Each attempt at a message has a key of its own, and whoever pays cannot know that it is the same."""
    real = outbox.attempt

    def attempt(engine: Any, channel: Any, sender: str, row: Any, *more: Any) -> Any:
        return real(engine, channel, f"{row.version}-{sender}", row, *more)

    with patch("recovery.delivery.outbox.attempt", attempt):
        yield


MONEY_BUGS = {
    "limit-beside-the-ledger": limit_beside_the_ledger,
    "reservation-kept": reservation_kept,
    "paid-again": paid_again,
    "key-of-each-attempt": key_of_each_attempt,
}
