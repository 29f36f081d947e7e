"""What a piece of a text says that should not be said, whoever it is written to and whatever is known.

What is looked for first is phrases. Only where there is one does it matter what stands around it: a negation,
an exception, somebody who is quoted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from typing import NamedTuple

from recovery.core.phrases.automaton import Automaton, Span
from recovery.core.phrases.folding import Piece, Sentence, places, read
from recovery.core.phrases.patterns import One, Pattern
from recovery.core.phrases.rules import QUOTE, Level, RuleSet

NEGATION_REACHES = 6
"""How many words (in Chinese characters) may stand between a negation and the phrase it negates."""

_NEGATES, _QUOTES, _QUOTES_NOT, _MENTIONS = -1, -2, -3, -4
"""In the place of a rule's number: what patterns that belong to no rule are for."""

_Role = tuple[int, Level]
"""Of which rule a phrase is, by number, and its level."""

_Around = dict[tuple[int, str], list[Span]]
"""What stands around phrases: a rule's number, or `_NEGATES` …, and the exception it makes → where."""


class Phrase(NamedTuple):
    """A phrase that nothing in its sentence makes harmless.

    Attributes:
        rule: the number of its rule.
        word: the index of its first word in its piece.
        start, end: its place in the text of its piece.
    """

    rule: int
    level: Level
    word: int
    start: int
    end: int


class Judge:
    """The patterns of one language, ready to be looked for.

    Raises:
        TooLarge: they are more than an automaton should hold.
    """

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules.rules
        self._new_clause = rules.new_clause
        negating = [pattern.part.words for pattern in rules.negations if isinstance(pattern.part, One)]
        self._negations = frozenset().union(*negating)
        self._phrases = self._of_rules(range(len(rules.rules)))
        self._in_quotes = self._of_rules(
            [number for number, rule in enumerate(rules.rules) if QUOTE not in rule.not_in]
        )
        self._roles: list[tuple[int, str]] = []
        around: list[Pattern] = []
        calm: list[int] = []

        def add(patterns: Iterable[Pattern], role: tuple[int, str], any_gap: bool = True) -> None:
            for pattern in patterns:
                if any_gap:
                    calm.append(len(around))
                around.append(pattern)
                self._roles.append(role)

        add(rules.negations, (_NEGATES, ""))
        add(rules.quoting, (_QUOTES, ""), any_gap=False)
        add(rules.not_quoting, (_QUOTES_NOT, ""), any_gap=False)
        add(rules.mentions, (_MENTIONS, ""), any_gap=False)
        for number, rule in enumerate(rules.rules):
            for use in ("unless", "unless_before", "unless_text"):
                add(getattr(rule, use), (number, use))
        self._around = Automaton(around, self._negations, calm)

    def _of_rules(self, numbers: Iterable[int]) -> tuple[Automaton, list[_Role]]:
        """The phrases of some rules, and for each the rule's number and the level."""
        roles = [(number, level) for number in numbers for level, _ in self._rules[number].patterns]
        patterns = [pattern for number in numbers for _, pattern in self._rules[number].patterns]
        calm = [at for at, (number, _) in enumerate(roles) if self._rules[number].even_negated]
        return Automaton(patterns, self._negations, calm), roles

    def judge(self, piece: Piece) -> tuple[tuple[Phrase, ...], ...]:
        """The phrases of each sentence of a piece that has any."""
        automaton, roles = self._in_quotes if piece.cited else self._phrases
        if not roles:
            return ()
        judged: list[tuple[Phrase, ...]] = []
        where: list[tuple[int, int]] = []
        before = 0
        for sentence in read(piece):
            found = automaton.find(sentence)
            left = self._left(found, roles, sentence) if found else ()
            if left:
                where = where or places(piece.text)
                judged.append(tuple(_placed(one, roles, before, where) for one in left))
            before += len(sentence.words)
        return tuple(judged)

    def excuses(self, sentences: Iterable[Sentence]) -> set[int]:
        """The numbers of the rules that something in these sentences makes harmless in the whole text."""
        found = (self._roles[span[0]] for sentence in sentences for span in self._around.find(sentence))
        return {rule for rule, use in found if use == "unless_text"}

    def _left(self, found: list[Span], roles: Sequence[_Role], sentence: Sentence) -> list[Span]:
        """Of the phrases in a sentence those that nothing around them makes harmless."""
        around: _Around = defaultdict(list)
        for span in self._around.find(sentence):
            around[self._roles[span[0]]].append(span)
        words = sentence.words
        clauses = sentence.commas | {at for at, word in enumerate(words) if word in self._new_clause}
        quoted = _quoted(sentence, clauses, around)
        return [
            span for span in found if not self._excused(roles[span[0]][0], span[1], clauses, quoted, around)
        ]

    def _excused(self, number: int, start: int, clauses: Set[int], quoted: Set[int], around: _Around) -> bool:
        """Whether what stands around a phrase makes it harmless."""
        rule = self._rules[number]
        if QUOTE in rule.not_in and start in quoted:
            return True
        if around.get((number, "unless")):
            return True
        clause = max((at for at in clauses if at <= start), default=0)
        before = around.get((number, "unless_before"), ())
        if any(clause <= at and until <= start for _, at, until in before):
            return True
        negations = around.get((_NEGATES, ""), ()) if not rule.even_negated else ()
        return any(clause <= at and 0 <= start - until <= NEGATION_REACHES for _, at, until in negations)


def _quoted(sentence: Sentence, clauses: Set[int], around: _Around) -> set[int]:
    """The words that tell what somebody else said."""
    not_said = {start for _, start, _ in around.get((_QUOTES_NOT, ""), ())}
    said = [span for span in around.get((_QUOTES, ""), ()) if span[1] not in not_said]
    quoted = set(sentence.cited)
    if said or around.get((_MENTIONS, "")):
        quoted |= sentence.marked
    for _, _, end in said:
        stop = next((at for at in range(end + 1, len(sentence.words)) if at in clauses), None)
        # from the last word of the attribution, which a phrase may begin with ("that is normal")
        quoted |= set(range(end - 1, len(sentence.words) if stop is None else stop))
    return quoted


def _placed(span: Span, roles: Sequence[_Role], before: int, where: Sequence[tuple[int, int]]) -> Phrase:
    """A phrase of a sentence as one of its piece, with so many words before the sentence."""
    number, first, until = span
    return Phrase(*roles[number], before + first, where[before + first][0], where[before + until - 1][1])
