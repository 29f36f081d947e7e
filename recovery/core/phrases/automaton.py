"""Finding all patterns of a language at once, in time that grows with the text alone.

The patterns become one automaton over words. It is run from every word of a sentence for as long as any
pattern is still alive, which is at most `WORDS_AT_MOST` words. A state is what is left of each pattern that
is alive; states are made when they are first needed and kept, so that a step is one look into a table,
however many patterns there are. Making the automaton only notes which word each pattern may begin with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple

from recovery.core.phrases.folding import Sentence
from recovery.core.phrases.patterns import COMMA, GAP_AT_MOST, NUMBER, Choice, Gap, One, Part, Pattern, Row

STATES_KEPT = 30_000
"""How many states are kept; when there are more, they are forgotten and made anew as needed."""

PLACES_AT_MOST = 200_000
"""How many places of words all patterns of a language may have together, with every list spelled out."""

Span = tuple[int, int, int]
"""A pattern's number, the index of its first word and of the one after its last."""

_OTHER = ""
"""Stands for every word that no pattern speaks of."""

_GAPS = tuple(map(Gap, range(GAP_AT_MOST)))
"""Gaps of which a part is used up; two as long as each other are one, so that what is left is the same."""

_Rest = tuple[Part, ...]
"""The parts of a pattern that are still to come."""

_Item = tuple[int, _Rest]
"""A pattern's number, and what is left of it."""


class _Ways(NamedTuple):
    """The ways into a choice: for each word that one begins with what is left of it then, and those that
    begin with a gap."""

    led: dict[str, list[_Rest]]
    loose: list[_Rest]


@dataclass(slots=True, eq=False)
class _State:
    """What is left of the patterns that are alive, and those that end here."""

    items: frozenset[_Item]
    accepts: tuple[int, ...]
    steps: dict[str, _State | None] = field(default_factory=dict)


class TooLarge(ValueError):
    """The patterns are more than an automaton should be made of."""


class Automaton:
    """All patterns of one language.

    Args:
        patterns: their numbers are their places in this list.
        negations: words that no gap may hold.
        calm: the numbers of patterns whose gaps may hold them all the same.

    Raises:
        TooLarge: together they are too large.
    """

    def __init__(
        self, patterns: Sequence[Pattern], negations: Iterable[str] = (), calm: Iterable[int] = ()
    ) -> None:
        if sum(pattern.part.size for pattern in patterns) > PLACES_AT_MOST:
            raise TooLarge
        self._patterns = patterns
        self._negations = frozenset(negations)
        self._calm = frozenset(calm)
        self._known = self._negations | _words([pattern.part for pattern in patterns])
        self._ways: dict[Choice, _Ways] = {}
        self._states: dict[tuple[frozenset[_Item], tuple[int, ...]], _State] = {}
        self._inside = _State(frozenset(), ())
        self._opening = _State(frozenset(), ())
        self._begun: dict[str, list[_Item]] = {}
        self._begun_at_start: dict[str, list[_Item]] = {}
        for number, pattern in enumerate(patterns):
            begun = self._begun_at_start if pattern.at_start else self._begun
            for row in _from_here(_row(pattern.part)):
                head = row[0]
                words = head.words if isinstance(head, One) else self._ways_of(head).led
                for word in words:
                    begun.setdefault(word, []).append((number, row))

    def find(self, sentence: Sentence) -> list[Span]:
        """Every pattern in a sentence: from each word the longest row that fits."""
        known = self._known
        row = [word if word in known else NUMBER if word[0].isdigit() else _OTHER for word in sentence.words]
        ends: Sequence[int] = range(1, len(row) + 1)
        if sentence.commas:
            row, ends = _with_commas(row, sentence.commas)
        found: list[Span] = []
        for first, end in enumerate(ends):
            if not end:
                continue
            state = self._opening if not first or row[first - 1] == COMMA else self._inside
            best: dict[int, int] = {}
            for at in range(first, len(row)):
                try:
                    led = state.steps[row[at]]
                except KeyError:
                    led = self._step(state, row[at])
                if led is None:
                    break
                state = led
                if state.accepts and ends[at]:
                    self._note(best, state.accepts, ends[at], sentence)
            if best:
                found += [(number, end - 1, until) for number, until in best.items()]
        return found

    def _note(self, best: dict[int, int], accepts: tuple[int, ...], until: int, sentence: Sentence) -> None:
        """Remember how far the patterns have come that end here and may."""
        ends_clause = until == len(sentence.words) or until in sentence.commas
        for number in accepts:
            pattern = self._patterns[number]
            if (not pattern.at_end or ends_clause) and (not pattern.asks or sentence.asks):
                best[number] = until

    def _step(self, state: _State, word: str) -> _State | None:
        """Where a word leads; kept, so that it is worked out once."""
        if len(self._states) > STATES_KEPT:
            self._forget()
        number = NUMBER if word[:1].isdigit() else word
        items: Iterable[_Item] = state.items
        if state is self._inside or state is self._opening:
            begun = [self._begun] if state is self._inside else [self._begun, self._begun_at_start]
            items = {item for one in begun for name in (word, number) for item in one.get(name, ())}
        negates = word in self._negations
        left = [
            (pattern, rest)
            for pattern, row in items
            for rest in self._left(
                row, word, number, word != COMMA and (not negates or pattern in self._calm)
            )
        ]
        led = self._state(left) if left else None
        state.steps[word] = led
        return led

    def _left(self, row: _Rest, word: str, number: str, gaps: bool) -> Iterator[_Rest]:
        """What is left of a row after a word: of a choice, of each way that goes on with it."""
        head, rest = row[0], row[1:]
        if isinstance(head, One):
            if word in head.words or number in head.words:
                yield rest
        elif isinstance(head, Gap):
            if gaps:
                yield (_GAPS[head.most - 1], *rest) if head.most > 1 else rest
        else:
            led, loose = self._ways_of(head)
            for left in led.get(word, ()):
                yield left + rest
            if number != word:
                for left in led.get(number, ()):
                    yield left + rest
            for other in loose:
                yield from self._left(other + rest, word, number, gaps)

    def _ways_of(self, part: Part) -> _Ways:
        """The ways into a choice, worked out when they are first asked for."""
        assert isinstance(part, Choice)
        ways = self._ways.get(part)
        if ways is None:
            ways = self._ways[part] = _Ways({}, [])
            for row in [row for inner in part.parts for row in _from_here(_row(inner))]:
                head, rest = row[0], row[1:]
                if isinstance(head, One):
                    for word in head.words:
                        ways.led.setdefault(word, []).append(rest)
                elif isinstance(head, Gap):
                    ways.loose.append(row)
                else:
                    inside = self._ways_of(head)
                    ways.loose.extend([left + rest for left in inside.loose])
                    for word, several in inside.led.items():
                        ways.led.setdefault(word, []).extend([left + rest for left in several])
        return ways

    def _state(self, left: Iterable[_Item]) -> _State:
        """The state in which so much is left of the patterns."""
        items: set[_Item] = set()
        ended: set[int] = set()
        for number, row in left:
            items.update([(number, later) for later in _from_here(row)])
            if not any(part.least for part in row):
                ended.add(number)
        key = frozenset(items), tuple(sorted(ended))
        made = self._states.get(key)
        if made is None:
            made = self._states[key] = _State(*key)
        return made

    def _forget(self) -> None:
        """Forget every state but the first ones, which begin anew."""
        self._inside.steps = {}
        self._opening.steps = {}
        self._states = {}


def _row(part: Part) -> _Rest:
    """The parts of a row, or the one part there is."""
    return part.parts if isinstance(part, Row) else (part,)


def _from_here(row: _Rest) -> Iterator[_Rest]:
    """A row, and what is left of it where its first parts may be missing."""
    while row:
        yield row
        if row[0].least:
            return
        row = row[1:]


def _words(parts: list[Part]) -> frozenset[str]:
    """All words in parts."""
    found: set[str] = set()
    seen: set[Part] = set()
    waiting = list(parts)
    while waiting:
        part = waiting.pop()
        if part in seen:
            continue
        seen.add(part)
        if isinstance(part, One):
            found |= part.words
        elif not isinstance(part, Gap):
            waiting += part.parts
    return frozenset(found)


def _with_commas(row: Sequence[str], commas: Set[int]) -> tuple[list[str], list[int]]:
    """Words with commas between them, and for each the index of the word after it; 0 for a comma."""
    marked: list[str] = []
    ends: list[int] = []
    for index, word in enumerate(row):
        if index in commas:
            marked.append(COMMA)
            ends.append(0)
        marked.append(word)
        ends.append(index + 1)
    return marked, ends
