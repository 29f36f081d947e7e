"""What came of it: a table for people, a list for programs, and both kept in `benchmarks/`."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from recovery.bench.run import Missing, Result
from recovery.bench.subject import Line

FOLDER = Path("benchmarks")
JSON, MARKDOWN = "latest.json", "latest.md"


def as_table(results: Sequence[Result], lines: Mapping[str, Line]) -> str:
    """The comparisons as a Markdown table; `lines` says what is wanted."""
    head = ["| what | ours | beside | ratio | wanted | unit |", "|---|---:|---:|---:|---:|---|"]
    return "\n".join([*head, *(_row(result, lines) for result in results)])


def _row(result: Result, lines: Mapping[str, Line]) -> str:
    beside = f"{result.reference_name} {_figure(result.reference)}"
    wanted = lines[result.name].wanted[result.reference_name]
    cells = (result.name, _figure(result.ours), beside, f"{result.ratio:.2f}", wanted, result.unit)
    return f"| {' | '.join(cells)} |"


def _figure(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.1f}"


def said(missing: Sequence[Missing]) -> str:
    """What could not be measured, a line each; empty when there is nothing."""
    return "\n".join(f"Missing: {', '.join(one.lines)}. {one.why}" for one in missing)


def keep(results: Sequence[Result], lines: Mapping[str, Line], folder: Path) -> None:
    """Write results into a folder's report, in place of older ones of the same lines.

    Args:
        lines: those a whole report has, in order; others are dropped.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / JSON
    found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    new = {result.name for result in results}
    older = [Result(**one) for one in found if one["name"] not in new and one["name"] in lines]
    order = list(lines)
    together = sorted([*older, *results], key=lambda result: order.index(result.name))
    path.write_text(json.dumps([asdict(result) for result in together], indent=2) + "\n", encoding="utf-8")
    parts = ["# The latest figures", _where(), as_table(together, lines)]
    (folder / MARKDOWN).write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _where() -> str:
    return (
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {platform.system()} "
        f"{platform.machine()}, {os.cpu_count()} processors. Medians of runs made in turn; *ratio* is ours "
        "divided by the program beside it. What is compared, and how, is said in "
        "[How fast is it?](../docs/reference/speed.md)."
    )
