"""Walking: leaving steps whose exit facts are on record, entering the next, and firing their rules."""

from __future__ import annotations

from collections.abc import Sequence

from recovery.core.changes import moved, recorded
from recovery.core.clocks.state import CYCLE, HAND_OFF_ANSWERED
from recovery.core.derived import derive
from recovery.core.draft import Draft, Refused
from recovery.core.guards import reason as guard_reason
from recovery.core.spec import CountFailure, Escalate, Forget, Go, RaiseSeverity, Record, Rule, Send, TakeBack


def fire(draft: Draft, rules: Sequence[Rule]) -> Go | None:
    """Fire rules in order and give the one move they ask for, if any.

    Raises:
        Refused: two rules want to move the case to different places: the workflow is ambiguous.
    """
    go: Go | None = None
    for rule in rules:
        if rule.when is not None:
            answer = rule.when.evaluate(draft.case)
            because = guard_reason(rule.asks, rule.asks_about, answer, draft.case)
            draft.why.append(f"{rule.place}: {'fired' if answer else 'not fired'}, {because}")
            if not answer:
                continue
        for action in rule.actions:
            if isinstance(action, Send):
                draft.send(action)
            elif isinstance(action, Go):
                if go is not None and go.to != action.to:
                    raise Refused(
                        "two_open_moves",
                        f"Two rules of workflow {draft.workflow.id} are open at once: "
                        f"one goes to {go.to}, one to {action.to}.",
                        "Make their conditions exclude each other.",
                        fault="workflow",
                    )
                go = action
            elif isinstance(action, Escalate):
                escalate(draft, action.levels)
            elif isinstance(action, RaiseSeverity):
                if draft.case.severity < draft.workflow.severities:
                    draft.change("count", "severity")
                    draft.why.append(f"severity raised to {draft.case.severity}")
            elif isinstance(action, CountFailure):
                draft.change("count", "failures")
                draft.mark(CYCLE)
                draft.why.append(f"a failure counted: cycle {draft.case.cycle} begins")
            elif isinstance(action, Record):
                draft.record(action.facts, "engine", "workflow")
            elif isinstance(action, TakeBack):
                take_back(draft)
            else:
                assert isinstance(action, Forget)
                draft.forget(action.facts)
    return go


def take_back(draft: Draft) -> None:
    """End the offer of a hand-off that nobody has answered; the owner stays."""
    if draft.case.offered_to is not None:
        draft.why.append(f"{draft.case.offered_to} has not answered; {draft.case.owner} owns the case")
        draft.change("set", "offered_to", None)
        draft.mark(HAND_OFF_ANSWERED)


def escalate(draft: Draft, levels: int) -> None:
    """Raise the escalation level, at most to the top."""
    level = min(draft.case.level + levels, len(draft.workflow.escalation) - 1)
    if level != draft.case.level:
        draft.change("set", "level", level)
        draft.why.append(f"escalated to {draft.workflow.escalation[level]}")


def move(draft: Draft, to: str, reason: str, forget: tuple[str, ...] | None = None) -> None:
    """Go to a state, forgetting what must be established anew (never the owner), without firing any rule."""
    case, workflow = draft.case, draft.workflow
    for need in () if "owner" in case.facts else workflow.owner_needs.get(to, ()):
        if not need.met(case):  # of a step that lies before it; side ends lie before all steps
            raise Refused("no_owner", f"{to} needs an owner.", "Record the fact owner first.")
    if forget is None:
        forget = default_forget(draft, to)
    if forget:
        draft.forget(forget)
    if case.offered_to is not None and workflow.is_end(to):
        draft.change("set", "offered_to", None)
        draft.mark(HAND_OFF_ANSWERED)
    draft.why.append(moved(draft.change("move", case.step, to, reason, to in workflow.ends)))
    mark = workflow.marks_of_moves.get(to)
    if mark is not None:
        draft.change("mark", mark)


def default_forget(draft: Draft, to: str) -> tuple[str, ...]:
    """What a move backwards forgets: every exit fact (never the owner) from the destination on."""
    workflow, source = draft.workflow, draft.case.step
    if to in workflow.index and workflow.index[to] <= workflow.index.get(source, len(workflow.index)):
        return workflow.needed_between(to, source)
    return ()


def enter(draft: Draft) -> None:
    """Fire the entry rules of the state just reached, follow the moves they ask for, and walk on."""
    if draft.workflow.derived:
        derive(draft)
    _arrive(draft)
    walk_on(draft)


def _arrive(draft: Draft) -> None:
    """Fire entry rules (ends have none) and follow the moves they ask for, until none asks."""
    step = draft.workflow.steps.get(draft.case.step)
    while step is not None and step.on_enter and (go := fire(draft, step.on_enter)) is not None:
        move(draft, go.to, f"rule on entering {step.id}", go.forget)
        _bounded(draft)
        step = draft.workflow.steps.get(go.to)


def walk_on(draft: Draft) -> None:
    """Leave every step whose needs are met, until one is not or an end is reached."""
    workflow = draft.workflow
    while draft.case.quarantine is None:
        if workflow.derived and draft.derived != len(draft.changes):
            derive(draft)
        step = workflow.steps.get(draft.case.step)
        if step is None:
            return
        following = workflow.moves.following(step.id)
        if following is None or not step.met(draft.case):
            return
        so_far = len(draft.changes)
        go = fire(draft, step.on_leave) if step.on_leave else None
        if _changed_more_than_sent(draft, so_far) and not step.met(draft.case):
            missing = ", ".join(str(need) for need in step.missing(draft.case))
            raise Refused(
                "exit_facts_lost",
                f"The rules on leaving {step.id} take away what it needs: {missing}.",
                "Record there what the step does not need.",
                fault="workflow",
            )
        if go is None:
            move(draft, following, "exit facts on record", ())
        else:
            move(draft, go.to, f"rule on leaving {step.id}", go.forget)
        _bounded(draft)
        _arrive(draft)


def _changed_more_than_sent(draft: Draft, since: int) -> bool:
    """Whether anything but the sending of messages has happened since there were so many changes."""
    for change in draft.changes[since:]:  # noqa: SIM110 - asked for at every step; a generator doubles its time
        if change[0] != "effect":
            return True
    return False


def _bounded(draft: Draft) -> None:
    if len(draft.changes) <= 4 * len(draft.workflow.steps):
        return
    moves = sum(1 for change in draft.changes if change[0] == "move")
    if moves > 4 * len(draft.workflow.steps) + 4:
        raise Refused(
            "endless_walk",
            f"Workflow {draft.workflow.id} walks in a circle: {moves} moves in one event.",
            "Let the way back forget a fact that its steps need.",
            fault="workflow",
        )


def fall_back(draft: Draft, changed: Sequence[str]) -> None:
    """Return to the first passed step whose needs held before this event and no longer do.

    Raises:
        Refused: the case stands in an end; it must be reopened first.
    """
    workflow, case, before, index = draft.workflow, draft.case, draft.before, draft.workflow.index
    # In the first step and in side ends nothing is passed: who comes back from there walks from a step anew.
    here = len(index) if case.step == workflow.main_end else index.get(case.step, 0)
    needing = workflow.steps_needing
    for name in changed:
        if name in needing and index[needing[name][0]] < here:
            break
    else:
        return
    if workflow.order == "free":
        return
    passed = {step for name in changed for step in needing.get(name, ()) if index[step] < here}
    broken = [
        step
        for step in sorted(passed, key=index.__getitem__)
        if workflow.steps[step].met(before) and not workflow.steps[step].met(case)
    ]
    if not broken:
        return
    missing = ", ".join(str(need) for need in workflow.steps[broken[0]].missing(case))
    if case.quarantine is not None:
        raise Refused(
            "quarantined",
            f"Without {missing} the case would go back to {broken[0]}, and it is in quarantine.",
            "Mend the cause and lift the quarantine first.",
        )
    if workflow.is_end(case.step):
        raise Refused(
            "case_ended",
            f"The case is {case.step}, and without {missing} its step {broken[0]} would not have been left.",
            "Record the right value instead, or reopen the case first.",
        )
    move(draft, broken[0], f"no longer on record: {missing}", ())
    enter(draft)


def facts_changed(draft: Draft, names: Sequence[str]) -> None:
    """Go where the facts now lead: back where a passed step lost an exit fact, else on.

    Raises:
        Refused: see `fall_back` and `fire`.
    """
    if draft.workflow.derived:
        names = [*names, *derive(draft)]
    fall_back(draft, names)
    walk_on(draft)


def act(draft: Draft, rules: Sequence[Rule], why: str) -> None:
    """Fire rules that are not bound to a step, and go where they or the facts they change lead.

    Raises:
        Refused: see `fire` and `fall_back`.
    """
    so_far = len(draft.changes)
    go = fire(draft, rules)
    if go is not None:
        move(draft, go.to, why, go.forget or ())
        enter(draft)
        return
    new = draft.changes[so_far:]
    changed = [name for name, _, _ in recorded(new)]
    changed += [name for change in new if change[0] == "forget" for name in change[1]]
    if changed:
        facts_changed(draft, changed)
