"""Starting a project: the starter files, copied from the same folders that ship with the library."""

from __future__ import annotations

import shutil
from pathlib import Path

from recovery.core.errors import RecoveryError
from recovery.project import starter_root

FOLDERS = ("workflows", "templates", "config")


def copy_starter(folder: Path) -> list[str]:
    """Copy the starter files into a new or empty folder, all or none, and give their relative paths.

    Raises:
        RecoveryError: the folder is not empty; nothing is copied.
        OSError: the folder cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RecoveryError(f"{folder} is not an empty folder.", hint="Name a new one; nothing was changed.")
    root = starter_root()
    unfinished = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    copied: list[str] = []
    for source in (found for name in FOLDERS for found in sorted((root / name).rglob("*"))):
        if source.is_file():
            target = unfinished / source.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            copied.append(str(source.relative_to(root)))
    (unfinished / ".gitignore").write_text("recovery.db*\noutbox/\n", encoding="utf-8")
    unfinished.replace(folder)
    return copied
