"""What a phrase rule is, and what is said when it is broken (domain.md §5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from recovery.core.phrases.patterns import Pattern

Level = Literal["block", "warn", "annotate"]

LEVELS: tuple[Level, ...] = ("block", "warn", "annotate")
"""From the strongest: the text is not sent; the writer is asked to look again; the place is only marked."""

UNTRUTH = "untruth"

CLASSES = (
    "blame",
    "normalising",
    "vagueness",
    "asking",
    "defensiveness",
    "helplessness",
    "over_promising",
    "contempt",
    UNTRUTH,
)

QUOTE = "quote"

KINDS = ("message", "promise", "follow_up", "survey", "rating_ask", "internal_note", QUOTE)
"""What a text can be. `quote` is no text of its own but what is quoted in one."""

DEFAULT_NOT_IN = ("internal_note", QUOTE)


class _Certain:
    """A fact that is known, while its value is not."""

    def __repr__(self) -> str:
        return "KNOWN"


KNOWN: Final = _Certain()
"""Stands for the value of a fact that a template asserts: it will be on record when the text is sent."""


@dataclass(frozen=True, slots=True)
class Need:
    """A fact that must be on record, or one of some values of it."""

    fact: str
    values: tuple[str, ...] = ()

    def met(self, facts: Mapping[str, Any]) -> bool:
        """Whether these facts have it. A fact that is false does not bear out a claim."""
        value = facts.get(self.fact)
        if value is None or value is False:
            return False
        return value is KNOWN or not self.values or str(value) in self.values

    def __str__(self) -> str:
        return f"{self.fact}={'|'.join(self.values)}" if self.values else self.fact


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        name: unique in its language, such as `blame` or `blame/customer`.
        cls: one of `CLASSES`.
        patterns: what is looked for, each with its level.
        why: what the words do to a customer.
        say_instead: a better sentence.
        only_in, not_in: the kinds of text it holds in; `quote` in `not_in` leaves out what is quoted.
        unless: patterns anywhere in the same sentence that make it harmless.
        unless_before: the same, earlier in the same clause.
        unless_text: the same, anywhere in the text.
        even_negated: whether a word of negation before it makes no difference.
        needs: of a rule about untruth, what must be on record; each item is a choice of needs.
    """

    name: str
    cls: str
    patterns: tuple[tuple[Level, Pattern], ...] = field(repr=False)
    why: str
    say_instead: str
    only_in: tuple[str, ...] = ()
    not_in: tuple[str, ...] = DEFAULT_NOT_IN
    unless: tuple[Pattern, ...] = field(default=(), repr=False)
    unless_before: tuple[Pattern, ...] = field(default=(), repr=False)
    unless_text: tuple[Pattern, ...] = field(default=(), repr=False)
    even_negated: bool = False
    needs: tuple[tuple[Need, ...], ...] = ()

    @property
    def overridable(self) -> bool:
        """Whether a supervisor may let a text pass all the same, on record: all but untruth."""
        return self.cls != UNTRUTH

    def holds_in(self, kind: str) -> bool:
        """Whether the rule is about texts of this kind."""
        return kind not in self.not_in and (not self.only_in or kind in self.only_in)

    def lacking(self, facts: Mapping[str, Any]) -> tuple[str, ...]:
        """What a claim needs and these facts do not have, such as `resolution.kind=refund|credit`."""
        return tuple(
            " or ".join(map(str, choice))
            for choice in self.needs
            if not any(need.met(facts) for need in choice)
        )


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of one language, with the words they share.

    Attributes:
        negations: a word of these shortly before a phrase makes it harmless ("it is not our policy").
        quoting: after these, a clause tells what somebody else said ("you wrote that …").
        not_quoting: where one of these begins as a `quoting` pattern does, nothing is told after all.
        mentions: in a sentence with one of these, what stands in quotation marks is quoted.
        new_clause: words that begin a clause, as a comma does.
    """

    language: str
    rules: tuple[Rule, ...]
    negations: tuple[Pattern, ...] = field(default=(), repr=False)
    quoting: tuple[Pattern, ...] = field(default=(), repr=False)
    not_quoting: tuple[Pattern, ...] = field(default=(), repr=False)
    mentions: tuple[Pattern, ...] = field(default=(), repr=False)
    new_clause: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Hit:
    """One place in a text that breaks a rule.

    Attributes:
        rule: the rule's name.
        cls: its class.
        start, end: the place in the text as it was given, in characters from 0.
        matched: what stands there.
        lacks: of untruth, the facts that are not on record.
        overridable: whether a supervisor may let it pass on record.
    """

    rule: str
    cls: str
    level: Level
    start: int
    end: int
    matched: str
    why: str
    say_instead: str
    lacks: tuple[str, ...] = ()
    overridable: bool = True

    def as_dict(self) -> dict[str, Any]:
        """The hit as plain data, for JSON and the log."""
        return {
            "rule": self.rule,
            "class": self.cls,
            "level": self.level,
            "start": self.start,
            "end": self.end,
            "matched": self.matched,
            "why": self.why,
            "say_instead": self.say_instead,
            "lacks": list(self.lacks),
            "overridable": self.overridable,
        }


def blocked(hits: Sequence[Hit]) -> list[Hit]:
    """The hits that keep a text from being sent."""
    return [hit for hit in hits if hit.level == "block"]


def untruths(states: Sequence[str], facts: Mapping[str, Any]) -> list[str]:
    """Of the facts that a text asserts, those that the case does not have (domain.md §5, *untruth*).

    Args:
        states: what the text declares to state, such as the `states` of a template.
        facts: what the case knows, by name.
    """
    return [name for name in states if facts.get(name) is None]


INTERNAL = "internal_note"
"""The kind of text that only colleagues read."""

_FOR_COLLEAGUES = (
    *("approval-request", "brief", "collaboration", "hand-off", "line-up", "payment-order"),
    "story",
)
"""Purposes of templates that no customer reads."""


def kind_of(purpose: str) -> str:
    """The kind of text that a template with this purpose makes, such as `follow_up` of `follow-up`."""
    if purpose in _FOR_COLLEAGUES:
        return INTERNAL
    name = purpose.replace("-", "_")
    return name if name in KINDS and name != QUOTE else "message"
