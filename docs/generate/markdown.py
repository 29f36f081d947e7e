"""Small pieces of Markdown, and the sentences that only people can write."""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join(lines)


def code(text: object) -> str:
    """A word as code."""
    return f"`{text}`"


def listed(words: Iterable[object]) -> str:
    """`a`, `b`, `c`, each as code."""
    return ", ".join(code(word) for word in words)


@cache
def meanings() -> Mapping[str, Mapping[str, str]]:
    """The hand-written sentences, by part and name."""
    return tomllib.loads(Path(__file__).with_name("meanings.toml").read_text(encoding="utf-8"))


def meaning(part: str, name: str) -> str:
    """The sentence for one name.

    Raises:
        LookupError: nobody has written it yet.
    """
    found = meanings().get(part, {}).get(name)
    if found is None:
        raise LookupError(f"{name} is not documented: add it under [{part}] in docs/generate/meanings.toml.")
    return found


def only(part: str, names: Iterable[str]) -> None:
    """Make sure that a part has a sentence for each of these names, and for no other.

    Raises:
        LookupError: some are not written yet, or are about something that is gone.
    """
    wanted, written = set(names), set(meanings().get(part, {}))
    if wanted != written:
        what = f"missing {sorted(wanted - written)}, gone from the code {sorted(written - wanted)}"
        raise LookupError(f"[{part}] in docs/generate/meanings.toml: {what}.")


def described(thing: Any) -> str:
    """What the docstring of a thing says before its sections, as one paragraph, without sources of rules."""
    text = re.sub(r" \(domain\.md §[^)]*\)", "", inspect.cleandoc(thing.__doc__ or ""))
    return " ".join(re.split(r"\n\n(?=\w+:\n)|\n\w+:\n", text)[0].split())


def attributes(thing: Any, section: str = "Attributes") -> dict[str, str]:
    """Name → sentence, from a section of a docstring (`Attributes`, `Args`); `a, b:` counts for both."""
    text = inspect.cleandoc(thing.__doc__ or "")
    found = re.search(rf"(?:\A|\n){section}:\n((?:    .*\n?|\n)*)", text)
    entries: dict[str, str] = {}
    for entry in re.finditer(
        r"^    (\w[\w, ]*): (.*(?:\n {5,}.*)*)", found[1] if found else "", re.MULTILINE
    ):
        for name in entry[1].split(", "):
            entries[name] = " ".join(entry[2].split())
    return entries
