"""Merging two cases that are one trouble, and undoing it. Each side is an event of its own case."""

from __future__ import annotations

from recovery.core.draft import Draft, Refused
from recovery.core.events import CaseAbsorbed, CaseMerged, CaseReleased, MergeUndone, role
from recovery.core.moves import not_in_quarantine
from recovery.core.spec import MERGED
from recovery.core.walk import move, walk_on


def merge(draft: Draft, event: CaseMerged) -> None:
    """This case goes on in another; its replies are routed there from now on."""
    not_in_quarantine(draft)
    case, workflow = draft.case, draft.workflow
    if role(event.by) == "customer":
        raise Refused("not_allowed", f"{event.by} may not merge cases.", "An agent may.")
    if MERGED not in workflow.ends:
        raise Refused("cannot_merge", f"Workflow {workflow.id} has no end `{MERGED}`.", fault="workflow")
    if event.into == case.id:
        raise Refused("same_case", "A case cannot be merged into itself.")
    if workflow.is_end(case.step):
        raise Refused("case_ended", f"The case is {case.step}; only an open case can be merged.")
    draft.change("set", "merged_from", case.step)
    draft.change("set", "merged_into", event.into)
    move(draft, MERGED, f"merged into case {event.into}", ())
    draft.also.append((event.into, CaseAbsorbed(by=event.by, occurred_at=event.occurred_at, other=case.id)))


def absorb(draft: Draft, event: CaseAbsorbed) -> None:
    """Another case goes on in this one."""
    if draft.case.step == MERGED:
        raise Refused(
            "case_ended",
            f"Case {draft.case.id} was itself merged into case {draft.case.merged_into}.",
            f"Merge into case {draft.case.merged_into}.",
        )
    if draft.workflow.is_end(draft.case.step):
        raise Refused(
            "case_ended",
            f"Case {draft.case.id} is {draft.case.step}; nothing goes on there.",
            "Reopen it first.",
        )
    draft.change("absorb", event.other)
    draft.why.append(f"case {event.other} goes on here")


def undo_merge(draft: Draft, event: MergeUndone) -> None:
    """Stand again where the case stood before it was merged."""
    case = draft.case
    if case.merged_into is None or case.merged_from is None:
        raise Refused("not_merged", "The case is not merged.")
    into, back = case.merged_into, case.merged_from
    draft.change("set", "merged_into", None)
    draft.change("set", "merged_from", None)
    move(draft, back, f"merge into case {into} undone", ())
    draft.also.append((into, CaseReleased(by=event.by, occurred_at=event.occurred_at, other=case.id)))
    walk_on(draft)


def release(draft: Draft, event: CaseReleased) -> None:
    """A case absorbed here goes on by itself again."""
    if event.other not in draft.case.absorbed:
        raise Refused("not_absorbed", f"Case {event.other} was not merged into case {draft.case.id}.")
    draft.change("release", event.other)
    draft.why.append(f"case {event.other} goes on by itself")
