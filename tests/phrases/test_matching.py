"""What a pattern finds, however it is written, and where in the original it says it found it."""

from __future__ import annotations

import time

import pytest

from recovery.core.phrases import automaton
from recovery.core.phrases.automaton import Automaton
from recovery.core.phrases.folding import SENTENCE_AT_MOST, sentences
from recovery.core.phrases.patterns import read_pattern
from tests.phrases.guards import found, small
from tests.yardstick import slowness


@pytest.mark.parametrize(
    ("pattern", "text", "part"),
    [
        ("calm down", "Please CALM down, sir.", "CALM down"),
        ("calm~ down", "He calmed down.", "calmed down"),
        ("send~ it", "We sent it.", "sent it"),
        ("apply~ it", "We applied it.", "applied it"),
        ("stop~ it", "We are stopping it.", "stopping it"),
        ("the (courier|post office) lost", "the post office lost", "the post office lost"),
        ("our [own very] fault", "our fault", "our fault"),
        ("our [own very] fault", "our own very fault", "our own very fault"),
        ("you should ... check", "You should have had a check", "You should have had a check"),
        ("you ...1 check", "you do not check", None),
        ("you ...2 check", "you do quickly check", "you do quickly check"),
        ("you ...2 check", "you do, quickly check", None),
        ("you check", "you, check", None),
        ("if you had , we would", "If you had, we would.", "If you had, we would"),
        ("if you had , we would", "If you had we would.", None),
        ("# days", "within 20 days", "20 days"),
        ("# days", "within twenty days", None),
        ("^ our policy $", "Sorry, our policy, sir.", "our policy"),
        ("^ our policy $", "It is our policy.", None),
        ("^ our policy $", "Our policy helps.", None),
        ("was it solved ?", "Was it solved?", "Was it solved"),
        ("was it solved ?", "Was it solved yesterday, we ask?", "Was it solved"),
        ("was it solved ?", "Was it solved.", None),
        ("is fault", "It is. Fault it.", None),
        ("is our", "It is\n\nour turn", None),
        ("is our", "It is\nour turn", "is\nour"),
        ("at fault", "look at faults", None),
        ("art", "start party", None),
        ("it is not", "It isn't.", "It isn't"),
        ("do not know", "I dont know", "dont know"),
        ("you are late", "you’re late", "you’re late"),
        ("warehouse fault", "the warehouse's fault", "warehouse's fault"),
        ("20 percent", "20 %", None),
        ("20 %", "20%", "20%"),
    ],
)
def test_a_pattern_finds_what_it_says(pattern: str, text: str, part: str | None) -> None:
    guard = small(pattern, even_negated="true")
    assert found(guard, text) == ([part] if part else [])


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("请您冷静一点", "冷静一点"),
        ("请您 冷 静 一点", "冷 静 一点"),
        ("请你冷\u200b静一点。", "冷\u200b静一点"),
        ("请您\n冷静一点", "冷静一点"),
        ("冷，静一点", None),
    ],
)
def test_chinese_is_found_without_blanks_and_with_them(text: str, part: str | None) -> None:
    assert found(small("冷静[一点]", language="zh"), text) == ([part] if part else [])


def test_the_polite_you_counts_as_the_plain_one() -> None:
    guard = small("您...2错", language="zh")
    assert found(guard, "是你自己错") == found(small("你...2错", language="zh"), "是你自己错") == ["你自己错"]
    assert found(guard, "是您自己错") == ["您自己错"]


@pytest.mark.parametrize(
    "text",
    [
        "cаlm dоwn",  # Cyrillic а and о
        "ϲalm down".replace("ϲ", "с"),
        "Ｃａｌｍ　ｄｏｗｎ",
        "ca\u200blm do\u00adwn",
        "ca\u0301lm dówn",
        "c\u202ealm down",
        "𝐜𝐚𝐥𝐦 𝐝𝐨𝐰𝐧",
        "CALM DΟWΝ",  # Greek Ο and Ν
    ],
)
def test_letters_that_only_look_different_do_not_hide_a_phrase(text: str) -> None:
    assert found(small("calm down"), f"«{text}» – please") == [text]


def test_the_signs_of_markdown_are_no_letters() -> None:
    assert found(small("calm down"), "Please **calm** _down_.") == ["calm** _down"]


def test_places_are_those_of_the_original_text() -> None:
    text = "Ａna – it’s ﬁne… calm  down"
    [hit] = small("calm down").check(text)
    assert (hit.start, hit.end) == (text.index("calm"), len(text))


def test_the_longest_reading_counts_and_each_place_once() -> None:
    guard = small("our fault", "[not] our [own] fault", "our own fault of course", even_negated="true")
    assert found(guard, "not our own fault of course") == ["our own fault of course"]


def test_the_strongest_level_wins_in_one_place() -> None:
    guard = small("calm down", warns="['please calm down now']")
    assert [(hit.level, hit.matched) for hit in guard.check("please calm down now")] == [
        ("block", "calm down")
    ]


def test_the_time_grows_with_the_text_alone_whatever_the_pattern() -> None:
    hostile = ["(a|a a) ...20 (a|a [a]) [a] [a] [a] ...10 b", "a ...20 a ...20 b", "[a] [a] [a] [a] a b"]
    made = Automaton([read_pattern(text, {}) for text in hostile])

    def taken(words: int) -> float:
        text = "a " * words
        best = 9.9
        for _ in range(3):
            start = time.process_time()
            for sentence in sentences(text):
                made.find(sentence)
            best = min(best, time.process_time() - start)
        return best

    taken(500)
    assert taken(20_000) < 4 * 4 * taken(5_000)
    assert taken(20_000) < 5 * slowness()


@pytest.mark.parametrize("filling", ["-", "'", '"', "> ", "\n", "a'", "，", "。", "!", "é"])
def test_no_text_takes_long_to_fold(filling: str) -> None:
    slower, start = slowness(), time.process_time()
    small("calm down").check(filling * 100_000)
    assert time.process_time() - start < 5 * slower


def test_what_is_kept_is_bounded_and_made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automaton, "STATES_KEPT", 3)
    guard = small("a ...3 b", "b ...3 c", "c d e")
    for _ in range(2):
        assert found(guard, "a x b. b x y c. c d e.") == ["a x b", "b x y c", "c d e"]


def test_a_text_without_full_stops_is_read_in_pieces() -> None:
    made = sentences("word " * (SENTENCE_AT_MOST + 1))
    assert [len(one.words) for one in made] == [SENTENCE_AT_MOST, 1]
