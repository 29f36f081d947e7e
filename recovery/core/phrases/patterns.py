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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar

from recovery.core.phrases.folding import words_of
from recovery.core.phrases.inflection import forms

LETTERS_AT_MOST = 1_500
DEPTH_AT_MOST = 4
GAP_AT_MOST = 20
WORDS_AT_MOST = 60
"""The longest row of words that a pattern may stand for."""

WORDS_KEPT = 10_000
"""How many words are kept folded in memory: the patterns of a language are made of the same few thousand."""

NUMBER = "#"
COMMA = ","
GAP_OF_WORDS, GAP_OF_CHARACTERS = 3, 4
"""How long `...` is in languages with blanks between words, and in Chinese."""

_SIGN = re.compile(
    r"\s*(?:(?P<gap>(?:\.\.\.|…)[0-9]*)"
    r"|(?P<word>(?:[^\s()\[\]|^$?#,<>~….]|\.(?!\.\.))+~?)(?=[\s()\[\]|^$?#,<>~….]|$)"
    r"|(?P<sign>[()\[\]|^$?#,])|(?P<set><[^<>]*>))"
)

_PLAIN = re.compile(r"([^()\[\]<>^$?#,…]+)([)\]])")
"""What stands between brackets where it is words alone, and the closing one; most is."""


class PatternProblem(ValueError):
    """A pattern that is none: what is wrong, what would be accepted, and at which character from 0."""

    def __init__(self, at: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.at, self.message, self.hint = at, message, hint


# Parts are told apart by which they are, not by what they say: there are tens of thousands of them, and an
# automaton asks all the time whether it has met one. They do not change once they are made.


@dataclass(slots=True, eq=False)
class One:
    """Any one of these words."""

    words: frozenset[str]
    least: ClassVar[int] = 1
    most: ClassVar[int] = 1
    size: ClassVar[int] = 1
    loose: ClassVar[tuple[bool, bool]] = (False, False)


@dataclass(slots=True, eq=False)
class Gap:
    """Up to so many words."""

    most: int
    least: ClassVar[int] = 0
    size: ClassVar[int] = 1
    loose: ClassVar[tuple[bool, bool]] = (True, True)


@dataclass(slots=True, eq=False)
class Row:
    """Parts in a row, none of them a row itself.

    Attributes:
        least, most: of how many words.
        size: how many places of words it has, with everything spelled out.
        loose: whether a gap can be its first thing, or its last.
    """

    parts: tuple[Part, ...]
    least: int = 0
    most: int = 0
    size: int = 0
    loose: tuple[bool, bool] = (False, False)

    def __post_init__(self) -> None:
        for part in self.parts:
            self.least += part.least
            self.most += part.most
            self.size += part.size
        self.loose = (_begins_loose(self.parts, 0), _begins_loose(self.parts[::-1], 1))


@dataclass(slots=True, eq=False)
class Choice:
    """One of several parts, or with `optional` none. Further attributes are those of `Row`."""

    parts: tuple[Part, ...]
    optional: bool = False
    least: int = 0
    most: int = 0
    size: int = 0
    loose: tuple[bool, bool] = (False, False)

    def __post_init__(self) -> None:
        parts = self.parts
        self.least = 0 if self.optional else min([part.least for part in parts])
        self.most = max([part.most for part in parts])
        self.size = sum([part.size for part in parts])
        loose = [part.loose for part in parts if part.most > 1 or not part.least]
        self.loose = (any(first for first, _ in loose), any(last for _, last in loose))


Part = One | Gap | Row | Choice

_SIGNS = {sign: One(frozenset({sign})) for sign in (NUMBER, COMMA)}


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
    if part.least == 0:
        raise PatternProblem(0, "The pattern would be found where nothing is written.", "Begin with a word.")
    if part.most > WORDS_AT_MOST:
        raise PatternProblem(0, f"The pattern may stand for more than {WORDS_AT_MOST} words.", "Shorten it.")
    if any(part.loose):
        raise PatternProblem(
            0, "A gap stands at the beginning or the end.", "Put a word before and after it."
        )
    return Pattern(text, part, "^" in reading.flags, "$" in reading.flags, "?" in reading.flags)


def _choice(reading: _Reading, closing: str, depth: int) -> Part:
    """What stands between brackets, or the whole pattern."""
    if depth > DEPTH_AT_MOST:
        raise PatternProblem(reading.at, f"Brackets stand {depth} deep.", f"At most {DEPTH_AT_MOST}.")
    opened, text = reading.at, reading.text
    rows: list[Part] = []
    now: list[Part] = []
    while True:
        sign = _SIGN.match(text, reading.at)
        if sign is None:
            if text[reading.at :].strip():
                raise PatternProblem(_start(reading), f"`{text[_start(reading)]}` is not understood here.")
            if closing:
                raise PatternProblem(opened - 1, "A bracket is not closed.", f"Add `{closing}`.")
            break
        kind = sign.lastgroup or ""
        mark, start = sign[kind], sign.start(kind)
        reading.at = sign.end()
        if kind != "sign":
            if reading.flags:
                _after_end(reading, start)
            part = _part(reading, kind, mark, start)
            now += part.parts if isinstance(part, Row) else (part,)
        elif mark in ")]":
            if mark != closing:
                raise PatternProblem(
                    start, f"`{mark}` closes nothing.", "Remove it, or open a bracket before."
                )
            break
        elif mark == "|":
            if depth == 0:
                raise PatternProblem(start, "`|` stands outside brackets.", "Write (a|b).")
            rows.append(_row(now, start))
            now = []
        elif mark in "^$?":
            _flag(reading, mark, start, depth, bool(now))
        else:
            _after_end(reading, start)
            part = _SIGNS.get(mark) or _bracket(reading, ")" if mark == "(" else "]", depth + 1)
            now += part.parts if isinstance(part, Row) else (part,)
    rows.append(_row(now, reading.at - 1))
    return _of_rows(rows, optional=closing == "]")


def _bracket(reading: _Reading, closing: str, depth: int) -> Part:
    """What stands between brackets. Words alone, which most are, are read at once."""
    plain = _PLAIN.match(reading.text, reading.at)
    if plain is None or plain[2] != closing or depth > DEPTH_AT_MOST or "..." in plain[1]:
        return _choice(reading, closing, depth)
    rows = [_phrase(text) for text in plain[1].split("|")]
    known = [row for row in rows if row is not None]
    if len(known) < len(rows):
        return _choice(reading, closing, depth)
    reading.at = plain.end()
    return _of_rows(known, optional=closing == "]")


def _of_rows(rows: Sequence[Part], *, optional: bool) -> Part:
    parts = one_of(rows)
    return parts[0] if len(parts) == 1 and not optional else Choice(parts, optional)


def one_of(rows: Sequence[Part]) -> tuple[Part, ...]:
    """The same choice with its single words together in one part."""
    if len(rows) == 1:
        return tuple(rows)
    ones = [row.words for row in rows if isinstance(row, One)]
    if len(ones) < 2:
        return tuple(rows)
    return (One(frozenset().union(*ones)), *[row for row in rows if not isinstance(row, One)])


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


def _part(reading: _Reading, kind: str, mark: str, start: int) -> Part:
    """A word, a gap or a list of words."""
    if kind == "word":
        word = _word(mark)
        if word is None:
            bare = mark.removesuffix("~")
            if not words_of(bare):
                raise PatternProblem(start, f"`{bare}` holds no word.", "Only words can be looked for.")
            raise PatternProblem(start, f"`{mark}` has no forms.", "`~` goes with one English word.")
        return word
    if kind == "gap":
        most = int(mark.lstrip(".…") or reading.gap)
        if not 0 < most <= GAP_AT_MOST:
            raise PatternProblem(start, f"A gap of {most} words.", f"From 1 to {GAP_AT_MOST}.")
        return Gap(most)
    name = mark[1:-1].strip()
    if name not in reading.sets:
        from recovery.core.errors import closest, sentence

        known = ", ".join(sorted(reading.sets)) or "none"
        hint = sentence(closest(name, list(reading.sets))) or f"There are: {known}."
        raise PatternProblem(start, f"There is no list of words `{name}`.", hint)
    return reading.sets[name]


@lru_cache(maxsize=WORDS_KEPT)
def _phrase(text: str) -> Part | None:
    """Words in a row; None if one of them is none, or there is none."""
    parts: list[Part] = []
    for word in text.split():
        part = _word(word)
        if part is None:
            return None
        parts += part.parts if isinstance(part, Row) else (part,)
    return parts[0] if len(parts) == 1 else Row(tuple(parts)) if parts else None


@lru_cache(maxsize=WORDS_KEPT)
def _word(text: str) -> Part | None:
    """A word of a pattern, folded; Chinese is one word a character, a contraction two. None if it is none."""
    bare = text.removesuffix("~")
    words = words_of(bare)
    if bare != text:
        return One(forms(words[0])) if len(words) == 1 and words[0].isascii() else None
    parts = tuple(map(_only, words))
    return parts[0] if len(parts) == 1 else Row(parts) if parts else None


@lru_cache(maxsize=WORDS_KEPT)
def _only(word: str) -> One:
    return One(frozenset({word}))


def _begins_loose(parts: Sequence[Part], side: int) -> bool:
    """Whether a gap can be the first thing of a row, or of a reversed one (`side` 1) the last."""
    for part in parts:
        if part.loose[side]:
            return True
        if part.least:
            return False
    return False
