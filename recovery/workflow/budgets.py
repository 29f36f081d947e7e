"""Reading the budgets of a workflow: from their checked shape to `core.empowerment.budgets.Budget`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from recovery.core.calendars.calendar import Calendar
from recovery.core.calendars.spans import Span
from recovery.core.empowerment.budgets import Budget, Stories
from recovery.core.money import Money, read_money
from recovery.core.spec import Workflow
from recovery.workflow.budget_shapes import BudgetShape
from recovery.workflow.clocks import ALWAYS
from recovery.workflow.currencies import unpayable
from recovery.workflow.findings import guess, shown
from recovery.workflow.model import WorkflowShape
from recovery.workflow.rates import decimals
from recovery.workflow.reader import Path
from recovery.workflow.spans import check_reach, span_at

if TYPE_CHECKING:
    from recovery.workflow.names import Names


def read_budgets(names: Names, shape: WorkflowShape, calendars: Mapping[str, Calendar]) -> dict[str, Budget]:
    """The budgets of a workflow by their names, those with an error left out."""
    found = (
        (name, _Reader(names, shape, calendars.get(shape.calendar or "", ALWAYS), name, one).read())
        for name, one in shape.budgets.items()
    )
    return {name: budget for name, budget in found if budget is not None}


def budget_templates(workflow: Workflow) -> Iterator[tuple[Path, str]]:
    """Every template that a budget sends, with the place that names it."""
    for budget in workflow.budgets.values():
        path: Path = ("budgets", budget.name)
        for name in budget.ask_with:
            yield (*path, "approval", "send"), name
        if budget.late_with is not None:
            yield (*path, "late"), budget.late_with
        if budget.pay_with is not None:
            yield (*path, "pay"), budget.pay_with
        for name in () if budget.stories is None else budget.stories.send:
            yield (*path, "stories", "send"), name


class _Reader:
    """Makes one budget of its shape."""

    def __init__(
        self, names: Names, workflow: WorkflowShape, calendar: Calendar, name: str, shape: BudgetShape
    ) -> None:
        self.names, self.workflow, self.calendar = names, workflow, calendar
        self.name, self.shape = name, shape
        self.path: Path = ("budgets", name)

    def read(self) -> Budget | None:
        shape, levels = self.shape, self.workflow.escalation
        said = len(self.names.findings)
        limits = self._limits()
        ask = self._approver(limits)
        within = hold = stories = None
        if shape.approval is not None and shape.approval.within is not None:
            within = self._span(("approval", "within"), shape.approval.within)
        if shape.hold_for is not None:
            hold = self._span(("hold_for",), shape.hold_for)
        if shape.stories is not None:
            told = shape.stories.within
            asked = None if told is None else self._span(("stories", "within"), told)
            stories = Stories(asked, tuple(shape.stories.send), shape.stories.block_at)
        if len(self.names.findings) > said:
            return None
        currency = next(iter(limits.values())).currency
        places = decimals(currency)
        return Budget(
            self.name,
            currency,
            places,
            {role or levels[0]: int(one.amount.scaleb(places)) for role, one in limits.items()},
            shape.per,
            shape.subject,
            ask,
            () if shape.approval is None else tuple(shape.approval.send),
            within,
            hold,
            self.calendar,
            shape.late,
            shape.pay,
            stories,
        )

    def _limits(self) -> dict[str, Money]:
        found: dict[str, Money] = {}
        for role, text in self.shape.limit.items():
            here: Path = ("limit", role) if role else ("limit",)
            if role and role not in self.workflow.escalation:
                hint = guess(role, self.workflow.escalation)
                self._say(here, "unknown_role", f"{shown(role)} is no level of escalation.", hint, key=True)
                continue
            wrong = unpayable(text)
            if wrong:
                self._say(here, "wrong_value", f"{shown(text)}: {wrong}.", "Such as 2000 USD.")
                continue
            money = read_money(text)
            if money.amount <= 0:
                self._say(here, "wrong_value", f"{shown(text)} is nothing that can be spent.")
            elif any(one.currency != money.currency for one in found.values()):
                self._say(here, "wrong_value", "One budget is counted in one currency.")
            else:
                found[role] = money
        return found

    def _approver(self, limits: Mapping[str, Money]) -> str | None:
        """The role that approves; an approval that would need another one is a finding (domain.md §4)."""
        levels, shape = self.workflow.escalation, self.shape.approval
        if shape is None:
            return levels[1] if len(levels) > 1 else None
        here: Path = ("approval", "by") if isinstance(self._written("approval"), dict) else ("approval",)
        if len(shape.by) > 1:
            message = f"{' and '.join(shape.by)} would have to approve one after the other."
            hint = "Name the one who may approve alone; above their limit the next level is asked instead."
            self._say(here, "chained_approvals", message, hint)
            return None
        (role,) = shape.by
        if role not in levels[1:]:
            hint = guess(role, levels[1:]) if len(levels) > 1 else "The workflow has one level alone."
            self._say(here, "unknown_role", f"{shown(role)} is no level above the first.", hint)
            return None
        below = [limits[one] for one in levels[: levels.index(role)] if one in limits]
        if role in limits and below and limits[role] <= max(below):
            message = f"A {role} may spend no more than those who ask: every approval would need another one."
            self._say(
                ("limit", role), "chained_approvals", message, "Give whoever approves the higher limit."
            )
        return role

    def _written(self, key: str) -> object:
        return self.names.document.get((*self.path, key))

    def _span(self, path: Path, text: str) -> Span | None:
        path = (*self.path, *path)
        span = span_at(self.names.document, path, text, self.names.findings)
        if span is not None:
            check_reach(self.names.document, path, span, self.calendar, self.names.findings)
        return span

    def _say(self, path: Path, code: str, message: str, hint: str = "", *, key: bool = False) -> None:
        self.names.say((*self.path, *path), code, message, hint, key=key)
