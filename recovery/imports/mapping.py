"""Which mapping reads a file: the one that was named, or the only one whose columns the file has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from recovery.core.errors import NotFound, RecoveryError
from recovery.imports.loading import required_columns
from recovery.imports.rows import read_heads
from recovery.workflow.findings import guess

FOLDER = Path("config") / "imports"
"""Where a project's mappings are."""


def mapping_files(root: Path) -> dict[str, Path]:
    """A project's mappings by name."""
    return {path.stem: path for path in sorted((root / FOLDER).glob("*.yaml"))}


def find_mapping(root: Path, name: str | None, source: Path) -> Path:
    """The mapping's file.

    Args:
        root: the project's folder.
        name: of a mapping in `config/imports`, or a path; None looks for the one that fits the file.
        source: the file to import.

    Raises:
        NotFound: there is no such mapping, or none fits.
        RecoveryError: several fit, or the file cannot be read.
    """
    known = mapping_files(root)
    if name is None:
        columns = {path: required_columns(path) for path in known.values()}
        return guess_mapping(source, read_heads(source), columns)
    if name in known:
        return known[name]
    path = Path(name)
    if path.is_file():
        return path
    raise NotFound(f"There is no mapping {name}.", hint=guess(name, known) or f"Write one into {FOLDER}.")


def guess_mapping(
    source: Path, heads: Sequence[Sequence[str]], mappings: Mapping[Path, Sequence[str]]
) -> Path:
    """The one mapping all of whose required columns stand in one of the lines that could be a header.

    Raises:
        NotFound: none does.
        RecoveryError: several do.
    """
    fitting = [
        path
        for path, columns in mappings.items()
        if columns and any(set(columns) <= set(head) for head in heads)
    ]
    if len(fitting) == 1:
        return fitting[0]
    listed = "; ".join(f"{path.stem} ({', '.join(columns)})" for path, columns in mappings.items())
    if fitting:
        names = " and ".join(path.stem for path in fitting)
        raise RecoveryError(f"The mappings {names} fit {source}.", hint="Say which with --map.")
    raise NotFound(
        f"No mapping fits {source}.",
        hint=f"Name one with --map, or write one. Known, with their columns: {listed or 'none'}.",
    )
