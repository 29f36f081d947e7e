"""What tests of leases build with: cases that ask for three messages, claims, and outcomes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from recovery.applying import Applying
from recovery.commands import Outcome, Settlement
from recovery.core.errors import Refusal
from recovery.core.spec import Need, Send, Workflow
from recovery.insight.recurrence import OFTEN
from recovery.settling import settle_all
from recovery.standing import Limits
from recovery.store.records import OutboxRow
from recovery.store.store import Store
from recovery.workflow.bundle import Bundle
from tests.core.builders import step, workflow
from tests.store.house import FACTS, TENANT, House

LONG = timedelta(minutes=5)
OVER = timedelta(seconds=-1)
"""A lease that has ended as soon as it begins."""


def three_letters() -> Workflow:
    """listen (said) → own, with three messages: two to the customer, between them one to the owner."""
    letters = [Send("hello"), Send("note", to="owner"), Send("news")]
    return workflow(step("listen", Need("said")), step("own", Need("paid"), on_enter=letters), facts=FACTS)


def asked(house: House, cases: int = 1, *, hold: bool = False) -> list[int]:
    """Cases whose three messages are in the outbox."""
    ids = house.open(cases)
    for id in ids:
        house.tell(id, replace(house.facts(said="x", owner="li"), hold=hold))
    return ids


def claimed(
    store: Store,
    owner: str = "one",
    *,
    lasting: timedelta = LONG,
    limit: int = 50,
    without: tuple[str, ...] = (),
) -> list[OutboxRow]:
    """What a sender gets to send."""
    return store.claim(TENANT, owner, lasting, limit, without, installation=store.sender_id())


def names(rows: list[OutboxRow]) -> list[tuple[int, str]]:
    """Messages by their cases and keys."""
    return [(row.case, row.effect) for row in rows]


def settle(house: House, row: OutboxRow, end: Any = "delivered", **more: Any) -> Outcome | Refusal | None:
    """Come back with the outcome of a claimed message."""
    settlement = Settlement(
        case=row.case, effect=row.effect, at=house.now, end=end, version=row.version, **more
    )
    with house.store.write() as unit:
        workflow, bundle = (lambda _: house.workflow,) * 2, lambda hash: Bundle(hash, "small", {})
        applying = Applying(unit, TENANT, house.now, *workflow, bundle, {}, Limits(), OFTEN)
        (answer,) = settle_all(unit, applying, [settlement])
    return answer


def row_of(house: House, case: int, effect: str) -> OutboxRow:
    """A message as the outbox has it."""
    return next(row for row in house.store.outbox(TENANT, case=case) if row.effect == effect)
