"""Importing a file: rows in, cases out, in batches of one transaction each.

A run may be killed at any moment and repeated: a complaint is known again by its external id, an event of a
log by a key of its own, so that the same file always ends in the same cases.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

from recovery.core.errors import RecoveryError
from recovery.engine import Engine
from recovery.imports import rejects as reject_files
from recovery.imports.complaints import import_complaints
from recovery.imports.loading import load_mapping
from recovery.imports.logs import import_log
from recovery.imports.report import LISTED_AT_MOST, IllegalMove, ImportReport
from recovery.imports.rows import BadRow, Row, Rows
from recovery.imports.rules import ImportMapping

Mode = Literal["history", "open"]

ILLEGAL_COLUMNS = ("case", "row", "activity", "from", "to", "at", "by", "why")


class Run:
    """One import under way: what both kinds share.

    Attributes:
        live: cases are opened as live ones, not as history.
        hold: their messages are put in the outbox held.
    """

    def __init__(
        self,
        engine: Engine,
        mapping: ImportMapping,
        report: ImportReport,
        tables: tuple[reject_files.Table, reject_files.Table],
        *,
        live: bool,
        hold: bool,
        progress: Callable[[int], None],
    ) -> None:
        self.engine = engine
        self.mapping = mapping
        self.report = report
        self.live = live
        self.hold = hold
        self.progress = progress
        self._rejects, self._illegal = tables

    def reject(self, rows: Iterable[BadRow]) -> None:
        """Write rows that were not let in, in the order given, and count them."""
        found = [_reject_row(row) for row in rows]
        self._rejects.write(found)
        self.report.rejected += len(found)
        if found:
            self.report.rejects = self._rejects.path

    def note_illegal(self, moves: list[IllegalMove]) -> None:
        """Count illegal moves and list them."""
        self._illegal.write(move.as_dict() for move in moves)
        self.report.illegal += len(moves)
        self.report.illegal_moves += moves[: LISTED_AT_MOST - len(self.report.illegal_moves)]
        if moves:
            self.report.illegal_file = self._illegal.path


def run_import(
    engine: Engine,
    source: Path,
    mapping: ImportMapping | Path,
    *,
    mode: Mode = "history",
    send: bool = False,
    rejects: Path | None = None,
    limit: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Import a file.

    Args:
        source: CSV or JSON Lines (by its name), plain or gzip, in UTF-8.
        mapping: checked, or its file.
        mode: `history` never sends anything; `open` opens live cases whose messages are held in the outbox.
        send: with `open`, messages are sent.
        rejects: where rows go that are not let in; `NAME.rejects.csv` in the current folder when left out. A
            file that exists is never replaced: the name gets a number, and the report says which it became.
        limit: at most so many rows are read.
        progress: told how many rows have been dealt with.

    Raises:
        BadFile: the mapping is wrong.
        NotFound: there is no such file, or the mapping's workflow has not been published.
        RecoveryError: the file is not UTF-8, or no line of it holds the columns the mapping asks for.
        EnvironmentFault: the file cannot be read, or rejected rows could not be written: nothing was done.
            Or the database or the disk failed under way: what is in is in; importing again is safe.
    """
    if isinstance(mapping, Path):
        mapping = load_mapping(mapping, engine.current)
    engine.current(mapping.workflow)
    wanted = rejects or reject_files.default_path(source, Path.cwd())
    if wanted.exists() and source.exists() and wanted.samefile(source):
        raise RecoveryError(f"{wanted} is the file to import.", hint="Name another file with --rejects.")
    started = time.monotonic()
    report = ImportReport(mapping.name, mapping.workflow, mode)
    with Rows(source, mapping.required, mapping.columns()) as rows:
        _note(report, rows)
        path = reject_files.free(wanted)
        original = [column for column in rows.columns if column not in reject_files.COLUMNS]
        tables = (
            reject_files.Table(path, (*reject_files.COLUMNS, *original)),
            reject_files.Table(_illegal_path(path), ILLEGAL_COLUMNS),
        )
        run = Run(
            engine,
            mapping,
            report,
            tables,
            live=mode == "open",
            hold=mode == "open" and not send,
            progress=progress or _silent,
        )
        work = import_complaints if mapping.log is None else import_log
        try:
            work(run, _counted(rows, report, limit))
        finally:
            for table in tables:
                table.close()
    report.seconds = time.monotonic() - started
    return report


def _counted(rows: Rows, report: ImportReport, limit: int | None) -> Iterable[Row | BadRow]:
    for row in rows:
        if report.read == limit:
            return
        report.read += 1
        yield row


def _note(report: ImportReport, rows: Rows) -> None:
    if rows.skipped:
        lines = "line before the header was" if rows.skipped == 1 else "lines before the header were"
        report.notes.append(f"{rows.skipped:,} {lines} skipped.")
    if rows.missing:
        report.notes.append(f"The file has no {', '.join(rows.missing)}; they count as empty.")


def _reject_row(row: BadRow) -> dict[str, object]:
    return {
        **(row.cells or {}),
        "reject_row": row.number,
        "reject_line": row.line,
        "reject_reason": row.reason,
        "reject_field": row.field,
        "reject_value": reject_files.shorten(row.value),
        "reject_raw": row.raw,
    }


def _illegal_path(rejects: Path) -> Path:
    stem = rejects.name.removesuffix(rejects.suffix)
    name = stem.replace(".rejects", ".illegal", 1) if ".rejects" in stem else f"{stem}.illegal"
    return rejects.with_name(f"{name}.csv")


def _silent(_: int) -> None:
    pass
