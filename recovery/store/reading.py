"""The read side: cases, their log, the outbox and the published versions, without the domain in between."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from recovery.core.case import Case
from recovery.core.instants import to_text
from recovery.store import choosing, codes, queries
from recovery.store import coupon_statements as coupon_sql
from recovery.store import outbox_statements as outbox_sql
from recovery.store import statements as sql
from recovery.store.choosing import Messages
from recovery.store.codec import decode, read_body, read_case
from recovery.store.compiling import Statement
from recovery.store.dialect import LAST, Dialect
from recovery.store.records import (
    Coupon,
    OutboxRow,
    Pause,
    Record,
    StoredBundle,
    coupon_row,
    outbox_row,
)
from recovery.store.unit import CHUNK

__all__ = ["OutboxRow", "Reading", "Record", "Snapshot", "StoredBundle"]

FETCH = 200
"""How many rows a streaming read holds at a time."""


SENDER = "sender_id"


class Reading(ABC):
    """Everything there is to ask. Each question sees the database as it is when it is asked."""

    def __init__(self, dialect: Dialect, clock: Callable[[], datetime]) -> None:
        self.dialect = dialect
        self.clock = clock

    @abstractmethod
    def rows(self, statement: Statement, *values: Any) -> list[Any]:
        """Every row a statement gives: for this package."""

    @abstractmethod
    def stream(self, statement: Statement, *values: Any) -> Iterator[Any]:
        """The rows a statement gives, in constant memory: for this package."""

    # --- cases ----------------------------------------------------------------------------------------------

    def case(self, tenant: str, id: int) -> Case | None:
        """One case, or None."""
        return self.cases(tenant, [id]).get(id)

    def cases(self, tenant: str, ids: Iterable[int]) -> dict[int, Case]:
        """Cases by their numbers; unknown ones are left out."""
        rows = self._each(sql.LOAD_CASES, tenant, list(ids))
        return {case.id: case for case, _ in map(read_case, rows)}

    def find_cases(self, tenant: str, external_ids: Iterable[str]) -> dict[str, int]:
        """The numbers of the cases with these external ids; unknown ones are left out."""
        return dict(self._each(sql.FIND_CASES, tenant, list(external_ids)))

    def _each(self, statement: Statement, tenant: str, items: list[Any]) -> Iterator[Any]:
        for start in range(0, len(items), CHUNK):
            yield from self.rows(statement, tenant, self.dialect.items(items[start : start + CHUNK]))

    def list_cases(
        self,
        tenant: str,
        *,
        step: str | None = None,
        owner: str | None = None,
        workflow: str | None = None,
        mode: str | None = None,
        severity: int | None = None,
        ended: bool | None = None,
        before: int | None = None,
        limit: int = 50,
    ) -> list[Case]:
        """Cases with all of these, the newest (highest number) first.

        Args:
            before: the number of the last case of the page before; None for the first page.
        """
        given = _given(step=step, owner=owner, workflow=workflow, mode=mode, severity=severity, before=before)
        statement = queries.list_cases(frozenset(given), ended)
        return [read_case(row)[0] for row in self.rows(statement, tenant, *given.values(), limit)]

    def changed_cases(
        self, tenant: str, *, before: int | None = None, limit: int = 50
    ) -> list[tuple[int, Case]]:
        """Cases that changed last, first, each with the position of its last event.

        Args:
            before: the position of the last row of the page before; None for the first page.
        """
        rows = self.rows(queries.CHANGED_CASES, tenant, LAST if before is None else before, limit)
        return [(row[-1], read_case(row[:-1])[0]) for row in rows]

    def count_by(
        self,
        tenant: str,
        group: str,
        *,
        step: str | None = None,
        owner: str | None = None,
        workflow: str | None = None,
        mode: str | None = None,
        severity: int | None = None,
        ended: bool | None = None,
    ) -> dict[Any, int]:
        """How many cases there are of each `step`, `owner`, `workflow`, `mode`, `severity` or `ended`.

        Raises:
            ValueError: cases cannot be counted by that.
        """
        if group not in queries.GROUPS:
            raise ValueError(f"{group!r} is not one of {', '.join(queries.GROUPS)}")
        given = _given(step=step, owner=owner, workflow=workflow, mode=mode, severity=severity)
        rows = self.rows(queries.count_by(group, frozenset(given), ended), tenant, *given.values())
        return {bool(found) if group == "ended" else found: count for found, count in rows}

    def quarantined(self, tenant: str) -> list[int]:
        """The numbers of the cases that are set aside, in order."""
        cases = (read_case(row)[0] for row in self.rows(queries.MAYBE_QUARANTINED, tenant))
        return [case.id for case in cases if case.quarantine is not None]

    # --- the log --------------------------------------------------------------------------------------------

    def log(self, tenant: str, case: int) -> list[Record]:
        """Every event of a case, in order; empty for an unknown case."""
        return [_record(row) for row in self.rows(queries.LOG, tenant, case)]

    def logs(self, tenant: str) -> Iterator[Record]:
        """Every event of every case, case by case and in order within each, in constant memory."""
        return map(_record, self.stream(queries.LOGS, tenant))

    def log_between(self, tenant: str, since: int, through: int, limit: int) -> list[Record]:
        """The events after one position and up to another, in the order of the log."""
        return [_record(row) for row in self.rows(queries.LOG_BETWEEN, since, through, tenant, limit)]

    # --- attachments ----------------------------------------------------------------------------------------

    def attachment(self, tenant: str, sha256: str) -> bytes | None:
        """A file's content, by its hash; None when it is not kept here."""
        rows = self.rows(sql.LOAD_ATTACHMENT, tenant, sha256)
        return bytes(rows[0][0]) if rows else None

    # --- the outbox -----------------------------------------------------------------------------------------

    def outbox(
        self, tenant: str, *, case: int | None = None, status: str | None = None
    ) -> Iterator[OutboxRow]:
        """Effects of a case, with a status, or all, in the order they were asked for, in constant memory."""
        given = _given(case=case, status=status)
        return map(outbox_row, self.stream(queries.outbox(frozenset(given)), tenant, *given.values()))

    def reached(self, tenant: str, address: str, since: datetime) -> list[OutboxRow]:
        """Messages that have been delivered to an address since a moment, of any case."""
        return [outbox_row(row) for row in self.rows(queries.REACHED, tenant, address, to_text(since))]

    def outbox_counts(self, tenant: str) -> dict[str, int]:
        """How many effects there are of each status; a status nobody has is left out."""
        return dict(self.rows(queries.COUNT_OUTBOX, tenant))

    def due_effects(self, tenant: str, limit: int) -> list[OutboxRow]:
        """The messages that may be sent now, as a claim would lease them, pauses aside; none is leased."""
        none = self.dialect.items(())
        now, never = to_text(self.clock()), ""
        values = (tenant, now, never, none, none, never, none, limit)
        return [outbox_row(row[:-1]) for row in self.rows(outbox_sql.DUE_EFFECTS, *values)]

    def chosen(
        self, tenant: str, which: Messages, statuses: tuple[str, ...], after: int, limit: int
    ) -> list[tuple[int, OutboxRow]]:
        """Messages in the order they were asked for, each with its place, which the next page begins after.

        Args:
            statuses: those to be found; any when empty.
        """
        given = choosing.values(which)
        statement = choosing.found(tuple(given), statuses)
        rows = self.rows(statement, tenant, *given.values(), after, limit)
        return [(row[0], outbox_row(row)) for row in rows]

    def count_chosen(self, tenant: str, which: Messages, statuses: tuple[str, ...]) -> int:
        """How many messages those are."""
        given = choosing.values(which)
        ((count,),) = self.rows(choosing.counted(tuple(given), statuses), tenant, *given.values())
        return int(count)

    def messages_of(self, tenant: str, cases: Iterable[int]) -> list[OutboxRow]:
        """Every message of these cases, in the order they were asked for."""
        return [outbox_row(row) for row in self._each(choosing.OF_CASES, tenant, list(cases))]

    def next_due(self, tenant: str) -> str | None:
        """When a clock of any case is to be seen to next (text instant); None where none is."""
        rows = self.rows(sql.NEXT_DUE, tenant)
        return rows[0][0] if rows else None

    def next_message(self, tenant: str, after: datetime) -> str | None:
        """When the next message is due after a moment (text instant); None where none is."""
        rows = self.rows(choosing.NEXT_MESSAGE, tenant, to_text(after))
        return rows[0][0] if rows else None

    def oldest_due(self, tenant: str) -> str | None:
        """When the message was due that has waited longest; None when none is due."""
        rows = self.rows(choosing.OLDEST_DUE, tenant)
        return rows[0][0] if rows else None

    def cases_with_tasks(self, tenant: str, owner: str | None, after: int, limit: int) -> list[Case]:
        """Cases after a number in which something waits for a person."""
        given = [] if owner is None else [owner]
        statement = choosing.cases_with_tasks(owner is not None)
        return [read_case(row)[0] for row in self.rows(statement, tenant, *given, after, limit)]

    def pauses(self, tenant: str) -> list[Pause]:
        """What sends nothing for now."""
        return [Pause(*row[1:]) for row in self.rows(outbox_sql.PAUSES, tenant)]

    # --- coupons --------------------------------------------------------------------------------------------

    def coupon(self, tenant: str, code: str) -> Coupon | None:
        """The coupon of a code, as `codes.read` gives it, or None."""
        for row in self.rows(coupon_sql.FIND_COUPON, tenant, codes.kept(tenant, code)):
            if codes.is_the_code(row[1], tenant, code):
                return self._as_of_now(coupon_row(row))
        return None

    def coupons(
        self,
        tenant: str,
        *,
        case: int | None = None,
        status: str | None = None,
        expires_before: datetime | None = None,
        after: tuple[int, str, int] = (0, "", 0),
        limit: int = 50,
    ) -> list[Coupon]:
        """Coupons with all of these, in the order of their cases.

        Args:
            status: `issued` are those that can be redeemed now; `expired` those that nobody did in time.
            after: case, offer and serial of the last one of the page before.
        """
        now = to_text(self.clock())
        given = _given(case=case, status="issued" if status == "expired" else status)
        if status in ("issued", "expired"):
            given["good_at" if status == "issued" else "expired_at"] = now
        if expires_before is not None:
            given["expires_before"] = to_text(expires_before)
        rows = self.rows(coupon_sql.coupons(tuple(given)), tenant, *given.values(), *after, limit)
        return [self._as_of_now(coupon_row(row)) for row in rows]

    def coupon_codes(self, tenant: str, case: int) -> dict[tuple[str, int], str]:
        """The codes of a case's coupons by offer and serial, from the messages that hand them over."""
        rows = self.rows(coupon_sql.coupons(("case",)), tenant, case, 0, "", 0, LAST)
        found = {row[1]: (row[3], row[4]) for row in rows}
        known = {}
        for message in self.outbox(tenant, case=case) if found else ():
            code = codes.in_context(message.context)
            if code is not None and codes.kept(tenant, code) in found:
                known[found[codes.kept(tenant, code)]] = code
        return known

    def _as_of_now(self, coupon: Coupon) -> Coupon:
        if coupon.status == "issued" and coupon.expires_at <= to_text(self.clock()):
            return coupon._replace(status="expired")
        return coupon

    # --- versions -------------------------------------------------------------------------------------------

    def bundle(self, tenant: str, hash: str) -> StoredBundle | None:
        """A version with its files, or None when it was never saved here."""
        rows = self.rows(sql.LOAD_BUNDLE, tenant, hash)
        if not rows:
            return None
        ((found, workflow, files, created_at),) = rows
        return StoredBundle(found, workflow, decode(files), created_at)

    def published(self, tenant: str, workflow: str) -> str | None:
        """The hash of the version new cases run on, or None."""
        rows = self.rows(sql.LAST_PUBLISHED, tenant, workflow)
        return rows[0][0] if rows else None

    def workflows(self, tenant: str) -> dict[str, str]:
        """Every published workflow with the hash of its running version."""
        return dict(self.rows(sql.WORKFLOWS, tenant))

    def is_sealed(self) -> bool:
        """Whether there is any seal, and so a key that must not be lost."""
        return bool(self.rows(sql.LAST_SEAL))

    def installation_id(self) -> str:
        """What sets this database apart from every other; the seals bear it."""
        ((found,),) = self.rows(sql.GET_META, "installation_id")
        return str(found)

    def sender_id(self) -> str:
        """Which installation may send this database's messages; part of each message's idempotency key.

        The database's own, until a copy of it was taken over by another (`Store.take_over`).
        """
        ((found,),) = self.rows(outbox_sql.SENDING)
        return str(found)


class Snapshot(Reading):
    """Reads that all see the database as it was at one moment. `Store.snapshot` makes it."""

    @abstractmethod
    def read_anything(self) -> None:
        """Give also what is no text (bytes somebody changed), with lone surrogates for what is unreadable."""

    @abstractmethod
    def damage(self) -> list[str]:
        """What the database itself finds wrong with its file: at most ten findings, none for a sound one."""


def _given(**filters: Any) -> dict[str, Any]:
    return {name: value for name, value in filters.items() if value is not None}


def _record(row: Any) -> Record:
    position, tenant, case, seq, kind, by, occurred_at, recorded_at, text, hash = row
    body = read_body(text)
    return Record(
        position,
        tenant,
        case,
        seq,
        kind,
        by,
        occurred_at,
        recorded_at,
        body["event"],
        body["changes"],
        tuple(body["effects"]),
        body["why"],
        hash,
    )
