"""Chinese rules are written in Simplified characters and read Traditional ones too."""

from __future__ import annotations

import pytest

from recovery.core.phrases.folding import words_of
from recovery.core.phrases.language import language_of
from recovery.core.phrases.traditional import SIMPLIFIED
from recovery.project import starter_root
from recovery.workflow.phrases import phrase_files, read_phrases
from tests.phrases.guards import found, shipped, small
from tests.phrases.labelled import sentences


@pytest.mark.parametrize(
    ("text", "cls"),
    [
        ("這是倉庫的錯。", "blame"),
        ("這種情況很常見。", "normalising"),
        ("我們會儘快回覆您。", "vagueness"),
        ("請您冷靜一下。", "defensiveness"),
        ("這是我們的規定。", "defensiveness"),
        ("我也沒辦法，系統不讓。", "helplessness"),
        ("我們保證絕對不會再發生。", "over_promising"),
        ("這個價錢您還想要什麼？", "contempt"),
        ("退款已經匯到您的帳戶了。", "untruth"),
        ("請您把事情的經過再說一遍。", "asking"),
    ],
)
def test_what_is_written_in_traditional_characters_is_found(text: str, cls: str) -> None:
    assert language_of(text) == "zh"
    hits = shipped("zh").check(text, facts={})
    assert cls in {hit.cls for hit in hits if hit.level == "block"}
    assert all(hit.matched in text for hit in hits)


def test_a_clean_text_stays_clean() -> None:
    text = "李女士，您好：我已收到您的來信。星期二下午三點我打電話給您，告訴您查到了什麼。"
    assert shipped("zh").check(text, facts={}) == []


def test_rules_may_be_written_in_traditional_characters() -> None:
    guard = small("這是規定", language="zh")
    assert found(guard, "这是规定。") == ["这是规定"]


def test_the_customers_words_are_theirs_in_either_script() -> None:
    text = "都是倉庫的錯。"
    guard = shipped("zh")
    assert found(guard, text) == ["都是倉庫的錯"]
    assert found(guard, text, quotes=["都是仓库的错"]) == []


def test_the_labelled_sentences_say_the_same_in_both_scripts() -> None:
    other = {ord(plain): chr(letter) for letter, plain in SIMPLIFIED.items() if plain != "你"}
    for one in sentences("zh", "tuning"):
        assert words_of(one.text.translate(other)) == words_of(one.text)


def test_no_character_of_the_rules_is_forgotten() -> None:
    """A character that Big5 does not have is written in another way where Traditional Chinese is."""
    path = phrase_files(starter_root())["zh"]
    rules, findings = read_phrases(path.read_bytes(), path.name)
    assert rules is not None, findings
    patterns = {letter for rule in rules.rules for _, pattern in rule.patterns for letter in pattern.text}
    simplified = {letter for letter in patterns if letter > "\u4e00" and not letter.encode("big5", "ignore")}
    assert simplified - set(SIMPLIFIED.values()) == set()
