"""Which clocks a change may matter to, and which marks they go by: worked out once for a workflow."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from recovery.core.clocks.state import CLOSED, CYCLE, HELD, case_trigger, step_mark, step_trigger

if TYPE_CHECKING:
    from recovery.core.clocks.model import Clock


class Indexed:
    """The clocks of a workflow, by what may matter to them.

    Attributes:
        tracked: the marks they go by; none where there is no clock.
        marks_of_moves: the mark that coming to a state leaves, where one is tracked.
        by_trigger: see `Clock.triggers`.
        by_step: those that coming to a step, or leaving it, may matter to.
    """

    def __init__(self, clocks: Collection[Clock], steps: Collection[str], main_end: str) -> None:
        marks = {anchor.name for clock in clocks for anchor in clock.anchors() if anchor.kind == "mark"}
        self.tracked = frozenset({*marks, CYCLE, HELD} if clocks else ())
        marks_of = {step: step_mark(step) for step in steps} | {main_end: CLOSED}
        self.marks_of_moves = {to: mark for to, mark in marks_of.items() if mark in self.tracked}
        triggered: dict[str, list[Clock]] = {}
        for clock in clocks:
            for trigger in clock.triggers():
                triggered.setdefault(trigger, []).append(clock)
        self.by_trigger = {trigger: tuple(found) for trigger, found in triggered.items()}
        anywhere = self.by_trigger.get(case_trigger("step"), ())
        self.by_step = {step: (*anywhere, *self.by_trigger.get(step_trigger(step), ())) for step in steps}
