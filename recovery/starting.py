"""Starting a project: the starter files, copied from the same folders that ship with the library."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from recovery.bootstrap import open_engine
from recovery.core.errors import RecoveryError
from recovery.project import Project, configured, starter_root

FOLDERS = ("workflows", "templates", "config")
IGNORED = "recovery.db*\ninstallation.id\noutbox/\n"


def start(folder: Path) -> tuple[Project, list[str]]:
    """Make a project in a new or empty folder: the starter files and a database with them published.

    Returns:
        The project, and the relative paths of the files copied.

    Raises:
        RecoveryError: the folder is not empty; nothing is changed.
        EnvironmentFault, OSError: the folder cannot be written; nothing is left behind.
    """
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RecoveryError(f"{folder} is not an empty folder.", hint="Name a new one; nothing was changed.")
    with _unfinished(folder) as unfinished:
        copied = _copy_starter(unfinished)
        open_engine(configured(unfinished), make=True).store.close()
    return configured(folder), copied


@contextmanager
def _unfinished(folder: Path) -> Iterator[Path]:
    """A folder to make everything in; it becomes `folder` at the end, or nothing is left of it."""
    there = folder.exists()
    name = f".{folder.name}.{os.getpid()}.part"
    beside = folder / name if there else folder.with_name(name)
    made = [parent for parent in folder.parents if not parent.exists()]
    try:
        beside.mkdir(parents=True)
        yield beside
        if there:  # somebody may stand in it: it is filled, not replaced
            for path in beside.iterdir():
                path.rename(folder / path.name)
            beside.rmdir()
        else:
            beside.rename(folder)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        for parent in made:
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()
        raise


def _copy_starter(folder: Path) -> list[str]:
    root = starter_root()
    copied = []
    for source in (found for name in FOLDERS for found in sorted((root / name).rglob("*"))):
        if source.is_file():
            relative = source.relative_to(root)
            target = folder / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            copied.append(relative.as_posix())
    (folder / ".gitignore").write_text(IGNORED, encoding="utf-8")
    return copied
