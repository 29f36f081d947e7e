"""What may be attached to a case: kinds of files, and how large they may be.

Only files that people look at: pictures, documents, recordings. Nothing that a browser or a desk's computer
would run (HTML, SVG, scripts, programs, archives).
"""

from __future__ import annotations

import re

MEGABYTE = 1_000_000

BYTES_AT_MOST = 10 * MEGABYTE
"""The largest file."""

BYTES_OF_A_CASE = 50 * MEGABYTE
"""The files of a case together, each counted once."""

NAME_AT_MOST = 200

_OFFICE = "application/vnd.openxmlformats-officedocument."

KINDS = {
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "heic": "image/heic",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "csv": "text/csv",
    "eml": "message/rfc822",
    "docx": f"{_OFFICE}wordprocessingml.document",
    "xlsx": f"{_OFFICE}spreadsheetml.sheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "mp4": "video/mp4",
}
"""How a name ends → the type of what is in the file."""

_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f/\\:*?\"<>|\u2028\u2029\u202a-\u202e\u2066-\u2069]|^\.|\s$")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def type_of(name: str) -> str | None:
    """The type a file must have by its name; None for a kind that is not accepted."""
    return KINDS.get(name.rpartition(".")[2].lower()) if "." in name else None


def is_what_it_says(type: str, content: bytes) -> bool:
    """Whether a file begins as files of its type do; a text has no NUL."""
    head = content[:1024]
    begins = _BEGINNINGS.get(type)
    if type.startswith(("text/", "message/")):
        return b"\0" not in content
    if begins is None:  # Office and OpenDocument files are zip archives
        return head.startswith(b"PK\x03\x04")
    at, marks = begins
    return any(head[at:].startswith(mark) for mark in marks)


_BEGINNINGS: dict[str, tuple[int, tuple[bytes, ...]]] = {
    "image/jpeg": (0, (b"\xff\xd8\xff",)),
    "image/png": (0, (b"\x89PNG\r\n\x1a\n",)),
    "image/gif": (0, (b"GIF87a", b"GIF89a")),
    "image/webp": (8, (b"WEBP",)),
    "image/heic": (4, (b"ftyp",)),
    "application/pdf": (0, (b"%PDF-",)),
    "audio/mpeg": (0, (b"ID3", b"\xff\xfb", b"\xff\xf3", b"\xff\xf2")),
    "audio/mp4": (4, (b"ftyp",)),
    "video/mp4": (4, (b"ftyp",)),
}


def wrong_with(name: str, type: str, size: int, sha256: str) -> str:
    """Why such a file is not accepted, as a sentence; empty when it is."""
    if not name or len(name) > NAME_AT_MOST or _UNSAFE.search(name):
        return f"A file's name has 1 to {NAME_AT_MOST} characters and none that a path or a terminal obeys."
    expected = type_of(name)
    if expected is None:
        return f"Files of this kind are not accepted; these are: {', '.join(KINDS)}."
    if type != expected:
        return f"A file whose name ends so is {expected}."
    if not 0 < size <= BYTES_AT_MOST:
        return f"A file has 1 byte to {BYTES_AT_MOST // MEGABYTE} MB; this one has {size:,} bytes."
    if not _SHA256.fullmatch(sha256):
        return "The hash is the SHA-256 of the content: 64 hexadecimal digits in small letters."
    return ""
