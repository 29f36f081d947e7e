"""The phrase guard: the keys of a file of rules, the classes, and how well the shipped rules do."""

from __future__ import annotations

from collections import Counter
from functools import cache
from math import sqrt

from docs.generate.markdown import code, meaning, only, table
from recovery.core.phrases.guard import Guard
from recovery.core.phrases.rules import CLASSES, KINDS
from recovery.project import starter_root
from recovery.workflow.phrases import PhrasesShape, RuleShape
from recovery.workflow.wording import guard_of
from tests.phrases.labelled import LANGUAGES, Half, Labelled, Later, sentences, written_later

COLUMNS = ("flagged", "found", "recall", "clean", "false alarms", "precision")

Z = 1.959964
"""Of a 95 % interval."""


def keys() -> str:
    """The keys of a file of rules."""
    return _keys(PhrasesShape)


def rule_keys() -> str:
    """The keys of a rule."""
    return _keys(RuleShape)


def _keys(shape: type[PhrasesShape | RuleShape]) -> str:
    rows = [
        [code(name), "yes" if field.is_required() else "", str(field.description)]
        for name, field in shape.model_fields.items()
    ]
    return table(["key", "required", "meaning"], rows)


def classes() -> str:
    """Every class with what it is."""
    only("phrase_classes", CLASSES)
    return table(["class", "what it is"], [[code(name), meaning("phrase_classes", name)] for name in CLASSES])


def kinds() -> str:
    """Every kind of text."""
    only("phrase_kinds", KINDS)
    return table(["kind", "what it is"], [[code(name), meaning("phrase_kinds", name)] for name in KINDS])


def figures() -> str:
    """How well the rules do on the held-out half of the labelled sentences, by language and class."""
    parts = []
    for language in LANGUAGES:
        counts = counted(language, "held_out")
        rows = [_row(name, counts, [name]) for name in CLASSES]
        rows.append(_row("**all**", counts, CLASSES))
        parts += [f"### {language}", table(["class", *COLUMNS], rows)]
    return "\n\n".join(parts)


def afterwards() -> str:
    """How they do on sentences that were written when the rules stood."""
    rows = []
    for language in LANGUAGES:
        guard = guard_of(starter_root(), language)
        assert guard is not None
        later = Counter(("", one.flagged, finds(guard, one)) for one in written_later("afterwards", language))
        rows.append(_row(f"*{language}*", later, [""]))
    return table(["language", *COLUMNS], rows)


def fresh() -> str:
    """How they do on the sentences that were written without a look at them, by half."""
    rows = []
    halves: dict[Half, str] = {"tuning": "seen", "held_out": "untouched"}
    for language in LANGUAGES:
        guard = guard_of(starter_root(), language)
        assert guard is not None
        for half, title in halves.items():
            ones = [one for one in written_later("fresh", language) if one.half == half]
            rows.append(
                _row(
                    f"*{language}, {title}*",
                    Counter(("", one.flagged, finds(guard, one)) for one in ones),
                    [""],
                )
            )
    return table(["language and half", *COLUMNS], rows)


def blind() -> str:
    """How they do on what somebody wrote who never saw them, by set and class, as far as a set is there."""
    rows = []
    sets: dict[Later, str] = {"blind": "seen", "blind_held": "held back"}
    for language in LANGUAGES:
        guard = guard_of(starter_root(), language)
        assert guard is not None
        for name, title in sets.items():
            counts = Counter(
                (one.cls, one.flagged, finds(guard, one)) for one in written_later(name, language)
            )
            if counts:
                rows += [[f"{language}, {title}", *_row(cls, counts, [cls])] for cls in CLASSES]
                rows.append([f"{language}, {title}", *_row("**all**", counts, CLASSES)])
    return table(["language and half", "class", *COLUMNS], rows)


def sizes() -> str:
    """How many sentences there are, and how they were split."""
    rows = []
    for language in LANGUAGES:
        split = Counter((one.half, one.flagged) for one in sentences(language))
        halves: tuple[Half, ...] = ("tuning", "held_out")
        rows.append([language, *(str(split[half, flagged]) for half in halves for flagged in (True, False))])
    columns = ["language", "tuning: flagged", "tuning: clean", "held out: flagged", "held out: clean"]
    return table(columns, rows)


@cache
def counted(language: str, half: Half) -> Counter[tuple[str, bool, bool]]:
    """How many sentences of each class are flagged, and in how many a rule of that class blocks or warns."""
    guard = guard_of(starter_root(), language)
    assert guard is not None
    return Counter((one.cls, one.flagged, finds(guard, one)) for one in sentences(language, half))


def finds(guard: Guard, sentence: Labelled) -> bool:
    """Whether a rule of the sentence's class blocks it or warns."""
    hits = guard.check(sentence.text, kind=sentence.kind, facts=sentence.facts)
    return any(hit.cls == sentence.cls and hit.level != "annotate" for hit in hits)


def _row(
    title: str, counts: Counter[tuple[str, bool, bool]], names: list[str] | tuple[str, ...]
) -> list[str]:
    found, missed, false, clean = (
        sum(counts[name, flagged, hit] for name in names)
        for flagged, hit in ((True, True), (True, False), (False, True), (False, False))
    )
    return [
        title if title.startswith("*") else code(title),
        str(found + missed),
        str(found),
        share(found, found + missed),
        str(false + clean),
        str(false),
        share(found, found + false),
    ]


def share(part: int, whole: int) -> str:
    """A share in per cent with its 95 % Wilson interval, `96.7 % (93.7–98.3)`."""
    low, high = wilson(part, whole)
    return f"{100 * part / whole:.1f} % ({100 * low:.1f}–{100 * high:.1f})"


def wilson(part: int, whole: int) -> tuple[float, float]:
    """The 95 % score interval of a share (Wilson, 1927)."""
    observed = part / whole
    spread = Z * sqrt(observed * (1 - observed) / whole + Z * Z / (4 * whole * whole))
    middle = observed + Z * Z / (2 * whole)
    scale = 1 + Z * Z / whole
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
