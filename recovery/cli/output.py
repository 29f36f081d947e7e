"""What commands print: JSON for programs, tables and progress bars for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unicodedata import category

if TYPE_CHECKING:
    from rich.console import Console, RenderableType


_OBEYED = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
"""Characters a terminal would act on, or cannot print: controls, directions, half characters, line ends."""

_JOINERS = "\u200c\u200d"
"""What holds emoji and the letters of some scripts together, and does nothing else."""


def as_json(data: Any) -> None:
    """Print data as JSON, characters as they are."""
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    print(json.dumps(data, ensure_ascii=False, indent=2))


def console(*, stderr: bool = False) -> Console:
    """A console for people. Markup is off: what customers write is shown as it was written."""
    from rich.console import Console

    return Console(stderr=stderr, markup=False, highlight=False, emoji=False)


def say(*parts: RenderableType) -> None:
    """Print for people. A text is printed line by line as it is, made `visible`, and never broken anew."""
    out = console()
    for part in parts:
        if isinstance(part, str):
            out.print(visible_lines(part), soft_wrap=True)
        else:
            out.print(part)


def notice(text: str) -> None:
    """Say something beside the result, on standard error."""
    console(stderr=True).print(visible_lines(text), style="dim", soft_wrap=True)


def visible(text: str) -> str:
    """A text for one line of a terminal: control and direction characters are shown, not obeyed."""
    text = text.replace("\r\n", " ").replace("\n", " ").replace("\t", " ")
    return text if text.isprintable() else "".join(map(_visible, text))


def _visible(letter: str) -> str:
    if category(letter) not in _OBEYED or letter in _JOINERS:
        return letter
    return f"\\x{ord(letter):02x}" if ord(letter) < 256 else f"\\u{ord(letter):04x}"


def visible_lines(text: str) -> str:
    """A text for several lines of a terminal, each made `visible`."""
    return "\n".join(map(visible, text.split("\n")))


def table(title: str | None, columns: list[str], rows: list[list[Any]]) -> RenderableType:
    """A plain table."""
    from rich import box
    from rich.table import Table

    made = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*("" if cell is None else visible_lines(str(cell)) for cell in row))
    return made


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error, for a terminal; the function takes how much has been done so far."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    out = console(stderr=True)
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)
