"""Guards for tests: the shipped ones, and small ones made from a few patterns."""

from __future__ import annotations

from functools import cache
from typing import Any

from recovery.core.phrases.guard import Guard
from recovery.project import starter_root
from recovery.workflow.phrases import read_phrases
from recovery.workflow.wording import guard_of


@cache
def shipped(language: str) -> Guard:
    guard = guard_of(starter_root(), language)
    assert guard is not None
    return guard


def small(*patterns: str, language: str = "en", head: str = "", **keys: Any) -> Guard:
    """A guard with one rule that blocks these patterns; `keys` are further keys of the rule, as YAML."""
    lines = [f"language: {language}", head, "rules:", f"  - rule: {keys.pop('rule', 'blame')}"]
    lines += [f"    {key}: {value}" for key, value in keys.items()]
    lines += ["    why: It hurts.", "    say_instead: Better.", "    blocks:"]
    lines += [f"      - '{pattern.replace(chr(39), chr(39) * 2)}'" for pattern in patterns]
    rules, findings = read_phrases("\n".join(lines).encode(), "test.yaml")
    assert rules is not None, [str(finding) for finding in findings]
    return Guard(rules)


def found(guard: Guard, text: str, **more: Any) -> list[str]:
    """The places of a text that a guard finds, as they are written there."""
    hits = guard.check(text, **more)
    assert all(text[hit.start : hit.end] == hit.matched for hit in hits)
    return [hit.matched for hit in hits]
