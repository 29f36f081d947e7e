"""Finding all patterns of a language at once, in time that grows with the text alone.

The patterns become one automaton over words. It is run from every word of a sentence for as long as any
pattern is still alive, which is at most `WORDS_AT_MOST` words; its states are made when they are first needed
and kept, so that a step is one look into a table, however many patterns there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field

from recovery.core.phrases.folding import Sentence
from recovery.core.phrases.patterns import COMMA, NUMBER, Choice, Gap, One, Part, Pattern, Row

STATES_KEPT = 30_000
"""How many states are kept; when there are more, they are forgotten and made anew as needed."""

NODES_AT_MOST = 120_000
"""How large all patterns of a language may be together."""

Span = tuple[int, int, int]
"""A pattern's number, the index of its first word and of the one after its last."""

_OTHER = ""
"""Stands for every word that no pattern speaks of."""


@dataclass(slots=True)
class _Node:
    """A place in the patterns: what word leads on, and to where."""

    words: frozenset[str]
    skips: bool = False
    fussy: bool = True
    on: int = -1
    free: list[int] = field(default_factory=list)
    accepts: int = -1


@dataclass(slots=True, eq=False)
class _State:
    nodes: tuple[int, ...]
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
        self._patterns = patterns
        self._negations = frozenset(negations)
        self._nodes: list[_Node] = []
        self._numbers: dict[tuple[object, ...], int] = {}
        calm = frozenset(calm)
        inside: list[int] = []
        opening: list[int] = []
        for number, pattern in enumerate(patterns):
            last = self._add(_Node(frozenset(), accepts=number))
            first = self._build(pattern.part, last, number not in calm)
            (opening if pattern.at_start else inside).append(first)
        self._numbers.clear()
        self._known = frozenset(word for node in self._nodes for word in node.words) | self._negations
        self._states: dict[tuple[int, ...], _State] = {}
        self._inside = self._state(inside)
        self._opening = self._state([*inside, *opening])

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

    def _add(self, node: _Node) -> int:
        """Where a node stands; one that leads on just as another does is the same."""
        same = (node.words, node.skips, node.fussy, node.on, *node.free, node.accepts)
        number = self._numbers.get(same)
        if number is None:
            number = len(self._nodes)
            if number >= NODES_AT_MOST:
                raise TooLarge
            self._nodes.append(node)
            self._numbers[same] = number
        return number

    def _build(self, part: Part, then: int, fussy: bool) -> int:
        """Put a part before the node `then`, and give where it begins."""
        if isinstance(part, One):
            return self._add(_Node(part.words, on=then))
        if isinstance(part, Gap):
            for _ in range(part.most):
                then = self._add(_Node(frozenset(), skips=True, fussy=fussy, on=then, free=[then]))
            return then
        if isinstance(part, Row):
            for inner in reversed(part.parts):
                then = self._build(inner, then, fussy)
            return then
        assert isinstance(part, Choice)
        rows = [inner.parts if isinstance(inner, Row) else (inner,) for inner in part.parts]
        return self._fork([*rows, ()] if part.optional else rows, then, fussy)

    def _fork(self, rows: Sequence[tuple[Part, ...]], then: int, fussy: bool) -> int:
        """Put one of several rows before the node `then`; rows that begin alike part where they differ."""
        begun: dict[Part, list[tuple[Part, ...]]] = {}
        for row in rows:
            if row:
                begun.setdefault(row[0], []).append(row[1:])
        ways = [self._build(first, self._fork(rests, then, fussy), fussy) for first, rests in begun.items()]
        if () in rows:
            ways.append(then)
        return ways[0] if len(ways) == 1 else self._add(_Node(frozenset(), free=ways))

    def _state(self, nodes: Iterable[int]) -> _State:
        """The state of being at these nodes and all that are reached from them without a word."""
        waiting, reached = list(nodes), set()
        while waiting:
            node = waiting.pop()
            if node not in reached:
                reached.add(node)
                waiting += self._nodes[node].free
        key = tuple(sorted(n for n in reached if self._nodes[n].on >= 0 or self._nodes[n].accepts >= 0))
        made = self._states.get(key)
        if made is None:
            accepts = tuple(self._nodes[n].accepts for n in key if self._nodes[n].accepts >= 0)
            made = self._states[key] = _State(key, accepts)
        return made

    def _step(self, state: _State, word: str) -> _State | None:
        """Where a word leads; kept, so that it is worked out once."""
        if len(self._states) > STATES_KEPT:
            self._forget()
        negates = word in self._negations
        number = NUMBER if word[:1].isdigit() else word
        on = []
        for index in state.nodes:
            node = self._nodes[index]
            if node.skips:
                fits = word != COMMA and not (negates and node.fussy)
            else:
                fits = word in node.words or number in node.words
            if fits and node.on >= 0:
                on.append(node.on)
        led = self._state(on) if on else None
        state.steps[word] = led
        return led

    def _forget(self) -> None:
        """Forget every state but the first ones, which begin anew."""
        for first in (self._inside, self._opening):
            first.steps = {}
        self._states = {first.nodes: first for first in (self._inside, self._opening)}


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
