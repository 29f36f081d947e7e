"""Collaborations: somebody helps with a case by an hour, and never owns it by that (domain.md §1, step 7).

A workflow hears of them through facts that it declares: `collaboration.until` says when the next answer is
due, and `collaboration.what` what was asked; a clock that is due by the first tells the owner.
"""

from __future__ import annotations

from typing import Any

from recovery.core.clocks.running import settle
from recovery.core.conversation import in_the_house, not_merged
from recovery.core.draft import Draft, Refused
from recovery.core.events import CollaborationAnswered, CollaborationAsked, person
from recovery.core.facts import is_blank, shown
from recovery.core.instants import from_text, to_text
from recovery.core.promises import FURTHEST
from recovery.core.promising import keep_facts, next_moment
from recovery.core.spec import Send
from recovery.core.walk import facts_changed

LETTER = "collaboration"
"""The template that whoever is asked for help gets, where `say` of the workflow has it."""

UNTIL, WHAT = "collaboration.until", "collaboration.what"
KINDS = {UNTIL: "instant", WHAT: "text"}
"""What the engine says of collaborations, in workflows that declare these facts with these types."""


def asked(draft: Draft, event: CollaborationAsked) -> None:
    """Ask somebody to help by an hour; the owner stays the owner."""
    in_the_house(draft, event.by, "ask for help")
    not_merged(draft)
    case, now = draft.case, from_text(draft.stamp.occurred_at)
    if case.mode == "history":
        raise Refused("history", "The case is history: nobody is asked in it.", "Open a live case.")
    if is_blank(event.what) or is_blank(event.of):
        raise Refused("nothing_asked", "Nothing is asked of anybody.", "Say who is to do what.")
    if event.of == case.owner:
        raise Refused("same_owner", f"{event.of} owns the case.", "Ask somebody else, or do it.")
    if event.by_when <= now:
        raise Refused("in_the_past", f"{event.by_when.isoformat()} is over.", "Name a moment to come.")
    if event.by_when - now > FURTHEST:
        raise Refused("too_far", f"{event.by_when.isoformat()} is more than ten years away.")
    number = str(len(case.collaborations) + 1)
    at = to_text(event.by_when)
    draft.change("collaboration", number, [event.of, event.what, at, draft.stamp.by, draft.stamp.occurred_at])
    draft.why.append(f"{event.of} is asked to help by {at[:16]}Z: {event.what}")
    if LETTER in draft.workflow.say:
        draft.send(Send(LETTER, once="always", to="helper"))


def answered(draft: Draft, event: CollaborationAnswered) -> None:
    """Whoever was asked has answered, or the owner settles it."""
    case = draft.case
    found = case.collaborations.get(event.collaboration)
    if found is None or not found.is_open:
        still = ", ".join(n for n, one in case.collaborations.items() if one.is_open) or "none"
        what = "nothing that was asked" if found is None else "answered already"
        raise Refused("no_open_collaboration", f"{shown(event.collaboration)} is {what}.", f"Open: {still}.")
    if person(event.by) != found.of:
        in_the_house(draft, event.by, "answer for others")
    at = draft.stamp.occurred_at
    draft.change("collaboration", event.collaboration, [*found[:5], at, event.answer])
    late = " late" if at > found.by_when else ""
    draft.why.append(f"{found.of} has answered{late}: {event.answer or found.what}")


def follow(draft: Draft) -> None:
    """Keep the facts up to date by which clocks and templates know of what is asked."""
    open_ones = sorted(one for one in draft.case.collaborations.values() if one.is_open)
    moments = sorted(one.by_when for one in open_ones)
    until = next_moment(moments, draft.case.facts.get(UNTIL), draft.stamp.recorded_at)
    wanted: dict[str, Any] = {
        UNTIL: until,
        WHAT: "; ".join(f"{one.of}: {one.what}" for one in open_ones if one.by_when == until) or None,
    }
    told = keep_facts(draft, wanted, KINDS)
    if told:
        facts_changed(draft, told)
        settle(draft)
