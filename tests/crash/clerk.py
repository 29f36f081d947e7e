"""A host's process that gives refunds, each under a key of its own, and may be killed at any moment."""

from __future__ import annotations

from pathlib import Path

from recovery.bootstrap import working
from recovery.project import find_project
from tests.crash.boundaries import say

AMOUNT = "40 USD"


def give_all(cases: int) -> int:
    """Give a refund in each of the first cases; what was given before is answered again by its key."""
    with working(find_project(Path.cwd())) as engine:
        for case in range(1, cases + 1):
            given = engine.spend(
                case, "refund", AMOUNT, by="agent:li", receipt=f"T-{case}", key=f"refund-{case}"
            )
            say(event="given", case=case, repeated=given.repeated)
    return 0
