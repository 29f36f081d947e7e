"""The built-in complaints as the demo lets them arrive."""

from __future__ import annotations

from random import Random

import pytest

from recovery.demo import words
from recovery.demo.complaints import built_in
from recovery.demo.desk import arrivals
from recovery.demo.hours import awake
from recovery.demo.show import START, people
from tests.content.reading import workflow


def test_the_set_is_played_in_both_languages_by_turns() -> None:
    languages = [one.event.language for one in built_in(6).complaints]
    assert languages == ["en", "zh"] * 3


def test_beyond_the_set_the_texts_come_from_new_customers() -> None:
    complaints = built_in(200).complaints
    assert len({one.name for one in complaints}) == 200
    assert len({one.event.customer["address"] for one in complaints}) == 200
    assert len({one.event.text for one in complaints}) == 40
    assert {one.event.customer["address"].split("@")[1] for one in complaints} <= {
        "example.org",
        "example.com",
    }


def test_who_writes_twice_sends_the_same_complaint_under_a_name_of_its_own() -> None:
    minds = people(built_in(100).complaints, 7, workflow("ten-step"), again=True)
    twice = [mind for mind in minds if mind.host is not None]
    assert len(twice) == 4
    for mind in twice:
        assert mind.host is not None
        first = mind.host.complaint.event
        assert mind.complaint.event.customer == first.customer
        assert str(mind.complaint.event.text).endswith(str(first.text))
        assert mind.complaint.name != mind.host.complaint.name


def test_complaints_arrive_in_order_from_the_first_morning_on_while_people_are_awake() -> None:
    moments = arrivals(90, START, 25, Random(1))
    assert len(moments) == 90
    assert moments == sorted(moments)
    assert moments[0] >= START
    assert all(map(awake, moments))
    assert len({moment.date() for moment in moments}) == 4


@pytest.mark.parametrize(
    ("text", "language", "category"),
    [
        ("The front desk staff were rude to my mother", "en", "conduct"),
        ("You took a fee I never agreed to", "en", "billing"),
        ("早餐一般，房间隔音太差，淋浴没有热水", "zh", "facilities"),
        ("Nothing in particular", "en", "other"),
    ],
)
def test_an_agent_reads_the_kind_of_trouble_out_of_a_text(text: str, language: str, category: str) -> None:
    assert words.categorise(text, language) == category


def test_there_are_words_about_every_category_in_both_languages() -> None:
    facts = workflow("ten-step").facts
    for category in facts["problem.category"].choices:
        about = words.about(category)
        assert about["driver"] in facts["problem.driver"].choices
        assert about["remedy"] in facts["resolution.kind"].choices
        for language in ("en", "zh"):
            said = words.of_category(category, language)
            assert set(said) == {"wanted", "account", "prevention", "offers"}
            assert len(said["offers"]) >= 1
            assert said != words.of_category("nothing like it", language) or category == words.OTHER


def test_a_restatement_quotes_the_beginning_on_one_line_and_is_cut_at_a_word() -> None:
    said = words.restated("en", "Mortgage", "They lost\nmy papers. " + "Again and again. " * 30)
    assert said.startswith("It is about Mortgage. In your words: “They lost my papers. Again")
    assert said.endswith("…”")
    assert "\n" not in said
    assert len(said) < 220


def test_a_short_text_is_quoted_whole() -> None:
    assert words.restated("zh", "酒店", "太吵了。") == "是关于酒店的事。您的原话是：“太吵了。”"
