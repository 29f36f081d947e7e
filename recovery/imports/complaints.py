"""Complaints: each row opens a case, unless its id is known."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from recovery.commands import Command
from recovery.core.errors import Refusal
from recovery.core.events import ComplaintReceived
from recovery.imports.rows import BadRow, Row, bad
from recovery.imports.rules import BadValue, identity

if TYPE_CHECKING:
    from recovery.imports.run import Run

BATCH = 500
"""Rows of one transaction."""

BATCH_CHARACTERS = 1_000_000
"""A batch with more text than this is sent before it is full, so that memory stays small."""


def import_complaints(run: Run, rows: Iterable[Row | BadRow]) -> None:
    """Open a case for every row. Rows that cannot be are rejected, each with its reason.

    Raises:
        EnvironmentFault: see `run_import`.
    """
    batch: list[tuple[Row, ComplaintReceived]] = []
    rejected: list[BadRow] = []
    size = 0
    for row in rows:
        found = row if isinstance(row, BadRow) else _complaint(run, row)
        if isinstance(found, BadRow):
            rejected.append(found)
            size += len(found.raw) + sum(map(len, (found.cells or {}).values()))
        else:
            batch.append(found)
            size += sum(map(len, found[0].cells.values()))
        if len(batch) + len(rejected) >= BATCH or size > BATCH_CHARACTERS:
            _open(run, batch, rejected)
            batch, rejected, size = [], [], 0
    _open(run, batch, rejected)


def _complaint(run: Run, row: Row) -> tuple[Row, ComplaintReceived] | BadRow:
    mapping, now = run.mapping, run.engine.clock.now()
    assert mapping.external_id is not None, "a mapping of complaints says how a row is known again"
    try:
        received_at = mapping.received_at.read(row.cells, now)
        id = identity(mapping.external_id, row.cells)
        return row, mapping.complaint(row.cells, id, received_at, live=run.live, hold=run.hold)
    except BadValue as error:
        return bad(row, error.reason, error.field)


def _open(run: Run, batch: list[tuple[Row, ComplaintReceived]], rejected: list[BadRow]) -> None:
    """One transaction; then what it refused goes to the rejects, in the order of the file."""
    report = run.report
    if batch:
        workflow = run.mapping.workflow
        answers = run.engine.handle_many([Command(event, None, None, workflow) for _, event in batch])
        run.engine.store.give_way()
        for (row, _), answer in zip(batch, answers, strict=True):
            if isinstance(answer, Refusal):
                rejected.append(refused(row, answer))
            elif answer.repeated:
                report.duplicates += 1
            else:
                report.opened += 1
    run.reject(sorted(rejected, key=lambda row: row.number))
    report.cases = report.opened + report.duplicates
    run.progress(report.read)


def refused(row: Row, refusal: Refusal) -> BadRow:
    """A row whose event the engine refused."""
    said = (refusal.message, refusal.hint, *refusal.details)
    return bad(row, " ".join(part for part in said if part))
