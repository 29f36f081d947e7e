"""Whether a case kept the rules of the process, read from its log alone (domain.md §1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from recovery.core.case import Case
from recovery.core.changes import fold, recorded
from recovery.core.spec import MERGED, Workflow
from recovery.store.records import Record

APOLOGY = "apology"
OWNER = "owner"


def breaches(workflow: Workflow, log: Sequence[Record]) -> list[str]:
    """What is wrong with a case of a workflow, one line each; none is the rule.

    Checked: every step before the one the case stands in (or came to its end from) has its exit facts on
    record; after the step that names the owner there always is one; one apology was sent in each cycle of a
    case that has ended, and never two.
    """
    return [*_unmet(workflow, log), *_unowned(workflow, log), *_apologies(workflow, log)]


def _unmet(workflow: Workflow, log: Sequence[Record]) -> Iterator[str]:
    case = folded(None, log)
    if case is None or workflow.order != "in_order":
        return
    stands = workflow.index.get(case.step)
    if stands is None:
        came_from = _came_from(log)
        stands = len(workflow.index) if case.step == workflow.main_end else workflow.index.get(came_from, 0)
    for step in list(workflow.steps.values())[:stands]:
        missing = ", ".join(str(need) for need in step.missing(case))
        if missing:
            yield f"{step.id} was passed without {missing}"


def _came_from(log: Sequence[Record]) -> str:
    moves = [change for record in log for change in record.changes if change[0] == "move"]
    return str(moves[-1][1]) if moves else ""


def _unowned(workflow: Workflow, log: Sequence[Record]) -> Iterator[str]:
    named_in = workflow.steps_needing.get(OWNER, ())
    if not named_in:
        return
    passed = workflow.index[named_in[0]]
    owner: str | None = None
    for record in log:
        for change in record.changes:
            for name, value, _ in recorded([change]):
                owner = value if name == OWNER else owner
            if change[0] == "forget" and OWNER in change[1]:
                owner = None
            elif change[0] == "move" and workflow.index.get(change[2], -1) > passed and owner is None:
                yield f"{change[2]} was entered without an owner (event {record.seq})"


def _apologies(workflow: Workflow, log: Sequence[Record]) -> Iterator[str]:
    case = folded(None, log)
    if case is None or case.mode == "history":
        return
    sent: Counter[int] = Counter()
    in_person: set[int] = set()
    cycle = 1
    for record in log:
        for change in record.changes:
            if change[:2] == ["count", "failures"]:
                cycle += 1
            elif change[0] == "effect" and change[2] == APOLOGY:
                sent[cycle] += 1
            elif ("apology.in_person", True) in ((name, value) for name, value, _ in recorded([change])):
                in_person.add(cycle)
    ended = workflow.is_end(case.step) and case.step != MERGED
    for number in range(1, cycle + 1):
        if sent[number] > 1:
            yield f"{sent[number]} apologies were sent in cycle {number}"
        if ended and not sent[number] and number not in in_person:
            yield f"no apology was sent in cycle {number}"


def folded(case: Case | None, log: Sequence[Record]) -> Case | None:
    """The case that records of a log add up to, on top of what it was before them (None: the first ones)."""
    return fold(
        case,
        (
            {
                "tenant": record.tenant,
                "case": record.case,
                "seq": record.seq,
                "by": record.by,
                "occurred_at": record.occurred_at,
                "recorded_at": record.recorded_at,
                "changes": record.changes,
            }
            for record in log
        ),
    )
