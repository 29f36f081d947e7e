"""The phrase guard: which rules a text breaks, and where.

A phrase counts unless it is quoted, negated, or made harmless by what its rule names. What a sentence says
alone is judged first (`judging`); here are what the case knows, what the customer said, and the rest of the
text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple

from recovery.core.phrases.folding import Piece, Sentence, fold, origins, pieces, read, sentences, words_of
from recovery.core.phrases.judging import Judge, Phrase
from recovery.core.phrases.rules import KINDS, LEVELS, QUOTE, Hit, Level, RuleSet

QUOTE_WORDS_AT_LEAST = 2
"""A passage of the customer's that is shorter is no quotation of them."""

BETWEEN = "\n\n"
"""What stands between paragraphs; no sentence and no quotation goes over it."""

PIECES_KEPT = 2_000
LETTERS_KEPT = 400
PASSAGES_KEPT = 2
"""How many paragraphs, and how many sentences, are remembered with what they say; and how long, and how full
of quotations, one may be. Letters made from templates are largely the same, only what fills them is new."""

_Judged = tuple[tuple[Phrase, ...], ...]
"""The phrases of each sentence that has any."""


class _Suspect(NamedTuple):
    """A phrase that may count: its paragraph, its first word there, its place in the text, what it lacks."""

    rule: int
    level: Level
    word: tuple[int, int]
    start: int
    end: int
    lacks: tuple[str, ...]


class Guard:
    """The rules of one language, ready to be asked. Making one takes a while, asking it does not.

    Raises:
        TooLarge: the rules are more than one automaton should hold.
    """

    def __init__(self, rules: RuleSet) -> None:
        self.language = rules.language
        self._rules = rules.rules
        self._kinds = {kind for kind in KINDS if any(rule.holds_in(kind) for rule in rules.rules)}
        self._judge = Judge(rules)
        self._paragraphs = lru_cache(maxsize=PIECES_KEPT)(self._read_anew)
        self._pieces = lru_cache(maxsize=PIECES_KEPT)(self._judge.judge)

    def check(
        self,
        text: str,
        *,
        kind: str = "message",
        quotes: Sequence[str] = (),
        facts: Mapping[str, Any] | None = None,
    ) -> list[Hit]:
        """Every place in a text that breaks a rule, in order.

        Where rules of one class find the same words, the strongest level counts, then the longest stretch,
        then the rule that is written first.

        Args:
            text: as it will be read; Markdown is fine.
            kind: what the text is, one of `KINDS`; decides which rules hold.
            quotes: the customer's own words, which are left out where the text repeats them.
            facts: what the case knows. Without it nobody can tell whether a claim is true, and each claim
                that needs a fact is a hit of level `annotate` that names the fact.

        Raises:
            ValueError: there is no such kind of text.
        """
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is no kind of text; there are {', '.join(KINDS)}.")
        if kind not in self._kinds:
            return []
        suspects: list[list[_Suspect]] = []
        paragraphs = text.split(BETWEEN)
        begin = 0
        for number, paragraph in enumerate(paragraphs):
            for phrases in self._read(paragraph):
                left = self._suspect(phrases, number, begin, kind, facts)
                if left:
                    suspects.append(left)
            begin += len(paragraph) + len(BETWEEN)
        return self._hits(text, list(map(sentences, paragraphs)), suspects, quotes) if suspects else []

    def forget(self) -> int:
        """Forget what was read before, so that it is read anew.

        Returns:
            How many paragraphs and sentences were forgotten.
        """
        remembered = 0
        for kept in (self._paragraphs, self._pieces):
            remembered += kept.cache_info().currsize
            kept.cache_clear()
        return remembered

    def _read(self, paragraph: str) -> _Judged:
        """What a paragraph says, kept if it is short."""
        return (self._paragraphs if len(paragraph) <= LETTERS_KEPT else self._read_anew)(paragraph)

    def _read_anew(self, paragraph: str) -> _Judged:
        """What a paragraph says: the phrases of its sentences, with their places in it."""
        parts = list(pieces(fold(paragraph)))
        judged = [self._judged(piece) for _, piece in parts]
        if not any(judged):
            return ()
        where = origins(paragraph)
        placed: list[tuple[Phrase, ...]] = []
        before = 0
        for (begin, piece), several in zip(parts, judged, strict=True):
            for phrases in several:
                placed.append(
                    tuple(
                        Phrase(rule, level, before + word, where[begin + start], where[begin + end - 1] + 1)
                        for rule, level, word, start, end in phrases
                    )
                )
            before += sum(len(sentence.words) for sentence in read(piece))
        return tuple(placed)

    def _judged(self, piece: Piece) -> _Judged:
        """What a piece says, kept if it is short and has few quotations."""
        short = len(piece.text) <= LETTERS_KEPT and len(piece.passages) <= PASSAGES_KEPT
        return (self._pieces if short else self._judge.judge)(piece)

    def _suspect(
        self,
        phrases: Iterable[Phrase],
        number: int,
        begin: int,
        kind: str,
        facts: Mapping[str, Any] | None,
    ) -> list[_Suspect]:
        """Of the phrases of a sentence those that count in such a text, unless the text excuses them."""
        left = []
        for phrase in phrases:
            rule = self._rules[phrase.rule]
            if not rule.holds_in(kind):
                continue
            lacks = rule.lacking({} if facts is None else facts)
            if lacks or not rule.needs:
                level: Level = "annotate" if lacks and facts is None else phrase.level
                place = (begin + phrase.start, begin + phrase.end)
                left.append(_Suspect(phrase.rule, level, (number, phrase.word), *place, lacks))
        return sorted(left, key=lambda suspect: suspect.rule)

    def _hits(
        self,
        text: str,
        paragraphs: Sequence[list[Sentence]],
        suspects: Sequence[list[_Suspect]],
        quotes: Iterable[str],
    ) -> list[Hit]:
        """What the rest of the text does not excuse, and what does not repeat the customer's words."""
        excused: set[int] = set()
        if any(self._rules[one.rule].unless_text for suspect in suspects for one in suspect):
            excused = self._judge.excuses(sentence for paragraph in paragraphs for sentence in paragraph)
        words = [[word for sentence in one for word in sentence.words] for one in paragraphs]
        before = list(accumulate(map(len, words), initial=0))
        repeated = _repeated([word for several in words for word in several], quotes)
        hits: list[Hit] = []
        for suspect in suspects:
            found = []
            for number, level, (paragraph, word), start, end, lacks in suspect:
                rule = self._rules[number]
                if number in excused or (QUOTE in rule.not_in and before[paragraph] + word in repeated):
                    continue
                about = (rule.why, rule.say_instead, lacks, rule.overridable)
                found.append(Hit(rule.name, rule.cls, level, start, end, text[start:end], *about))
            hits += _strongest(found)
        return hits


def _repeated(text: Sequence[str], quotes: Iterable[str]) -> set[int]:
    """The indexes of the words of a text that repeat what the customer wrote."""
    wanted = [words for words in map(words_of, quotes) if len(words) >= QUOTE_WORDS_AT_LEAST]
    repeated: set[int] = set()
    whole = f" {' '.join(text)} " if wanted else ""
    for words in wanted:
        row = f" {' '.join(words)} "
        first = counted = 0
        at = whole.find(row)
        while at >= 0:
            first += whole.count(" ", counted, at)
            counted = at
            repeated.update(range(first, first + len(words)))
            at = whole.find(row, at + len(row) - 1)
    return repeated


def _strongest(hits: Iterable[Hit]) -> list[Hit]:
    """Of hits of one class in one place the strongest, longest and first, in this order; sorted by place."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda one: (LEVELS.index(one.level), one.start - one.end, one.start)):
        if not any(
            hit.cls == other.cls and hit.start < other.end and other.start < hit.end for other in kept
        ):
            kept.append(hit)
    return sorted(kept, key=lambda one: (one.start, one.end, one.cls))
