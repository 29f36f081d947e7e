"""The small shop's workflow: the language is not shaped like ten steps."""

from __future__ import annotations

from recovery.core.errors import Refusal
from tests.content.reading import Story

DONE = "2026-11-21T10:00:00+00:00"


def offered() -> Story:
    story = Story("online-shop", trouble="came_broken", wish="A whole cup.").deliver()
    return story.record("agent", owner="mia", offer__kind="send_again", offer__words="A new cup tomorrow.")


def settled() -> Story:
    story = offered().record("customer", offer__accepted=True)
    story.record("agent", done__at=DONE, done__tracking="RR 12").record("customer", stars=5)
    assert story.case.step == "happy_again"
    return story


def test_what_the_customer_told_at_once_is_not_asked_again() -> None:
    assert offered().case.step == "offer"


def test_an_offer_refused_is_forgotten_and_the_next_one_comes_from_one_level_up() -> None:
    story = offered()
    assert isinstance(story.ask("another_offer", by="helper:mia"), Refusal)
    story.record("customer", offer__accepted=False).do("another_offer", by="helper:mia")
    assert (story.case.step, story.case.level) == ("offer", 1)
    assert "offer.words" not in story.case.facts


def test_a_parcel_needs_its_tracking_number_and_money_does_not() -> None:
    story = offered().record("customer", offer__accepted=True).record("agent", done__at=DONE)
    assert story.case.step == "make_good"
    story = offered().record("agent", offer__kind="money_back")
    assert (
        story.record("customer", offer__accepted=True).record("agent", done__at=DONE).case.step == "ask_back"
    )


def test_the_second_time_a_case_comes_back_the_shopkeeper_takes_over() -> None:
    story = settled().do("once_more", by="customer")
    assert (story.case.step, story.case.level, story.case.severity) == ("offer", 0, 1)
    story.record("agent", offer__kind="money_back", offer__words="All of it.")
    story.record("customer", offer__accepted=True).record("agent", done__at=DONE, no_answer=True)
    story.do("once_more", by="customer")
    assert (story.case.step, story.case.level, story.case.severity) == ("offer", 1, 2)


def test_a_case_let_go_comes_back_to_the_first_thing_still_open() -> None:
    story = offered().do("let_it_go", by="customer").do("once_more", by="customer")
    assert (story.case.step, story.case.failures) == ("offer", 0)
    assert story.sent == ["shop-sorry"]


def test_an_unhappy_customer_gets_another_offer_and_another_apology() -> None:
    story = offered().record("customer", offer__accepted=True)
    story.record("agent", done__at=DONE, done__tracking="RR 12").record("customer", stars=1)
    assert (story.case.step, story.case.failures, story.sent.count("shop-sorry")) == ("offer", 1, 2)
