"""How a coupon stands in its case: a row of the snapshot, changed only through `case.apply`."""

from __future__ import annotations

from typing import NamedTuple


class CouponState(NamedTuple):
    """A coupon as it stands, without its code.

    Attributes:
        serial: of the code that is good; those before it were lost.
        status: `issued`, `redeemed` or `revoked`; what has expired says so by `expires_at` (text instant).
        by, at: who redeemed or revoked it, and when that was recorded.
    """

    value: str
    expires_at: str
    serial: int
    status: str = "issued"
    by: str | None = None
    at: str | None = None
