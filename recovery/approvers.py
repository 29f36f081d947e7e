"""Whom to ask for an approval, by the list of people: whoever is above, or who stands in (domain.md §4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from recovery.core.case import Case
from recovery.core.empowerment.budgets import Budget
from recovery.core.empowerment.offering import is_payee
from recovery.core.empowerment.state import Asked
from recovery.core.event import person
from recovery.core.people import Directory
from recovery.core.spec import Workflow


def approvers(
    directory: Directory,
    workflow: Workflow,
    budget: Budget,
    case: Case,
    by: str,
    to: str,
    now: datetime,
    suffices: Callable[[str], bool],
) -> tuple[tuple[Asked, ...], str]:
    """Whoever is above somebody and may approve what they want to give, the nearest first.

    Nobody is asked for their own, and nobody who would get it. Who is away is stood in for, within their
    limit; where nobody stands in, whoever is next above is asked.

    Args:
        by: who wants to give it (`role:name`); `to`: who would get it.
        now: when (aware).
        suffices: whether the limit of somebody (`role:name`) is high enough.

    Returns:
        Them; and, where the list has such people and none of them can be asked, why.
    """
    levels, asking = workflow.escalation, person(by)
    first = len(levels) if budget.ask is None else levels.index(budget.ask)
    found: list[Asked] = []
    away: list[str] = []
    for name in directory.above(asking):
        role = directory.people[name].role
        if role not in levels[first:] or not suffices(f"{role}:{name}"):
            continue
        answers = directory.answers_for(name, now)
        if not directory.is_here(answers, now):
            away.append(name)
        elif answers != asking and not _is_payee(directory, case, to, f"{role}:{answers}"):
            found.append(Asked(role, name, None if answers == name else answers))
    if found or not away:
        return tuple(found), ""
    are = "is away, and nobody stands in" if len(away) == 1 else "are away, and nobody stands in for them"
    return (), f"Nobody above {asking} is here who may approve it: {' and '.join(away)} {are}."


def _is_payee(directory: Directory, case: Case, to: str, by: str) -> bool:
    known = directory.find(person(by))
    return is_payee(case, to, by, () if known is None else known.ways)
