"""Finds a short history of the same failure: parts of a plan are left out for as long as it still fails."""

from __future__ import annotations

from collections.abc import Callable

from tests.simulation.place import Place
from tests.simulation.plan import Action, Plan
from tests.simulation.play import Result, Run

RUNS = 400
"""How many runs it may take."""


def shortest(place: Place, plan: Plan, code: str, *, most: int = RUNS) -> Result:
    """The shortest history found with a violation of the same kind, played once more with its trace."""
    left = most

    def fails(one: Plan) -> bool:
        nonlocal left
        left -= 1
        violation = Run(place, one).result().violation
        return violation is not None and violation.code == code

    plan = _fewer(plan, fails, lambda: left > 0)
    for simpler in _simpler(plan):
        if left > 0 and fails(simpler):
            plan = simpler
    plan = _fewer(plan, fails, lambda: left > 0)
    return Run(place, plan, is_told=True).result()


def _fewer(plan: Plan, fails: Callable[[Plan], bool], may: Callable[[], bool]) -> Plan:
    """Leave out halves, quarters … and in the end single actions."""
    actions: list[Action] = list(plan.actions)
    size = max(len(actions) // 2, 1)
    while True:
        start = 0
        was = len(actions)
        while start < len(actions) and may():
            fewer = actions[:start] + actions[start + size :]
            if fails(plan.with_actions(fewer)):
                actions = fewer
            else:
                start += size
        if not may() or (size == 1 and len(actions) == was):
            return plan.with_actions(actions)
        size = max(size // 2, 1)


def _simpler(plan: Plan) -> list[Plan]:
    """The same with one worker less, or one sender."""
    return [plan._replace(senders=1)] if plan.senders > 1 else []
