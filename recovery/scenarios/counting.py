"""What reports count over the cases of a story, so that it can be told that something changes none of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from recovery.core.spec import Workflow
from recovery.insight.funnel import funnel
from recovery.insight.process import process

if TYPE_CHECKING:
    from recovery.store.reading import Reading


def counts(workflow: Workflow, store: Reading, tenant: str) -> dict[str, Any]:
    """Steps, moves, times, what became of messages, facts that are no words, clocks, promises and coupons."""
    cases = store.list_cases(tenant, limit=1_000)
    counted = funnel(workflow, store.logs(tenant))
    went = process(store.logs(tenant)).as_dict()
    kinds = workflow.facts
    return {
        "steps": [count.as_dict() for count in counted.steps],
        "states": dict(counted.states),
        "moves": dict(counted.transitions),
        "times": (went["events"], went["duration"], went["repeated"], len(went["forced"])),
        "messages": store.outbox_counts(tenant),
        "facts": Counter(name for case in cases for name in case.facts),
        "values": Counter(
            (name, str(value))
            for case in cases
            for name, value in case.facts.items()
            if name in kinds and kinds[name].kind not in ("text", "list", "person")
        ),
        "owners": Counter(case.owner for case in cases),
        "clocks": Counter(pair for case in cases for pair in case.clocks.items()),
        "promises": Counter(
            (one.by_when, one.kept_at, one.released_at) for case in cases for one in case.promises.values()
        ),
        "coupons": Counter((one.value, one.status) for case in cases for one in case.coupons.values()),
    }
