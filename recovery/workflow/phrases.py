"""Reading `config/phrases.LANGUAGE.yaml`: the rules of the phrase guard, checked whole (domain.md §5)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from recovery.core.phrases.patterns import Choice, One, Part, Pattern, PatternProblem, one_of, read_pattern
from recovery.core.phrases.rules import CLASSES, KINDS, UNTRUTH, Level, Need, Rule, RuleSet
from recovery.workflow.basics import FACT_NAME, Language, Line, Shape
from recovery.workflow.findings import Finding, errors, shown
from recovery.workflow.reader import Document, Path, read_yaml
from recovery.workflow.shape import check_shape

PHRASES = ("config/phrases.", ".yaml")
"""What stands around the language in the path of a file of phrase rules, from the project's root."""

ClassName = Literal[
    "blame",
    "normalising",
    "vagueness",
    "asking",
    "defensiveness",
    "helplessness",
    "over_promising",
    "contempt",
    "untruth",
]
KindName = Literal["message", "promise", "follow_up", "survey", "rating_ask", "internal_note", "quote"]
assert ClassName.__args__ == CLASSES  # type: ignore[attr-defined]
assert KindName.__args__ == KINDS  # type: ignore[attr-defined]


def _lines(value: object) -> object:
    """Each line of a text; other values as they are."""
    return [line for line in value.splitlines() if line.strip()] if isinstance(value, str) else value


_PatternText = Annotated[str, StringConstraints(min_length=1)]
_Patterns = Annotated[
    list[_PatternText], BeforeValidator(_lines, json_schema_input_type=_PatternText | list[_PatternText])
]
"""A list of patterns, or one text with a pattern on each line. YAML reads such a block several times as fast,
and nothing in it needs quotes."""
_RuleName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$", max_length=60)]
_ListName = Annotated[str, StringConstraints(pattern=r"^[^\W\d_][\w-]*$", max_length=60)]

_LEVELS: Mapping[str, Level] = {"blocks": "block", "warns": "warn", "annotates": "annotate"}
_EXCEPTIONS = ("unless", "unless_before", "unless_text")
_SHARED = ("negations", "quoting", "not_quoting", "mentions")
_NEED = re.compile(rf"({FACT_NAME[1:-1]})(?:=([\w-]+(?:\|[\w-]+)*))?")


class RuleShape(Shape):
    """One rule of the phrase guard."""

    rule: ClassName = Field(description="The class it belongs to.")
    name: _RuleName | None = Field(
        None, description="Tells it from other rules of the class; one of a class may go without."
    )
    blocks: _Patterns = Field([], description="Patterns that keep a text from being sent.")
    warns: _Patterns = Field([], description="Patterns that ask the writer to look again.")
    annotates: _Patterns = Field([], description="Patterns that are only marked.")
    why: Line = Field(description="What these words do to a customer.")
    say_instead: Line = Field(description="A better sentence.")
    only_in: list[KindName] = Field([], description="The kinds of text it holds in; left out, in all.")
    not_in: list[KindName] = Field(
        ["internal_note", "quote"],
        description="The kinds of text it does not hold in; left out, `internal_note` and `quote`.",
    )
    unless: _Patterns = Field([], description="Patterns that make it harmless in a sentence.")
    unless_before: _Patterns = Field(
        [], description="Patterns that make it harmless when they stand before it in the same clause."
    )
    unless_text: _Patterns = Field([], description="Patterns that make it harmless in a text.")
    even_negated: bool = Field(False, description="Whether it counts even after a word of negation.")
    needs: list[str] = Field(
        [],
        description="Only of `untruth`: the facts that make the words true, `fact`, `fact=value|value`, "
        "or several joined with ` or `. All items of the list are needed.",
    )


class PhrasesShape(Shape):
    """A file of phrase rules."""

    language: Language = Field(description="The language of the texts they are for, such as en.")
    words: dict[_ListName, _Patterns] = Field(
        {}, description="Lists of words that patterns name with `<name>`; a later one may name an earlier."
    )
    negations: _Patterns = Field(
        [], description="Words that negate what follows within six words (in Chinese, characters)."
    )
    quoting: _Patterns = Field([], description="Patterns after which a clause tells what somebody else said.")
    not_quoting: _Patterns = Field(
        [], description="Patterns that begin as one of `quoting` does and tell nothing."
    )
    mentions: _Patterns = Field(
        [], description="Patterns that make what stands in quotation marks beside them a quotation."
    )
    new_clause: list[str] = Field([], description="Words that begin a new clause, as a comma does.")
    rules: list[RuleShape] = Field(min_length=1, description="The rules.")


def phrase_files(root: FilePath) -> dict[str, FilePath]:
    """The files of phrase rules in a project, by language."""
    before, after = PHRASES
    begin = before.rpartition("/")[2]
    files = sorted(root.glob("*".join(PHRASES)))
    return {file.name.removeprefix(begin).removesuffix(after): file for file in files}


def phrases_path(language: str) -> str:
    """Where the phrase rules of a language stand, from the project's root."""
    return language.join(PHRASES)


def read_phrases(data: bytes, file: str) -> tuple[RuleSet | None, list[Finding]]:
    """Read the rules of one language.

    Args:
        data: the whole file, UTF-8.
        file: its name in findings.

    Returns:
        The rules, or None; and everything that is wrong, with line and column, also inside patterns.
    """
    document, findings = read_yaml(data, file)
    if document is None:
        return None, findings
    shape, wrong = check_shape(document, PhrasesShape)
    findings += wrong
    if shape is None:
        return None, findings
    if file.rpartition("/")[2].startswith("phrases.") and f"phrases.{shape.language}.yaml" not in file:
        message = f"The rules are for {shown(shape.language)}, and the file is called {shown(file)}."
        hint = f"Call it phrases.{shape.language}.yaml."
        findings.append(document.finding(("language",), "wrong_name", message, hint))
    reader = _Reader(document, shape)
    rules = reader.read()
    findings += reader.findings
    if errors(findings):
        return None, findings
    return rules, findings


class _Reader:
    """Turns the shape of a file into rules, and keeps what is wrong."""

    def __init__(self, document: Document, shape: PhrasesShape) -> None:
        self.findings: list[Finding] = []
        self._document, self._shape = document, shape
        self._sets: dict[str, Part] = {}

    def read(self) -> RuleSet:
        for name, texts in self._shape.words.items():
            parts = [pattern.part for pattern in self._patterns(("words", name), texts, inner=True)]
            several = one_of(parts) or (One(frozenset()),)
            self._sets[name] = several[0] if len(several) == 1 else Choice(several)
        shared = {key: self._patterns((key,), getattr(self._shape, key)) for key in _SHARED}
        rules = [self._rule(number, shape) for number, shape in enumerate(self._shape.rules)]
        self._doubled(rules)
        return RuleSet(
            self._shape.language,
            tuple(rules),
            shared["negations"],
            shared["quoting"],
            shared["not_quoting"],
            shared["mentions"],
            frozenset(self._shape.new_clause),
        )

    def _rule(self, number: int, shape: RuleShape) -> Rule:
        path: Path = ("rules", number)
        levels = [
            (level, pattern)
            for key, level in _LEVELS.items()
            for pattern in self._patterns((*path, key), getattr(shape, key))
        ]
        if not levels and not any(getattr(shape, key) for key in _LEVELS):
            message = "The rule looks for nothing."
            hint = "Add `blocks`, `warns` or `annotates` with patterns."
            self._say(path, "no_patterns", message, hint)
        if bool(shape.needs) is not (shape.rule == UNTRUTH):
            message = f"A rule of class {shape.rule} {'has' if shape.needs else 'has no'} `needs`."
            hint = "An untruth is what no fact bears out: `needs` names the facts, and only there."
            self._say((*path, "needs") if shape.needs else path, "wrong_needs", message, hint)
        exceptions = {key: self._patterns((*path, key), getattr(shape, key)) for key in _EXCEPTIONS}
        return Rule(
            name=f"{shape.rule}/{shape.name}" if shape.name else shape.rule,
            cls=shape.rule,
            patterns=tuple(levels),
            why=shape.why.strip(),
            say_instead=shape.say_instead.strip(),
            only_in=tuple(shape.only_in),
            not_in=tuple(shape.not_in),
            even_negated=shape.even_negated,
            needs=tuple(self._need((*path, "needs", at), text) for at, text in enumerate(shape.needs)),
            **exceptions,
        )

    def _patterns(self, path: Path, texts: Sequence[str], *, inner: bool = False) -> tuple[Pattern, ...]:
        found = []
        for number, text in enumerate(texts):
            try:
                pattern = read_pattern(text, self._sets, language=self._shape.language)
                if inner and (pattern.at_start or pattern.at_end or pattern.asks):
                    raise PatternProblem(
                        0, "`^`, `$` and `?` stand in a list of words.", "Put them into the rule."
                    )
                found.append(pattern)
            except PatternProblem as problem:
                message = f"{problem.message} In {shown(text)}, at character {problem.at + 1}."
                finding = self._document.finding((*path, number), "bad_pattern", message, problem.hint)
                self.findings.append(self._on_line(finding, path, number))
        return tuple(found)

    def _on_line(self, finding: Finding, path: Path, number: int) -> Finding:
        """The finding on the line of its pattern, where the patterns are a block that begins a line later."""
        block = self._document.get(path)
        if not isinstance(block, str) or "\n" not in block:
            return finding
        lines = [at for at, line in enumerate(block.splitlines(), 1) if line.strip()]
        return replace(finding, line=finding.line + lines[number], column=1)

    def _need(self, path: Path, text: str) -> tuple[Need, ...]:
        matches = [(part, _NEED.fullmatch(part.strip())) for part in text.split(" or ")]
        for part, match in matches:
            if match is None:
                message = f"{shown(part)} is not a fact."
                hint = "Such as resolution.done_at, resolution.kind=refund|credit, or two joined with ` or `."
                self._say(path, "wrong_needs", message, hint)
        return tuple(
            Need(match[1], tuple(match[match.re.groups].split("|")) if match[match.re.groups] else ())
            for _, match in matches
            if match is not None
        )

    def _doubled(self, rules: Sequence[Rule]) -> None:
        seen: set[str] = set()
        for number, rule in enumerate(rules):
            if rule.name in seen:
                message = f"There is already a rule {shown(rule.name)}."
                self._say(
                    ("rules", number), "doubled_rule", message, "Give each of a class a `name` of its own."
                )
            seen.add(rule.name)

    def _say(self, path: Path, code: str, message: str, hint: str = "") -> None:
        self.findings.append(self._document.finding(path, code, message, hint))
