"""The rows of a log by case and time, in bounded memory.

Rows are kept in memory up to a bound; beyond it they are sorted in runs on the disk, which are then merged.
All that grows with the file in memory is one number for each case.
"""

from __future__ import annotations

import heapq
import json
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from typing import IO, NamedTuple

from recovery.imports.rows import Row

ROWS_IN_MEMORY = 50_000
CHARACTERS_IN_MEMORY = 16_000_000


class Entry(NamedTuple):
    """One row of a log. Entries are ordered by the row their case first stood in, then time, then row.

    Attributes:
        first: the number of the first row of its case.
        at: when it happened, as a text instant.
        number, line: of the row.
        case: the case's id.
        cells: the row's cells in the order of the columns.
    """

    first: int
    at: str
    number: int
    line: int
    case: str
    cells: tuple[str, ...]

    def row(self, columns: tuple[str, ...]) -> Row:
        """The row it was made from."""
        return Row(self.number, self.line, dict(zip(columns, self.cells, strict=True)))


def by_case(entries: Iterable[tuple[str, str, Row]], columns: tuple[str, ...]) -> Iterator[Entry]:
    """Order rows: cases as they first come in the file, each case's rows by time, and by row where times tie.

    Args:
        entries: case, moment (text instant) and row, in the order of the file.
        columns: the cells to keep.
    """
    firsts: dict[str, int] = {}
    kept: list[Entry] = []
    size = 0
    with ExitStack() as stack:
        runs: list[IO[str]] = []
        for case, at, row in entries:
            first = firsts.setdefault(case, row.number)
            cells = tuple(row.cells.get(column, "") for column in columns)
            kept.append(Entry(first, at, row.number, row.line, case, cells))
            size += sum(map(len, cells))
            if len(kept) >= ROWS_IN_MEMORY or size > CHARACTERS_IN_MEMORY:
                run = stack.enter_context(tempfile.TemporaryFile("w+", encoding="ascii"))
                run.writelines(json.dumps(entry) + "\n" for entry in sorted(kept))
                run.seek(0)
                runs.append(run)
                kept, size = [], 0
        yield from heapq.merge(sorted(kept), *map(_read, runs))


def _read(run: IO[str]) -> Iterator[Entry]:
    for line in run:
        first, at, number, row_line, case, cells = json.loads(line)
        yield Entry(first, at, number, row_line, case, tuple(cells))
