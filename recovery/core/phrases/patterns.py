"""The pattern language of phrase rules: words as people write them, and a few signs.

    calm~ down            words in a row; `~` is a word in any of its forms
    (courier|post office) one of several
    our [own] fault       a word that may be missing
    you should ... check  a gap of up to three words; `...6` of up to six
    <party>               one of a list of words that the file defines
    if you ... , ... then a gap stays in its clause; `,` is where a new clause begins
    that is our policy $  at the end of a clause; `^` is at its beginning
    was it solved ?       only in a sentence that ends with a question mark
    # days                `#` is a number

Text and pattern are folded alike, so case, curly quotes and contractions do not matter. A gap never holds a
word of negation. There is no unbounded repetition: every pattern is as long as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from recovery.core.phrases.folding import words_of
from recovery.core.phrases.inflection import forms

LETTERS_AT_MOST = 1_500
DEPTH_AT_MOST = 4
GAP_AT_MOST = 20
WORDS_AT_MOST = 60
"""The longest row of words that a pattern may stand for."""

WORDS_KEPT = 5_000
"""How many words are kept folded in memory: the patterns of a language are made of the same few thousand."""

NUMBER = "#"
COMMA = ","
GAP_OF_WORDS, GAP_OF_CHARACTERS = 3, 4
"""How long `...` is in languages with blanks between words, and in Chinese."""

_SIGN = re.compile(
    r"\s*(?:(?P<gap>\.\.\.|…)(?P<most>[0-9]*)|<(?P<set>[^<>]*)>|(?P<sign>[()\[\]|^$?#,])"
    r"|(?P<word>[^\s()\[\]|^$?#,<>~…]+?)(?P<any>~?)(?=\.\.\.|[\s()\[\]|^$?#,<>~…]|$))"
)


class PatternProblem(ValueError):
    """A pattern that is none: what is wrong, what would be accepted, and at which character from 0."""

    def __init__(self, at: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.at, self.message, self.hint = at, message, hint


@dataclass(frozen=True, slots=True)
class One:
    """Any one of these words."""

    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Gap:
    """Up to so many words."""

    most: int


@dataclass(frozen=True, slots=True)
class Row:
    """Parts in a row."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several parts, or with `optional` none."""

    parts: tuple[Part, ...]
    optional: bool = False


Part = One | Gap | Row | Choice


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern that can be looked for.

    Attributes:
        at_start, at_end: whether it must begin or end its sentence.
        asks: whether its sentence must end with a question mark.
    """

    text: str
    part: Part
    at_start: bool = False
    at_end: bool = False
    asks: bool = False


@dataclass(slots=True)
class _Reading:
    text: str
    sets: Mapping[str, Part]
    gap: int
    at: int = 0
    flags: set[str] = field(default_factory=set)


def read_pattern(text: str, sets: Mapping[str, Part], *, language: str = "en") -> Pattern:
    """Read one pattern.

    Args:
        sets: the lists of words that `<name>` may name.
        language: decides how long a plain `...` is.

    Raises:
        PatternProblem: it is wrong, or matches without a word, or is too long.
    """
    if len(text) > LETTERS_AT_MOST:
        raise PatternProblem(0, f"The pattern is longer than {LETTERS_AT_MOST} characters.", "Split it.")
    reading = _Reading(text, sets, GAP_OF_CHARACTERS if language.startswith("zh") else GAP_OF_WORDS)
    part = _choice(reading, "", 0)
    least, most = _length(part)
    if least == 0:
        raise PatternProblem(0, "The pattern would be found where nothing is written.", "Begin with a word.")
    if most > WORDS_AT_MOST:
        raise PatternProblem(0, f"The pattern may stand for more than {WORDS_AT_MOST} words.", "Shorten it.")
    if _may_begin_with_gap(part, ends=False) or _may_begin_with_gap(part, ends=True):
        raise PatternProblem(
            0, "A gap stands at the beginning or the end.", "Put a word before and after it."
        )
    return Pattern(text, part, "^" in reading.flags, "$" in reading.flags, "?" in reading.flags)


def _choice(reading: _Reading, closing: str, depth: int) -> Part:
    """What stands between brackets, or the whole pattern."""
    if depth > DEPTH_AT_MOST:
        raise PatternProblem(reading.at, f"Brackets stand {depth} deep.", f"At most {DEPTH_AT_MOST}.")
    opened = reading.at
    rows: list[Part] = []
    now: list[Part] = []
    while True:
        sign = _SIGN.match(reading.text, reading.at)
        if sign is None:
            if reading.text[reading.at :].strip():
                raise PatternProblem(
                    _start(reading), f"`{reading.text[_start(reading)]}` is not understood here."
                )
            if closing:
                raise PatternProblem(opened - 1, "A bracket is not closed.", f"Add `{closing}`.")
            break
        start = sign.start() + len(sign[0]) - len(sign[0].lstrip())
        reading.at = sign.end()
        mark = sign["sign"]
        if mark in (")", "]"):
            if mark != closing:
                raise PatternProblem(
                    start, f"`{mark}` closes nothing.", "Remove it, or open a bracket before."
                )
            break
        if mark == "|":
            if depth == 0:
                raise PatternProblem(start, "`|` stands outside brackets.", "Write (a|b).")
            rows.append(_row(now, start))
            now = []
        elif mark in ("^", "$", "?"):
            _flag(reading, mark, start, depth, bool(now))
        else:
            _after_end(reading, start)
            now.append(_part(reading, sign, start, depth))
    made = _row(now, reading.at - 1)
    rows.append(made)
    ones = frozenset(word for row in rows if isinstance(row, One) for word in row.words)
    rest = tuple(row for row in rows if not isinstance(row, One))
    parts = rest if len(rest) == len(rows) else (One(ones), *rest)
    if closing == "]":
        return Choice(parts, optional=True)
    return parts[0] if len(parts) == 1 else Choice(parts)


def _start(reading: _Reading) -> int:
    rest = reading.text[reading.at :]
    return reading.at + len(rest) - len(rest.lstrip())


def _row(parts: list[Part], at: int) -> Part:
    if not parts:
        raise PatternProblem(
            max(at, 0), "There is no word here.", "Write [a] for a word that may be missing."
        )
    return parts[0] if len(parts) == 1 else Row(tuple(parts))


def _flag(reading: _Reading, mark: str, start: int, depth: int, begun: bool) -> None:
    """`^`, `$` and `?`, which are about the whole pattern."""
    if depth or (mark == "^" and (begun or reading.flags)):
        where = "at the beginning" if mark == "^" else "at the end"
        raise PatternProblem(start, f"`{mark}` stands inside.", f"It may stand {where} of the pattern.")
    reading.flags.add(mark)


def _after_end(reading: _Reading, start: int) -> None:
    if reading.flags & {"$", "?"}:
        raise PatternProblem(start, "Words stand after the end.", "`$` and `?` are the last of a pattern.")


def _part(reading: _Reading, sign: re.Match[str], start: int, depth: int) -> Part:
    if sign["gap"]:
        most = int(sign["most"] or reading.gap)
        if not 0 < most <= GAP_AT_MOST:
            raise PatternProblem(start, f"A gap of {most} words.", f"From 1 to {GAP_AT_MOST}.")
        return Gap(most)
    if sign["set"] is not None:
        name = sign["set"].strip()
        if name not in reading.sets:
            from recovery.core.errors import closest, sentence

            known = ", ".join(sorted(reading.sets)) or "none"
            hint = sentence(closest(name, list(reading.sets))) or f"There are: {known}."
            raise PatternProblem(start, f"There is no list of words `{name}`.", hint)
        return reading.sets[name]
    if sign["sign"] == "(":
        return _choice(reading, ")", depth + 1)
    if sign["sign"] == "[":
        return _choice(reading, "]", depth + 1)
    if sign["sign"] in (NUMBER, COMMA):
        return One(frozenset({sign["sign"]}))
    return _words(sign["word"], bool(sign["any"]), start)


@lru_cache(maxsize=WORDS_KEPT)
def _folded(text: str) -> tuple[str, ...]:
    return tuple(words_of(text))


def _words(text: str, any_form: bool, start: int) -> Part:
    """A word of the pattern, folded; Chinese is one word a character, a contraction two."""
    words = _folded(text)
    if not words:
        raise PatternProblem(start, f"`{text}` holds no word.", "Only words can be looked for.")
    if any_form:
        if len(words) > 1 or not words[0].isascii():
            raise PatternProblem(start, f"`{text}~` has no forms.", "`~` goes with one English word.")
        return One(forms(words[0]))
    parts = tuple(One(frozenset({word})) for word in words)
    return parts[0] if len(parts) == 1 else Row(parts)


def _length(part: Part) -> tuple[int, int]:
    """The fewest and the most words a part can be."""
    if isinstance(part, One):
        return 1, 1
    if isinstance(part, Gap):
        return 0, part.most
    lengths = [_length(inner) for inner in part.parts]
    if isinstance(part, Row):
        return sum(low for low, _ in lengths), sum(high for _, high in lengths)
    return 0 if part.optional else min(low for low, _ in lengths), max(high for _, high in lengths)


def _may_begin_with_gap(part: Part, *, ends: bool) -> bool:
    """Whether a gap can be the first thing in a part, or with `ends` the last."""
    if isinstance(part, Gap):
        return True
    if isinstance(part, One):
        return False
    if isinstance(part, Choice):
        return any(_may_begin_with_gap(inner, ends=ends) for inner in part.parts)
    for inner in reversed(part.parts) if ends else part.parts:
        if _may_begin_with_gap(inner, ends=ends):
            return True
        if _length(inner)[0] > 0:
            return False
    return False
