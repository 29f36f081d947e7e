"""The tables, declared once. JSON is kept as text: what the log's hashes cover must read back byte for byte.

`tenant_id` is part of every key. Instants are fixed-width UTC text (`Instant`). A change here needs a new
revision in `migrations/versions`; a test compares the two.

Indexes are chosen for the write path: an ordinary step changes no indexed column of `recovery_case` unless
the case moves, changes its owner, opens or ends. There is none on `updated_at`, which changes every time:
what changed lately is read from the end of the log.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Index, LargeBinary, Sequence, Table, TableClause, column, text
from sqlalchemy import table as plain_table
from sqlmodel import Field

from recovery.store.lineup_table import LineUpRow
from recovery.store.row import Row
from recovery.store.types import Instant, WholeNumber, Words


class Meta(Row, table=True):
    """One value each: `installation_id`, `seal_tip`, and in SQLite `next_case`."""

    __tablename__ = "recovery_meta"
    __table_args__ = ({"sqlite_with_rowid": False},)

    key: str = Field(primary_key=True, sa_type=Words)
    value: str = Field(sa_type=Words)


class BundleRow(Row, table=True):
    """A version of a workflow with everything it uses; `files` is JSON, path → text."""

    __tablename__ = "recovery_bundle"

    tenant_id: str = Field(primary_key=True, sa_type=Words)
    hash: str = Field(primary_key=True, sa_type=Words)
    workflow: str = Field(sa_type=Words)
    files: str = Field(sa_type=Words)
    created_at: datetime = Field(sa_type=Instant)


class PublicationRow(Row, table=True):
    """Which version became the running one when; the last row of a workflow counts."""

    __tablename__ = "recovery_published"
    __table_args__ = (Index("recovery_published_workflow", "tenant_id", "workflow", "id"),)

    id: int | None = Field(default=None, primary_key=True, sa_type=WholeNumber)
    tenant_id: str = Field(sa_type=Words)
    workflow: str = Field(sa_type=Words)
    hash: str = Field(sa_type=Words)
    published_at: datetime = Field(sa_type=Instant)


class CaseRow(Row, table=True):
    """The snapshot of a case. `data` is JSON: the fields of `core.case.Case` without a column of their own.

    `owner`, `ended`, `open_tasks` (how many tasks wait for a person) and `due_at` (when one of its clocks is
    to be seen to next) repeat what the case says elsewhere, for listing and for the worker; `seq` and `head`
    are the number of events in its log and the hash of the last one.
    """

    __tablename__ = "recovery_case"
    __table_args__ = (
        Index(
            "recovery_case_external",
            "tenant_id",
            "external_id",
            unique=True,
            sqlite_where=text("external_id IS NOT NULL"),
            postgresql_where=text("external_id IS NOT NULL"),
        ),
        Index(
            "recovery_case_open",
            "tenant_id",
            "id",
            sqlite_where=text("ended = 0"),
            postgresql_where=text("ended = false"),
        ),
        Index("recovery_case_step", "tenant_id", "step", "id"),
        Index(
            "recovery_case_owner",
            "tenant_id",
            "owner",
            "id",
            sqlite_where=text("owner IS NOT NULL"),
            postgresql_where=text("owner IS NOT NULL"),
        ),
        Index(
            "recovery_case_owner_open",
            "tenant_id",
            "owner",
            "id",
            sqlite_where=text("owner IS NOT NULL AND ended = 0"),
            postgresql_where=text("owner IS NOT NULL AND ended = false"),
        ),
        Index(
            "recovery_case_tasks",
            "tenant_id",
            "id",
            sqlite_where=text("open_tasks > 0"),
            postgresql_where=text("open_tasks > 0"),
        ),
        Index(
            "recovery_case_due",
            "tenant_id",
            "due_at",
            "id",
            sqlite_where=text("due_at IS NOT NULL"),
            postgresql_where=text("due_at IS NOT NULL"),
        ),
    )

    tenant_id: str = Field(primary_key=True, sa_type=Words)
    id: int = Field(primary_key=True, sa_type=WholeNumber, sa_column_kwargs={"autoincrement": False})
    workflow: str = Field(sa_type=Words)
    bundle: str = Field(sa_type=Words)
    external_id: str | None = Field(sa_type=Words)
    step: str = Field(sa_type=Words)
    ended: bool = Field(sa_type=Boolean)
    mode: str = Field(sa_type=Words)
    owner: str | None = Field(sa_type=Words)
    severity: int = Field(sa_type=WholeNumber)
    level: int = Field(sa_type=WholeNumber)
    received_at: datetime = Field(sa_type=Instant)
    opened_at: datetime = Field(sa_type=Instant)
    updated_at: datetime = Field(sa_type=Instant)
    closed_at: datetime | None = Field(sa_type=Instant)
    seq: int = Field(sa_type=WholeNumber)
    head: str = Field(sa_type=Words)
    data: str = Field(sa_type=Words)
    open_tasks: int = Field(default=0, sa_type=WholeNumber, sa_column_kwargs={"server_default": "0"})
    due_at: datetime | None = Field(sa_type=Instant)


TOLD = text("kind IN ('StoryTold', 'PraiseGiven')")


class EventRow(Row, table=True):
    """The log. `id` is the position over all cases; `seq` the number within the case.

    `body` is JSON: `{"event": …, "changes": […], "effects": {key: digest}, "why": […]}`. `hash`
    links a salted hash of `by` and `body` to the event before (see `recovery.store.chain`); `commitment` is
    that salted hash where the body is not there to compute it from, and empty elsewhere.
    """

    __tablename__ = "recovery_event"
    __table_args__ = (
        Index("recovery_event_case", "tenant_id", "case_id", "seq", unique=True),
        Index("recovery_event_told", "tenant_id", "id", sqlite_where=TOLD, postgresql_where=TOLD),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=WholeNumber)
    tenant_id: str = Field(sa_type=Words)
    case_id: int = Field(sa_type=WholeNumber)
    seq: int = Field(sa_type=WholeNumber)
    kind: str = Field(sa_type=Words)
    by: str = Field(sa_type=Words)
    occurred_at: datetime = Field(sa_type=Instant)
    recorded_at: datetime = Field(sa_type=Instant)
    body: str = Field(sa_type=Words)
    salt: str = Field(sa_type=Words)
    commitment: str = Field(sa_type=Words)
    hash: str = Field(sa_type=Words)


class EffectRow(Row, table=True):
    """The outbox: one row for each message ever asked for. `context` and `rendered` are JSON.

    It was asked for at `asked_at` and may go at `due_at`, which each attempt that is to be repeated moves on.
    Whoever sends it has it leased: `lease_owner` until `lease_until` (the database's time); `version` counts
    the leases, so that an outcome that comes too late is known.
    """

    __tablename__ = "recovery_effect"
    __table_args__ = (
        Index("recovery_effect_case", "tenant_id", "case_id", "seq", "n", unique=True),
        Index(
            "recovery_effect_due",
            "tenant_id",
            "due_at",
            "id",
            sqlite_where=text("status = 'due'"),
            postgresql_where=text("status = 'due'"),
        ),
        Index(
            "recovery_effect_reached",
            "tenant_id",
            "address",
            "settled_at",
            sqlite_where=text("status = 'delivered'"),
            postgresql_where=text("status = 'delivered'"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True, sa_type=WholeNumber)
    tenant_id: str = Field(sa_type=Words)
    case_id: int = Field(sa_type=WholeNumber)
    seq: int = Field(sa_type=WholeNumber)
    n: int = Field(sa_type=WholeNumber)
    template: str = Field(sa_type=Words)
    recipient: str = Field(sa_type=Words)
    address: str | None = Field(sa_type=Words)
    channel: str = Field(sa_type=Words)
    language: str = Field(sa_type=Words)
    context: str = Field(sa_type=Words)
    status: str = Field(sa_type=Words)
    due_at: datetime = Field(sa_type=Instant)
    attempts: int = Field(sa_type=WholeNumber)
    rendered: str | None = Field(sa_type=Words)
    settled_at: datetime | None = Field(sa_type=Instant)
    note: str | None = Field(sa_type=Words)
    asked_at: datetime = Field(sa_type=Instant, sa_column_kwargs={"server_default": ""})
    lease_owner: str | None = Field(sa_type=Words)
    lease_until: datetime | None = Field(sa_type=Instant)
    version: int = Field(default=0, sa_type=WholeNumber, sa_column_kwargs={"server_default": "0"})


class JobRow(Row, table=True):
    """What is done at set times and belongs to no case: a row for each moment, unique by name and moment.

    `status` is `due` (of which each job has one row at most) or `done`. Whoever does it has it leased as a
    message is; after a failure nobody has it until `lease_until`, and `note` says why.
    """

    __tablename__ = "recovery_job"
    __table_args__ = (
        Index(
            "recovery_job_due",
            "tenant_id",
            "name",
            unique=True,
            sqlite_where=text("status = 'due'"),
            postgresql_where=text("status = 'due'"),
        ),
    )

    tenant_id: str = Field(primary_key=True, sa_type=Words)
    name: str = Field(primary_key=True, sa_type=Words)
    due_at: datetime = Field(primary_key=True, sa_type=Instant)
    status: str = Field(sa_type=Words)
    attempts: int = Field(sa_type=WholeNumber)
    done_at: datetime | None = Field(sa_type=Instant)
    note: str | None = Field(sa_type=Words)
    lease_owner: str | None = Field(sa_type=Words)
    lease_until: datetime | None = Field(sa_type=Instant)
    version: int = Field(sa_type=WholeNumber)


class PauseRow(Row, table=True):
    """What sends nothing for now: `kind` is `tenant`, `channel` or `workflow`, `name` which one."""

    __tablename__ = "recovery_pause"

    tenant_id: str = Field(primary_key=True, sa_type=Words)
    kind: str = Field(primary_key=True, sa_type=Words)
    name: str = Field(primary_key=True, sa_type=Words)
    by: str = Field(sa_type=Words)
    reason: str = Field(sa_type=Words)
    since: datetime = Field(sa_type=Instant)


class PersonRow(Row, table=True):
    """Who works here: `kind` is `house`, `team`, `person` or `away` (of the person of that name).

    `data` is JSON; `source` is `file` for what was published from a file, else who said it.
    """

    __tablename__ = "recovery_person"

    tenant_id: str = Field(primary_key=True, sa_type=Words)
    kind: str = Field(primary_key=True, sa_type=Words)
    id: str = Field(primary_key=True, sa_type=Words)
    data: str = Field(sa_type=Words)
    source: str = Field(sa_type=Words)
    changed_at: datetime = Field(sa_type=Instant)


class AttachmentRow(Row, table=True):
    """What was attached to a case: outside the log, which has its name, type, size and hash."""

    __tablename__ = "recovery_attachment"

    tenant_id: str = Field(primary_key=True, sa_type=Words)
    sha256: str = Field(primary_key=True, sa_type=Words)
    content: bytes = Field(sa_type=LargeBinary)
    kept_at: datetime = Field(sa_type=Instant)


class CouponRow(Row, table=True):
    """Coupons: a code for each offer of a case; a further `serial` replaces one that was lost.

    `code` is the hash of the code (see `recovery.store.codes`), `offer` the offer with its cycle. `status` is
    `issued`, `redeemed` or `revoked`; `settled_*` say when and by whom it was one of the latter.
    """

    __tablename__ = "recovery_coupon"
    __table_args__ = (Index("recovery_coupon_offer", "tenant_id", "case_id", "offer", "serial", unique=True),)

    tenant_id: str = Field(primary_key=True, sa_type=Words)
    code: str = Field(primary_key=True, sa_type=Words)
    case_id: int = Field(sa_type=WholeNumber)
    offer: str = Field(sa_type=Words)
    serial: int = Field(sa_type=WholeNumber)
    value: str = Field(sa_type=Words)
    status: str = Field(sa_type=Words)
    issued_at: datetime = Field(sa_type=Instant)
    expires_at: datetime | None = Field(sa_type=Instant)
    settled_at: datetime | None = Field(sa_type=Instant)
    settled_by: str | None = Field(sa_type=Words)
    note: str | None = Field(sa_type=Words)


class LedgerRow(Row, table=True):
    """The ledger: one row for each line that a compensation's change writes, never changed (see
    `core.empowerment.postings`). The rows of one event sum to zero in each currency.

    `n` is the line's number within the event, `compensation` that of the compensation in the case, `by` whose
    limit it counts in, `units` so many of the currency's smallest coin.
    """

    __tablename__ = "recovery_ledger"
    __table_args__ = (
        Index("recovery_ledger_account", "tenant_id", "account", "currency", "units"),
        {"sqlite_with_rowid": False},
    )

    tenant_id: str = Field(primary_key=True, sa_type=Words)
    case_id: int = Field(primary_key=True, sa_type=WholeNumber, sa_column_kwargs={"autoincrement": False})
    seq: int = Field(primary_key=True, sa_type=WholeNumber, sa_column_kwargs={"autoincrement": False})
    n: int = Field(primary_key=True, sa_type=WholeNumber, sa_column_kwargs={"autoincrement": False})
    compensation: str = Field(sa_type=Words)
    account: str = Field(sa_type=Words)
    currency: str = Field(sa_type=Words)
    units: int = Field(sa_type=WholeNumber)
    by: str = Field(sa_type=Words)
    at: datetime = Field(sa_type=Instant)


class CommandRow(Row, table=True):
    """Commands already done, by their caller's key, with the JSON answer that was given."""

    __tablename__ = "recovery_command"
    __table_args__ = ({"sqlite_with_rowid": False},)

    tenant_id: str = Field(primary_key=True, sa_type=Words)
    key: str = Field(primary_key=True, sa_type=Words)
    fingerprint: str = Field(sa_type=Words)
    case_id: int = Field(sa_type=WholeNumber)
    seq: int = Field(sa_type=WholeNumber)
    answer: str = Field(sa_type=Words)
    recorded_at: datetime = Field(sa_type=Instant)


class SealRow(Row, table=True):
    """A seal over the events after position `since` up to `through` (see `recovery.store.seals`).

    `events` is how many those were; `entries` is JSON, `[[tenant, case, seq, hash], …]`: how far each case's
    log went, and the hash it ended in. `before` is the `mac` of the seal before.
    """

    __tablename__ = "recovery_seal"

    id: int = Field(primary_key=True, sa_type=WholeNumber, sa_column_kwargs={"autoincrement": False})
    sealed_at: datetime = Field(sa_type=Instant)
    since: int = Field(sa_type=WholeNumber)
    through: int = Field(sa_type=WholeNumber)
    events: int = Field(sa_type=WholeNumber)
    entries: str = Field(sa_type=Words)
    before: str = Field(sa_type=Words)
    mac: str = Field(sa_type=Words)


metadata = LineUpRow.metadata
"""Of every table, those of other files too."""

numbers = Sequence("recovery_case_number", metadata=metadata)
"""Where case numbers come from in PostgreSQL."""


def table(name: str) -> Table:
    """A table by its name without the prefix."""
    return metadata.tables[f"recovery_{name}"]


def sequence_of(of: Table) -> TableClause:
    """The sequence that a table's `id` is drawn from in PostgreSQL, as a table of one row."""
    return plain_table(f"{of.name}_id_seq", column("last_value"))
