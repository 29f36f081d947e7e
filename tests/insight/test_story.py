"""A case told as a story: whose words, when, and why."""

from __future__ import annotations

import json
from typing import Any

import pytest

from recovery.core import events as ev
from recovery.core.spec import Workflow
from recovery.insight.story import Passage, Story, tell
from recovery.store.records import OutboxRow
from tests.content.reading import workflow
from tests.core.test_coupons import STANDING
from tests.insight.logs import Log

WORDS = "The sofa did not come.\nNobody rang.  <b>I am furious</b> {{ 7*7 }}"


@pytest.fixture(scope="module")
def flow() -> Workflow:
    return workflow("ten-step")


def opened(flow: Workflow, **more: Any) -> Log:
    complaint = {
        "text": WORDS,
        "subject": "Sofa still not here",
        "customer": {"name": "Maya", "address": "maya@example.org"},
        **more,
    }
    return Log(flow, **complaint).deliver()


def heard(log: Log) -> Log:
    log.note(
        problem__restated="The sofa was promised twice.",
        problem__category="delivery",
        problem__driver="execution",
    )
    return log.note("customer", "customer", problem__confirmed=True)


def letters(log: Log) -> list[OutboxRow]:
    rendered = json.dumps({"subject": "We have your message", "text": "Dear Maya,\n\nthank you."})
    return [
        OutboxRow(
            tenant="default",
            case=1,
            effect=effect,
            template="acknowledgement",
            recipient="customer",
            address="maya@example.org",
            channel="mail",
            language="en",
            context={},
            status="delivered",
            due_at=record.recorded_at,
            attempts=1,
            rendered=rendered,
            settled_at=record.recorded_at,
            note=None,
            asked_at=record.recorded_at,
            lease_owner=None,
            lease_until=None,
            version=1,
            bundle="",
        )
        for record in log.records
        for effect in record.effects
    ]


def told(log: Log, **more: Any) -> Story:
    return tell(log.workflow, log.case, log.records, letters(log), **more)


def passages(story: Story) -> list[Passage]:
    return [passage for chapter in story.chapters for passage in chapter.passages]


def test_it_begins_with_the_customers_own_words_to_the_letter_and_the_exact_moment(flow: Workflow) -> None:
    story = told(opened(flow))
    first = passages(story)[0]
    assert first.quote == WORDS
    assert first.voice == "customer"
    assert first.when == "Fri 20 Nov, 09:00"
    assert story.title == "Maya: Sofa still not here"
    assert "Fri 20 Nov 2026, 09:00" in story.opening


def test_every_step_the_case_stood_in_is_a_chapter_with_its_purpose(flow: Workflow) -> None:
    first, second = told(heard(opened(flow))).chapters
    assert (first.title, second.title) == ("1 · Find the problem", "2 · Learn what they expect")
    assert first.purpose == flow.steps["identify"].purpose["en"]


def test_a_chapter_says_what_the_case_had_that_brought_it_there(flow: Workflow) -> None:
    (why,) = told(heard(opened(flow))).chapters[-1].why
    assert why.startswith("Here because “Find the problem” has all it asks for:")
    assert "problem.confirmed = true" in why


def test_steps_walked_straight_through_are_named_on_the_way(flow: Workflow) -> None:
    log = opened(flow, facts={"expectation.wanted": "The sofa."})
    log.note(expectation__feasible="fully", expectation__reasonable=True)
    assert "Learn what they expect" in told(heard(log)).chapters[-1].why[0]


def test_a_rule_that_fired_is_told_with_what_it_hung_on(flow: Workflow) -> None:
    log = heard(opened(flow)).note("customer", "customer", expectation__wanted="The sofa.")
    log.note(expectation__feasible="fully", expectation__reasonable=True)
    found = [reason for passage in passages(told(log)) for reason in passage.why]
    assert found == ['Why: expectation.feasible == "fully" (expectation.feasible is "fully").']


def test_what_we_wrote_is_quoted_and_can_be_left_out_of_the_short_form(flow: Workflow) -> None:
    story = told(opened(flow))
    letter = passages(story)[-1]
    assert letter.text == "We wrote to Maya: “We have your message”"
    assert letter.quote == "Dear Maya,\n\nthank you."
    assert any("thank you." in line for line in story.lines())
    assert not any("thank you." in line for line in story.lines(letters=False))


def test_a_message_kept_for_the_portal_is_not_told_as_sent(flow: Workflow) -> None:
    log = opened(flow)
    rows = [row._replace(channel="portal") for row in letters(log)]
    story = tell(flow, log.case, log.records, rows)
    assert passages(story)[-1].text == "Put into the portal for Maya: “We have your message”"


def test_a_hand_off_is_told_with_the_reasons_and_who_owns_the_case_in_the_end(flow: Workflow) -> None:
    log = heard(opened(flow)).note(owner="ana")
    log.let(ev.HandOffOffered, "agent:ana", to="ben", reason="You know the carrier.")
    log.let(ev.HandOffDeclined, "agent:ben", reason="I am away.")
    log.let(ev.HandOffOffered, "agent:ana", to="chidi").let(ev.HandOffAccepted, "agent:chidi")
    story = told(log)
    texts = [passage.text for passage in passages(story)]
    assert "Ana asked Ben to take the case over." in texts
    assert "Ben said no, so nothing changed hands." in texts
    assert "Chidi said yes. From here on the case is Chidi’s." in texts
    assert [one.quote for one in passages(story) if "Ben" in one.text] == [
        "You know the carrier.",
        "I am away.",
    ]
    assert "Owners: Ana, Chidi." in story.ending[1]


def test_the_ending_says_how_long_it_took(flow: Workflow) -> None:
    story = told(opened(flow).do("withdraw"))
    assert story.ending[0] == (
        "Withdrawn by the customer, on Fri 20 Nov, 10:00. From the first word to the last it took 1 hour."
    )
    assert story.chapters[-1].why == ("Here because Maya asked for it.",)


def test_a_case_that_is_not_over_says_where_it_stands(flow: Workflow) -> None:
    assert told(opened(flow)).ending[0] == "The case is still open, in: Find the problem."


def test_a_chinese_customers_case_is_told_in_chinese(flow: Workflow) -> None:
    customer = {"name": "晓雯", "address": "x@example.com"}
    story = told(heard(opened(flow, language="zh", customer=customer, text="空调装了三次。")))
    assert story.language == "zh"
    assert passages(story)[0].text == "晓雯通过邮件找到我们，原话是："
    assert passages(story)[0].when == "11月20日（周五）09:00"
    assert story.chapters[0].title == "1 · 找出问题所在"


def test_any_story_can_be_told_in_the_other_language(flow: Workflow) -> None:
    assert told(heard(opened(flow)), language="zh").chapters[1].title == "2 · 弄清顾客的期望"


def test_a_customer_without_a_name_is_called_the_customer(flow: Workflow) -> None:
    story = told(opened(flow, customer={}, subject=None))
    assert story.title == "What happened to the customer"
    assert passages(story)[0].text == "The customer wrote to us by the portal, in these words:"


def test_a_fact_that_no_phrase_is_known_for_is_told_by_its_own_question(flow: Workflow) -> None:
    log = heard(opened(flow)).note(comfort__gesture="Coffee and a magazine", comfort__cost="4.50 EUR")
    texts = {passage.text: passage.quote for passage in passages(told(log))}
    assert texts["Li noted What made the wait more comfortable?"] == "Coffee and a magazine"
    assert "Li noted What did it cost? 4.50 EUR" in texts


@pytest.mark.parametrize(
    ("event", "fields", "words"),
    [
        (ev.CaseMerged, {"into": 7}, "Li saw the same trouble in case 7; this one went on there."),
        (ev.CaseAbsorbed, {"other": 7}, "Case 7 turned out to be the same trouble and went on here."),
        (
            ev.FactRetracted,
            {"fact": "problem.statement", "reason": "wrong case"},
            "Li took a note back (problem.statement):",
        ),
        (ev.CaseQuarantined, {"reason": "a bug"}, "The case was set aside:"),
        (ev.MessageReceived, {"text": "Any news?"}, "Maya wrote again:"),
    ],
)
def test_whatever_else_happens_has_words_too(
    flow: Workflow, event: type[ev.Event], fields: dict[str, Any], words: str
) -> None:
    log = opened(flow).let(event, **fields)
    assert words in [passage.text for passage in passages(told(log))]


def test_what_becomes_of_a_coupon_is_told_without_its_code(flow: Workflow) -> None:
    log = opened(flow).let(
        ev.CouponOffered,
        offer="goodwill",
        value="25 USD",
        expires_after_days=30,
        note="A week.",
        standing=STANDING,
    )
    log.let(ev.CouponReissued, offer="goodwill", reason="lost")
    code = "K7MPQX-4WDF2A-9RTBHC"
    (letter,) = [row for row in letters(log) if row.effect == "1.0"]
    said = json.dumps({"subject": "For you", "text": f"Here: {code}."})
    letter = letter._replace(effect="3.0", rendered=said, context={"coupon": {"code": code}})
    log.deliver().let(ev.CouponRedeemed, "agent:till", offer="goodwill@1", serial=2)
    story = tell(flow, log.case, log.records, [letter])
    texts = {passage.text: passage.quote for passage in passages(story)}
    assert texts["Li gave Maya a coupon of 25 USD."] == "A week."
    assert texts["The code of the coupon was lost, and Li sent another in its place:"] == "lost"
    assert "The coupon was used." in texts
    assert code not in story.as_text()


def test_the_text_keeps_the_customers_line_breaks(flow: Workflow) -> None:
    text = told(opened(flow)).as_text()
    assert "│ The sofa did not come.\n" in text
    assert "│ Nobody rang.  <b>I am furious</b> {{ 7*7 }}\n" in text
