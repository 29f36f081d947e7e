"""Whoever owes too many stories gives nothing more, where a budget says so (domain.md §4); off by default."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recovery.core.empowerment import events as money
from recovery.core.errors import Refusal
from recovery.core.event import Event
from recovery.core.stories.telling import name_of

if TYPE_CHECKING:
    from recovery.core.spec import Workflow
    from recovery.store.unit import Unit


def held_back(event: Event, tenant: str, workflow: Workflow, unit: Unit) -> Refusal | None:
    """Why somebody may give nothing now; None where they may, which costs nothing where no budget asks."""
    most = [one.stories.block_at for one in workflow.budgets.values() if one.stories is not None]
    blocks = [number for number in most if number is not None]
    if not blocks or isinstance(event, money.ApprovalGranted):
        return None
    who = name_of(event.by)
    cases = unit.people(tenant).stories_owed_by(who)
    if len(cases) < min(blocks):
        return None
    message = f"{who} owes {len(cases)} stories, and is to tell them first."
    listed = ", ".join(map(str, cases[:5]))
    return Refusal("stories_untold", message, f"`recovery story tell CASE` tells one: {listed}.")
