"""Files of a project: read with a bound, and named as findings and bundles name them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from recovery.workflow.findings import Finding
from recovery.workflow.reader import BYTES_AT_MOST


def name_of(root: Path, path: Path) -> str:
    """A file as findings and bundles name it: from the root, with `/`; as given when it is not below it."""
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()


def read_file(root: Path, path: Path) -> tuple[bytes | None, Finding | None]:
    """A file's bytes, at most one more than is accepted; or why it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(BYTES_AT_MOST + 1), None
    except OSError as error:
        message = f"The file cannot be read: {error.strerror or error}."
        return None, Finding(name_of(root, path), 1, 1, "unreadable", message)


def digest(root: Path, folders: Iterable[str]) -> str | None:
    """A hash of all that is read below some folders: while it is the same, so is what is made of it.

    None where that cannot be told: something is no file, cannot be read, or leads elsewhere.
    """
    found = hashlib.sha256()
    for name in folders:
        for folder, inside, files in os.walk(root / name):
            if any(os.path.islink(os.path.join(folder, one)) for one in inside):
                return None
            inside.sort()
            files.sort()
            found.update(ascii((folder, inside, files)).encode())
            for path in (Path(folder, file) for file in files):
                data = read_file(root, path)[0] if path.is_file() else None
                if data is None:
                    return None
                found.update(hashlib.sha256(data).digest())
    return found.hexdigest()
