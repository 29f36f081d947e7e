"""Looking at what an import left behind."""

from __future__ import annotations

import csv

from recovery.engine import Engine
from recovery.imports.report import ImportReport


def counts(report: ImportReport) -> tuple[int, int, int, int]:
    """Read, opened, duplicates, rejected."""
    return report.read, report.opened, report.duplicates, report.rejected


def rejected(report: ImportReport) -> list[dict[str, str]]:
    """The rows of the reject file."""
    assert report.rejects is not None
    with report.rejects.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        csv.field_size_limit(20_000_000)
        return list(csv.DictReader(file))


def texts(engine: Engine) -> list[str]:
    """What every case was opened with, in the order of their numbers."""
    opened = {record.case: record for record in engine.store.logs("default") if record.seq == 1}
    return [opened[case].event["text"] for case in sorted(opened)]
