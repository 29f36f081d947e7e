"""Emptying the outbox: render what is due, deliver it, and tell the engine how it went."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, assert_never

from recovery.commands import Settlement
from recovery.core.errors import EnvironmentFault, NotFound
from recovery.core.instants import from_text
from recovery.delivery import outcomes
from recovery.delivery.channels import Channel, Message
from recovery.delivery.render import RenderFailed, render
from recovery.delivery.suppressing import leaving_by
from recovery.engine import Engine
from recovery.workflow.bundle import template

if TYPE_CHECKING:
    from recovery.store.reading import OutboxRow

BATCH = 50
"""Messages settled in one transaction: few, for whoever else writes waits that long (SQLite)."""


@dataclass(slots=True)
class Delivered:
    """How many messages were delivered, and how many could not be."""

    delivered: int = 0
    failed: int = 0


def deliver_due(
    engine: Engine,
    channel: Channel,
    *,
    at_due_time: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Delivered:
    """Deliver everything that is due, in the order of each case, until nothing more can be delivered now.

    Args:
        at_due_time: count each message as delivered at the moment it was asked for (plays and demos, whose
            clock stands still) instead of now.
        progress: told the number of messages settled in each batch.

    Raises:
        EnvironmentFault: the channel is out of order; what was not delivered stays due.
    """
    total = Delivered()
    installation = engine.store.installation_id()
    while rows := engine.store.due_effects(engine.tenant, BATCH):
        settlements: list[Settlement] = []
        waiting: set[int] = set()
        try:
            for row in rows:
                if row.case in waiting:
                    continue
                moment = from_text(row.due_at) if at_due_time else engine.clock.now()
                settled = _attempt(engine, channel, installation, row, moment)
                if settled is None:
                    waiting.add(row.case)
                else:
                    settlements.append(settled)
        finally:
            engine.settle_many(settlements)
        failed = sum(1 for settled in settlements if settled.failure is not None)
        total.failed += failed
        total.delivered += len(settlements) - failed
        if progress is not None:
            progress(len(settlements))
        if waiting:
            break
        if len(rows) == BATCH:
            engine.store.give_way()
    return total


def _attempt(
    engine: Engine, channel: Channel, installation: str, row: OutboxRow, moment: datetime
) -> Settlement | None:
    """What became of a message; None when it is to be tried again later."""
    try:
        bundle = engine.bundle(row.bundle)
        text = render(bundle, row.template, row.language, row.context)
    except RenderFailed as error:
        return Settlement(row.case, row.effect, moment, failure=str(error))
    except NotFound as error:
        return Settlement(row.case, row.effect, moment, failure=error.message)
    message = Message(
        key=f"{installation}:{engine.tenant}:{row.case}:{row.effect.replace('.', ':')}",
        case=row.case,
        effect=row.effect,
        template=row.template,
        purpose=template(bundle, row.template, row.language).purpose,
        address=row.address,
        channel=row.channel,
        language=text.language,
        subject=text.subject,
        text=text.text,
        html=text.html,
        created_at=from_text(row.due_at),
    )
    rendered = json.dumps(
        {"subject": text.subject, "text": text.text, "html": text.html, "language": text.language},
        ensure_ascii=False,
    )
    match leaving_by(channel).deliver(message):
        case outcomes.Delivered():
            return Settlement(row.case, row.effect, moment, rendered)
        case outcomes.Rejected(reason) | outcomes.Cancelled(reason):
            return Settlement(row.case, row.effect, moment, rendered, failure=reason)
        case outcomes.OutOfOrder(reason):
            raise EnvironmentFault(f"{reason}.", hint="Nothing is lost: what was not delivered stays due.")
        case outcomes.RetryLater() | outcomes.Snoozed():
            return None
        case other:
            assert_never(other)
