"""A case's coupons under `verify`: what the log says of them, and what their table has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from recovery.core.case import Change
from recovery.store import codes


class Said(NamedTuple):
    """A coupon by the log. `effect` is the message that hands it over."""

    seq: int
    effect: str
    value: str
    issued_at: str
    expires_at: str
    status: str = "issued"
    settled_at: str | None = None
    settled_by: str | None = None
    note: str | None = None


Coupons = dict[tuple[str, int], Said]
"""What the log says, by offer and serial."""


def add_up(said: Coupons, change: Change, seq: int, by: str, recorded_at: str) -> None:
    """Take over what a change of the log says of a coupon."""
    if change[0] == "coupon":
        _, offer, serial, value, expires_at, effect = change
        said[offer, serial] = Said(seq, effect, value, recorded_at, expires_at)
    else:
        _, offer, serial, status, note = change
        ended = {"status": status, "settled_at": recorded_at, "settled_by": by, "note": note}
        said[offer, serial] = said[offer, serial]._replace(seq=seq, **ended)


def compare(
    said: Coupons,
    rows: Sequence[Any],
    contexts: Mapping[str, object],
    tenant: str,
    case: int,
    report: Callable[[str, str, int | None], None],
) -> None:
    """Report where the table and the log disagree, coupon by coupon.

    Args:
        rows: tenant, case, the hash of the code, offer, serial, value, status, and the rest of the columns.
        contexts: what each message of the case may say, by its key.
        report: takes a code, a message and the number of the event it concerns.
    """
    missing = dict(said)
    for _, _, hash, offer, serial, value, status, issued_at, expires_at, *settled in rows:
        called = f"Coupon {serial} of {offer} of case {case}"
        known = missing.pop((offer, serial), None)
        if known is None:
            report("coupon_extra", f"{called} is there, and the log did not issue it.", None)
            continue
        if (value, issued_at, expires_at) != (known.value, known.issued_at, known.expires_at):
            report("coupon_changed", f"{called} is not the one that the log issued.", known.seq)
        code = codes.in_context(contexts.get(known.effect))
        if code is not None and not codes.is_the_code(str(hash), tenant, code):
            report("coupon_changed", f"{called} has another code than its message.", known.seq)
        if [status, *settled] != [known.status, known.settled_at, known.settled_by, known.note]:
            report("coupon_status", f"{called} is {status}; by the log it is {known.status}.", known.seq)
    for (offer, serial), known in missing.items():
        report("coupon_missing", f"Coupon {serial} of {offer} of case {case} is gone.", known.seq)
