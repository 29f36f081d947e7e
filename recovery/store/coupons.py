"""Coupons inside one transaction: codes are drawn when a decision is taken in, never before and never later.

A code stands in clear in one place alone: the message that hands it over, in the outbox, for it must be
rendered there. The table of coupons has its hash, the log neither.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recovery.core.case import Case, Change
from recovery.core.decision import Decision, Effect
from recovery.core.errors import EngineFault
from recovery.store import codes
from recovery.store import coupon_statements as sql
from recovery.store.dialect import Cursor, Dialect
from recovery.store.records import Coupon, coupon_row

ENDING = "coupon_ended"
"""The change that says that a coupon is redeemed or revoked."""


class Coupons:
    """Coupons of one transaction, buffered; `flush` writes them."""

    def __init__(self, cursor: Cursor, dialect: Dialect, entropy: Callable[[int], bytes]) -> None:
        self._cursor = cursor
        self._dialect = dialect
        self._entropy = entropy
        self._issued: list[tuple[Any, ...]] = []
        self._ended: list[tuple[Any, ...]] = []

    def find(self, tenant: str, code: str) -> Coupon | None:
        """The coupon of a code, as `codes.read` gives it; whatever became of it."""
        self._cursor.execute(self._dialect.texts[sql.FIND_COUPON], (tenant, codes.kept(tenant, code)))
        row = self._cursor.fetchone()
        return None if row is None or not codes.is_the_code(row[1], tenant, code) else coupon_row(row)

    def fill(self, decision: Decision) -> Decision:
        """Draw the codes a decision asks for: the same decision, with each code in the message for it."""
        case = decision.case
        drawn = {}
        for draw in decision.draws:
            code = drawn[draw.effect] = codes.draw(self._entropy)
            self._issued.append(
                (
                    *(case.tenant, codes.kept(case.tenant, code), case.id, draw.offer, draw.serial),
                    *(draw.value, case.updated_at, draw.expires_at),
                )
            )
        effects = [_with(effect, drawn.get(effect.key)) for effect in decision.effects]
        return decision._replace(effects=effects)

    def follow(self, case: Case, change: Change, by: str) -> None:
        """Take over that a coupon was redeemed or revoked."""
        _, offer, serial, status, note = change
        self._ended.append((status, case.updated_at, by, note, case.tenant, case.id, offer, serial))

    def flush(self) -> None:
        """Write coupons out.

        Raises:
            EngineFault: a coupon that was redeemed or revoked is not there as it was issued.
        """
        if self._issued:
            self._dialect.many(self._cursor, sql.INSERT_COUPON, self._issued)
            self._issued.clear()
        if self._ended:
            wanted = len(self._ended)
            if self._dialect.many(self._cursor, sql.END_COUPON, self._ended) != wanted:
                cases = ", ".join(str(row[5]) for row in self._ended[:10])
                raise EngineFault(
                    f"A coupon is not there as its case knows it: case {cases}.",
                    hint="Nothing was written. `recovery db verify` says what was changed.",
                )
            self._ended.clear()


def _with(effect: Effect, code: str | None) -> Effect:
    if code is None:
        return effect
    about = effect.context
    return effect._replace(context={**about, "coupon": {**about["coupon"], "code": code}})
