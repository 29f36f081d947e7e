"""One account: causes in a message that are not the one the customer was told, in both languages."""

from __future__ import annotations

import pytest

from recovery.core.phrases.account import another_cause

ACCOUNT = "The lorry broke down; from Monday a second one stands by."
KONTO = "货车半路坏了，下周一起有备用车。"


def found(
    text: str, account: str = ACCOUNT, language: str = "en", quotes: list[str] | None = None
) -> list[str]:
    return [hit.matched for hit in another_cause(text, account, language, quotes or [])]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("It is late because the warehouse lost it. Sorry.", "the warehouse lost it"),
        ("This was due to a strike, and it is over.", "a strike"),
        ("The reason for the delay was a wrong label.", "a wrong label"),
        ("The damage was caused by the customs office.", "the customs office"),
    ],
)
def test_a_cause_that_shares_nothing_with_the_account_is_another(text: str, cause: str) -> None:
    (hit,) = another_cause(text, ACCOUNT, "en", [])
    assert (hit.matched, hit.level, hit.rule) == (cause, "warn", "account/another_cause")
    assert text[hit.start : hit.end] == cause
    assert ACCOUNT in hit.why


@pytest.mark.parametrize(
    "text",
    [
        "It is late because our lorry broke down.",
        "Two lorries were out of order, and that caused it.",
        "We write to you because you asked us to.",
        "I am glad because it comes on Monday.",
        "> It is late because the warehouse lost it.\n\nThat is what you heard.",
        "Nothing of the kind is said here.",
    ],
)
def test_the_same_cause_no_cause_and_quotations_are_none(text: str) -> None:
    assert found(text) == []


def test_the_customers_own_words_are_not_ours() -> None:
    text = "You say it is late because the warehouse lost it."
    assert found(text, quotes=["It is late because the warehouse lost it."]) == []
    assert found(text) == ["the warehouse lost it"]


def test_chinese_causes_stand_before_and_behind() -> None:
    assert found("因为仓库漏发，所以晚到。", KONTO, "zh") == ["仓库漏发"]
    assert found("仓库漏发导致延误。", KONTO, "zh") == ["仓库漏发"]
    assert found("由于货车坏了，所以晚到。", KONTO, "zh") == []
    (hit,) = another_cause("原因是标签贴错。", KONTO, "zh-CN", [])
    assert hit.why.startswith("之前告诉顾客的是另一个原因")
