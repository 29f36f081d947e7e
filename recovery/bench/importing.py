"""What importing a file of complaints costs, beside insertion of the very rows it leaves behind.

Raw insertion is given these rows ready-made and puts them into tables with the same columns and indexes, as
many in a transaction: it neither reads a file nor checks a value, makes no JSON and hashes nothing.
"""

from __future__ import annotations

import csv
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from recovery.bench.databases import engine_on, in_folder
from recovery.bench.subject import SYNCHRONOUS, Ground, Line, Programs, Subject
from recovery.bootstrap import keep_what_is_loaded
from recovery.core.errors import RecoveryError
from recovery.imports.complaints import BATCH
from recovery.imports.run import run_import

MAPPING = """\
mapping: bench
workflow: ten-step
mode: complaints
external_id: {column: Ticket, prefix: "ticket:"}
received_at: {column: Date, format: "%Y-%m-%d %H:%M", zone: Europe/London}
text: {first: [What happened]}
customer:
  name: {column: Name}
  address: {column: Mail}
language: en
channel: mail
facts:
  problem.category:
    column: Kind
    values: {Delivery: delivery, Quality: quality, Billing: billing}
columns_required: [Ticket, Date, What happened]
"""
COLUMNS = ("Ticket", "Date", "Name", "Mail", "What happened", "Kind")
KINDS = ("Delivery", "Quality", "Billing")
TEXT = "It was promised for Monday and came on Thursday, and nobody could say where it had been. "
TABLES = ("recovery_case", "recovery_event", "recovery_effect")


def write_complaints(path: Path, count: int) -> None:
    """A CSV file of so many different complaints, and its mapping beside it as `bench.yaml`."""
    path.with_name("bench.yaml").write_text(MAPPING, encoding="utf-8")
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for number in range(1, count + 1):
            when = f"2026-{number % 10 + 1:02}-{number % 28 + 1:02} {number % 24:02}:{number % 60:02}"
            who = (f"Ana {number}", f"ana{number}@example.org")
            rows.writerow((number, when, *who, f"{TEXT}Order {number}.", KINDS[number % 3]))


def import_rate(source: Path, folder: str) -> float:
    """Import the file into a new database in a folder; gives rows per second."""
    with engine_on(in_folder(folder)) as engine:
        engine.current()  # read once however many rows there are
        keep_what_is_loaded()  # as `recovery import` does
        start = time.perf_counter()
        report = run_import(engine, source, source.with_name("bench.yaml"), rejects=Path(folder) / "r.csv")
        taken = time.perf_counter() - start
    if not report.read == report.opened:
        raise RecoveryError(f"Of {report.read} rows {report.opened} were imported; all should have been.")
    return report.read / taken


def raw_rate(imported: Path, folder: str) -> float:
    """Insert every row of an imported database into a new one; gives cases per second."""
    with closing(sqlite3.connect(imported)) as source:
        made = source.execute(
            f"select sql from sqlite_master where tbl_name in ({', '.join('?' * len(TABLES))}) "
            "and sql is not null order by type desc",
            TABLES,
        ).fetchall()
        rows = {name: source.execute(f"select * from {name}").fetchall() for name in TABLES}
    cases = len(rows[TABLES[0]])
    with closing(sqlite3.connect(Path(folder) / "raw.db", isolation_level=None)) as database:
        database.execute("pragma journal_mode = wal")
        database.execute(f"pragma synchronous = {SYNCHRONOUS}")
        for (statement,) in made:
            database.execute(statement)
        inserts = {
            name: f"insert into {name} values ({', '.join('?' * len(found[0]))})"
            for name, found in rows.items()
            if found
        }
        start = time.perf_counter()
        for first in range(0, cases, BATCH):
            database.execute("begin immediate")
            for name, insert in inserts.items():
                all_of = rows[name]
                until = min(first + BATCH, cases)
                share = all_of[len(all_of) * first // cases : len(all_of) * until // cases]
                database.executemany(insert, share)
            database.execute("commit")
        return cases / (time.perf_counter() - start)


@contextmanager
def _programs(ground: Ground) -> Iterator[Mapping[str, Programs]]:
    with tempfile.TemporaryDirectory() as shared:
        source = Path(shared) / "complaints.csv"
        write_complaints(source, ground.steps)
        import_rate(source, shared)

        def ours() -> float:
            with tempfile.TemporaryDirectory() as folder:
                return import_rate(source, folder)

        def raw(imported: Path) -> float:
            with tempfile.TemporaryDirectory() as folder:
                return raw_rate(imported, folder)

        yield {"import-sqlite": {"ours": ours, "raw": partial(raw, Path(shared) / "bench.db")}}


IMPORT_SQLITE = Subject("import-sqlite", {"import-sqlite": Line("rows/s", {"raw": "≥ 0.2"})}, _programs)
