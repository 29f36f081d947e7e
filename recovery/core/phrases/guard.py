"""The phrase guard: which rules a text breaks, and where.

A phrase counts unless it is quoted, negated, or made harmless by what its rule names. What is found first is
every pattern (`Automaton.find`); this module judges each find by what stands around it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from recovery.core.phrases.automaton import Automaton, Span
from recovery.core.phrases.folding import Sentence, sentences, words_of
from recovery.core.phrases.patterns import One, Pattern
from recovery.core.phrases.rules import KINDS, LEVELS, QUOTE, Hit, Level, Rule, RuleSet

NEGATION_REACHES = 6
"""How many words (in Chinese characters) may stand between a negation and the phrase it negates."""

QUOTE_WORDS_AT_LEAST = 2
"""A passage of the customer's that is shorter is no quotation of them."""

_NEGATES, _QUOTES, _QUOTES_NOT, _MENTIONS = -1, -2, -3, -4
"""Roles of patterns that belong to no rule."""


@dataclass(frozen=True, slots=True)
class _Role:
    """What a pattern is for: of which rule (or `_NEGATES` …), and its level or the exception it makes."""

    rule: int
    use: str = ""


@dataclass(slots=True)
class _Found:
    """A sentence with all that was found in it, by what it is for."""

    sentence: Sentence
    phrases: list[tuple[int, str, Span]] = field(default_factory=list)
    around: dict[tuple[int, str], list[Span]] = field(default_factory=lambda: defaultdict(list))
    quoted: set[int] = field(default_factory=set)


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
                add([pattern], _Role(number, level), any_gap=rule.even_negated)
            for use in ("unless", "unless_before", "unless_text"):
                add(getattr(rule, use), _Role(number, use), any_gap=True)
        negating = [pattern.part.words for pattern in rules.negations if isinstance(pattern.part, One)]
        self._automaton = Automaton(patterns, frozenset().union(*negating), calm)

    def check(
        self,
        text: str,
        *,
        kind: str = "message",
        quotes: Sequence[str] = (),
        facts: Mapping[str, Any] | None = None,
    ) -> list[Hit]:
        """Every place in a text that breaks a rule, in order.

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
        found = [self._look(sentence) for sentence in sentences(text)]
        if not any(one.phrases for one in found):
            return []
        for one in found:
            self._mark_quoted(one)
        _mark_repeated(found, quotes)
        excused = {rule for one in found for rule, use in one.around if use == "unless_text"}
        hits: list[Hit] = []
        for one in found:
            hits += _strongest(self._judged(text, one, excused, kind, facts))
        return hits

    def _look(self, sentence: Sentence) -> _Found:
        found = _Found(sentence)
        for span in self._automaton.find(sentence):
            role = self._roles[span[0]]
            if role.use in LEVELS:
                found.phrases.append((role.rule, role.use, span))
            else:
                found.around[role.rule, role.use].append(span)
        if found.phrases and self._new_clause:
            words = sentence.words
            sentence.commas |= {at for at, word in enumerate(words) if word in self._new_clause}
        return found

    def _mark_quoted(self, found: _Found) -> None:
        """Mark the words that tell what somebody else said."""
        sentence = found.sentence
        not_said = {start for _, start, _ in found.around.get((_QUOTES_NOT, ""), ())}
        said = [span for span in found.around.get((_QUOTES, ""), ()) if span[1] not in not_said]
        quoting = bool(said or found.around.get((_MENTIONS, "")))
        found.quoted |= {at for at, number in sentence.quoted.items() if quoting or number < 0}
        for _, _, end in said:
            stop = next((at for at in range(end + 1, len(sentence.words)) if at in sentence.commas), None)
            # from the last word of the attribution, which a phrase may begin with ("that is normal")
            found.quoted |= set(range(end - 1, len(sentence.words) if stop is None else stop))

    def _judged(
        self,
        text: str,
        found: _Found,
        excused: Set[int],
        kind: str,
        facts: Mapping[str, Any] | None,
    ) -> Iterable[Hit]:
        for number, level, span in found.phrases:
            rule = self._rules[number]
            if not rule.holds_in(kind) or number in excused or self._excused(number, rule, span, found):
                continue
            lacks: tuple[str, ...] = ()
            if rule.needs:
                lacks = rule.lacking({} if facts is None else facts)
                if not lacks:
                    continue
                if facts is None:
                    level = "annotate"
            start, end = found.sentence.starts[span[1]], found.sentence.ends[span[2] - 1]
            about = (rule.why, rule.say_instead, lacks, rule.overridable)
            yield Hit(rule.name, rule.cls, _level(level), start, end, text[start:end], *about)

    def _excused(self, number: int, rule: Rule, span: Span, found: _Found) -> bool:
        """Whether what stands around a phrase makes it harmless."""
        start = span[1]
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


def _level(name: str) -> Level:
    return next(level for level in LEVELS if level == name)


def _mark_repeated(found: Sequence[_Found], quotes: Sequence[str]) -> None:
    """Mark the words that repeat what the customer wrote."""
    wanted = [words for words in map(words_of, quotes) if len(words) >= QUOTE_WORDS_AT_LEAST]
    if not wanted:
        return
    places = [(one, at) for one in found for at in range(len(one.sentence.words))]
    whole = " " + " ".join(word for one in found for word in one.sentence.words) + " "
    for words in wanted:
        row = " " + " ".join(words) + " "
        first = counted = 0
        at = whole.find(row)
        while at >= 0:
            first += whole.count(" ", counted, at)
            counted = at
            for one, index in places[first : first + len(words)]:
                one.quoted.add(index)
            at = whole.find(row, at + len(row) - 1)


def _strongest(hits: Iterable[Hit]) -> list[Hit]:
    """Of hits of one class in one place the strongest, then the longest; in order of place."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda one: (LEVELS.index(one.level), one.start - one.end, one.start)):
        if not any(
            hit.cls == other.cls and hit.start < other.end and other.start < hit.end for other in kept
        ):
            kept.append(hit)
    return sorted(kept, key=lambda one: (one.start, one.end, one.cls))
