"""Hand-offs: the owner changes only when the new owner accepts (domain.md §1, step 3)."""

from __future__ import annotations

from recovery.core.draft import Draft, Refused
from recovery.core.events import HandOffAccepted, HandOffDeclined, HandOffOffered, person, role
from recovery.core.moves import not_in_quarantine
from recovery.core.walk import facts_changed


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
    draft.change("set", "offered_to", to)
    draft.why.append(f"offered to {to}; {case.owner} owns the case until {to} accepts")


def accept(draft: Draft, event: HandOffAccepted) -> None:
    """The person asked becomes the owner."""
    not_in_quarantine(draft)
    to = _asked(draft, event.by)
    draft.change("set", "offered_to", None)
    draft.change("facts", {"owner": to}, "agent")
    draft.why.append(f"{to} accepted and owns the case")
    facts_changed(draft, ["owner"])


def decline(draft: Draft, event: HandOffDeclined) -> None:
    """The person asked does not take it; the owner stays."""
    to = _asked(draft, event.by)
    draft.change("set", "offered_to", None)
    draft.why.append(f"{to} declined" + (f": {event.reason}" if event.reason else ""))


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
