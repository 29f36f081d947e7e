"""From a text as somebody wrote it to plain words, each knowing where it stands in the original.

Folded away, because readers do not see them or read over them: case, accents, full-width forms, zero-width
and direction characters, letters of other scripts that look like Latin ones, curly quotation marks,
contractions ("don't" is "do not"), blanks between Chinese characters. A Chinese character is a word of its
own, a Traditional one counts as the Simplified, and the polite 您 counts as 你.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from recovery.core.phrases.traditional import SIMPLIFIED

SENTENCE_AT_MOST = 500
"""How many words a sentence may have; where nobody sets a full stop, another one begins."""

QUOTE_AT_MOST = 1_000
"""The longest passage, in characters, between two quotation marks that is taken for a quotation."""

LETTERS_KEPT = 20_000
"""Of how many characters the plain form is kept."""

_LOOK_ALIKE = str.maketrans(
    "АВЕЅІЈКМНОРСТУХЬаеѕіјкорстухԁԛԝһґ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαεικνορτυχ" + "ıɡɑʏʟ" + "您妳",
    "abesijkmhopctyxbaesijkopctyxdqwhr" + "abezhikmnoptyxaeikvoptux" + "igayl" + "你你",
)
"""Letters of other scripts that look like Latin ones; and in Chinese the polite and the female *you*."""

_MARKS = str.maketrans("‘’ʼ′´`" + "“”„«»「」『』﹁﹂" + "…。！？；，、：", "'" * 6 + '"' * 11 + ",!!?,,,:")

_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"

_ENDS = r"[!?.\n](?:(?<=[!?])[!?]*|(?<=\.)(?!\w)|(?<=\n)[ \t]*(?=\n|[-*+>#|]|\d+[.)][ ]))"
_END = re.compile(f"({_ENDS})")
_WORDS = rf"[^\W_{_HAN}]+(?:'[^\W\d_{_HAN}]+)*|[{_HAN}]|%"
_WORD = re.compile(_WORDS)
_TOKEN = re.compile(rf"{_WORDS}|[,;:()]|[-\u2013\u2014](?=[- \u2013\u2014])|{_ENDS}")
_NO_WORD = frozenset(",;:()-\u2013\u2014!?.\n")
"""What a token that is no word begins with."""

_QUOTED = re.compile(
    rf"""["'](?:(?<=")[^"\n]{{1,{QUOTE_AT_MOST}}}"|(?<=')(?<![\w']')[^'\n]{{1,{QUOTE_AT_MOST}}}'(?!\w))"""
)
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


Passage = tuple[int, int, bool]
"""Something quoted: where it begins, where it ends, and whether it is a line that begins with `>`."""


class Piece(NamedTuple):
    """A part of a folded text that ends where a sentence does; what it says depends on nothing around it.

    Attributes:
        asks: whether it ends with a question mark.
        passages: what is quoted in it, counted from its own beginning.
    """

    text: str
    asks: bool
    passages: tuple[Passage, ...]

    @property
    def cited(self) -> bool:
        """Whether all of it stands in a line that begins with `>`."""
        return self.passages == ((0, len(self.text), True),)


@dataclass(slots=True)
class Sentence:
    """The words of one sentence.

    Attributes:
        words: folded; a contraction is two.
        commas: the indexes of words before which a clause begins.
        marked: the indexes of words between quotation marks.
        cited: the indexes of words in a line that begins with `>`.
        asks: whether it ends with a question mark.
    """

    words: list[str] = field(default_factory=list)
    commas: set[int] = field(default_factory=set)
    marked: set[int] = field(default_factory=set)
    cited: set[int] = field(default_factory=set)
    asks: bool = False


def sentences(text: str) -> list[Sentence]:
    """A text as sentences. A sentence end inside a quotation ends no sentence."""
    return [sentence for _, piece in pieces(fold(text)) for sentence in read(piece)]


def words_of(text: str) -> list[str]:
    """The words of a text, as a pattern or a quotation is compared."""
    return [word for token in _WORD.findall(fold(text)) for word in _parts(token)]


def pieces(folded: str) -> Iterator[tuple[int, Piece]]:
    """A folded text cut at the ends of its sentences: where each piece begins, and the piece."""
    passages = _passages(folded)
    starts = [start for start, _, _ in passages]
    marked = any(not in_line for _, _, in_line in passages)
    parts = _END.split(folded)
    parts.append("")
    begin = at = first = 0
    for number in range(0, len(parts), 2):
        at += len(parts[number])
        end = parts[number + 1]
        if marked and end and _inside(passages, starts, at) is False:
            at += len(end)
            continue
        if begin < at:
            while first < len(passages) and passages[first][1] <= begin:
                first += 1
            quoted = first < len(passages) and passages[first][0] < at
            among = _between(passages, first, begin, at) if quoted else ()
            yield begin, Piece(folded[begin:at], "?" in end, among)
        begin = at = at + len(end)


def read(piece: Piece) -> list[Sentence]:
    """The sentences of a piece: one, or several where it is too long, or none where it has no word."""
    text, asks, passages = piece
    found: list[Sentence] = []
    now = Sentence()
    words = now.words
    for token in _TOKEN.findall(text):
        if token[0] in _NO_WORD:
            now.commas.add(len(words))
            continue
        if len(words) >= SENTENCE_AT_MOST:
            found.append(now)
            now = Sentence()
            words = now.words
        if token in _WHOLE or "'" in token:
            words += _parts(token)
        else:
            words.append(token)
    if words:
        now.asks = asks
        found.append(now)
    if passages:
        _mark(found, text, passages)
    return found


def places(text: str) -> list[tuple[int, int]]:
    """Where the words of a folded text begin and end; both words of a contraction have its place."""
    return [
        match.span()
        for match in _WORD.finditer(text)
        for _ in (_parts(match[0]) if match[0] in _WHOLE or "'" in match[0] else (None,))
    ]


def _mark(sentences: list[Sentence], text: str, passages: tuple[Passage, ...]) -> None:
    """Mark the words that stand in a passage."""
    begin, end, in_line = passages[0]
    if (begin, end) == (0, len(text)):
        for sentence in sentences:
            (sentence.cited if in_line else sentence.marked).update(range(len(sentence.words)))
        return
    starts = [start for start, _, _ in passages]
    where = iter(places(text))
    for sentence in sentences:
        for index, (at, _) in enumerate(islice(where, len(sentence.words))):
            kind = _inside(passages, starts, at)
            if kind is not None:
                (sentence.cited if kind else sentence.marked).add(index)


class _Folded(dict[int, str]):
    """What a character is in its plain form; worked out when it is first met."""

    def __missing__(self, letter: int) -> str:
        folded = _folded(chr(letter))
        if len(self) < LETTERS_KEPT:
            self[letter] = folded
        return folded


_FOLDED = _Folded()


def fold(text: str) -> str:
    """A text in its plain form, character by character."""
    return text.lower().replace("`", "'") if text.isascii() else text.translate(_FOLDED)


def origins(text: str) -> Sequence[int]:
    """For each character of the folded text where it stands in the original."""
    if text.isascii():
        return range(len(text))
    return [place for place, letter in enumerate(text) for _ in _FOLDED[ord(letter)]]


def _folded(letter: str) -> str:
    """One character in its plain form; nothing for one that is not seen."""
    marked = letter.translate(_MARKS)
    if marked != letter:
        return marked
    plain = unicodedata.normalize("NFKD", letter.translate(_LOOK_ALIKE))
    kept = "".join(part for part in plain if unicodedata.category(part) not in ("Mn", "Me", "Cf"))
    return kept.translate(_MARKS).lower().translate(_LOOK_ALIKE).translate(SIMPLIFIED)


def _passages(folded: str) -> list[Passage]:
    """What is quoted, in order; none overlaps another."""
    lines = [(*match.span(), True) for match in _QUOTED_LINE.finditer(folded)] if ">" in folded else []
    if '"' not in folded and "'" not in folded:
        return lines
    taken = [start for start, _, _ in lines]
    marks = [
        (*match.span(), False)
        for match in _QUOTED.finditer(folded)
        if _inside(lines, taken, match.start()) is None
    ]
    return sorted([*lines, *marks])


def _between(passages: list[Passage], first: int, begin: int, end: int) -> tuple[Passage, ...]:
    """The passages of a stretch from the first on, counted from its beginning."""
    found = []
    for number in range(first, len(passages)):
        start, until, in_line = passages[number]
        if start >= end:
            break
        found.append((max(start - begin, 0), min(until, end) - begin, in_line))
    return tuple(found)


def _inside(passages: Sequence[Passage], starts: list[int], at: int) -> bool | None:
    """Whether the passage that a place is in is a line that begins with `>`; None where it is in none."""
    before = bisect_right(starts, at) - 1
    return passages[before][2] if before >= 0 and at < passages[before][1] else None


def _parts(word: str) -> tuple[str, ...]:
    """A contraction as the words it stands for; a possessive as the word itself."""
    whole = _WHOLE.get(word)
    if whole is not None:
        return whole
    head, mark, tail = word.partition("'")
    if not mark:
        return (word,)
    if head.endswith("n") and tail == "t":
        return (head[:-1], "not") if head != "n" else ("not",)
    if tail == "s":
        return (head, "is") if head in _IS else (head,)
    return (head, _TAILS[tail]) if tail in _TAILS else (head, tail)
