"""The phrase guard written with no thought of speed: a text is read in one go, and every pattern is tried at
every word. What the real one says is compared with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from recovery.core.phrases.folding import QUOTE_AT_MOST, SENTENCE_AT_MOST, fold, words_of
from recovery.core.phrases.guard import QUOTE_WORDS_AT_LEAST
from recovery.core.phrases.judging import NEGATION_REACHES
from recovery.core.phrases.patterns import COMMA, NUMBER, Gap, One, Part, Pattern, Row
from recovery.core.phrases.rules import LEVELS, Hit, Level, Rule, RuleSet

HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"
TOKEN = re.compile(
    rf"(?P<word>[^\W_{HAN}]+(?:'[^\W\d_{HAN}]+)*|[{HAN}]|%)"
    r"|(?P<end>[!?]+|\.(?!\w)|\n[ \t]*(?=\n|[-*+>#|]|\d+[.)][ ]))"
    r"|(?P<comma>[,;:()]|[-\u2013\u2014](?=[- \u2013\u2014]))"
)
QUOTED = re.compile(rf'"[^"\n]{{1,{QUOTE_AT_MOST}}}"|(?<![\w\'])\'[^\'\n]{{1,{QUOTE_AT_MOST}}}\'(?!\w)')


@dataclass
class Read:
    """A sentence: the places of its words are those in the original; `before` it so many others stand."""

    before: int
    words: list[str] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    commas: set[int] = field(default_factory=set)
    marked: set[int] = field(default_factory=set)
    cited: set[int] = field(default_factory=set)
    asks: bool = False


def read(text: str) -> list[Read]:
    """The sentences of a text."""
    origins = [at for at, letter in enumerate(text) for _ in fold(letter)]
    folded = "".join(map(fold, text))
    cited = {at for line in re.finditer(r"^[ \t]*>.*$", folded, re.MULTILINE) for at in range(*line.span())}
    marks = [match.span() for match in QUOTED.finditer(folded) if match.start() not in cited]
    marked = {at for span in marks for at in range(*span)}
    found = [Read(0)]
    for token in TOKEN.finditer(folded):
        now, at = found[-1], token.start()
        if token["word"]:
            if len(now.words) >= SENTENCE_AT_MOST:
                now = Read(now.before + len(now.words))
                found.append(now)
            for word in words_of(token[0]):
                now.marked |= {len(now.words)} if at in marked else set()
                now.cited |= {len(now.words)} if at in cited else set()
                now.words.append(word)
                now.places.append((origins[at], origins[token.end() - 1] + 1))
        elif token["comma"] or at in marked:
            now.commas.add(len(now.words))
        else:
            now.asks = "?" in token[0]
            found.append(Read(now.before + len(now.words)))
    return found


def ends(part: Part, row: Sequence[str], at: int, barred: frozenset[str]) -> set[int]:
    """Where a part may end that begins at a place of a row; no gap holds what is barred."""
    if isinstance(part, One):
        fits = at < len(row) and (row[at] in part.words or (row[at][0].isdigit() and NUMBER in part.words))
        return {at + 1} if fits else set()
    if isinstance(part, Gap):
        reached = {at}
        for until in range(at, min(at + part.most, len(row))):
            if row[until] == COMMA or row[until] in barred:
                break
            reached.add(until + 1)
        return reached
    if isinstance(part, Row):
        reached = {at}
        for inner in part.parts:
            reached = {end for begin in reached for end in ends(inner, row, begin, barred)}
            if not reached:
                break
        return reached
    ways = {end for inner in part.parts for end in ends(inner, row, at, barred)}
    return ways | {at} if part.optional else ways


def first_words(part: Part) -> frozenset[str]:
    """The words that a part may begin with, found out once; a gap is only where others are before it."""
    kept = FIRST_WORDS.get(id(part))
    if kept is None:
        kept = FIRST_WORDS[id(part)] = (part, _first_words(part))
    return kept[1]


FIRST_WORDS: dict[int, tuple[Part, frozenset[str]]] = {}
"""By the identity of a part, which is kept here so that it stays its own: to compare parts takes long."""


def _first_words(part: Part) -> frozenset[str]:
    if isinstance(part, One):
        return part.words
    if isinstance(part, Gap):
        return frozenset()
    firsts: frozenset[str] = frozenset()
    for inner in part.parts:
        firsts |= first_words(inner)
        if isinstance(part, Row) and not ends(inner, (), 0, frozenset()):
            break
    return firsts


def spans(pattern: Pattern, sentence: Read, barred: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where a pattern stands in a sentence: from each word the longest."""
    words, commas = sentence.words, sentence.commas
    firsts = first_words(pattern.part)
    if firsts.isdisjoint(words) and (NUMBER not in firsts or not any(word[0].isdigit() for word in words)):
        return
    row: list[str] = []
    index: dict[int, int] = {}
    for number, word in enumerate(words):
        row += [COMMA] if number in commas else []
        index[len(row)] = number
        row.append(word)
    for at, number in index.items():
        if pattern.at_start and number and number not in commas:
            continue
        if row[at] not in firsts and not (row[at][0].isdigit() and NUMBER in firsts):
            continue
        fits = [index[end - 1] + 1 for end in ends(pattern.part, row, at, barred) if end - 1 in index]
        if pattern.at_end:
            fits = [until for until in fits if until == len(words) or until in commas]
        if fits and (sentence.asks or not pattern.asks):
            yield number, max(fits)


def check(
    rules: RuleSet,
    text: str,
    *,
    kind: str = "message",
    quotes: Sequence[str] = (),
    facts: Mapping[str, Any] | None = None,
) -> list[Hit]:
    """As `Guard.check`."""
    negating = [pattern.part.words for pattern in rules.negations if isinstance(pattern.part, One)]
    negations = frozenset().union(*negating)
    calm: frozenset[str] = frozenset()

    def every(patterns: Sequence[Pattern], sentence: Read, barred: frozenset[str]) -> list[tuple[int, int]]:
        return [span for pattern in patterns for span in spans(pattern, sentence, barred)]

    sentences = read(text)
    repeated = repeats([word for sentence in sentences for word in sentence.words], quotes)
    excused = {
        rule.name
        for rule in rules.rules
        if any(every(rule.unless_text, sentence, calm) for sentence in sentences)
    }
    hits: list[Hit] = []
    for sentence in sentences:
        clauses = sentence.commas | {at for at, word in enumerate(sentence.words) if word in rules.new_clause}
        not_told = {start for start, _ in every(rules.not_quoting, sentence, negations)}
        told = [span for span in every(rules.quoting, sentence, negations) if span[0] not in not_told]
        quoted = sentence.cited | {at - sentence.before for at in repeated}
        if told or every(rules.mentions, sentence, negations):
            quoted |= sentence.marked
        for _, end in told:
            quoted.add(end - 1)
            for at in range(end, len(sentence.words)):
                if at > end and at in clauses:
                    break
                quoted.add(at)
        nots = every(rules.negations, sentence, calm)
        here: list[Hit] = []
        for rule in rules.rules:
            barred = calm if rule.even_negated else negations
            phrases = [
                (level, *span) for level, one in rule.patterns for span in spans(one, sentence, barred)
            ]
            if not phrases or rule.name in excused or not rule.holds_in(kind):
                continue
            if every(rule.unless, sentence, calm):
                continue
            before = every(rule.unless_before, sentence, calm)
            for level, start, until in phrases:
                clause = max((at for at in clauses if at <= start), default=0)
                if "quote" in rule.not_in and start in quoted:
                    continue
                if any(clause <= first and end <= start for first, end in before):
                    continue
                if not rule.even_negated and any(
                    clause <= first and 0 <= start - end <= NEGATION_REACHES for first, end in nots
                ):
                    continue
                place = sentence.places[start][0], sentence.places[until - 1][1]
                here += hit_of(rule, level, text, place, facts)
        hits += strongest(here)
    return hits


def hit_of(
    rule: Rule, level: Level, text: str, place: tuple[int, int], facts: Mapping[str, Any] | None
) -> list[Hit]:
    """The hit of a phrase; none where the facts bear it out."""
    start, end = place
    lacks = rule.lacking(facts or {})
    if rule.needs and not lacks:
        return []
    shown: Level = "annotate" if rule.needs and facts is None else level
    about = (rule.why, rule.say_instead, lacks, rule.overridable)
    return [Hit(rule.name, rule.cls, shown, start, end, text[start:end], *about)]


def repeats(words: list[str], quotes: Sequence[str]) -> set[int]:
    """The indexes of the words of a text that repeat a quotation."""
    found: set[int] = set()
    for row in map(words_of, quotes):
        at = 0
        while len(row) >= QUOTE_WORDS_AT_LEAST and at <= len(words) - len(row):
            if words[at : at + len(row)] == row:
                found |= set(range(at, at + len(row)))
                at += len(row)
            else:
                at += 1
    return found


def strongest(hits: list[Hit]) -> list[Hit]:
    """Of hits of one class in one place the strongest, then the longest; in order of place."""
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda one: (LEVELS.index(one.level), one.start - one.end, one.start)):
        if not any(hit.cls == one.cls and hit.start < one.end and one.start < hit.end for one in kept):
            kept.append(hit)
    return sorted(kept, key=lambda one: (one.start, one.end, one.cls))
