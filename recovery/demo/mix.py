"""How many cases took the harder turns, read from the log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from recovery.core.case import Change
from recovery.core.changes import recorded
from recovery.store.records import Record

NOT_FEASIBLE = "expectation_not_feasible"
DECLINED_THEN_ACCEPTED = "hand_off_declined_then_accepted"
REOPENED = "reopened_after_bad_follow_up"
WITHDRAWN = "withdrawn"
UNREACHABLE = "unreachable_at_follow_up"
TURNS = (NOT_FEASIBLE, DECLINED_THEN_ACCEPTED, REOPENED, WITHDRAWN, UNREACHABLE)
"""The turns that are counted."""

BAD = 2
"""The best mark that still counts as a failed recovery (domain.md §1, step 8)."""


def turns_of(log: Sequence[Record]) -> set[str]:
    """Which of `TURNS` a case took. `withdrawn` means that it stayed so."""
    found = set()
    declined = False
    step = ""
    for record in log:
        if record.kind == "HandOffDeclined":
            declined = True
        elif record.kind == "HandOffAccepted" and declined:
            found.add(DECLINED_THEN_ACCEPTED)
        facts = dict(_facts(record.changes))
        if facts.get("followup.unreachable") is True:
            found.add(UNREACHABLE)
        if "expectation.feasible" in facts:
            (found.add if facts["expectation.feasible"] == "not_at_all" else found.discard)(NOT_FEASIBLE)
        moves = [change for change in record.changes if change[0] == "move"]
        mark = facts.get("followup.satisfaction")
        if mark is not None and mark <= BAD and any(move[3].startswith("rule on") for move in moves):
            found.add(REOPENED)
        step = moves[-1][2] if moves else step
    if step == "withdrawn":
        found.add(WITHDRAWN)
    return found


def _facts(changes: Sequence[Change]) -> Iterator[tuple[str, Any]]:
    return ((name, value) for name, value, _ in recorded(changes))
