"""Letting time pass: what is due in cases is seen to, in batches, each in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from recovery.clock import ManualClock
from recovery.core.instants import from_text
from recovery.delivery.channels import Channel
from recovery.delivery.outbox import Delivered, deliver_due
from recovery.engine import Engine

BATCH = 100
"""How many cases are seen to in one transaction."""


def fire_due(engine: Engine, *, limit: int = BATCH, set_aside: Callable[[int], None] | None = None) -> int:
    """See to the cases in which something is due now, in the order of their due times, in one transaction.

    Any number of workers may do so at once: none takes what another one has. What is due is a part of the
    case, so that it is done with together with what follows from it, or neither.

    Args:
        set_aside: told the number of each case that could not be seen to, and is in quarantine now.

    Returns:
        How many cases were seen to; fewer than `limit` when nothing more is due.

    Raises:
        EnvironmentFault: the database cannot be used; then nothing was done.
    """
    seen_to, quarantined = engine.see_to_due(limit)
    if set_aside is not None:
        for case in quarantined:
            set_aside(case)
    return seen_to


def pass_time(
    engine: Engine, clock: ManualClock, until: datetime, channel: Channel, *, at_due_time: bool = True
) -> Delivered:
    """Let time pass under a simulated clock: everything happens at the very moment it is due, in order.

    Messages leave at their moments too, those that clocks ask for and those that waited.

    Args:
        clock: the engine's own; it stands at `until` in the end, or later where it did already.
        at_due_time: see `deliver_due`; off where every act is played at its own moment.

    Raises:
        EnvironmentFault: the database or a channel cannot be used.
    """
    total = Delivered()
    while True:
        done = deliver_due(engine, channel, at_due_time=at_due_time)
        done.require_channels()
        total.add(done)
        if fire_due(engine):
            continue
        next_at = next_moment(engine, clock.now())
        if next_at is None or next_at > until:
            break
        clock.set(max(clock.now(), next_at))
    if clock.now() < until:
        clock.set(until)
    return total


def next_moment(engine: Engine, after: datetime) -> datetime | None:
    """When something is due next: a clock, at any time, or a message after this moment."""
    store, tenant = engine.store, engine.tenant
    found = (store.next_due(tenant), store.next_message(tenant, after))
    moments = [at for at in found if at is not None]
    return from_text(min(moments)) if moments else None
