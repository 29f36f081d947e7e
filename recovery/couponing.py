"""Coupons at the engine: offered, looked up, redeemed, revoked, reissued, listed."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from recovery.asking import MOST, Asking, require_whole
from recovery.clock import Clock
from recovery.commands import Command, Outcome
from recovery.core.errors import EventRefused, NotFound, RecoveryError, Refusal
from recovery.core.events import CouponOffered, CouponRedeemed, CouponReissued, CouponRevoked, Event
from recovery.core.facts import shown
from recovery.core.instants import utc
from recovery.store import codes

if TYPE_CHECKING:
    from recovery.applying import Applying
    from recovery.store.lending import Lendable
    from recovery.store.records import Coupon
    from recovery.store.unit import Unit

STATUSES = ("issued", "redeemed", "revoked", "expired")
"""What has become of a coupon; `issued` is one that can be redeemed now."""


class CouponPage(NamedTuple):
    """Some of the coupons of a list, in the order of their cases.

    Attributes:
        coupons: at most as many as were asked for.
        cursor: what to ask for the next page with; None when this is the last one.
    """

    coupons: list[Coupon]
    cursor: str | None


class Couponing(Asking):
    """What an engine does with coupons. No code is ever in an error, in an answer or in the log."""

    clock: Clock

    @abstractmethod
    def handle(
        self,
        event: Event,
        case: int | None = None,
        *,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Let one event into its case."""

    @abstractmethod
    def _applying(self, unit: Unit) -> Applying:
        """What applies commands in a transaction."""

    # --- codes ----------------------------------------------------------------------------------------------

    def coupon(self, code: str, *, connection: Lendable | None = None) -> Coupon:
        """Look a coupon up by its code, without redeeming it.

        Raises:
            RecoveryError: there is a typing mistake in the code, or the lent connection cannot be used.
            NotFound: no coupon has this code.
        """
        read = codes.read(code)
        if read is None:
            raise RecoveryError(_MISTYPED.message, hint=_MISTYPED.hint)
        with self.store.reading(connection) as reading:
            found = reading.coupon(self.tenant, read)
        if found is None:
            raise NotFound(_UNKNOWN.message, hint=_UNKNOWN.hint)
        return found

    def redeem(
        self,
        code: str,
        *,
        by: str,
        reference: str | None = None,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Coupon:
        """Use a coupon: exactly once, whoever tries at the same time.

        Args:
            by: who takes it, such as `agent:till-2`.
            reference: the order or bill it is used for.
            key: an idempotency key: the same key with the same code gives the same answer again.

        Returns:
            The coupon, redeemed, with what it is worth.

        Raises:
            EventRefused: `mistyped_code`, `unknown_code`, `coupon_redeemed` (the message says by whom and
                when), `coupon_revoked`, `coupon_replaced`, `coupon_expired`; nothing changed.
            Unlendable, EnvironmentFault: see `Engine.handle`.
        """
        read = codes.read(code)
        if read is None:
            raise EventRefused(_MISTYPED)
        with self.store.write(connection) as unit:
            found = unit.coupons.find(self.tenant, read)
            answer: Outcome | Refusal = _UNKNOWN
            state = None
            if found is not None:
                event = CouponRedeemed(
                    by=by,
                    occurred_at=self.clock.now(),
                    offer=found.offer,
                    serial=found.serial,
                    reference=reference,
                )
                (answer,) = self._applying(unit).all([Command(event, found.case, key)])
                case = unit.case(self.tenant, found.case)
                state = None if case is None else case.coupons.get(found.offer)
        if isinstance(answer, Refusal):
            raise EventRefused(answer)
        assert found is not None
        assert state is not None
        return found._replace(status="redeemed", settled_at=state.at, settled_by=state.by, note=reference)

    # --- offers ---------------------------------------------------------------------------------------------

    def offer_coupon(
        self,
        case: int,
        offer: str,
        value: str,
        *,
        days: int,
        by: str,
        note: str | None = None,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Offer a coupon by hand. The letter of the workflow's offer hands its code over.

        Args:
            offer: an offer that a rule of the workflow makes, such as `goodwill`.
            value: an amount, such as `25 USD`.
            days: how many days it is good.

        Raises:
            EventRefused: `already_offered`, `unknown_offer`, `wrong_value` …; nothing changed.
        """
        event = CouponOffered(
            by=by,
            occurred_at=self.clock.now(),
            offer=offer,
            value=value,
            expires_after_days=days,
            note=note,
        )
        return self.handle(event, case, key=key, connection=connection)

    def revoke_coupon(
        self,
        case: int,
        offer: str,
        *,
        by: str,
        reason: str,
        serial: int | None = None,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Take a coupon back.

        Args:
            offer: `goodwill@1`, or `goodwill` for that of the latest cycle.
            serial: which of its codes; None: the latest. With it, a retry cannot mean another one.

        Raises:
            EventRefused: `not_offered`, `coupon_redeemed`, `coupon_revoked` …; nothing changed.
        """
        event = CouponRevoked(by=by, occurred_at=self.clock.now(), offer=offer, reason=reason, serial=serial)
        return self.handle(event, case, key=key, connection=connection)

    def reissue_coupon(
        self,
        case: int,
        offer: str,
        *,
        by: str,
        reason: str,
        serial: int | None = None,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Replace a lost code: the old one is worth nothing from now on, and the letter goes out again.

        Raises:
            EventRefused: `not_offered`, `coupon_redeemed`, `coupon_expired` …; nothing changed.
        """
        event = CouponReissued(by=by, occurred_at=self.clock.now(), offer=offer, reason=reason, serial=serial)
        return self.handle(event, case, key=key, connection=connection)

    # --- lists ----------------------------------------------------------------------------------------------

    def list_coupons(
        self,
        *,
        case: int | None = None,
        status: str | None = None,
        expires_before: datetime | None = None,
        cursor: str | None = None,
        limit: int = 50,
        connection: Lendable | None = None,
    ) -> CouponPage:
        """Coupons with all of these, in the order of their cases, a page at a time; never their codes.

        Args:
            status: one of `STATUSES`.
            expires_before: aware.
            cursor: the `cursor` of the page before; None for the first page.
            limit: 1 to 500.

        Raises:
            RecoveryError: a filter, the cursor or the limit cannot be used, or the lent connection cannot.
        """
        require_whole(limit, "a limit", 1, MOST)
        if case is not None:
            require_whole(case, "a case number")
        if status is not None and status not in STATUSES:
            raise RecoveryError(
                f"{shown(status)} is no status of a coupon.", hint=f"One of {', '.join(STATUSES)}."
            )
        if expires_before is not None:
            try:
                utc(expires_before)
            except (ValueError, AttributeError):
                raise RecoveryError(
                    f"{shown(expires_before)} is no moment.", hint="Give a datetime with its zone."
                ) from None
        after = _place(cursor)
        with self.store.reading(connection) as reading:
            found = reading.coupons(
                self.tenant,
                case=case,
                status=status,
                expires_before=expires_before,
                after=after,
                limit=limit + 1,
            )
        if len(found) <= limit:
            return CouponPage(found, None)
        last = found[limit - 1]
        return CouponPage(found[:limit], f"{last.case} {last.offer} {last.serial}")

    def coupon_codes(self, case: int, *, connection: Lendable | None = None) -> dict[tuple[str, int], str]:
        """The codes of a case's coupons, by offer and serial: for whoever must read one to the customer.

        Raises:
            RecoveryError: that is no number, or the lent connection cannot be used.
        """
        require_whole(case, "a case number")
        with self.store.reading(connection) as reading:
            return reading.coupon_codes(self.tenant, case)


def _place(cursor: object) -> tuple[int, str, int]:
    if cursor is None:
        return (0, "", 0)
    parts = cursor.split(" ") if isinstance(cursor, str) else []
    if len(parts) == 3 and all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts[::2]):
        return (int(parts[0]), parts[1], int(parts[2]))
    raise RecoveryError(f"{shown(cursor)} is no cursor.", hint="Give the cursor of the page before, or None.")


_MISTYPED = Refusal(
    "mistyped_code",
    "There is a typing mistake in the code.",
    "A code is three groups of six letters and digits; there is no 0, O, 1, I or L in it.",
)
_UNKNOWN = Refusal("unknown_code", "No coupon has this code.", "Ask the customer for the letter it came in.")
