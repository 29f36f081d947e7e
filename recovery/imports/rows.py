"""Rows of a file to import: columns by name, each row with its number and its line, good or bad."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from types import TracebackType

from recovery.core.errors import RecoveryError
from recovery.core.facts import MAX_TEXT, unusable
from recovery.imports import rejects
from recovery.imports.records import RAW_AT_MOST, Record, csv_records
from recovery.imports.source import Line, Source

HEADER_WITHIN = 200
"""Records among which the header is looked for; what stands before it is skipped."""

NAME_AT_MOST = 500
"""Characters of a column's name; so that a file of long texts without a header is not kept while looking."""

JSON_LINES = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its number among the rows from 1, the line it begins on, and its cells by column."""

    number: int
    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not let in, and why.

    Attributes:
        reason: what is wrong and what would be accepted, in a sentence.
        field: the column it is about; empty when it is about the row.
        value: what stands there.
        cells: the row by column, as far as it could be read.
        raw: the row as it stands in the file, where it could not be read.
    """

    number: int
    line: int
    reason: str
    field: str = ""
    value: str = ""
    cells: Mapping[str, str] | None = None
    raw: str = ""


def bad(row: Row, reason: str, field: str = "") -> BadRow:
    """A row that could be read and yet is not let in."""
    return BadRow(row.number, row.line, reason, field, row.cells.get(field, ""), row.cells)


def is_json_lines(path: Path) -> bool:
    """Whether a file's name says that every line of it is a JSON object."""
    return path.name.lower().endswith(JSON_LINES)


class Rows:
    """The rows of one file, read once. Use it in `with`.

    Args:
        path: CSV (comma, UTF-8), or JSON Lines by its name; either may be gzip.
        required: columns that a header must hold to be taken for one; JSON objects each must have them.
        used: further columns that are wanted where they exist.

    Attributes:
        columns: what the header names; of JSON Lines, `required` and `used`.
        skipped: lines skipped before the header.
        missing: used columns that the file does not have; they count as empty.

    Raises:
        RecoveryError: no header, or one that names a column twice; see `Source` for the rest.
    """

    def __init__(self, path: Path, required: Sequence[str], used: Sequence[str] = ()) -> None:
        self._required = tuple(dict.fromkeys(required))
        self.source = Source(path)
        self._json = is_json_lines(path)
        self.skipped = 0
        wanted = tuple(dict.fromkeys((*required, *used)))
        if self._json:
            self.columns = wanted
            self.missing: tuple[str, ...] = ()
            self._lines = iter(self.source)
            return
        self._records = csv_records(self.source)
        try:
            self.columns = self._header()
        except RecoveryError:
            self.source.__exit__(None, None, None)
            raise
        self.missing = tuple(column for column in wanted if column not in self.columns)

    def __enter__(self) -> Rows:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.source.__exit__(kind, error, trace)

    def __iter__(self) -> Iterator[Row | BadRow]:
        number, line = 0, 0
        for row in self._of_json() if self._json else self._of_csv():
            yield row
            number, line = row.number, row.line
        if self.source.damage:
            yield BadRow(number + 1, line, f"after line {line:,} {self.source.damage}; the rest is unknown")

    # --- CSV ------------------------------------------------------------------------------------------------

    def _header(self) -> tuple[str, ...]:
        seen = []
        for record in islice(self._records, HEADER_WITHIN):
            names = _names(record)
            if all(column in names for column in self._required):
                self.skipped = record.line - 1
                return self._sound(names, record.line)
            seen.append(names)
        raise RecoveryError(*self._no_header(seen))

    def _sound(self, names: list[str], line: int) -> tuple[str, ...]:
        twice = sorted({name for name in names if name and names.count(name) > 1})
        if twice:
            raise RecoveryError(
                f"{self.source.path}, line {line}: the header names {', '.join(twice)} twice.",
                hint="Rename one of them.",
            )
        return tuple(names)

    def _no_header(self, seen: list[list[str]]) -> tuple[str]:
        wanted = ", ".join(self._required)
        if not seen:
            return (f"{self.source.path} is empty. A header with the columns {wanted} is wanted.",)
        best = max(seen, key=lambda names: len(set(names) & set(self._required)))
        lacking = ", ".join(column for column in self._required if column not in best)
        message = f"{self.source.path} has no header with the columns {wanted}."
        if len(best) > 1 or lacking != wanted:
            message += f" The nearest line has {_few(best)}; it lacks {lacking}."
        for mark, name in ((";", "semicolons"), ("\t", "tabs")):
            if any(names and set(self._required) <= set(names[0].split(mark)) for names in seen):
                message += f" Its columns are separated by {name}: save it with commas."
        return (message,)

    def _of_csv(self) -> Iterator[Row | BadRow]:
        width = len(self.columns)
        ours = rejects.is_reject_file(self.columns)
        for number, record in enumerate(self._records, start=1):
            fields = record.fields
            if record.problem:
                field = self.columns[record.place] if 0 <= record.place < width else ""
                cells = dict(zip(self.columns, fields, strict=True)) if len(fields) == width else None
                raw = "" if cells else record.raw
                yield BadRow(number, record.line, _sentence(record.problem), field, "", cells, raw)
                continue
            if len(fields) != width and not (len(fields) > width and not any(fields[width:])):
                few = "few" if len(fields) < width else "many"
                reason = f"The row has too {few} fields: {len(fields)}, where the header has {width}."
                yield BadRow(number, record.line, reason, raw=record.raw)
                continue
            cells = dict(zip(self.columns, fields, strict=False))
            if ours:
                cells = rejects.restore(cells)
            yield _checked(Row(number, record.line, cells), record.raw)

    # --- JSON Lines -----------------------------------------------------------------------------------------

    def _of_json(self) -> Iterator[Row | BadRow]:
        number = 0
        for line in self._lines:
            if line.text.strip() or line.problem:
                number += 1
                yield self._object(number, line)

    def _object(self, number: int, line: Line) -> Row | BadRow:
        raw = line.text[:RAW_AT_MOST].rstrip("\r\n")
        if line.problem:
            return BadRow(number, line.number, _sentence(line.problem), raw=raw)
        try:
            found = json.loads(line.text, parse_float=Decimal)  # so that no digit is lost
        except RecursionError:
            return BadRow(number, line.number, "The JSON is nested too deep.", raw=raw)
        except ValueError as error:
            return BadRow(number, line.number, f"The line is no JSON: {error}.", raw=raw)
        if not isinstance(found, dict):
            return BadRow(number, line.number, "The line is no JSON object.", raw=raw)
        lacking = [column for column in self._required if column not in found]
        if lacking:
            reason = f"The object has no {', '.join(lacking)}."
            return BadRow(number, line.number, reason, lacking[0], raw=raw)
        cells = {column: _plain(found.get(column)) for column in self.columns}
        for column, value in cells.items():
            if len(value) > MAX_TEXT:
                reason = f"The field is {len(value):,} characters long; at most {MAX_TEXT:,} are kept."
                return BadRow(number, line.number, reason, column, raw=raw)
        return _checked(Row(number, line.number, cells), raw)


def read_heads(path: Path) -> list[list[str]]:
    """What could be headers: the cells of a CSV file's first records, or the keys of the first JSON object.

    Raises:
        see `Source`.
    """
    with Source(path) as source:
        if not is_json_lines(path):
            return [_names(record) for record in islice(csv_records(source), HEADER_WITHIN)]
        for line in islice(source, HEADER_WITHIN):
            try:
                found = json.loads(line.text)
            except (ValueError, RecursionError):
                continue
            if isinstance(found, dict):
                return [list(found)]
        return []


def _names(record: Record) -> list[str]:
    names = [name[:NAME_AT_MOST].strip() for name in record.fields]
    while len(names) > 1 and not names[-1]:
        names.pop()
    return names


def _few(names: list[str]) -> str:
    shown = ", ".join(name[:40] for name in names[:20])
    return shown + (", …" if len(names) > 20 else "")


def _checked(row: Row, raw: str) -> Row | BadRow:
    """The row, unless a cell holds what no database keeps."""
    if not unusable("".join(row.cells.values())):  # as nearly always
        return row
    for column, value in row.cells.items():
        problem = unusable(value)
        if problem:
            return BadRow(row.number, row.line, _sentence(problem), column, value, row.cells, raw)
    return row


def _sentence(problem: str) -> str:
    return f"{problem[:1].upper()}{problem[1:]}."


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str | Decimal):
        return str(value)
    return json.dumps(value, ensure_ascii=False, default=float)
