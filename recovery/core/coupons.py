"""Coupons: offered by hand, redeemed, revoked, reissued (domain.md §4). Rules offer theirs beside a message.

A coupon is an *offer* of the workflow in one cycle of a case, `goodwill@1`. There is one at most, whatever is
retried; when its code is lost the next *serial* takes its place, and the one before is worth nothing from
then on. The code itself is a secret: the core says that one is to be drawn (`Draw`) and never sees it.
"""

from __future__ import annotations

from recovery.core import events as ev
from recovery.core.coupon_state import CouponState
from recovery.core.draft import Draft, Refused
from recovery.core.empowerment.couponing import COUPON, of_offer
from recovery.core.empowerment.holding import beside_no_rating, held
from recovery.core.empowerment.offering import decide, is_payee, put
from recovery.core.empowerment.standing import standing_of
from recovery.core.empowerment.state import CompensationState
from recovery.core.instants import end_of, last_day
from recovery.core.money import read_money
from recovery.core.moves import not_in_quarantine, reasoned
from recovery.core.spec import DAYS_AT_MOST, Send


def offer(draft: Draft, event: ev.CouponOffered) -> None:
    """Somebody of the house offers a coupon; the letter of the workflow's offer hands it over.

    Its value counts against their limit; above it a supervisor is asked, and the letter waits for that.
    """
    _may_send(draft, event, "offer a coupon")
    _letter(draft, event.offer)
    key = f"{event.offer}@{draft.case.cycle}"
    known = draft.case.coupons.get(key)
    if known is not None:
        raise Refused(
            "already_offered",
            f"{key} has been offered: {said(known)}.",
            "The same case never gets the same offer twice. When the code was lost, reissue it.",
        )
    try:
        if read_money(event.value).amount <= 0:
            raise ValueError("a coupon is worth more than nothing")
    except ValueError as error:
        raise Refused("wrong_value", f"value: {error}.", "Give an amount such as 10 USD.") from None
    if not 1 <= event.expires_after_days <= DAYS_AT_MOST:
        raise Refused(
            "wrong_value",
            f"A coupon is good for 1 to {DAYS_AT_MOST:,} days, not for {event.expires_after_days:,}.",
        )
    if of_offer(draft, key) is not None:
        raise Refused("already_offered", f"{key} waits for an approval.", "See `recovery tasks list`.")
    if is_payee(draft.case, "customer", event.by):
        raise Refused("pays_themselves", "Nobody pays themselves.", "Let somebody else give it.")
    beside_no_rating(draft)
    standing, stamp = standing_of(draft, event.standing, event.value), draft.stamp
    state = CompensationState(
        COUPON,
        key,
        event.value,
        standing.units,
        "customer",
        event.by,
        stamp.recorded_at,
        stamp.seq,
        "offered",
        expires_at=end_of(stamp.recorded_at, event.expires_after_days),
        note=event.note,
    )
    decide(draft, *held(draft, event.policy, event.note, state), standing)


def redeemed(draft: Draft, event: ev.CouponRedeemed) -> None:
    """A coupon is used, once; also in a case that is closed, merged or set aside."""
    key, known = _the_coupon(draft, event.offer, event.serial)
    _still_good(key, known)
    if draft.stamp.recorded_at >= known.expires_at:
        raise Refused(
            "coupon_expired", f"{key} was good until {last_day(known.expires_at)}.", "Offer another one."
        )
    draft.change("coupon_ended", key, known.serial, "redeemed", event.reference)
    draft.why.append(f"{key} redeemed: {known.value}" + (f" ({event.reference})" if event.reference else ""))
    kept = of_offer(draft, key)
    if kept is not None:
        now, (number, state) = draft.stamp.recorded_at, kept
        given = state._replace(status="fulfilled", accepted_at=now, fulfilled_at=now, receipt=event.reference)
        put(draft, number, given, "owed", "paid")


def revoked(draft: Draft, event: ev.CouponRevoked) -> None:
    """A coupon is worth nothing any more."""
    _by_the_house(event, "revoke a coupon")
    reasoned(event.reason, "Revoking a coupon")
    key, known = _the_coupon(draft, event.offer, event.serial)
    _still_good(key, known)
    _revoke(draft, key, known, event.reason)


def _revoke(draft: Draft, key: str, known: CouponState, reason: str) -> None:
    """End a coupon; a letter with its code that has not left yet is not sent."""
    draft.change("coupon_ended", key, known.serial, "revoked", reason)
    draft.why.append(f"{key} revoked: {reason}")
    letter = draft.workflow.offers.get(key.partition("@")[0])
    for effect, (template, _) in list(draft.case.awaiting.items()):
        if letter is not None and template == letter.template:
            if effect in draft.case.tasks:
                draft.change("done", effect)
            draft.change("cancelled", effect)
            draft.why.append(f"{template} cancelled: its code is good for nothing any more")


def reissued(draft: Draft, event: ev.CouponReissued) -> None:
    """A lost code is replaced by another one, of the same worth and good until the same day."""
    _may_send(draft, event, "reissue a coupon")
    reasoned(event.reason, "Reissuing a coupon")
    key, known = _the_coupon(draft, event.offer, event.serial)
    if known.status != "revoked":
        _still_good(key, known)
    if draft.stamp.recorded_at >= known.expires_at:
        raise Refused("coupon_expired", f"{key} was good until {last_day(known.expires_at)}.")
    if known.status == "issued":
        _revoke(draft, key, known, event.reason)
    name, _, cycle = key.partition("@")
    action = _letter(draft, name)
    facts = action.when_delivered if cycle == str(draft.case.cycle) else {}
    draft.send(Send(action.template, facts, "always"))
    draft.draw(key, known.serial + 1, known.value, known.expires_at)


def said(coupon: CouponState) -> str:
    """A coupon in a few words, without its code."""
    what = f"{coupon.value}, good until {last_day(coupon.expires_at)}"
    if coupon.status == "issued":
        return what
    return f"{what}, {coupon.status} by {coupon.by} at {coupon.at}"


def _by_the_house(event: ev.Event, what: str) -> None:
    if ev.role(event.by) == "customer":
        raise Refused("not_allowed", f"{event.by} may not {what}.", "An agent may.")


def _may_send(draft: Draft, event: ev.Event, what: str) -> None:
    """Only a case that gets messages can be given a code."""
    _by_the_house(event, what)
    not_in_quarantine(draft)
    case = draft.case
    if case.merged_into is not None:
        raise Refused(
            "merged", f"The case goes on in case {case.merged_into}.", f"Offer it in case {case.merged_into}."
        )
    if case.mode == "history":
        raise Refused("history", f"Case {case.id} is history: nothing is sent from it.")


def _letter(draft: Draft, name: str) -> Send:
    """What hands an offer of this name over."""
    offers = draft.workflow.offers
    if name not in offers:
        known = ", ".join(offers) or "none"
        raise Refused(
            "unknown_offer",
            f"Workflow {draft.workflow.id} has no offer {name}.",
            f"Its offers: {known}. A rule with `coupon` beside its `send` makes one.",
        )
    return offers[name]


def _the_coupon(draft: Draft, name: str, serial: int | None) -> tuple[str, CouponState]:
    """A coupon of the case: `goodwill@1`, or `goodwill` for that of the latest cycle."""
    coupons = draft.case.coupons
    key = name
    if "@" not in name:
        key = next((one for one in reversed(coupons) if one.partition("@")[0] == name), name)
    known = coupons.get(key)
    if known is None:
        offered = ", ".join(coupons) or "none"
        raise Refused(
            "not_offered", f"Case {draft.case.id} has no coupon {name}.", f"Its coupons: {offered}."
        )
    if serial is not None and serial != known.serial:
        raise Refused(
            "coupon_replaced",
            f"Code {serial} of {key} was replaced by code {known.serial}.",
            "Only the latest code is good.",
        )
    return key, known


def _still_good(key: str, coupon: CouponState) -> None:
    """Refuse what was used or taken back; the day is looked at elsewhere."""
    if coupon.status == "redeemed":
        message = f"{key} was redeemed by {coupon.by} at {coupon.at}."
        raise Refused("coupon_redeemed", message, "A coupon is redeemed once.")
    if coupon.status == "revoked":
        message = f"{key} was revoked by {coupon.by} at {coupon.at}."
        raise Refused("coupon_revoked", message, "Reissue it when the customer is still to have it.")
