"""Every statement about coupons, on its own, to be reviewed. The names after a statement are its values."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, literal_column, select, tuple_

from recovery.store.compiling import Statement
from recovery.store.statements import first, insert_many, names, update_many, value
from recovery.store.tables import table

coupon = table("coupon")

ISSUED: ColumnElement[str] = literal_column("'issued'")

COUPON_COLUMNS = names(coupon, "status", "settled_at", "settled_by", "note")
"""What is known of a coupon when it is issued."""

INSERT_COUPON = insert_many(coupon, COUPON_COLUMNS, status=ISSUED)

_KEY = {
    "tenant": coupon.c.tenant_id,
    "case": coupon.c.case_id,
    "of_offer": coupon.c.offer,
    "of_serial": coupon.c.serial,
}

END_COUPON = update_many(
    coupon,
    lambda given: {
        "status": given["new_status"],
        "settled_at": given["at"],
        "settled_by": given["by"],
        "note": given["remark"],
    },
    lambda given: (*(column == given[name] for name, column in _KEY.items()), coupon.c.status == ISSUED),
    new_status=coupon.c.status,
    at=coupon.c.settled_at,
    by=coupon.c.settled_by,
    remark=coupon.c.note,
    **_KEY,
)
"""A coupon is redeemed or revoked; one that was is left as it is, and the number of rows says so."""

SETTLED = Statement(
    select(coupon.c.tenant_id, coupon.c.code, coupon.c.settled_by, coupon.c.note).where(
        coupon.c.tenant_id == value("tenant"),
        coupon.c.case_id == value("of_case"),
        coupon.c.settled_by.is_not(None),
    ),
    "tenant",
    "of_case",
)

LEAVE_OF_COUPON = update_many(
    coupon,
    lambda given: {"settled_by": given["by"], "note": given["remark"]},
    lambda given: (coupon.c.tenant_id == given["of_tenant"], coupon.c.code == given["of_code"]),
    by=coupon.c.settled_by,
    remark=coupon.c.note,
    of_tenant=coupon.c.tenant_id,
    of_code=coupon.c.code,
)
"""What is left of one that was redeemed or revoked when its person is erased."""

FIND_COUPON = Statement(
    select(coupon).where(coupon.c.tenant_id == value("tenant"), coupon.c.code == value("hash")),
    "tenant",
    "hash",
)

_FILTERS: dict[str, ColumnElement[bool]] = {
    "case": coupon.c.case_id == value("of_case"),
    "status": coupon.c.status == value("of_status"),
    "good_at": coupon.c.expires_at > value("good_at"),
    "expired_at": coupon.c.expires_at <= value("expired_at"),
    "expires_before": coupon.c.expires_at < value("expires_before"),
}
_NAMED = {"case": "of_case", "status": "of_status"}
_AFTER = ("after_case", "after_offer", "after_serial")


@cache
def coupons(filters: tuple[str, ...]) -> Statement:
    """Coupons with these filters after one of them, in the order of their cases."""
    terms: list[Any] = [coupon.c.tenant_id == value("tenant")]
    terms += [_FILTERS[name] for name in filters]
    place = tuple_(coupon.c.case_id, coupon.c.offer, coupon.c.serial)
    terms.append(place > tuple_(*map(value, _AFTER)))
    clause = select(coupon).where(*terms).order_by(coupon.c.case_id, coupon.c.offer, coupon.c.serial)
    named = [_NAMED.get(name, name) for name in filters]
    return Statement(first(clause, value("limit")), "tenant", *named, *_AFTER, "limit")


AUDIT_COUPONS = Statement(
    select(
        coupon.c.tenant_id,
        coupon.c.case_id,
        *(coupon.c[name] for name in names(coupon, "tenant_id", "case_id")),
    ).order_by(coupon.c.tenant_id, coupon.c.case_id, coupon.c.offer, coupon.c.serial)
)
