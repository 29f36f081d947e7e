"""The table of line-up sheets."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from recovery.store.row import Row
from recovery.store.types import Instant, Words


class LineUpRow(Row, table=True):
    """A line-up sheet: one for each team and shift, whatever is retried.

    It holds no words: a sheet is made of what was told from `since` until `made_at`, so that whoever is
    erased is gone from it too. `sent` are the people it went out to, `attended` the leaders who were there,
    both as JSON; `noted_by` says who put the latter on record.
    """

    __tablename__ = "recovery_lineup"

    tenant_id: str = Field(primary_key=True, sa_type=Words)
    team: str = Field(primary_key=True, sa_type=Words)
    shift_at: datetime = Field(primary_key=True, sa_type=Instant)
    since: datetime = Field(sa_type=Instant)
    made_at: datetime = Field(sa_type=Instant)
    sent: str = Field(sa_type=Words)
    attended: str | None = Field(sa_type=Words)
    noted_by: str | None = Field(sa_type=Words)
