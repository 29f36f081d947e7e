"""The phrase guard: which rules a text breaks, and where.

A phrase counts unless it is quoted, negated, or made harmless by what its rule names. What is found first is
every pattern (`Automaton.find`); this module judges each find by what stands around it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from recovery.core.phrases.automaton import Automaton, Span
from recovery.core.phrases.folding import Piece, Sentence, fold, origins, pieces, places, read, words_of
from recovery.core.phrases.patterns import One, Pattern
from recovery.core.phrases.rules import KINDS, LEVELS, QUOTE, Hit, Level, RuleSet

NEGATION_REACHES = 6
"""How many words (in Chinese characters) may stand between a negation and the phrase it negates."""

QUOTE_WORDS_AT_LEAST = 2
"""A passage of the customer's that is shorter is no quotation of them."""

PIECES_KEPT = 4_000
LETTERS_KEPT = 400
PASSAGES_KEPT = 2
"""How many pieces of texts are remembered with what they say, and how long and how full of quotations one may
be: letters made from templates are largely the same, and only what they are filled with is new."""

_NEGATES, _QUOTES, _QUOTES_NOT, _MENTIONS = -1, -2, -3, -4
"""Roles of patterns that belong to no rule."""


class _Role(NamedTuple):
    """What a pattern is for: of which rule (or `_NEGATES` …), and the exception it makes or its level."""

    rule: int
    use: str = ""
    level: Level | None = None


@dataclass(slots=True)
class _Found:
    """A sentence with all that was found in it, by what it is for."""

    sentence: Sentence
    phrases: list[tuple[int, Level, Span]] = field(default_factory=list)
    around: dict[tuple[int, str], list[Span]] = field(default_factory=lambda: defaultdict(list))
    quoted: set[int] = field(default_factory=set)


class _Phrase(NamedTuple):
    """A phrase that nothing in its sentence makes harmless: its place among the words, and in the text."""

    rule: int
    level: Level
    word: int
    start: int
    end: int


class _Judged(NamedTuple):
    """What a piece of a text says, wherever it stands.

    Attributes:
        words: how many it has.
        sentences: the phrases of each sentence with any.
        excused: the rules that its words make harmless in the whole text.
    """

    words: int
    sentences: tuple[tuple[_Phrase, ...], ...]
    excused: frozenset[int]


class Guard:
    """The rules of one language, ready to be asked. Making one takes a while, asking it does not.

    Raises:
        TooLarge: the rules are more than one automaton should hold.
    """

    def __init__(self, rules: RuleSet) -> None:
        self.language = rules.language
        self._rules = rules.rules
        self._new_clause = rules.new_clause
        self._roles: list[_Role] = []
        patterns: list[Pattern] = []
        calm: list[int] = []

        def add(found: Iterable[Pattern], role: _Role, any_gap: bool = False) -> None:
            for pattern in found:
                if any_gap:
                    calm.append(len(patterns))
                patterns.append(pattern)
                self._roles.append(role)

        add(rules.negations, _Role(_NEGATES), any_gap=True)
        add(rules.quoting, _Role(_QUOTES))
        add(rules.not_quoting, _Role(_QUOTES_NOT))
        add(rules.mentions, _Role(_MENTIONS))
        for number, rule in enumerate(rules.rules):
            for level, pattern in rule.patterns:
                add([pattern], _Role(number, level=level), any_gap=rule.even_negated)
            for use in ("unless", "unless_before", "unless_text"):
                add(getattr(rule, use), _Role(number, use), any_gap=True)
        negating = [pattern.part.words for pattern in rules.negations if isinstance(pattern.part, One)]
        self._automaton = Automaton(patterns, frozenset().union(*negating), calm)
        self._kept = lru_cache(maxsize=PIECES_KEPT)(self._judge)

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
        judged = [(start, self._judged(piece)) for start, piece in pieces(fold(text))]
        if not any(one.sentences for _, one in judged):
            return []
        suspects = list(self._suspects(judged, kind, facts))
        if not suspects:
            return []
        repeated, where = _repeated(text, quotes), origins(text)
        hits: list[Hit] = []
        for suspect in suspects:
            hits += _strongest(self._hits(text, where, suspect, repeated))
        return hits

    def forget(self) -> int:
        """Forget what was read before, so that it is worked out anew; how many pieces of text that were."""
        remembered = self._kept.cache_info().currsize
        self._kept.cache_clear()
        return remembered

    def _judged(self, piece: Piece) -> _Judged:
        """What a piece says; kept when it is short, as letters made from templates are largely the same."""
        short = len(piece.text) <= LETTERS_KEPT and len(piece.passages) <= PASSAGES_KEPT
        return self._kept(piece) if short else self._judge(piece)

    def _judge(self, piece: Piece) -> _Judged:
        """What a piece says, worked out."""
        before = 0
        excused: set[int] = set()
        judged: list[tuple[_Phrase, ...]] = []
        where: list[tuple[int, int]] = []
        for sentence in read(piece):
            found = self._look(sentence)
            excused.update(rule for rule, use in found.around if use == "unless_text")
            if found.phrases:
                self._mark_quoted(found)
            left = [one for one in found.phrases if not self._excused(one[0], one[2], found)]
            if left:
                where = where or places(piece.text)
                judged.append(tuple(_placed(one, before, where) for one in left))
            before += len(sentence.words)
        return _Judged(before, tuple(judged), frozenset(excused))

    def _look(self, sentence: Sentence) -> _Found:
        found = _Found(sentence)
        for span in self._automaton.find(sentence):
            rule, use, level = self._roles[span[0]]
            if level is not None:
                found.phrases.append((rule, level, span))
            else:
                found.around[rule, use].append(span)
        if found.phrases and self._new_clause:
            words = sentence.words
            sentence.commas |= {at for at, word in enumerate(words) if word in self._new_clause}
        return found

    def _mark_quoted(self, found: _Found) -> None:
        """Mark the words that tell what somebody else said."""
        sentence = found.sentence
        not_said = {start for _, start, _ in found.around.get((_QUOTES_NOT, ""), ())}
        said = [span for span in found.around.get((_QUOTES, ""), ()) if span[1] not in not_said]
        found.quoted |= sentence.cited
        if said or found.around.get((_MENTIONS, "")):
            found.quoted |= sentence.marked
        for _, _, end in said:
            stop = next((at for at in range(end + 1, len(sentence.words)) if at in sentence.commas), None)
            # from the last word of the attribution, which a phrase may begin with ("that is normal")
            found.quoted |= set(range(end - 1, len(sentence.words) if stop is None else stop))

    def _excused(self, number: int, span: Span, found: _Found) -> bool:
        """Whether what stands around a phrase makes it harmless."""
        rule, start = self._rules[number], span[1]
        if QUOTE in rule.not_in and start in found.quoted:
            return True
        if found.around.get((number, "unless")):
            return True
        clause = max((at for at in found.sentence.commas if at <= start), default=0)
        before = found.around.get((number, "unless_before"), ())
        if any(clause <= at and until <= start for _, at, until in before):
            return True
        negations = found.around.get((_NEGATES, ""), ()) if not rule.even_negated else ()
        return any(clause <= at and 0 <= start - until <= NEGATION_REACHES for _, at, until in negations)

    def _suspects(
        self, judged: Sequence[tuple[int, _Judged]], kind: str, facts: Mapping[str, Any] | None
    ) -> Iterator[list[tuple[_Phrase, tuple[str, ...]]]]:
        """By sentence the phrases that count in this text, placed in it, each with the facts it lacks."""
        excused = frozenset().union(*(one.excused for _, one in judged))
        before = 0
        for begin, one in judged:
            for phrases in one.sentences:
                left = []
                for number, level, word, start, end in phrases:
                    rule = self._rules[number]
                    if number in excused or not rule.holds_in(kind):
                        continue
                    lacks = rule.lacking({} if facts is None else facts)
                    if lacks or not rule.needs:
                        marked: Level = "annotate" if lacks and facts is None else level
                        place = (before + word, begin + start, begin + end)
                        left.append((_Phrase(number, marked, *place), lacks))
                if left:
                    yield sorted(left, key=lambda suspect: suspect[0].rule)
            before += one.words

    def _hits(
        self,
        text: str,
        where: Sequence[int],
        suspects: Iterable[tuple[_Phrase, tuple[str, ...]]],
        repeated: Set[int],
    ) -> Iterator[Hit]:
        """The hits of a sentence: what does not repeat the customer's words."""
        for phrase, lacks in suspects:
            rule = self._rules[phrase.rule]
            if phrase.word in repeated and QUOTE in rule.not_in:
                continue
            start, end = where[phrase.start], where[phrase.end - 1] + 1
            about = (rule.why, rule.say_instead, lacks, rule.overridable)
            yield Hit(rule.name, rule.cls, phrase.level, start, end, text[start:end], *about)


def _placed(found: tuple[int, Level, Span], before: int, where: Sequence[tuple[int, int]]) -> _Phrase:
    """A phrase of a sentence as one of its piece, with so many words before the sentence."""
    rule, level, (_, first, until) = found
    return _Phrase(rule, level, before + first, where[before + first][0], where[before + until - 1][1])


def _repeated(text: str, quotes: Iterable[str]) -> set[int]:
    """The indexes of the words of a text that repeat what the customer wrote."""
    wanted = [words for words in map(words_of, quotes) if len(words) >= QUOTE_WORDS_AT_LEAST]
    repeated: set[int] = set()
    whole = f" {' '.join(words_of(text))} " if wanted else ""
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
