"""The file of rows that were not let in: why, where, and the row itself, to be mended and imported again.

It is CSV in UTF-8: first the `reject_…` columns for people, then the columns of the imported file. A
spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return for a formula and
would run it when somebody opens the file to mend it. Such a cell gets one apostrophe in front, in every
column. The importer knows its own reject files by their columns and takes exactly that apostrophe away
again, so that nothing is changed by the way round.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from recovery.core.errors import EnvironmentFault

COLUMNS = ("reject_row", "reject_line", "reject_reason", "reject_field", "reject_value", "reject_raw")

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
_NEEDS_QUOTES = re.compile(r'[,"\r\n]')
_SHOWN_AT_MOST = 1_000


def is_reject_file(columns: Sequence[str]) -> bool:
    """Whether a header is that of a file written here."""
    return all(column in columns for column in COLUMNS)


def restore(cells: Mapping[str, str]) -> dict[str, str]:
    """The original row out of a row of a reject file."""
    return {
        column: value[1:] if _GUARDED.match(value) else value
        for column, value in cells.items()
        if column not in COLUMNS
    }


def guard(value: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return "'" + value if _FORMULA.match(value) else value


def default_path(source: Path, folder: Path) -> Path:
    """Where rejects of a file go when nobody says: `NAME.rejects.csv` in a folder."""
    name = source.name
    for suffix in (".gz", ".csv", ".jsonl", ".ndjson", ".rejects"):
        name = name.removesuffix(suffix)
    return folder / f"{name or 'import'}.rejects.csv"


def free(path: Path) -> Path:
    """The path, or the next free one with a number: a file that somebody is mending is never replaced."""
    found, number = path, 1
    while found.exists() and found.is_file():
        number += 1
        found = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return found


class Table:
    """A CSV file for people, made when its first row comes.

    Raises:
        EnvironmentFault: nothing can be written there; found out before the import starts.
    """

    def __init__(self, path: Path, columns: Iterable[str]) -> None:
        self.path = path
        self.columns = tuple(columns)
        self._file: IO[bytes] | None = None
        try:
            with tempfile.TemporaryFile(dir=path.parent) as probe:
                probe.write(bytes(_SHOWN_AT_MOST))
        except OSError as error:
            raise EnvironmentFault(
                f"Rejected rows could not be written into {path.parent}: {error.strerror}.",
                hint="Nothing was imported. Name another file with --rejects.",
            ) from None

    def write(self, rows: Iterable[Mapping[str, object]]) -> None:
        """Add rows and hand them to the operating system.

        Raises:
            EnvironmentFault: the disk is full or gone; what was imported stays, and importing again is safe.
        """
        try:
            for row in rows:
                if self._file is None:
                    self._file = self.path.open("wb")
                    self._file.write(b"\xef\xbb\xbf" + _line(self.columns))
                self._file.write(_line(guard(str(row.get(column, ""))) for column in self.columns))
            if self._file is not None:
                self._file.flush()
        except OSError as error:
            raise EnvironmentFault(
                f"{self.path} cannot be written: {error.strerror}.",
                hint="Make room and import again: what is in is not opened twice.",
            ) from None

    def close(self) -> None:
        """Close the file, if there ever was one."""
        if self._file is not None:
            with suppress(OSError):  # a disk that is full has been reported by `write`
                self._file.close()


def shorten(value: str) -> str:
    """A value as it is shown beside its reason."""
    return value if len(value) <= _SHOWN_AT_MOST else value[:_SHOWN_AT_MOST] + "…"


def _line(cells: Iterable[str]) -> bytes:
    text = ",".join(_quoted(cell) for cell in cells) + "\r\n"
    try:
        return text.encode(errors="surrogateescape")  # bytes that were no UTF-8 go back as they came
    except UnicodeEncodeError:
        return text.encode(errors="backslashreplace")


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if _NEEDS_QUOTES.search(cell) else cell
