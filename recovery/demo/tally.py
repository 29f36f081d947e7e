"""What came of the cases, read back from the log: nothing is counted that is not on record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter

from recovery.core.spec import Workflow
from recovery.demo.mix import (
    DECLINED_THEN_ACCEPTED,
    NOT_FEASIBLE,
    REOPENED,
    UNREACHABLE,
    WITHDRAWN,
    turns_of,
)
from recovery.engine import Engine
from recovery.insight.funnel import Funnel
from recovery.insight.soundness import APOLOGY, breaches
from recovery.store.records import Record

ENOUGH = 34
"""A story of more events than this grows long."""

TOLD = {DECLINED_THEN_ACCEPTED: 7, REOPENED: 7, NOT_FEASIBLE: 2, UNREACHABLE: 1, WITHDRAWN: 0}
"""How much each turn adds to a story."""


class Tally:
    """Figures over all cases.

    Attributes:
        mix: for each of `mix.TURNS`, how many cases took it.
        breaches: rules of the process that a case broke, `case N: what`; there should be none.
        story: the number of the case with most to tell.
    """

    def __init__(self, workflow: Workflow) -> None:
        self.workflow = workflow
        self.funnel = Funnel(workflow)
        self.mix: Counter[str] = Counter()
        self.apologies = 0
        self.breaches: list[str] = []
        self.story = 0
        self._most = -1

    def add(self, log: Sequence[Record]) -> None:
        """Count one case."""
        case = log[0].case
        turns = turns_of(log)
        self.funnel.add(log)
        self.mix.update(turns)
        self.apologies += sum(
            change[0] == "effect" and change[2] == APOLOGY for record in log for change in record.changes
        )
        self.breaches += [f"case {case}: {what}" for what in breaches(self.workflow, log)]
        interest = _interest(self.workflow, log, turns)
        if interest > self._most:
            self._most, self.story = interest, case


def count(engine: Engine) -> Tally:
    """Read every case of the database."""
    tally = Tally(engine.current())
    for _, log in groupby(engine.store.logs(engine.tenant), key=attrgetter("case")):
        tally.add(list(log))
    return tally


def _interest(workflow: Workflow, log: Sequence[Record], turns: set[str]) -> int:
    """How much there is to tell: a case that was closed after some trouble, in somebody's own words."""
    kinds = Counter(record.kind for record in log)
    asked = Counter(record.event["transition"] for record in log if record.kind == "MoveRequested")
    closed = any(change[0] == "move" and change[2] == workflow.main_end for change in log[-1].changes)
    said = len(log[0].event.get("text", ""))
    points = (
        8 * int(closed)
        + sum(TOLD[turn] for turn in turns)
        + 2 * min(kinds["MessageReceived"], 2)
        + 2 * asked["offer_alternative"]
        + 2 * asked["send_goodwill"]
        + 3 * (log[0].event.get("language", "en") == "en")
        + 3 * (100 < said < 1200)
        - 20 * (asked["dignity"] > 0)
        - max(len(log) - ENOUGH, 0)
    )
    return int(points)
