"""Letters that a law asks for: what they must say, and whether every template of them says it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import PurePosixPath

from jinja2 import nodes

from recovery.core.letter_parts import ANY_LANGUAGE, LetterPart
from recovery.workflow.findings import Finding, guess, shown
from recovery.workflow.names import Names
from recovery.workflow.pack_shapes import PartShape
from recovery.workflow.reader import Document, Path
from recovery.workflow.template_words import parsed
from recovery.workflow.templates import TEMPLATES_KEPT, Template

LETTERS = "letters"

_GAP = "\0"
"""Stands for what a template fills in: no wording goes over it."""


def read_letters(names: Names, shapes: Mapping[str, list[PartShape]]) -> dict[str, tuple[LetterPart, ...]]:
    """The parts of each letter, by its template."""
    return {
        name: tuple(
            _part(names, here, part)
            for number, part in enumerate(parts)
            if (here := (LETTERS, name, number)) not in names.broken
        )
        for name, parts in shapes.items()
    }


def _part(names: Names, path: Path, shape: PartShape) -> LetterPart:
    if not shape.any_of and not shape.says:
        message = "The part says neither wordings nor facts by which it is known."
        names.say(path, "missing_key", message, "Give it `any_of` or `says`.", key=True)
    for number, fact in enumerate(shape.says):
        names.fact((*path, "says", number), fact)
    wordings = shape.any_of if isinstance(shape.any_of, dict) else {ANY_LANGUAGE: shape.any_of}
    any_of = {language: tuple(words) for language, words in wordings.items() if words}
    return LetterPart(shape.what, any_of, tuple(shape.says))


def check_letters(
    document: Document,
    letters: Mapping[str, Sequence[LetterPart]],
    templates: Mapping[str, Sequence[Template]],
) -> list[Finding]:
    """Parts that a letter lacks, at the beginning of its text; and letters that are never sent."""
    findings = []
    for name, parts in letters.items():
        if name not in templates:
            message = f"This workflow neither sends {shown(name)} nor lets people say it."
            hint = guess(name, templates)
            findings.append(document.finding((LETTERS, name), "unsent_letter", message, hint, key=True))
        for template in templates.get(name, ()):
            findings += [
                _lacks(document, template, (LETTERS, name, number), part)
                for number, part in enumerate(parts)
                if not _has(template, part)
            ]
    return findings


def _has(template: Template, part: LetterPart) -> bool:
    said = {use.fact for use in template.uses}
    facts = all(name in template.states and name in said for name in part.says)
    return facts and part.stands_in(_sure_text(template.body), _language(template))


def _lacks(document: Document, template: Template, path: Path, part: LetterPart) -> Finding:
    language = _language(template)
    place = f"{document.file_of(path)}:{document.at(path).line}"
    what = part.what.get(language, part.what["en"])
    message = f"The letter does not say this, which {place} asks of it: {what}."
    wordings = part.wordings(language)
    hint = f"Such as “{wordings[0]}”, outside of every {{% if %}}." if wordings else ""
    if part.any_of and not wordings:
        hint = f"Add to `any_of` how it is said in {language}."
    elif part.says:
        hint = f"State and say {', '.join(part.says)}. {hint}".strip()
    return Finding(template.file, template.first_line, 1, "letter_part", message, hint)


def _language(template: Template) -> str:
    return PurePosixPath(template.file).parent.name


@lru_cache(maxsize=TEMPLATES_KEPT)
def _sure_text(body: str) -> str:
    """What every letter made of a template holds: its own words outside of conditions and loops."""
    made = []
    for node in parsed(body).body:
        if isinstance(node, nodes.Output):
            made += [part.data if isinstance(part, nodes.TemplateData) else _GAP for part in node.nodes]
        else:
            made.append(_GAP)
    return "".join(made)
