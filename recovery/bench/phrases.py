"""What the phrase guard costs, beside one compiled alternation of the same phrases over the same texts.

The reference is what one would write by hand: every pattern as a regular expression, all of them joined with
`|`, case ignored. It knows nothing of quotations, negation, exceptions or look-alike letters.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, partial

from recovery.bench.subject import Ground, Line, Programs, Subject
from recovery.core.phrases.guard import Guard
from recovery.core.phrases.patterns import COMMA, NUMBER, Choice, Gap, One, Part
from recovery.core.phrases.rules import RuleSet
from recovery.project import starter_root
from recovery.workflow.findings import BadFile
from recovery.workflow.phrases import phrase_files, read_phrases

LANGUAGES = ("en", "zh")
SECONDS = 0.5
"""How long one run lasts at least."""


def guard_rates(language: str = "en") -> dict[str, Callable[[], float]]:
    """Characters per second over the starter's messages: `ours`, and the one expression, `alternation`.

    Ours reads every text as the first one: it forgets before each what it read.
    """
    expression, guard = alternation(rules_of(language)), Guard(rules_of(language))

    def check(text: str) -> None:
        guard.forget()
        guard.check(text)

    return {
        "ours": partial(_rate, language, check),
        "alternation": partial(_rate, language, lambda text: [one[0] for one in expression.finditer(text)]),
    }


def _rate(language: str, look: Callable[[str], object]) -> float:
    texts = messages(language)
    for text in texts:
        look(text)
    letters, start = 0, time.perf_counter()
    while (taken := time.perf_counter() - start) < SECONDS:
        for text in texts:
            look(text)
            letters += len(text)
    return letters / taken


@cache
def messages(language: str) -> tuple[str, ...]:
    """The starter's templates of a language, as texts of the length and kind that agents write."""
    folder = starter_root() / "templates" / language
    bodies = [path.read_text(encoding="utf-8").split("---\n", 2)[-1] for path in sorted(folder.glob("*.md"))]
    return tuple(re.sub(r"\{[{%].*?[}%]\}", "Ana", body) for body in bodies)


@cache
def rules_of(language: str) -> RuleSet:
    """The starter's rules of a language, read once."""
    path = phrase_files(starter_root())[language]
    rules, findings = read_phrases(path.read_bytes(), path.name)
    if rules is None:
        raise BadFile(findings)
    return rules


def alternation(rules: RuleSet) -> re.Pattern[str]:
    """Every phrase of the rules as one regular expression."""
    chinese = rules.language.startswith("zh")
    patterns = [pattern for rule in rules.rules for _, pattern in rule.patterns]
    between = r"[ ]?" if chinese else r"[\s,]+"
    joined = "|".join(_expression(pattern.part, between, chinese) for pattern in patterns)
    return re.compile(joined if chinese else rf"\b(?:{joined})\b", re.IGNORECASE)


def _expression(part: Part, between: str, chinese: bool) -> str:
    """A part as a regular expression."""
    if isinstance(part, One):
        return f"(?:{'|'.join(map(_word, sorted(part.words)))})"
    if isinstance(part, Gap):
        any_word = "[^,，。]" if chinese else r"[\w'’]+" + between
        return f"(?:{any_word}){{0,{part.most}}}?"
    if isinstance(part, Choice):
        inside = "|".join(_expression(inner, between, chinese) for inner in part.parts)
        return f"(?:{inside})" + ("?" if part.optional else "")
    return _row(part.parts, between, chinese)


def _row(parts: Iterable[Part], between: str, chinese: bool) -> str:
    made = ""
    for part in parts:
        one = _expression(part, between, chinese)
        if isinstance(part, Choice) and part.optional:
            made += f"(?:{one[:-1]}{between})?"
        elif isinstance(part, Gap):
            made += one
        else:
            made += one + between
    return made.removesuffix(between)


def _word(word: str) -> str:
    return {NUMBER: r"\d+", COMMA: "[,，]"}.get(word, re.escape(word))


@contextmanager
def _programs(ground: Ground) -> Iterator[Mapping[str, Programs]]:  # noqa: ARG001 - the texts are always the same
    yield {f"guard-{language}": guard_rates(language) for language in LANGUAGES}


GUARD = Subject(
    "guard",
    {f"guard-{language}": Line("characters/s", {"alternation": "≥ 0.2"}) for language in LANGUAGES},
    _programs,
)
