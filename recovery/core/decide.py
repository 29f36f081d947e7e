"""`decide`: the whole of the engine's judgement, pure.

No I/O, no clock, no randomness: the same workflow, case, event and moment give the same answer. Every event
has one handler below; a handler either collects changes in a `Draft` or raises `Refused`, in which case
nothing of the draft is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from recovery.core import collaborations, coupons, handovers
from recovery.core import events as ev
from recovery.core.calendars.local import is_zone
from recovery.core.case import Case, Stamp, opened
from recovery.core.clocks.firing import fired
from recovery.core.clocks.running import settle
from recovery.core.clocks.state import HELD
from recovery.core.conversation import attached, noted, received, written
from recovery.core.decision import Decision, built
from recovery.core.draft import Draft, Refused
from recovery.core.empowerment import answering, approving, offering
from recovery.core.empowerment import events as money
from recovery.core.erasing import erase, not_taken
from recovery.core.errors import Refusal
from recovery.core.facts import is_blank, shown
from recovery.core.instants import to_text
from recovery.core.letters import cancelled, delivered, done, failed, handed, retried
from recovery.core.merging import absorb, merge, release, undo_merge
from recovery.core.moves import force, reasoned, request, supervisors
from recovery.core.promising import follow, kept, made, released
from recovery.core.shape import problem
from recovery.core.spec import Workflow
from recovery.core.stories import events as stories
from recovery.core.stories import telling
from recovery.core.walk import enter, facts_changed, walk_on


def open_case(
    workflow: Workflow, tenant: str, id: int, event: ev.ComplaintReceived, now: datetime
) -> Decision | Refusal:
    """Decide what a complaint leads to: a new case in the workflow's first step, walked as far as it knows.

    Args:
        id: the number the shell gives the new case.
        now: the moment we learn of it (aware).

    Returns:
        A decision, or the refusal that says why no case was opened.
    """
    wrong = problem(event)
    if wrong is not None:
        return wrong
    if ev.role(event.by) not in workflow.roles:
        return _stranger(workflow, event)
    stamp = Stamp(1, event.by, to_text(event.occurred_at), to_text(now))
    try:
        return _open(workflow, tenant, id, event, stamp).decision()
    except Refused as refused:
        return refused.refusal


def decide(workflow: Workflow, case: Case, event: ev.Event, now: datetime) -> Decision | Refusal:
    """Decide what an event leads to for a case.

    Args:
        workflow: the version this case runs on.
        case: the snapshot; it is not changed.
        now: the moment we learn of the event (aware).

    Returns:
        A decision to write together with the case, or the refusal that says why nothing changes.

    Raises:
        KeyError: a kind of event this version does not know.
    """
    wrong = problem(event)
    if wrong is not None:
        return wrong
    if ev.role(event.by) not in workflow.roles:
        return _stranger(workflow, event)
    if case.erased_at is not None and (refusal := not_taken(case, event)) is not None:
        return refusal
    stamp = built(Stamp, (case.seq + 1, event.by, to_text(event.occurred_at), to_text(now)))
    draft = Draft(workflow, case, event, stamp)
    try:
        _HANDLERS[type(event)](draft, event)
        settle(draft)
        follow(draft)
        if draft.case.collaborations:
            collaborations.follow(draft)
        if draft.case.compensations:
            telling.follow(draft)
    except Refused as refused:
        return refused.refusal
    return draft.decision()


def _stranger(workflow: Workflow, event: ev.Event) -> Refusal:
    roles = ", ".join(workflow.roles)
    return Refusal("unknown_role", f"{event.by} has no role in workflow {workflow.id}.", f"Roles: {roles}.")


def _open(workflow: Workflow, tenant: str, id: int, event: ev.ComplaintReceived, stamp: Stamp) -> Draft:
    if (event.text is None or is_blank(event.text)) and event.mode == "live":
        raise Refused("no_text", "A complaint needs a text.", "Say what happened, in any words.")
    if event.signal and event.source == "customer":
        hint = "Its source is agent, engine or import."
        raise Refused("wrong_source", "What was noticed does not come from the customer.", hint)
    zone = event.customer.get("zone")
    if zone is not None and not is_zone(zone):
        raise Refused("wrong_zone", f"{shown(zone)} is not a time zone.", "Such as Europe/London.")
    if not 1 <= event.severity <= workflow.severities:
        raise Refused(
            "wrong_severity", f"Severity {event.severity} is not within 1 to {workflow.severities}."
        )
    header = {
        "step": workflow.start,
        "mode": event.mode,
        "external_id": event.external_id,
        "channel": event.channel or ("mail" if event.customer.get("address") else "portal"),
        "language": event.language,
        "subject": event.subject,
        "customer": dict(event.customer),
        "severity": event.severity,
    }
    if event.signal:
        header["signal"] = True
    case = opened(tenant, id, workflow.id, workflow.bundle, header, stamp)
    draft = Draft(workflow, case, event, stamp)
    draft.changes.append(["open", workflow.id, workflow.bundle, header])
    opens = "something noticed" if event.signal else "a complaint"
    draft.why.append(f"{opens} opens the case in {workflow.start}")
    if event.text is not None and not is_blank(event.text):
        draft.record({"problem.statement": event.text}, event.source)
    draft.record(event.facts, event.source)
    if event.hold:
        draft.mark(HELD)
    enter(draft)
    settle(draft)
    follow(draft)
    return draft


def _record(draft: Draft, event: ev.FactsRecorded) -> None:
    if not event.facts:
        raise Refused("no_facts", "No fact was given.", "Name at least one fact and its value.")
    if draft.case.merged_into is not None:
        into = draft.case.merged_into
        raise Refused("merged", f"The case goes on in case {into}.", f"Record it in case {into}.")
    draft.record(event.facts, event.source)
    facts_changed(draft, list(event.facts))


def _retract(draft: Draft, event: ev.FactRetracted) -> None:
    if event.fact == "owner":
        raise Refused("owner_stays", "An owner cannot be retracted.", "Offer a hand-off instead.")
    if event.fact not in draft.case.facts:
        known = ", ".join(sorted(draft.case.facts)) or "nothing"
        raise Refused("not_on_record", f"{event.fact} is not on record.", f"On record: {known}.")
    reasoned(event.reason, "A retraction")
    said_by = draft.workflow.facts[event.fact].said_by
    who = ev.role(event.by)
    if said_by and who not in said_by and not draft.workflow.may(who, supervisors(draft.workflow)):
        raise Refused(
            "not_allowed",
            f"{event.by} may not take back {event.fact}, which only the {' or '.join(sorted(said_by))} says.",
            "Whoever said it may, and a supervisor.",
        )
    draft.change("forget", [event.fact])
    draft.why.append(f"{event.fact} retracted: {event.reason}")
    facts_changed(draft, [event.fact])


def _quarantine(draft: Draft, event: ev.CaseQuarantined) -> None:
    draft.change("set", "quarantine", event.reason)
    draft.why.append(f"set aside: {event.reason}")


def _lift(draft: Draft, event: ev.QuarantineLifted) -> None:
    if draft.case.quarantine is None:
        raise Refused("not_quarantined", "The case is not in quarantine.")
    reasoned(event.reason, "Lifting a quarantine")
    if not draft.workflow.may(ev.role(event.by), supervisors(draft.workflow)):
        raise Refused("not_allowed", f"{event.by} may not lift a quarantine.", "A supervisor may.")
    draft.change("set", "quarantine", None)
    draft.why.append(f"takes part again: {event.reason}")
    walk_on(draft)


def _already_open(draft: Draft, _: ev.ComplaintReceived) -> None:
    raise Refused("already_open", f"Case {draft.case.id} is already open.", "Send a message or record facts.")


_HANDLERS: dict[type[ev.Event], Callable[[Draft, Any], None]] = {
    ev.ComplaintReceived: _already_open,
    ev.FactsRecorded: _record,
    ev.FactRetracted: _retract,
    ev.MoveRequested: request,
    ev.MoveForced: force,
    ev.HandOffOffered: handovers.offer,
    ev.HandOffAccepted: handovers.accept,
    ev.HandOffDeclined: handovers.decline,
    ev.HandOffForced: handovers.force,
    ev.MessageReceived: received,
    ev.MessageWritten: written,
    ev.NoteAdded: noted,
    ev.AttachmentAdded: attached,
    ev.CollaborationAsked: collaborations.asked,
    ev.CollaborationAnswered: collaborations.answered,
    ev.PromiseMade: made,
    ev.PromiseKept: kept,
    ev.PromiseReleased: released,
    money.CompensationOffered: offering.offered,
    money.CompensationSpent: offering.spent,
    money.CompensationAccepted: answering.accepted,
    money.CompensationDeclined: answering.declined,
    money.CompensationRevoked: answering.revoked,
    money.CompensationFulfilled: answering.fulfilled,
    money.ApprovalGranted: approving.granted,
    money.ApprovalRefused: approving.refused,
    money.ApprovalDelegated: approving.delegated,
    stories.StoryTold: telling.told,
    stories.PraiseGiven: telling.praised,
    ev.EffectDelivered: delivered,
    ev.EffectFailed: failed,
    ev.EffectHanded: handed,
    ev.EffectCancelled: cancelled,
    ev.EffectRetried: retried,
    ev.TaskDone: done,
    ev.CouponOffered: coupons.offer,
    ev.CouponRedeemed: coupons.redeemed,
    ev.CouponRevoked: coupons.revoked,
    ev.CouponReissued: coupons.reissued,
    ev.CaseMerged: merge,
    ev.CaseAbsorbed: absorb,
    ev.MergeUndone: undo_merge,
    ev.CaseReleased: release,
    ev.CaseQuarantined: _quarantine,
    ev.QuarantineLifted: _lift,
    ev.PersonErased: erase,
    ev.TimerFired: fired,
}
