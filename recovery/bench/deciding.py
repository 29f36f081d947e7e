"""What thinking alone costs: `decide` of the ordinary step, beside one reading and writing of its JSON."""

from __future__ import annotations

import json
import timeit
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from recovery.bench.databases import NOW
from recovery.bench.stepping import KNOWN, LEARNED, STATEMENT
from recovery.bench.subject import Ground, Line, Programs, Subject
from recovery.bootstrap import collect_all
from recovery.core.case import Case
from recovery.core.decide import decide, open_case
from recovery.core.decision import Decision
from recovery.core.events import ComplaintReceived, FactsRecorded
from recovery.core.spec import Workflow
from recovery.project import starter_root
from recovery.store.chain import BEGINNING
from recovery.store.codec import case_values
from recovery.store.statements import CASE_COLUMNS
from recovery.workflow.bundle import load

REPEATS = 7
"""Of these the quickest counts: whatever else the machine does can only make it slower."""


def ordinary() -> tuple[Workflow, Case, FactsRecorded]:
    """The workflow, the case as it is just before its step, and the event of the step."""
    bundles, _ = collect_all(starter_root())
    workflow = load(next(bundle for bundle in bundles if bundle.workflow_id == "ten-step"))
    complaint = ComplaintReceived(by="customer", occurred_at=NOW, text=STATEMENT, facts=KNOWN)
    opened = open_case(workflow, "default", 1, complaint, NOW)
    assert isinstance(opened, Decision)
    return workflow, opened.case, FactsRecorded(by="agent:li", occurred_at=NOW, facts=LEARNED)


def case_data(case: Case) -> str:
    """The JSON that a case is kept as."""
    return str(case_values(case, BEGINNING)[CASE_COLUMNS.index("data")])


@contextmanager
def _programs(ground: Ground) -> Iterator[Mapping[str, Programs]]:  # noqa: ARG001 - each takes as long as it needs
    workflow, case, event = ordinary()
    decision = decide(workflow, case, event, NOW)
    assert isinstance(decision, Decision)
    assert (decision.case.step, len(decision.effects)) == ("own", 1)
    text = case_data(case)
    yield {
        "decide": {
            "ours": partial(_microseconds, lambda: decide(workflow, case, event, NOW)),
            "json": partial(_microseconds, lambda: json.dumps(json.loads(text))),
        }
    }


def _microseconds(work: Callable[[], object]) -> float:
    timer = timeit.Timer(work)
    loops, _ = timer.autorange()
    return min(timer.repeat(REPEATS, loops)) / loops * 1e6


DECIDE = Subject("decide", {"decide": Line("µs", {"json": "ours ≤ 15 µs"})}, _programs)
