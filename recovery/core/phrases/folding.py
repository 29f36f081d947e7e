"""From a text as somebody wrote it to plain words, each knowing where it stands in the original.

Folded away, because readers do not see them or read over them: case, accents, full-width forms, zero-width
and direction characters, letters of other scripts that look like Latin ones, curly quotation marks,
contractions ("don't" is "do not"), blanks between Chinese characters. A Chinese character is a word of its
own, and the polite 您 counts as 你.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import lru_cache

SENTENCE_AT_MOST = 500
"""How many words a sentence may have; where nobody sets a full stop, another one begins."""

QUOTE_AT_MOST = 1_000
"""The longest passage, in characters, between two quotation marks that is taken for a quotation."""

_LOOK_ALIKE = str.maketrans(
    "АВЕЅІЈКМНОРСТУХЬаеѕіјкорстухԁԛԝһґ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαεικνορτυχ" + "ıɡɑʏʟ" + "您妳",
    "abesijkmhopctyxbaesijkopctyxdqwhr" + "abezhikmnoptyxaeikvoptux" + "igayl" + "你你",
)
"""Letters of other scripts that look like Latin ones; and in Chinese the polite and the female *you*."""

_MARKS = str.maketrans("‘’ʼ′´`" + "“”„«»「」『』﹁﹂" + "…。！？；，、：", "'" * 6 + '"' * 11 + ",!!?,,,:")

_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"

_TOKEN = re.compile(
    rf"(?P<word>[^\W_{_HAN}]+(?:'[^\W\d_{_HAN}]+)*|[{_HAN}]|%)"
    r"|(?P<end>[!?]+|\.(?!\w)|\n[ \t]*(?=\n|[-*+>#|]|\d+[.)][ ]))"
    r"|(?P<comma>[,;:()]|[-\u2013\u2014](?=[- \u2013\u2014]))"
)

_QUOTED = re.compile(rf'"[^"\n]{{1,{QUOTE_AT_MOST}}}"|(?<![\w\'])\'[^\'\n]{{1,{QUOTE_AT_MOST}}}\'(?!\w)')
_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)

_IS = frozenset("it that there what who here he she where how this everything nothing".split())
_WHOLE = {
    "cannot": ("can", "not"),
    "can't": ("can", "not"),
    "won't": ("will", "not"),
    "shan't": ("shall", "not"),
    "ain't": ("is", "not"),
    "let's": ("let", "us"),
    **{
        bare: (bare[:-2], "not")
        for bare in "dont isnt arent wasnt didnt doesnt couldnt wouldnt shouldnt hasnt havent".split()
    },
    "cant": ("can", "not"),
    "wont": ("will", "not"),
    "thats": ("that", "is"),
    "whats": ("what", "is"),
    "theres": ("there", "is"),
    "youre": ("you", "are"),
    "theyre": ("they", "are"),
    "ive": ("i", "have"),
    "im": ("i", "am"),
}
_TAILS = {"re": "are", "ll": "will", "ve": "have", "m": "am", "d": "would"}


@dataclass(slots=True)
class Sentence:
    """The words of one sentence.

    Attributes:
        words: folded; both words of a contraction have its place.
        starts, ends: where each word stands in the original, in characters from 0.
        commas: the indexes of words before which a clause begins.
        quoted: the index of a word → the number of the quotation it stands in; -1 for a line with `>`.
        asks: whether it ends with a question mark.
    """

    words: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    commas: set[int] = field(default_factory=set)
    quoted: dict[int, int] = field(default_factory=dict)
    asks: bool = False


def sentences(text: str) -> list[Sentence]:
    """A text as sentences. A sentence end inside a quotation ends no sentence."""
    folded, places = fold(text)
    passages = _passages(folded)
    starts = [start for start, _, _ in passages]
    found: list[Sentence] = []
    now = Sentence()
    for match in _TOKEN.finditer(folded):
        kind = match.lastgroup
        at = match.start()
        passage = _inside(passages, starts, at) if passages else None
        if kind == "word":
            if len(now.words) >= SENTENCE_AT_MOST:
                found.append(now)
                now = Sentence()
            first = len(now.words)
            parts = _parts(match[0])
            now.words += parts
            begin, end = (at, match.end()) if places is None else (places[at], places[match.end() - 1] + 1)
            now.starts += [begin] * len(parts)
            now.ends += [end] * len(parts)
            if passage is not None:
                now.quoted |= dict.fromkeys(range(first, len(now.words)), passage)
        elif kind == "comma" or (passage is not None and passage >= 0):
            now.commas.add(len(now.words))
        else:
            now.asks = "?" in match[0]
            if now.words:
                found.append(now)
            now = Sentence()
    if now.words:
        found.append(now)
    return found


def words_of(text: str) -> list[str]:
    """The words of a text without their places, as a pattern or a quotation is compared."""
    return [word for sentence in sentences(text) for word in sentence.words]


def fold(text: str) -> tuple[str, list[int] | None]:
    """A text in its plain form, and for each of its characters where that stands in the original.

    Returns:
        The folded text, and the places; None when every character stands where it stood.
    """
    if text.isascii():
        return text.lower().replace("`", "'"), None
    pieces = [_folded(letter) for letter in text]
    folded = "".join(pieces)
    if all(len(piece) == 1 for piece in pieces):
        return folded, None
    return folded, [place for place, piece in enumerate(pieces) for _ in piece]


@lru_cache(maxsize=20_000)
def _folded(letter: str) -> str:
    """One character in its plain form; nothing for one that is not seen."""
    marked = letter.translate(_MARKS)
    if marked != letter:
        return marked
    plain = unicodedata.normalize("NFKD", letter.translate(_LOOK_ALIKE))
    kept = "".join(part for part in plain if unicodedata.category(part) not in ("Mn", "Me", "Cf"))
    return kept.translate(_MARKS).lower().translate(_LOOK_ALIKE)


def _passages(folded: str) -> list[tuple[int, int, int]]:
    """What is quoted, in order: start, end, and a number; -1 for lines that begin with `>`."""
    lines = [(*match.span(), -1) for match in _QUOTED_LINE.finditer(folded)]
    if '"' not in folded and "'" not in folded:
        return lines
    taken = [start for start, _, _ in lines]
    marks = [
        (*match.span(), number)
        for number, match in enumerate(_QUOTED.finditer(folded))
        if _inside(lines, taken, match.start()) is None
    ]
    return sorted([*lines, *marks])


def _inside(passages: list[tuple[int, int, int]], starts: list[int], at: int) -> int | None:
    """The number of the passage a place is in."""
    before = bisect_right(starts, at) - 1
    return passages[before][2] if before >= 0 and at < passages[before][1] else None


@lru_cache(maxsize=20_000)
def _parts(word: str) -> tuple[str, ...]:
    """A contraction as the words it stands for; a possessive as the word itself."""
    whole = _WHOLE.get(word)
    if whole is not None:
        return whole
    head, mark, tail = word.partition("'")
    if not mark:
        return (word,)
    if head.endswith("n") and tail == "t":
        return head[:-1], "not"
    if tail == "s":
        return (head, "is") if head in _IS else (head,)
    return (head, _TAILS[tail]) if tail in _TAILS else (head, tail)
