"""Moves that somebody asks for: transitions of the workflow, and the audited forced move."""

from __future__ import annotations

from recovery.core.changes import recorded
from recovery.core.draft import Draft, Refused
from recovery.core.errors import closest, sentence
from recovery.core.events import MoveForced, MoveRequested, role
from recovery.core.guards import why as guard_why
from recovery.core.spec import MERGED, SAME, Transition, Workflow
from recovery.core.walk import default_forget, enter, facts_changed, fire, move


def request(draft: Draft, event: MoveRequested) -> None:
    """Make the transition that was asked for, or say why not and what is open from here."""
    not_in_quarantine(draft)
    transition = _choose(draft, event)
    if event.facts:
        draft.record(event.facts, event.source)
    missing = [str(need) for need in transition.needs if not need.met(draft.case)]
    if missing:
        raise Refused(
            "needs_facts",
            f"{transition.name} needs {', '.join(missing)}.",
            "Give them with the request or record them first.",
        )
    go = fire(draft, transition.then)
    to = transition.to if go is None else go.to
    established = [name for name, _, _ in recorded(draft.changes)]
    if to == SAME:
        draft.why.append(f"{transition.name}: stays in {draft.case.step}")
        facts_changed(draft, established)
        return
    _may_leave(draft, to)
    forget = transition.forget if go is None else go.forget
    if forget is None:
        forget = default_forget(draft, to)
    # What came with the request, or its own rules put on record, has just been established anew.
    move(draft, to, transition.name, tuple(name for name in forget if name not in established))
    enter(draft)


def _choose(draft: Draft, event: MoveRequested) -> Transition:
    workflow, case = draft.workflow, draft.case
    if event.transition not in workflow.moves.names:
        raise Refused(
            "unknown_transition",
            f"{event.transition} is not a transition of workflow {workflow.id}.",
            sentence(closest(event.transition, workflow.moves.names)) or open_moves(draft),
        )
    here = [found for found, _ in workflow.moves.named(event.transition, case.step)]
    if not here:
        raise Refused(
            "not_from_here", f"{event.transition} does not start from {case.step}.", open_moves(draft)
        )
    allowed = [found for found in here if workflow.may(role(event.by), found.by)]
    if not allowed:
        roles = ", ".join(sorted({name for found in here for name in found.by}))
        raise Refused("not_allowed", f"{event.by} may not ask for {event.transition}.", f"Allowed: {roles}.")
    holding = [found for found in allowed if found.when is None or found.when.evaluate(case)]
    if not holding:
        reasons = tuple(guard_why(found.when, case) for found in allowed if found.when is not None)
        raise Refused(
            "guard_closed",
            f"{event.transition} is not open: {reasons[0]}.",
            open_moves(draft),
            details=reasons[1:],
        )
    if len(holding) > 1:
        places = ", ".join(sorted(found.to for found in holding))
        raise Refused(
            "two_open_moves",
            f"{event.transition} is open to several places at once: {places}.",
            "Make the conditions exclude each other.",
            fault="workflow",
        )
    return holding[0]


def _may_leave(draft: Draft, to: str) -> None:
    """No step is left forward, by a named move, without its exit facts; backwards and to side ends it is."""
    workflow, case = draft.workflow, draft.case
    step = workflow.steps.get(case.step)
    if step is None:
        return
    forward = to == workflow.main_end or workflow.index.get(to, -1) > workflow.index[step.id]
    if not forward or step.met(case):
        return
    missing = ", ".join(str(need) for need in step.missing(case))
    raise Refused("exit_facts_missing", f"{step.id} cannot be left yet.", f"Not on record: {missing}.")


def open_moves(draft: Draft) -> str:
    """`Open from here: …`: the transitions that start from where the case stands."""
    names = dict.fromkeys(t.name for t in draft.workflow.moves.leaving(draft.case.step))
    return (
        f"From {draft.case.step}: {', '.join(names)}." if names else f"Nothing leads from {draft.case.step}."
    )


def force(draft: Draft, event: MoveForced) -> None:
    """Put the case somewhere no rule leads to. Audited: who, why, from where. No rule fires."""
    workflow, case = draft.workflow, draft.case
    who = role(event.by)
    if not workflow.may(who, supervisors(workflow)):
        raise Refused(
            "not_allowed",
            f"{event.by} may not force a move.",
            f"Allowed: {', '.join(workflow.escalation[1:])}.",
        )
    reasoned(event.reason, "A forced move")
    if case.step == MERGED:
        raise Refused(
            "merged",
            f"The case is merged into case {case.merged_into}.",
            "Undo the merge, then force the move.",
        )
    if event.to == MERGED or (event.to not in workflow.index and event.to not in workflow.ends):
        places = ", ".join([*workflow.steps, *(end for end in workflow.ends if end != MERGED)])
        raise Refused(
            "unknown_state", f"{event.to} is no step or end a case can be put into.", f"One of {places}."
        )
    move(draft, event.to, f"forced by {event.by}: {event.reason}", ())


def supervisors(workflow: Workflow) -> frozenset[str]:
    """The roles from which on one may overrule: the second escalation level, and imports."""
    return frozenset(workflow.escalation[1:2]) | {"import"}


def reasoned(reason: str, what: str) -> None:
    """Refuse a reason without words."""
    if not reason.strip():
        raise Refused("no_reason", f"{what} needs a reason.")


def not_in_quarantine(draft: Draft) -> None:
    """Refuse while the case is set aside."""
    if draft.case.quarantine is not None:
        raise Refused(
            "quarantined",
            f"The case is in quarantine: {draft.case.quarantine}.",
            "Mend the cause and lift the quarantine.",
        )
