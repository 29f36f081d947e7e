"""What a clock asked for at night and is settled by the morning: it is not sent (domain.md §1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recovery.core.case import Case
from recovery.core.conversation import WRITTEN
from recovery.core.errors import NotFound
from recovery.core.events import TimerFired
from recovery.core.spec import Send, Workflow
from recovery.engine import Engine
from recovery.store.codec import read_effect_key

if TYPE_CHECKING:
    from recovery.store.records import OutboxRow


def overtaken(engine: Engine, row: OutboxRow) -> str | None:
    """Why a claimed message to a customer is not to be sent any more; None: it is.

    A letter that a clock asked for and that had to wait is of use as long as the clock is: whoever has
    answered overnight is not asked in the morning, and whose case is open again is not told that it is done.
    Whoever asked but a clock, and what left at once, is not looked at: nothing is read for it.
    """
    if row.recipient != "customer" or row.due_at == row.asked_at or WRITTEN in row.context:
        return None
    if row.rendered is not None:  # it has been tried, and may have been taken
        return None
    try:
        workflow = engine.workflow(row.bundle)
    except NotFound:  # rendering says so
        return None
    clocks = _sending(workflow, row.template)
    asked, _ = read_effect_key(row.effect)
    if not clocks or not _fired(engine, row, asked):
        return None
    case = engine.case(row.case)
    if any(_goes_on(case, name, asked) for name in clocks):
        return None
    return f"overtaken while it waited: clock {' and '.join(clocks)} no longer runs"


def _sending(workflow: Workflow, template: str) -> list[str]:
    """The clocks that send customers a template."""
    return [
        name
        for name, clock in workflow.clocks.items()
        for rule in clock.rules()
        for action in rule.actions
        if isinstance(action, Send) and (action.template, action.to) == (template, "customer")
    ]


def _fired(engine: Engine, row: OutboxRow, asked: int) -> bool:
    """Whether it was a clock that asked for it."""
    log = engine.store.log(row.tenant, row.case)
    return any(record.seq == asked and record.kind == TimerFired.__name__ for record in log)


def _goes_on(case: Case, clock: str, asked: int) -> bool:
    """Whether a clock has neither stopped nor gone off since an event."""
    state = case.clocks.get(clock)
    return state is not None and (state.is_on or state.stopped_in == asked)
