"""Making, keeping and releasing promises, and telling the clocks of them (domain.md §3).

A workflow hears of promises through facts that it declares: `promise.next_contact` says when the customer
hears from us next; whoever records it makes a promise. Of all others the engine keeps what is next in
`promise.until`, `promise.what` and `promise.estimate`, and all of them in `promise.open`; clocks are due by
them, and templates may say them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from typing import Any

from recovery.core.calendars.local import is_zone, zone_of
from recovery.core.case import Case, Change
from recovery.core.clocks.running import settle
from recovery.core.contact import may_leave
from recovery.core.conversation import in_the_house, not_merged
from recovery.core.draft import Draft, Refused
from recovery.core.events import PromiseKept, PromiseMade, PromiseReleased
from recovery.core.facts import is_blank, shown
from recovery.core.instants import from_text, to_text, utc
from recovery.core.moves import reasoned
from recovery.core.promises import FURTHEST, PromiseState, to_the_hour, told
from recovery.core.spec import Workflow
from recovery.core.walk import facts_changed

CONTACT = "promise.next_contact"
"""The fact that says when the customer hears from us."""

HEAR = "to be in touch"
"""What such a promise is, where nobody says it in other words."""

UNTIL, WHAT, ESTIMATE, OPEN = "promise.until", "promise.what", "promise.estimate", "promise.open"

KINDS = {CONTACT: "instant", UNTIL: "instant", WHAT: "text", ESTIMATE: "instant", OPEN: "list"}
"""What the engine says of promises, in workflows that declare these facts with these types."""


def made(draft: Draft, event: PromiseMade) -> None:
    """Put a promise on record, if it is one that can be kept and is exact to the hour."""
    in_the_house(draft, event.by, "promise anything")
    not_merged(draft)
    if draft.case.mode == "history":
        raise Refused("history", "The case is history: nothing is promised in it.", "Open a live case.")
    if is_blank(event.what) and not event.contact:
        raise Refused("no_promise", "Nothing is promised.", "Say in a few words what will be done.")
    by_when = _by_when(draft, event)
    if event.contact and not _declares(draft, CONTACT):
        raise Refused(
            "no_contact_fact",
            f"Workflow {draft.workflow.id} has no fact {CONTACT} of type instant.",
            "Promise it in words, or declare the fact.",
            fault="workflow",
        )
    for promise in draft.case.promises.values() if event.contact else ():
        if promise.contact and promise.is_open and promise.by_when == to_text(by_when):
            raise Refused("already_promised", "The same has been promised already.")
    _add(
        draft,
        event.what if not is_blank(event.what) else HEAR,
        to_text(by_when),
        to=event.to,
        estimate=None if event.estimate is None else to_text(event.estimate),
        contact=event.contact,
    )
    if event.contact:
        draft.record({CONTACT: to_text(by_when)}, "agent")
        facts_changed(draft, [CONTACT])


def kept(draft: Draft, event: PromiseKept) -> None:
    """What was promised is done."""
    in_the_house(draft, event.by, "settle promises")
    number, promise = _found(draft, event.promise)
    at = draft.stamp.occurred_at
    _put(draft, number, promise._replace(kept_at=at, note=event.note))
    late = " late" if at > promise.by_when else ""
    draft.why.append(f"promise {number} was kept{late}: {promise.what}")


def released(draft: Draft, event: PromiseReleased) -> None:
    """A promise holds no longer."""
    in_the_house(draft, event.by, "settle promises")
    number, promise = _found(draft, event.promise)
    reasoned(event.reason, "Releasing a promise")
    _release(draft, number, promise, event.reason)


def follow(draft: Draft) -> None:
    """After an event: what it says of promises without naming them, and what clocks are to know of them."""
    case = draft.case
    if not (case.promises or CONTACT in case.facts) or case.mode != "live":
        return
    if not (case.promises or _says_contact(draft.changes)):
        return
    if _declares(draft, CONTACT):
        _contacts(draft)
    if case.promises and (told := _tell(draft)):
        facts_changed(draft, told)
        settle(draft)


def zone_for(workflow: Workflow, case: Case) -> tzinfo:
    """On whose clock a promise is exact to the hour: the customer's, else that of the contact hours."""
    zone = case.customer.get("zone")
    if zone is not None and is_zone(zone):
        return zone_of(zone)
    hours = workflow.contact_hours
    return UTC if hours is None else hours.tz


def _by_when(draft: Draft, event: PromiseMade) -> datetime:
    """The moment that is promised.

    Raises:
        Refused: there is none, it is over or too far, earlier than the estimate, or not exact to the hour.
    """
    now, zone = from_text(draft.stamp.occurred_at), zone_for(draft.workflow, draft.case)
    for name, moment in (("estimate", event.estimate), ("by_when", event.by_when)):
        if moment is not None and moment <= now:
            raise Refused("in_the_past", f"{name}: {moment.isoformat()} is over.", "Name a moment to come.")
        if moment is not None and moment - now > FURTHEST:
            raise Refused("too_far", f"{name}: {moment.isoformat()} is more than ten years away.")
    if event.by_when is None:
        if event.estimate is None:
            hint = "Name the day and the hour, or an estimate, to which a margin is added."
            raise Refused("no_moment", "A promise says by when.", hint)
        return _awake(draft, told(event.estimate, now, zone), zone)
    hour = to_the_hour(event.by_when, zone)
    if utc(event.by_when) != hour:  # a time that its zone shows twice, or never, equals none of another zone
        local = hour.astimezone(zone).isoformat(timespec="minutes")
        message = f"{event.by_when.astimezone(zone).isoformat(timespec='seconds')} is no full hour."
        raise Refused("not_to_the_hour", message, f"The next one on their clock is {local}.")
    if event.estimate is not None and event.by_when < event.estimate:
        hint = f"With its margin it is {told(event.estimate, now, zone).astimezone(zone).isoformat()}."
        raise Refused("before_the_estimate", "That is earlier than it can be done.", hint)
    return event.by_when


def _awake(draft: Draft, moment: datetime, zone: tzinfo) -> datetime:
    """The same, or the next full hour of the contact hours: nobody is told three in the morning."""
    hours = draft.workflow.contact_hours
    later = None if hours is None else may_leave(hours, draft.case.customer, moment)
    return moment if later is None else to_the_hour(later, zone)


def _found(draft: Draft, number: str) -> tuple[str, PromiseState]:
    promise = draft.case.promises.get(number)
    if promise is None or not promise.is_open:
        still = ", ".join(n for n, one in draft.case.promises.items() if one.is_open) or "none"
        what = "no promise of this case" if promise is None else "settled already"
        raise Refused("no_open_promise", f"{shown(number)} is {what}.", f"Open: {still}.")
    return number, promise


def _add(
    draft: Draft, what: str, by_when: str, *, to: str = "customer", estimate: str | None = None, contact: bool
) -> None:
    stamp, case = draft.stamp, draft.case
    if contact:
        for number, promise in _contact_promises(draft):
            _release(draft, number, promise, "another moment was promised")
    number = str(len(case.promises) + 1)
    made = PromiseState(what, by_when, to, stamp.by, stamp.occurred_at, stamp.seq, estimate, contact)
    _put(draft, number, made)
    draft.why.append(f"promise {number} to the {to}: {what}, by {by_when[:16]}Z")


def _put(draft: Draft, number: str, promise: PromiseState) -> None:
    row: list[Any] = list(promise)
    while row[-1] is None or row[-1] is False:
        row.pop()
    draft.change("promise", number, row)


def _release(draft: Draft, number: str, promise: PromiseState, reason: str) -> None:
    _put(draft, number, promise._replace(released_at=draft.stamp.occurred_at, note=reason))
    draft.why.append(f"promise {number} holds no longer: {reason}")


def _contact_promises(draft: Draft) -> list[tuple[str, PromiseState]]:
    """Those to be in touch that are open."""
    return [(n, one) for n, one in draft.case.promises.items() if one.contact and one.is_open]


def _says_contact(changes: Sequence[Change]) -> bool:
    """Whether the fact is put on record by one of them."""
    for change in changes:  # noqa: SIM110 - asked for at every event; a generator doubles its time
        if change[0] == "facts" and CONTACT in change[1]:
            return True
    return False


def _contacts(draft: Draft) -> None:
    """Promises to be in touch follow from the fact, from what the customer heard, and from its clock."""
    changes, case = draft.changes.copy(), draft.case
    moment = case.facts.get(CONTACT) if _says_contact(changes) else None
    if moment is not None and all(one.by_when != moment for _, one in _contact_promises(draft)):
        _add(draft, HEAR, moment, contact=True)
    for change in changes if case.promises else ():
        if change[0] == "forget" and CONTACT in change[1] and CONTACT not in case.facts:
            for number, promise in _contact_promises(draft):
                _release(draft, number, promise, f"{CONTACT} is no longer on record")
        elif change[0] == "settled" and change[2] is None and change[1] not in draft.before.inside:
            _heard(draft, int(change[1].partition(".")[0]))
        elif change[0] == "clock" and case.clocks[change[1]].status == "stopped":
            clock = draft.workflow.clocks.get(change[1])
            if clock is not None and clock.due_by == CONTACT:
                for number, promise in _contact_promises(draft):
                    _release(draft, number, promise, f"nothing is waited for: the clock {clock.name} stopped")


def _heard(draft: Draft, asked: int) -> None:
    """Something that was asked for in an event reached the customer."""
    for number, promise in _contact_promises(draft):
        if asked > promise.seq:
            _put(draft, number, promise._replace(kept_at=draft.stamp.occurred_at))
            late = " late" if draft.stamp.occurred_at > promise.by_when else ""
            draft.why.append(f"promise {number} was kept{late}: {promise.what}")


def _tell(draft: Draft) -> list[str]:
    """Keep the facts up to date by which clocks and templates know of promises that are not of contact.

    Returns:
        The facts that changed.
    """
    facts, now, zone = draft.case.facts, draft.stamp.recorded_at, zone_for(draft.workflow, draft.case)
    open_ones = sorted(
        (one for one in draft.case.promises.values() if one.is_open and not one.contact),
        key=lambda one: (one.by_when, one.seq),
    )
    until = next_moment([one.by_when for one in open_ones], facts.get(UNTIL), now)
    estimates = sorted(one.estimate for one in open_ones if one.estimate is not None)
    wanted: dict[str, Any] = {
        UNTIL: until,
        WHAT: "; ".join(one.what for one in open_ones if one.by_when == until) or None,
        ESTIMATE: next_moment(estimates, facts.get(ESTIMATE), now),
        OPEN: [f"{_local(one.by_when, zone)}: {one.what}" for one in open_ones] or None,
    }
    return keep_facts(draft, wanted, KINDS)


def keep_facts(draft: Draft, wanted: Mapping[str, Any], kinds: Mapping[str, str]) -> list[str]:
    """Let facts that the workflow declares with these types be as wanted; None: not on record.

    Returns:
        The facts that changed.
    """
    facts = draft.case.facts
    mine = {name: value for name, value in wanted.items() if declares(draft, name, kinds[name])}
    gone = [name for name, value in mine.items() if value is None and name in facts]
    new = {name: value for name, value in mine.items() if value is not None and facts.get(name) != value}
    if gone:
        draft.change("forget", gone)
    if new:
        draft.change("facts", new, "engine")
    return [*gone, *new]


def next_moment(moments: list[str], known: str | None, now: str) -> str | None:
    """Of moments in order the one that a clock is to run by: each of them once, also those that are over."""
    if known is None:
        return moments[0] if moments else None
    after = known if known <= now else now
    kept = known if known in moments else None
    return next((at for at in moments if at > after), kept)


def _local(at: str, zone: tzinfo) -> str:
    return f"{from_text(at).astimezone(zone):%Y-%m-%d %H:%M}"


def _declares(draft: Draft, name: str) -> bool:
    return declares(draft, name, KINDS[name])


def declares(draft: Draft, name: str, type_: str) -> bool:
    """Whether the workflow has a fact of this name and type."""
    kind = draft.workflow.facts.get(name)
    return kind is not None and kind.kind == type_
