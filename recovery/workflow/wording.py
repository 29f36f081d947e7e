"""Whether what is written keeps to the phrase rules of a project.

A project's rules are its files `config/phrases.LANGUAGE.yaml`; a language without one has no rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from recovery.core.phrases.automaton import TooLarge
from recovery.core.phrases.guard import Guard
from recovery.core.phrases.rules import KNOWN, kind_of
from recovery.workflow.bundle import TEMPLATES, Bundle
from recovery.workflow.files import name_of, read_file
from recovery.workflow.findings import Finding, one_of, shown
from recovery.workflow.phrases import phrase_files, phrases_path, read_phrases
from recovery.workflow.templates import Template, read_template

_JINJA = re.compile(r"\{[{%#].*?[}%#]\}", re.DOTALL)


@lru_cache(maxsize=8)
def guard_from(data: bytes, file: str) -> tuple[Guard | None, tuple[Finding, ...]]:
    """The guard that a file of rules makes, and what is wrong with the file. The last few are kept."""
    rules, findings = read_phrases(data, file)
    if rules is None:
        return None, tuple(findings)
    try:
        return Guard(rules), tuple(findings)
    except TooLarge:
        message = "The patterns are too large together."
        hint = "Shorten the lists of words, and the gaps of patterns that name them."
        return None, (*findings, Finding(file, 1, 1, "too_large", message, hint))


def guard_of(root: Path, language: str) -> Guard | None:
    """A project's guard for a language (`zh-TW` falls back to `zh`); None when it has no sound rules."""
    files = phrase_files(root)
    path = files.get(language) or files.get(language.partition("-")[0])
    data = read_file(root, path)[0] if path is not None else None
    if path is None or data is None:
        return None
    return guard_from(data, name_of(root, path))[0]


def guard_in(bundle: Bundle, language: str) -> Guard | None:
    """A version's guard for a language (`zh-TW` falls back to `zh`); None when it has no rules for it."""
    for wanted in (language, language.partition("-")[0]):
        path = phrases_path(wanted)
        if path in bundle.files:
            return _guard_from_text(bundle.files[path], path)
    return None


@lru_cache(maxsize=8)
def _guard_from_text(text: str, file: str) -> Guard | None:
    return guard_from(text.encode(), file)[0]


def check_templates(root: Path, paths: Iterable[Path]) -> list[Finding]:
    """What the phrase rules of a project say about templates in its folders `templates/LANGUAGE`."""
    findings: list[Finding] = []
    for path in paths:
        if path.suffix != ".md" or path.parent.parent != root / TEMPLATES:
            continue
        data, guard = read_file(root, path)[0], guard_of(root, path.parent.name)
        template = read_template(data, name_of(root, path))[0] if data is not None else None
        if data is not None and guard is not None and template is not None:
            findings += check_words(template, guard, data.decode())
    return findings


def check_words(template: Template, guard: Guard, text: str) -> list[Finding]:
    """What a template says that it should not; `states` says which claims it may make.

    Args:
        text: the template's whole file; what stands between braces in it is left out.
    """
    facts = dict.fromkeys(template.states, KNOWN)
    words = _JINJA.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    findings = []
    for hit in guard.check(words, kind=kind_of(template.purpose), facts=facts):
        place = (template.file, *place_of(words, hit.start))
        message = f"{shown(hit.matched)} is {hit.cls.replace('_', '-')}: {hit.why}"
        states = f" Or name what makes it true in `states`: {one_of(hit.lacks)}" if hit.lacks else ""
        hint = f"Say, for example: {hit.say_instead}{states}"
        if hit.level == "block":
            findings.append(Finding(*place, "phrase_blocked", message, hint))
        else:
            findings.append(Finding(*place, "phrase_doubtful", message, hint, "notice"))
    return findings


def place_of(text: str, at: int) -> tuple[int, int]:
    """Line and column, both from 1, of a place in a text."""
    return text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1) + 1
