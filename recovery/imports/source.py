"""The file to import, as numbered lines of text: read in pieces, plain or gzip, in constant memory."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from recovery.core.errors import EnvironmentFault, NotFound, RecoveryError

LINE_AT_MOST = 12_000_000
"""Bytes of the longest line that is looked into; a longer one is a bad row by itself."""

_PIECE = 65_536
_LOOKED_AT = 262_144
_MARKS = {
    b"\xff\xfe": "is UTF-16, not UTF-8",
    b"\xfe\xff": "is UTF-16, not UTF-8",
    b"PK\x03\x04": "is a workbook or a zip archive, not text",
    b"\xd0\xcf\x11\xe0": "is an old workbook, not text",
    b"%PDF": "is a PDF, not text",
}
_SAVE_AS = "Save it as CSV in UTF-8."


class Line(NamedTuple):
    """One physical line.

    Attributes:
        number: in the file, from 1.
        text: with its line end. Bytes that are not UTF-8 are kept as lone surrogates (`surrogateescape`), so
            that they can be written again as they were.
        problem: what is wrong with its bytes; empty when nothing is.
    """

    number: int
    text: str
    problem: str = ""


class Source:
    """A file opened for import. Iterate over it once; use it in `with`.

    Attributes:
        total: its size on the disk in bytes; `done` says how many of them have been read.
        damage: why the file could not be read to its end (gzip data cut off); empty when it could.

    Raises:
        NotFound: there is no such file.
        EnvironmentFault: it cannot be opened or read.
        RecoveryError: it is not UTF-8 text.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damage = ""
        try:
            if not path.is_file():
                kind = "a folder" if path.is_dir() else "no file" if path.exists() else ""
                raise NotFound(f"{path} is {kind}." if kind else f"There is no file {path}.")
            self._file = path.open("rb")
            self.total = path.stat().st_size
        except OSError as error:
            raise EnvironmentFault(f"{path} cannot be read: {error.strerror}.") from None
        head = self._file.peek(2)[:2]
        self._stream: io.BufferedReader | gzip.GzipFile = self._file
        self._what = "file"
        if head == b"\x1f\x8b":
            self._stream = gzip.GzipFile(fileobj=self._file)
            self._what = "unpacked file"
        elif path.suffix == ".gz":
            self._file.close()
            raise RecoveryError(f"{path} is named .gz but is not gzip.", hint="Unpack it or rename it.")
        self._first = self._read_head()
        try:
            check_encoding(self._first, str(path))
        except RecoveryError:
            self._file.close()
            raise

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def done(self) -> int:
        """Bytes of the file read so far."""
        return self._file.tell()

    def _read_head(self) -> bytes:
        pieces: list[bytes] = []
        while sum(map(len, pieces)) < _LOOKED_AT and (piece := self._read()):
            pieces.append(piece)
        return b"".join(pieces)

    def _read(self) -> bytes:
        try:
            return self._stream.read1(_PIECE)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            self.damage = f"the compressed data is cut off or damaged ({error})"
            return b""
        except OSError as error:
            raise EnvironmentFault(f"{self.path} cannot be read further: {error.strerror}.") from None

    def _pieces(self) -> Iterator[bytes]:
        yield self._first
        self._first = b""
        while not self.damage and (piece := self._read()):
            yield piece

    def __iter__(self) -> Iterator[Line]:
        offset = 0
        for number, raw in enumerate(_split(self._pieces()), start=1):
            if isinstance(raw, int):
                yield Line(number, "", f"the line is {raw:,} bytes long; at most {LINE_AT_MOST:,} are read")
                offset += raw
                continue
            if number == 1 and raw.startswith(b"\xef\xbb\xbf"):
                raw = raw[3:]
                offset = 3
            try:
                yield Line(number, raw.decode())
            except UnicodeDecodeError as error:
                where = f"position {offset + error.start:,} of the {self._what}"
                problem = f"the byte 0x{raw[error.start]:02X} at {where} is not UTF-8"
                yield Line(number, raw.decode(errors="surrogateescape"), problem)
            offset += len(raw)


def _split(pieces: Iterator[bytes]) -> Iterator[bytes | int]:
    """Lines with their ends (LF, CR LF or CR). Of a line that is too long, only how long it was."""
    kept: list[bytes] = []
    size = 0
    for piece in pieces:
        if kept and b"\n" not in piece and b"\r" not in piece and not kept[-1].endswith(b"\r"):
            size += len(piece)
            if size <= LINE_AT_MOST:
                kept.append(piece)
            continue
        lines = (b"".join(kept) + piece if size <= LINE_AT_MOST else piece).splitlines(keepends=True)
        if size > LINE_AT_MOST:
            yield size + len(lines.pop(0))
        kept, size = [], 0
        if lines and not lines[-1].endswith(b"\n"):
            kept = [lines.pop()]
            size = len(kept[0])
        yield from lines
    if size > LINE_AT_MOST:
        yield size
    elif kept:
        yield b"".join(kept)


def check_encoding(head: bytes, name: str) -> None:
    """Refuse a file that is no UTF-8 text as a whole. Single bad lines are left to be rejected one by one.

    Args:
        head: the first bytes of the (unpacked) file.

    Raises:
        RecoveryError: what the file is instead, and where that shows.
    """
    for mark, what in _MARKS.items():
        if head.startswith(mark):
            raise RecoveryError(f"{name} {what}: it begins with {mark.hex(' ').upper()}.", hint=_SAVE_AS)
    if head[:4].count(0) >= 2:
        where = head.index(0)
        raise RecoveryError(
            f"{name} is UTF-16, not UTF-8: the byte 0x00 stands at position {where}.", hint=_SAVE_AS
        )
    good = bad = 0
    first: tuple[int, int] | None = None
    offset = 0
    for line in head.splitlines(keepends=True)[:-1]:
        if not line.isascii():
            try:
                line.decode()
                good += 1
            except UnicodeDecodeError as error:
                bad += 1
                first = first or (offset + error.start, line[error.start])
        offset += len(line)
    if first is not None and bad >= 3 and bad > good:
        raise RecoveryError(
            f"{name} is not UTF-8: the first wrong byte, 0x{first[1]:02X}, stands at position {first[0]:,}, "
            f"and {bad:,} of the first lines are like it.",
            hint=f"{_SAVE_AS} For a Chinese file: iconv -f gb18030 -t utf-8 FILE > NEW",
        )
