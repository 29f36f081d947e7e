"""Files of phrase rules: what is wrong in them is found with its place, and nothing breaks."""

from __future__ import annotations

import pytest

from recovery.core.phrases import automaton
from recovery.core.phrases.patterns import GAP_AT_MOST, LETTERS_AT_MOST
from recovery.workflow.phrases import read_phrases
from recovery.workflow.wording import guard_from

RULE = "  - rule: blame\n    why: It hurts.\n    say_instead: Better.\n"
UNTRUTH = RULE.replace("blame", "untruth")


def findings(text: str, file: str = "test.yaml") -> list[str]:
    return [str(finding) for finding in read_phrases(text.encode(), file)[1]]


def of_pattern(pattern: str, language: str = "en") -> str:
    [finding] = findings(
        f"language: {language}\nwords:\n  party: [courier]\nrules:\n{RULE}    blocks: ['{pattern}']\n"
    )
    assert finding.startswith("test.yaml:8:14: ")
    return finding


@pytest.mark.parametrize(
    ("pattern", "part"),
    [
        ("it is (a|b", "A bracket is not closed. In `it is (a|b`, at character 7. Add `)`."),
        ("a)", "`)` closes nothing."),
        ("(a]", "`]` closes nothing."),
        ("(a|)", "There is no word here."),
        ("a|b", "`|` stands outside brackets."),
        ("((((((a))))))", "Brackets stand"),
        ("... a", "A gap stands at the beginning or the end."),
        ("a [...]", "A gap stands at the beginning or the end."),
        (f"a ...{GAP_AT_MOST + 1} b", f"From 1 to {GAP_AT_MOST}."),
        ("[a]", "would be found where nothing is written"),
        ("<partie>", "There is no list of words `partie`."),
        ("<partie>", "Did you mean party?"),
        ("a ^ b", "`^` stands inside."),
        ("a $ b", "Words stand after the end."),
        ("(a $) b", "`$` stands inside."),
        ("a~b", "`~` is not understood here."),
        ("a << b", "`<` is not understood here."),
        ("!!", "`!!` holds no word."),
        ("a ...20 b ...20 c ...20 d", "more than 60 words"),
        ("a" * (LETTERS_AT_MOST + 1), "is longer than"),
    ],
)
def test_a_pattern_that_cannot_be_read_is_a_finding_with_its_place(pattern: str, part: str) -> None:
    assert part in of_pattern(pattern)


def test_chinese_words_have_no_forms() -> None:
    assert "`冷静~` has no forms." in of_pattern("冷静~", "zh")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("language: en\nrules: []\n", "too short"),
        ("language: en\n", "has no `rules`"),
        (f"language: en\nrules:\n{RULE}", "The rule looks for nothing."),
        (f"language: en\nrules:\n{RULE}    block: [a]\n", "Did you mean blocks?"),
        (f"language: en\nrules:\n{RULE.replace('blame', 'blam')}    blocks: [a]\n", "Did you mean blame?"),
        (
            f"language: en\nrules:\n{RULE}    blocks: [a]\n    only_in: [followup]\n",
            "Did you mean follow_up?",
        ),
        (
            f"language: en\nrules:\n{RULE}    blocks: [a]\n    needs: [owner]\n",
            "A rule of class blame has `needs`.",
        ),
        (
            f"language: en\nrules:\n{UNTRUTH}    blocks: [a]\n",
            "A rule of class untruth has no `needs`.",
        ),
        (
            f"language: en\nrules:\n{UNTRUTH}    blocks: [a]\n    needs: ['a = b']\n",
            "`a = b` is not a fact.",
        ),
        (
            f"language: en\nrules:\n{RULE}    blocks: [a]\n{RULE}    blocks: [b]\n",
            "There is already a rule `blame`.",
        ),
        (
            f"language: en\nwords: {{a: ['b $']}}\nrules:\n{RULE}    blocks: [<a>]\n",
            "stand in a list of words",
        ),
        ("language: en\nrules: [\n", "test.yaml:"),
    ],
)
def test_a_file_that_is_wrong_says_where_and_what_would_be_accepted(text: str, part: str) -> None:
    assert any(part in finding for finding in findings(text)), findings(text)


def test_a_file_is_called_like_its_language() -> None:
    text = f"language: en\nrules:\n{RULE}    blocks: [a]\n"
    assert findings(text, "config/phrases.en.yaml") == []
    assert "Call it phrases.en.yaml." in findings(text, "config/phrases.zh.yaml")[0]


def test_patterns_may_stand_in_a_block_one_on_each_line() -> None:
    text = f"language: en\nrules:\n{RULE}    blocks: |\n      within # days\n\n      at: once\n"
    rules, problems = read_phrases(text.encode(), "test.yaml")
    assert rules is not None
    assert [pattern.text for _, pattern in rules.rules[0].patterns] == ["within # days", "at: once"]
    assert problems == []
    [finding] = findings(f"{text}      a|c\n      calm~ down\n")
    assert finding.startswith("test.yaml:10:1: `|` stands outside brackets. In `a|c`, at character 2.")


def test_rules_that_are_too_large_together_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automaton, "PLACES_AT_MOST", 20)
    text = f"language: en\nrules:\n{RULE}    blocks: ['a b c d e f g h i j k l m n o p q r s t u v']\n"
    guard, [finding] = guard_from(text.encode(), "test.yaml")
    assert guard is None
    assert "too large together" in finding.message
