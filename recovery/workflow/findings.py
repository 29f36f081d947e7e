"""Findings: what is wrong in a file, where, and what would be accepted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nlargest
from typing import Literal, NamedTuple

from recovery.core.errors import RecoveryError, closest, sentence

FINDINGS_AT_MOST = 500
"""How many findings of one file are listed; the rest are counted."""


class Position(NamedTuple):
    """A place in a file; lines and columns count from 1, columns in characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or worth knowing, in one file.

    Attributes:
        file: the path as the reader of the finding would type it.
        code: a stable word for programs, such as `unknown_key`.
        message: what is wrong, in one sentence.
        hint: what would be accepted; may be empty.
        level: an `error` keeps a workflow from being used; a `notice` does not.
    """

    file: str
    line: int
    column: int
    code: str
    message: str
    hint: str = ""
    level: Literal["error", "notice"] = "error"

    def __str__(self) -> str:
        hint = f" {self.hint}" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {self.message}{hint}"

    def as_dict(self) -> dict[str, object]:
        """The finding as plain data, for JSON."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "code": self.code,
            "message": self.message,
            "hint": self.hint,
            "level": self.level,
        }


class BadFile(RecoveryError):
    """A file that must be right is not. `findings` says where."""

    fault = "workflow"

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        first = self.findings[0]
        more = len(self.findings) - 1
        super().__init__(str(first) + (f" ({more} more)" if more else ""))


def errors(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that keep a file from being used."""
    return [finding for finding in findings if finding.level == "error"]


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Every finding once, by file and place, at most `FINDINGS_AT_MOST` of a file."""
    kept: list[Finding] = []
    dropped: dict[str, list[Finding]] = {}
    counts: dict[str, int] = {}
    unique = dict.fromkeys(findings)
    for finding in sorted(unique, key=lambda f: (f.file, f.line, f.column, f.code, f.message)):
        counts[finding.file] = counts.get(finding.file, 0) + 1
        if counts[finding.file] <= FINDINGS_AT_MOST:
            kept.append(finding)
        else:
            dropped.setdefault(finding.file, []).append(finding)
    for file, rest in dropped.items():
        first = rest[0]
        message = f"{len(rest):,} further findings in {file} are not listed."
        kept.append(Finding(file, first.line, first.column, "too_many_findings", message))
    return kept


def one_of(words: Iterable[str], *, at_most: int = 12) -> str:
    """`One of a, b, c.`, shortened when there are many."""
    listed = list(words)
    if not listed:
        return ""
    shown = ", ".join(listed[:at_most])
    return f"One of {shown}, …" if len(listed) > at_most else f"One of {shown}."


def guess(word: str, known: Iterable[str]) -> str:
    """`Did you mean …?` when a word is nearly one of `known`, else `One of …`."""
    words = list(known)
    letters = set(word)
    # Comparing letter by letter is dear: only for the few that share most letters.
    likely = nlargest(8, words, key=lambda other: len(letters & set(other)) - abs(len(other) - len(word)))
    return sentence(closest(word[:100], likely)) or one_of(words)


def shown(value: object) -> str:
    """A value as it is quoted in a message: short, on one line."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = str(value).lower() if isinstance(value, bool) else " ".join(str(value).split())
    return f"`{text[:57]}...`" if len(text) > 60 else f"`{text}`"
