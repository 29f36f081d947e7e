"""Hand-offs: the owner changes only when the new owner accepts (domain.md §1, step 3)."""

from __future__ import annotations

from recovery.core.clocks.state import HAND_OFF, HAND_OFF_ANSWERED
from recovery.core.draft import Draft, Refused
from recovery.core.events import (
    HandOffAccepted,
    HandOffDeclined,
    HandOffForced,
    HandOffOffered,
    person,
    role,
)
from recovery.core.moves import not_in_quarantine, reasoned, supervisors
from recovery.core.spec import Send
from recovery.core.walk import facts_changed

LETTER = "hand-off"
"""The template that whoever is asked to take a case over gets, where `say` of the workflow has it."""


def offer(draft: Draft, event: HandOffOffered) -> None:
    """Ask somebody to take the case. The owner offers, or somebody of a higher level."""
    not_in_quarantine(draft)
    case, workflow = draft.case, draft.workflow
    if workflow.is_end(case.step):
        raise Refused("case_ended", f"The case is {case.step}; there is nothing to hand off.")
    if case.owner is None:
        raise Refused("no_owner", "The case has no owner yet.", "Record the fact owner.")
    above = role(event.by) in workflow.escalation[1:]
    if person(event.by) != case.owner and not above:
        raise Refused(
            "not_owner", f"{event.by} does not own the case.", f"{case.owner} or a supervisor may offer it."
        )
    to = _checked(draft, event.to)
    if to == case.owner:
        raise Refused("same_owner", f"{to} already owns the case.")
    if event.meant is not None:
        draft.why.append(f"{event.meant} is away; {to} answers for them")
    draft.change("set", "offered_to", to)
    draft.mark(HAND_OFF)
    draft.why.append(f"offered to {to}; {case.owner} owns the case until {to} accepts")
    if LETTER in workflow.say:
        draft.send(Send(LETTER, once="always", to="asked"))


def accept(draft: Draft, event: HandOffAccepted) -> None:
    """The person asked becomes the owner."""
    not_in_quarantine(draft)
    to = _asked(draft, event.by)
    _settled(draft)
    draft.change("facts", {"owner": to}, "agent")
    draft.why.append(f"{to} accepted and owns the case")
    facts_changed(draft, ["owner"])


def force(draft: Draft, event: HandOffForced) -> None:
    """A supervisor makes somebody the owner, so that the case always has one who is there."""
    not_in_quarantine(draft)
    reasoned(event.reason, "Giving a case to somebody who was not asked")
    case, workflow = draft.case, draft.workflow
    if not workflow.may(role(event.by), supervisors(workflow)):
        raise Refused("not_allowed", f"{event.by} may not give cases to others.", "A supervisor may.")
    if workflow.is_end(case.step):
        raise Refused("case_ended", f"The case is {case.step}; there is nothing to hand off.")
    to = _checked(draft, event.to)
    if to == case.owner:
        raise Refused("same_owner", f"{to} already owns the case.")
    _settled(draft)
    draft.change("facts", {"owner": to}, "agent")
    draft.why.append(f"{to} owns the case: {event.reason}")
    facts_changed(draft, ["owner"])


def decline(draft: Draft, event: HandOffDeclined) -> None:
    """The person asked does not take it; the owner stays."""
    to = _asked(draft, event.by)
    _settled(draft)
    draft.why.append(f"{to} declined" + (f": {event.reason}" if event.reason else ""))


def _settled(draft: Draft) -> None:
    """Nobody is asked any more."""
    if draft.case.offered_to is not None:
        draft.change("set", "offered_to", None)
        draft.mark(HAND_OFF_ANSWERED)


def _checked(draft: Draft, name: str) -> str:
    try:
        return str(draft.workflow.facts["owner"].check(name))
    except ValueError as error:
        raise Refused("wrong_value", f"{error}.") from None


def _asked(draft: Draft, by: str) -> str:
    to = draft.case.offered_to
    if to is None:
        raise Refused("nothing_offered", "No hand-off has been offered.")
    if person(by) != to or role(by) == "customer":
        raise Refused("not_asked", f"The case was offered to {to}, not to {by}.")
    return to
