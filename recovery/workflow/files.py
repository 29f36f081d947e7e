"""Files of a project: read with a bound, and named as findings and bundles name them."""

from __future__ import annotations

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
