"""Mistakes that others have made, each as a switch: the simulation must find every one of them.

A switch replaces a piece of the product while runs are played; nothing of it is in the product itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

import msgspec

from recovery import settling
from recovery.applying import Applying
from recovery.commands import Settlement
from recovery.core.case import _next_due
from recovery.core.instants import to_text
from recovery.delivery import attempt as attempts
from recovery.delivery import outbox
from recovery.engine import Engine
from recovery.store import outbox_statements as sql
from recovery.store.codec import read_effect_key
from recovery.store.outbox import Outbox
from recovery.store.records import OutboxRow
from recovery.store.store import Store
from recovery.store.unit import Unit

Switch = Callable[[], AbstractContextManager[Any]]


@contextmanager
def unfenced_lease() -> Iterator[None]:
    """Whoever comes with an outcome is believed, also when somebody else has leased the message since."""
    real = settling.settle_all

    def settle_all(unit: Unit, applying: Applying, settlements: Sequence[Settlement]) -> Any:
        versions = unit.outbox.versions(applying.tenant, [one.case for one in settlements])
        newest = [
            msgspec.structs.replace(one, version=versions.get((one.case, one.effect), one.version))
            for one in settlements
        ]
        return real(unit, applying, newest)

    with patch("recovery.engine.settle_all", settle_all):
        yield


@contextmanager
def settle_before_send() -> Iterator[None]:
    """A message is put on record as delivered, and then sent."""
    real = outbox.attempt

    def attempt(
        engine: Engine, channel: Any, sender: str, row: OutboxRow, moment: datetime, sending: Any
    ) -> Any:
        engine.settle_many([attempts._settled(row, moment, "delivered", "{}")])
        return real(engine, channel, sender, row, moment, sending)

    with patch("recovery.delivery.outbox.attempt", attempt):
        yield


@contextmanager
def timer_done_before_commit() -> Iterator[None]:
    """What is due in a case is taken from it in one transaction, and done in the next."""

    def see_to_due(self: Engine, limit: int) -> tuple[int, list[int]]:
        with self.store.write() as unit:
            due = unit.lock_due(self.tenant, self.clock.now(), limit)
            for id in due:
                unit._cursor.execute("UPDATE recovery_case SET due_at = NULL WHERE id = ?", (id,))
        if not due:
            return 0, []
        with self.store.write() as unit:
            applying = self._applying(unit)
            for id in due:
                case = unit.case(self.tenant, id)
                assert case is not None
                case.due_at = _next_due(case)
                applying.let_time_pass(case, applying.now)
        return len(due), []

    with patch.object(Engine, "see_to_due", see_to_due):
        yield


@contextmanager
def orphan_lease() -> Iterator[None]:
    """A lease never ends by itself, also when whoever had it is gone."""
    real = Outbox.claim

    def claim(
        self: Outbox, tenant: str, owner: str, now: datetime, lasting: timedelta, *more: Any, **named: Any
    ) -> Any:
        return real(self, tenant, owner, now, timedelta(days=3650), *more, **named)

    with patch.object(Outbox, "claim", claim):
        yield


class _Undone(Exception):
    """What was read is kept, what was written is not."""


@contextmanager
def double_claim() -> Iterator[None]:
    """What is free is looked up in one transaction, and leased in the next, without another look."""

    def claim(
        self: Store,
        tenant: str,
        owner: str,
        lasting: timedelta,
        limit: int,
        without_channels: Sequence[str] = (),
        *,
        installation: str,
    ) -> list[OutboxRow]:
        found: list[OutboxRow] = []
        with suppress(_Undone), self.write() as unit:
            now = self.clock()
            found = unit.outbox.claim(
                tenant, owner, now, lasting, limit, without_channels, installation=installation
            )
            raise _Undone
        if not found:
            return []
        with self.write() as unit:
            versions = unit.outbox.versions(tenant, {row.case for row in found})
            rows = [
                row._replace(version=versions.get((row.case, row.effect), 0) + 1)
                for row in found
                if (row.case, row.effect) in versions
            ]
            until = to_text(self.dialect.lease_now(unit._cursor) + lasting)
            leases = [
                (owner, until, tenant, row.case, *read_effect_key(row.effect), row.version - 1)
                for row in rows
            ]
            self.dialect.many(unit._cursor, sql.LEASE_EFFECT, leases)
        return rows

    with patch.object(Store, "claim", claim):
        yield


BUGS: dict[str, Switch] = {
    "unfenced-lease": unfenced_lease,
    "settle-before-send": settle_before_send,
    "timer-done-before-commit": timer_done_before_commit,
    "orphan-lease": orphan_lease,
    "double-claim": double_claim,
}
