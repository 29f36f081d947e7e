"""Every statement of the outbox, on its own, to be reviewed. The names after a statement are its values."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    exists,
    func,
    literal_column,
    not_,
    null,
    or_,
    select,
    update,
)

from recovery.core.conversation import WRITTEN
from recovery.store.compiling import Among, Statement
from recovery.store.statements import case, first, insert_many, meta, names, update_many, value
from recovery.store.tables import table

effect = table("effect")
pause = table("pause")

DUE: ColumnElement[str] = literal_column("'due'")
HELD: ColumnElement[str] = literal_column("'held'")
OPEN: list[ColumnElement[str]] = [DUE, HELD]
CLOSABLE: list[ColumnElement[str]] = [
    *OPEN,
    *(literal_column(f"'{status}'") for status in ("handed", "failed")),
]

EFFECT_COLUMNS = names(
    effect, "id", "attempts", "rendered", "settled_at", "note", "lease_owner", "lease_until", "version"
)
"""What is known of a message before anybody has tried to send it."""

INSERT_EFFECT = insert_many(effect, EFFECT_COLUMNS, attempts=literal_column("0"), version=literal_column("0"))

_NOUGHT: ColumnElement[int] = literal_column("0")
_ONE: ColumnElement[int] = literal_column("1")

_KEY = {"tenant": effect.c.tenant_id, "case": effect.c.case_id, "of_seq": effect.c.seq, "of_n": effect.c.n}


def _the_effect(given: Any) -> tuple[ColumnElement[bool], ...]:
    return tuple(column == given[name] for name, column in _KEY.items())


def is_due(of: FromClause) -> ColumnElement[bool]:
    """Whether an effect is due, where it is found by its case.

    Written so that the index of all that is due is not used instead: a case has few effects, and there may be
    many that are due, also where the database's statistics say that there are none.
    """
    return of.c.status + literal_column("''") == DUE


def _place(of: FromClause) -> ColumnElement[int]:
    """Where an effect stands in the order of all, where it is found by its case, not by this (`is_due`)."""
    return of.c.id + literal_column("0")


def _leased_as(given: Any) -> tuple[ColumnElement[bool], ...]:
    return (*_the_effect(given), effect.c.version == given["of_version"])


def _the_lease(given: Any) -> tuple[ColumnElement[bool], ...]:
    return (*_leased_as(given), is_due(effect))


_NO_LEASE = {"lease_owner": null(), "lease_until": null()}

SETTLE_EFFECT = update_many(
    effect,
    lambda given: {
        "status": given["new_status"],
        "attempts": effect.c.attempts + given["tried"],
        "rendered": func.coalesce(given["sent"], effect.c.rendered),
        "settled_at": given["at"],
        "note": func.coalesce(given["remark"], effect.c.note),
        **_NO_LEASE,
    },
    _the_effect,
    new_status=effect.c.status,
    tried=effect.c.attempts,
    sent=effect.c.rendered,
    at=effect.c.settled_at,
    remark=effect.c.note,
    **_KEY,
)

CLOSE_EFFECT = update_many(
    effect,
    lambda given: {
        "status": given["new_status"],
        "settled_at": given["at"],
        "note": func.coalesce(given["remark"], effect.c.note),
    },
    lambda given: (*_the_effect(given), effect.c.status.in_(CLOSABLE)),
    new_status=effect.c.status,
    at=effect.c.settled_at,
    remark=effect.c.note,
    **_KEY,
)
"""What the log says of an effect; one that was delivered or cancelled stays as it is."""

RETRY_EFFECT = update_many(
    effect,
    lambda given: {"status": DUE, "due_at": given["at"], "settled_at": null(), "attempts": _NOUGHT},
    _the_effect,
    at=effect.c.due_at,
    **_KEY,
)
"""A dead letter is due again, and may be tried as often as a new one."""

POSTPONE_EFFECT = update_many(
    effect,
    lambda given: {
        "due_at": given["at"],
        "attempts": effect.c.attempts + given["tried"],
        "rendered": func.coalesce(given["sent"], effect.c.rendered),
        "note": func.coalesce(given["remark"], effect.c.note),
        **_NO_LEASE,
    },
    _the_lease,
    at=effect.c.due_at,
    tried=effect.c.attempts,
    sent=effect.c.rendered,
    remark=effect.c.note,
    **_KEY,
    of_version=effect.c.version,
)
"""An attempt came to nothing for now. Only who has the lease may say so."""

LEASE_EFFECT = update_many(
    effect,
    lambda given: {
        "lease_owner": given["by"],
        "lease_until": given["until"],
        "version": effect.c.version + literal_column("1"),
    },
    _the_lease,
    by=effect.c.lease_owner,
    until=effect.c.lease_until,
    **_KEY,
    of_version=effect.c.version,
)

RENEW_LEASE = update_many(
    effect,
    lambda given: {"lease_until": given["until"]},
    lambda given: (*_leased_as(given), effect.c.lease_until.is_not(None)),
    until=effect.c.lease_until,
    **_KEY,
    of_version=effect.c.version,
)
"""Also of a message that was taken back on its way: nothing else of its case leaves beside it."""

HOLD_EFFECT = update_many(
    effect,
    lambda given: {"status": HELD, "note": given["remark"], **_NO_LEASE},
    lambda given: (*_the_effect(given), is_due(effect)),
    remark=effect.c.note,
    **_KEY,
)

LET_GO = update_many(
    effect,
    lambda given: {"status": DUE, "note": given["remark"]},
    lambda given: (*_the_effect(given), effect.c.status == HELD),
    remark=effect.c.note,
    **_KEY,
)
"""A held message may leave."""

HURRY = update_many(
    effect,
    lambda given: {"due_at": given["at"]},
    lambda given: (
        effect.c.tenant_id == given["tenant"],
        effect.c.case_id == given["case"],
        is_due(effect),
        effect.c.note == given["remark"],
    ),
    at=effect.c.due_at,
    tenant=effect.c.tenant_id,
    case=effect.c.case_id,
    remark=effect.c.note,
)
"""Messages of a case that wait for a reason go no later than what somebody wrote after them."""

RELEASE_EFFECT = update_many(effect, lambda _: _NO_LEASE, _leased_as, **_KEY, of_version=effect.c.version)

HAS_EFFECT = Statement(select(effect.c.id).where(*_the_effect({name: value(name) for name in _KEY})), *_KEY)

LEASES = Statement(
    select(
        effect.c.case_id, effect.c.seq, effect.c.n, effect.c.version, effect.c.status, effect.c.lease_until
    )
    .where(effect.c.tenant_id == value("tenant"), Among(effect.c.case_id, "ids"), effect.c.status.in_(OPEN))
    .order_by(effect.c.id)
    .with_for_update(),
    "tenant",
    "ids",
)
"""The open effects of cases, which nobody else can settle before the transaction ends. One that was held
while it was on its way (`HOLD_DUE`) has left all the same, and whoever sent it may say so."""

_other = effect.alias("other")
_of_same_case = (_other.c.tenant_id == effect.c.tenant_id, _other.c.case_id == effect.c.case_id)

_later = _other.c.due_at > effect.c.due_at

_CLAIM_VALUES = ("tenant", "now", "free", "channels", "workflows", "busy", "their_channels", "limit")

_CUSTOMER: ColumnElement[str] = literal_column("'customer'")


def _any_with(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether there is a row of which all of this holds.

    An offset keeps PostgreSQL from making a join of it: going by the statistics of a table that was nearly
    empty it would compare everything of a tenant with everything else, where a look into an index is enough.
    """
    return exists(first(select(_ONE).where(*conditions), _ONE))


_before_it = effect.alias("before_it")
_waits = _any_with(
    _before_it.c.tenant_id == _other.c.tenant_id,
    _before_it.c.case_id == _other.c.case_id,
    is_due(_before_it),
    _place(_before_it) < _other.c.id,
    _before_it.c.due_at > _other.c.due_at,
)
"""Whether the other one waits for one before it that is due later."""

_by_hand: ColumnElement[str] = literal_column(f"'\"{WRITTEN}\":{{'")
_overtakes = and_(
    effect.c.context.contains(_by_hand),
    not_(_other.c.context.contains(_by_hand)),
    _other.c.recipient == _CUSTOMER,
    _other.c.attempts == _NOUGHT,
)
"""What somebody writes passes a letter that waits for the morning and was never tried. (In the context of
another letter a customer's words have their quotation marks escaped.)"""

_is_ahead = and_(
    _place(_other) < effect.c.id,
    or_(
        and_(not_(_later), not_(_waits)),
        and_(effect.c.recipient == _CUSTOMER, not_(_overtakes)),
        and_(_other.c.recipient != _CUSTOMER, effect.c.recipient != _CUSTOMER),
    ),
)
_before = (*_of_same_case, is_due(_other), _is_ahead)
_ahead = select(func.count()).select_from(_other).where(*_before).scalar_subquery()


def _of_its_case(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """What a column of its case holds; looked up, not joined, for the same reason (`_any_with`)."""
    looked_up = select(column).where(case.c.tenant_id == effect.c.tenant_id, case.c.id == effect.c.case_id)
    return looked_up.scalar_subquery()


_claimable = (
    select(effect, _of_its_case(case.c.bundle), _ahead.label("ahead"))
    .where(
        effect.c.status == DUE,
        effect.c.tenant_id == value("tenant"),
        effect.c.due_at <= value("now"),
        or_(effect.c.lease_until.is_(None), effect.c.lease_until <= value("free")),
        not_(Among(effect.c.channel, "channels")),
        not_(Among(_of_its_case(case.c.workflow), "workflows")),
        not_(
            _any_with(
                *_of_same_case,
                or_(
                    _other.c.lease_until > value("busy"),
                    and_(is_due(_other), _is_ahead, or_(_later, Among(_other.c.channel, "their_channels"))),
                ),
            )
        ),
    )
    .order_by(effect.c.due_at, effect.c.id)
)

DUE_EFFECTS = Statement(first(_claimable, value("limit")), *_CLAIM_VALUES)
"""The same, to be looked at."""

CLAIMABLE = Statement(
    first(_claimable.with_for_update(of=effect, skip_locked=True), value("limit")), *_CLAIM_VALUES
)
"""What may be sent now: due, of a case of which nobody sends anything just now, and after every earlier one
of its case, also one that is due later or whose channel is paused; but letters that wait for the
customer's morning, and those behind them, keep no colleague from hearing, nor the customer from an answer
that somebody writes. `ahead`: how many earlier ones there are. None of those is out of reach, so that what
cannot be taken yet does not fill the limit."""

ANY_DUE = Statement(
    first(
        select(effect.c.id).where(
            effect.c.status == DUE, effect.c.tenant_id == value("tenant"), effect.c.due_at <= value("now")
        ),
        _ONE,
    ),
    "tenant",
    "now",
)

_own: ColumnElement[str] = literal_column("'installation_id'")
_named: ColumnElement[str] = literal_column("'sender_id'")

SENDING = Statement(
    first(
        select(meta.c.value).where(meta.c.key.in_([_own, _named])).order_by(meta.c.key.desc()),
        _ONE,
    )
)
"""Which installation sends: the one that was named last, or the one that made the database."""

HOLD_DUE = Statement(
    update(effect)
    .values({"status": HELD, "note": value("remark"), **_NO_LEASE})
    .where(effect.c.status == DUE),
    "remark",
)

FORGET_WORDS = Statement(
    update(effect)
    .values({"rendered": null()})
    .where(
        effect.c.id > value("after"),
        effect.c.id <= value("through"),
        effect.c.tenant_id == value("tenant"),
        effect.c.status.in_([literal_column("'delivered'"), literal_column("'cancelled'")]),
        effect.c.settled_at < value("before"),
        effect.c.rendered.is_not(None),
        exists().where(case.c.tenant_id == effect.c.tenant_id, case.c.id == effect.c.case_id, case.c.ended),
    ),
    "after",
    "through",
    "tenant",
    "before",
)

LAST_EFFECT = Statement(select(func.coalesce(func.max(effect.c.id), _NOUGHT)))

# --- pauses -------------------------------------------------------------------------------------------------

PAUSE_COLUMNS = names(pause)

PAUSES = Statement(
    select(pause).where(pause.c.tenant_id == value("tenant")).order_by(pause.c.kind, pause.c.name), "tenant"
)

INSERT_PAUSE = insert_many(pause, PAUSE_COLUMNS, ignoring=True)

DELETE_PAUSE = Statement(
    pause.delete().where(
        pause.c.tenant_id == value("tenant"), pause.c.kind == value("kind"), pause.c.name == value("name")
    ),
    "tenant",
    "kind",
    "name",
)
