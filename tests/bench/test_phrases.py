"""The guard and the one expression it is measured against look for the same phrases."""

from __future__ import annotations

from dataclasses import replace

import pytest

from recovery.bench import phrases
from recovery.bench.phrases import GUARD, LANGUAGES, alternation, guard_rates, messages, rules_of
from recovery.core.phrases.rules import RuleSet


def some(language: str, cls: str) -> RuleSet:
    """The starter's rules of one class: to compile the expression of all of them takes seconds."""
    rules = rules_of(language)
    return replace(rules, rules=tuple(rule for rule in rules.rules if rule.cls == cls))


@pytest.mark.parametrize(
    ("language", "text"), [("en", "Sorry, it’s just that my hands are tied."), ("zh", "我们无能为力。")]
)
def test_the_expression_finds_what_the_guard_finds(language: str, text: str) -> None:
    rules = some(language, "helplessness")
    assert alternation(rules).search(text)
    assert phrases.Guard(rules).check(text) != []


def test_both_are_run_over_the_projects_own_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrases, "SECONDS", 0.01)
    monkeypatch.setattr(phrases, "rules_of", lambda language: some(language, "helplessness"))
    for language in LANGUAGES:
        assert len(messages(language)) > 10
        rates = guard_rates(language)
        assert set(rates) == {"ours", *GUARD.lines[f"guard-{language}"].wanted}
        assert all(rate() > 0 for rate in rates.values())
