"""CSV records out of lines: strict about quotes, and never swallowing rows where a quote was left open.

The csv module of the standard library reads on to the end of the file where a quote is not closed. Here a
record whose quotes do not work out is given up alone: reading goes on with the line after the one where its
last quote was opened, so that whatever it would have swallowed is read as rows of its own.
"""

from __future__ import annotations

import csv
import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO, NamedTuple

from recovery.core.facts import MAX_TEXT
from recovery.imports.source import Line

RAW_AT_MOST = 100_000
"""Characters of a broken record that are kept to be shown."""

_HELD_AT_MOST = 1_000_000

_FIELD = re.compile(r'(?:"([^"]*+(?:""[^"]*+)*+)"|([^",\r\n][^,\r\n]*+)|)(,|\r\n|\n|\r|\Z)')
_OPEN = re.compile(r'"[^"]*+(?:""[^"]*+)*+\Z')
_CLOSES = re.compile(r'[^"]*+(?:""[^"]*+)*+"')


class Record(NamedTuple):
    """One record of a CSV file.

    Attributes:
        line: the line it begins on.
        fields: its values; empty when it could not be taken apart.
        raw: as it stands in the file, shortened where it is long.
        problem: why it cannot be used; empty when it can.
        place: the field the problem is in, from 0; -1 when it is in none.
    """

    line: int
    fields: list[str]
    raw: str
    problem: str = ""
    place: int = -1


def csv_records(lines: Iterable[Line]) -> Iterator[Record]:
    """Every record, good or bad, in order. Blank lines are none."""
    source = _Lines(lines)
    for line in source:
        text = line.text
        if '"' in text:
            yield _closed(line) or _Quoted(source, line).record()
            continue
        body = text.rstrip("\r\n")
        if body or line.problem:
            fields = body.split(",")
            if len(body) > MAX_TEXT and not line.problem and (long := _too_long(line, fields)):
                yield long
            else:
                yield Record(line.number, fields, text[:RAW_AT_MOST], line.problem)


def _closed(line: Line) -> Record | None:
    """A record whose quotes work out within its line, as nearly all do; None for any other."""
    if line.problem or len(line.text) > MAX_TEXT:
        return None
    try:
        (fields,) = csv.reader((line.text,), strict=True)
    except (csv.Error, ValueError):
        return None
    return Record(line.number, fields, line.text[:RAW_AT_MOST])


def _too_long(line: Line, fields: list[str]) -> Record | None:
    for index, value in enumerate(fields):
        if len(value) > MAX_TEXT:
            shortened = [field[:RAW_AT_MOST] for field in fields]
            return Record(line.number, shortened, line.text[:RAW_AT_MOST], _length(len(value)), index)
    return None


def _length(size: int) -> str:
    return f"the field is {size:,} characters long; at most {MAX_TEXT:,} are kept"


class _Lines:
    """Lines that can be put back."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = iter(lines)
        self._again: Iterator[Line] = iter(())

    def __iter__(self) -> Iterator[Line]:
        while True:
            line = self.next()
            if line is None:
                return
            yield line

    def next(self) -> Line | None:
        line = next(self._again, None)
        return next(self._lines, None) if line is None else line

    def put_back(self, held: _Held) -> None:
        self._again = _chain(held, self._again)


def _chain(first: Iterable[Line], then: Iterator[Line]) -> Iterator[Line]:
    yield from first
    yield from then


class _Held:
    """Lines since a quote was opened; on the disk where they are many."""

    def __init__(self) -> None:
        self._kept: list[Line] = []
        self._size = 0
        self._file: IO[str] | None = None

    def add(self, line: Line) -> None:
        self._size += len(line.text)
        if self._size <= _HELD_AT_MOST:
            self._kept.append(line)
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile("w+", encoding="ascii")  # noqa: SIM115 - lives as long as this
        self._file.write(json.dumps(line) + "\n")

    def drop(self) -> None:
        """Forget them: the quote worked out."""
        if self._file is not None:
            self._file.close()

    def __iter__(self) -> Iterator[Line]:
        yield from self._kept
        if self._file is not None:
            with self._file as file:
                file.seek(0)
                for row in file:
                    yield Line(*json.loads(row))


class _Quoted:
    """One record with quotes in it, from its first line on."""

    def __init__(self, source: _Lines, line: Line) -> None:
        self._source = source
        self._line = line
        self._raw = line.text[:RAW_AT_MOST]
        self._problem = line.problem
        self._place = -1
        self._fields: list[str] = []

    def record(self) -> Record:
        buffer, at, left_out = self._line.text, 0, 0
        held, before = None, self._raw
        while True:
            match = _FIELD.match(buffer, at)
            if match is None:
                if _OPEN.match(buffer, at) is None:
                    return self._give_up(held, before, "its closing quote stands in the middle of it")
                before = self._raw
                held = _Held()
                closed = self._until_closed(buffer[at:], held)
                if closed is None:
                    return self._give_up(held, before, "it is never closed")
                (buffer, left_out), at = closed, 0
                continue
            self._take(match, left_out)
            if held is not None:
                held.drop()
            if match[3] != ",":
                return Record(self._line.number, self._fields, self._raw, self._problem, self._place)
            held, before, at, left_out = None, self._raw, match.end(), 0

    def _take(self, match: re.Match[str], left_out: int) -> None:
        """Add the field that was matched; of one that is too long, its beginning and a problem."""
        group = 2 if match[1] is None else 1
        begin, end = match.span(group)
        if end - begin + left_out > MAX_TEXT:
            if not self._problem:
                self._problem, self._place = _length(end - begin + left_out), len(self._fields)
            self._fields.append(match.string[begin : begin + RAW_AT_MOST])
        elif group == 1:
            self._fields.append(match[1].replace('""', '"'))
        else:
            self._fields.append(match[2] or "")

    def _until_closed(self, begun: str, held: _Held) -> tuple[str, int] | None:
        """The open field to the end of the line that closes it, and how many characters were left out."""
        pieces, size, left_out = [begun], len(begun), 0
        while (line := self._source.next()) is not None:
            held.add(line)
            if len(self._raw) < RAW_AT_MOST:
                self._raw += line.text[: RAW_AT_MOST - len(self._raw)]
            self._problem = self._problem or line.problem
            if '"' in line.text and _CLOSES.match(line.text):
                return "".join([*pieces, line.text]), left_out
            pieces.append(line.text)
            size += len(line.text)
            if size > 2 * MAX_TEXT:
                kept = "".join(pieces)[: MAX_TEXT // 2]
                if kept.count('"') % 2 == 0:  # never end between the two quotes that stand for one
                    kept += '"'
                left_out += size - len(kept)
                pieces, size = [kept], len(kept)
        return None

    def _give_up(self, held: _Held | None, raw: str, why: str) -> Record:
        """The record without the lines that its last quote swallowed: those are read again."""
        if held is not None:
            self._source.put_back(held)
        number = len(self._fields)
        problem = f"a quote is opened in field {number + 1} and {why}"
        return Record(self._line.number, [], raw, self._problem or problem, number)
