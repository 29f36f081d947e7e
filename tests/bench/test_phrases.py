"""The guard and the one expression it is measured against look for the same phrases."""

from __future__ import annotations

import pytest

from recovery.bench import phrases
from recovery.bench.phrases import GUARD, LANGUAGES, alternation, guard_rates, messages
from recovery.project import starter_root
from recovery.workflow.phrases import phrase_files, read_phrases


@pytest.mark.parametrize(
    ("language", "text"), [("en", "Sorry, it’s just that my hands are tied."), ("zh", "我们无能为力。")]
)
def test_the_expression_finds_what_the_guard_finds(language: str, text: str) -> None:
    path = phrase_files(starter_root())[language]
    rules, _ = read_phrases(path.read_bytes(), path.name)
    assert rules is not None
    assert alternation(rules).search(text)


def test_both_are_run_over_the_projects_own_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phrases, "SECONDS", 0.01)
    for language in LANGUAGES:
        assert len(messages(language)) > 10
        rates = guard_rates(language)
        assert set(rates) == {"ours", *GUARD.lines[f"guard-{language}"].wanted}
        assert all(rate() > 0 for rate in rates.values())
