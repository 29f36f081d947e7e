"""The ten steps as shipped do what domain.md §1 asks of them."""

from __future__ import annotations

from recovery.core.errors import Refusal
from recovery.core.events import FactsRecorded
from tests.content.reading import Story

TEN = [
    "identify", "clarify", "own", "reassure", "stay_objective", "stay_positive",
    "resolve", "follow_up", "big_picture", "root_cause",
]  # fmt: skip


def complaint() -> Story:
    return Story("ten-step").deliver()


def identified(driver: str = "execution") -> Story:
    story = complaint().record(
        "agent", problem__restated="Late.", problem__category="delivery", problem__driver=driver
    )
    return story.record("customer", problem__confirmed=True)


def clarified(feasible: str = "fully", driver: str = "execution") -> Story:
    return identified(driver).record(
        "agent",
        expectation__wanted="The parcel.",
        expectation__feasible=feasible,
        expectation__reasonable=True,
    )


def at_resolve(feasible: str = "fully", driver: str = "execution") -> Story:
    story = clarified(feasible, driver).record("agent", owner="li", policy__refs=["Delivery 3.2"])
    if feasible != "fully":
        story.record("agent", alternatives=["Another colour."])
    story.record("agent", resolved_on_contact=True).record("agent", emotion__level=2, emotion__heard=True)
    assert story.case.step == "stay_positive"
    return story.deliver()


def at_follow_up() -> Story:
    story = at_resolve().record(
        "agent", resolution__kind="redelivery", resolution__done_at="2026-11-21T10:00:00+00:00"
    )
    return story.record("customer", resolution__accepted=True).deliver()


def closed() -> Story:
    story = at_follow_up().do("send_goodwill", goodwill__kind="apology_letter").deliver()
    story.record("customer", followup__satisfaction=5)
    story.record("agent", recurrence__checked=True, recurrence__recurrent=False, recovery_cause="none")
    assert story.case.step == "closed"
    return story


def test_the_steps_are_those_of_the_toolbox_in_its_order() -> None:
    assert list(complaint().workflow.steps) == TEN


def test_a_complaint_is_acknowledged_once_and_waits_to_be_understood() -> None:
    story = complaint()
    assert (story.case.step, story.sent) == ("identify", ["acknowledgement"])


def test_only_the_customer_confirms_the_restatement() -> None:
    story = complaint()
    answer = story.tell(FactsRecorded, by="agent:li", facts={"problem.confirmed": True})
    assert isinstance(answer, Refusal)


def test_a_wish_that_can_be_met_in_full_is_assured_at_once() -> None:
    assert clarified("fully").sent[-1] == "assurance"
    assert "assurance" not in clarified("partly").sent


def test_a_wish_that_cannot_be_met_in_full_needs_an_alternative() -> None:
    story = clarified("partly").record("agent", owner="li", policy__refs=["Delivery 3.2"])
    assert story.case.step == "own"
    assert story.record("agent", alternatives=["Another colour."]).case.step == "reassure"


def test_an_unreasonable_wish_needs_a_reason_and_nothing_else() -> None:
    story = identified().record(
        "agent", expectation__wanted="A car.", expectation__feasible="fully", expectation__reasonable=False
    )
    assert story.case.step == "clarify"
    assert story.record("agent", expectation__reason="A parcel was late.").case.step == "own"


def test_the_apology_goes_out_by_itself_and_its_delivery_leads_on() -> None:
    story = at_resolve()
    assert story.case.step == "resolve"
    assert story.sent.count("apology") == 1


def test_an_apology_given_in_person_is_not_sent_as_well() -> None:
    story = clarified().record("agent", apology__in_person=True, owner="li", policy__refs=["3.2"])
    story.record("agent", resolved_on_contact=True, emotion__level=0, emotion__heard=True)
    assert story.case.step == "resolve"
    assert "apology" not in story.sent


def test_words_and_gifts_alone_do_not_resolve_a_failure_of_the_lower_drivers() -> None:
    done = {"resolution__kind": "gesture", "resolution__done_at": "2026-11-21T10:00:00+00:00"}
    for driver, step in (("execution", "resolve"), ("contact", "follow_up")):
        story = at_resolve(driver=driver).record("agent", **done)
        assert story.record("customer", resolution__accepted=True).case.step == step


def test_an_infeasible_wish_needs_an_account_of_the_cause() -> None:
    story = at_resolve("not_at_all").record(
        "agent", resolution__kind="alternative", resolution__done_at="2026-11-21T10:00:00+00:00"
    )
    assert story.record("customer", resolution__accepted=True).case.step == "resolve"
    assert story.record("agent", account_given="It is out of print.").case.step == "follow_up"


def test_a_refused_resolution_leads_back_to_alternatives_even_where_the_wish_was_feasible() -> None:
    story = at_resolve().record(
        "agent", resolution__kind="repair", resolution__done_at="2026-11-21T10:00:00+00:00"
    )
    assert isinstance(story.ask("offer_alternative"), Refusal)
    story.record("customer", resolution__accepted=False).do("offer_alternative")
    assert story.case.step == "own"
    assert story.record("agent", alternatives=["A new one."]).case.step == "reassure"
    story.record("agent", promise__next_contact="2026-11-23T10:00:00+00:00")
    assert story.case.step == "resolve"
    assert story.case.failures == 0
    assert story.sent.count("apology") == 1


def test_a_low_mark_reopens_the_resolution_one_level_up_with_its_own_apology() -> None:
    story = at_follow_up().record("customer", followup__satisfaction=2)
    assert (story.case.step, story.case.level, story.case.failures) == ("resolve", 1, 1)
    assert story.sent.count("apology") == 2
    assert "goodwill.sent" not in story.case.facts
    assert "rating-ask" not in story.sent


def test_after_a_second_recovery_the_survey_goes_out_again() -> None:
    story = at_follow_up().wait(days=5)
    assert story.sent.count("follow-up") == 1
    story.record("customer", followup__satisfaction=1).deliver()
    story.record("agent", resolution__kind="refund", resolution__done_at="2026-11-23T10:00:00+00:00")
    story.record("customer", resolution__accepted=True).wait(days=6)
    assert story.sent.count("follow-up") == 2


def test_the_satisfied_are_asked_for_a_rating_once_goodwill_has_arrived() -> None:
    story = at_follow_up().record("customer", followup__satisfaction=4)
    assert story.case.step == "follow_up"
    story.do("send_goodwill", goodwill__kind="coupon")
    assert story.case.step == "follow_up"
    story.deliver()
    assert (story.case.step, story.sent[-2:]) == ("big_picture", ["coupon-note", "rating-ask"])


def test_each_kind_of_goodwill_is_one_message_and_a_gift_or_service_is_said_in_words() -> None:
    messages = {"apology_letter": "apology-letter", "coupon": "coupon-note"}
    messages |= dict.fromkeys(("gift", "extra_service"), "goodwill-note")
    for kind, message in messages.items():
        story = at_follow_up()
        before = len(story.sent)
        if kind in ("gift", "extra_service"):
            assert isinstance(story.ask("send_goodwill", goodwill__kind=kind), Refusal)
        story.do("send_goodwill", goodwill__kind=kind, goodwill__detail="A day in the spa.")
        assert story.sent[before:] == [message]
        assert list(story.case.coupons) == (["goodwill@1"] if kind == "coupon" else [])


def test_whoever_cannot_be_reached_is_not_asked_for_a_rating() -> None:
    story = at_follow_up().record("agent", followup__unreachable=True, goodwill__waived="No address.")
    assert story.case.step == "big_picture"
    assert "rating-ask" not in story.sent


def test_a_recurrent_problem_needs_a_prevention() -> None:
    story = at_follow_up().record("agent", followup__unreachable=True, goodwill__waived="No address.")
    story.record("agent", recurrence__checked=True, recurrence__recurrent=True)
    assert story.case.step == "big_picture"
    assert story.record("agent", prevention="We ring before we come.").case.step == "root_cause"


def test_a_case_that_is_reopened_is_a_failure_more_and_graver() -> None:
    story = closed().do("reopen", by="customer")
    assert (story.case.step, story.case.severity, story.case.failures) == ("resolve", 2, 1)
    assert story.sent.count("apology") == 2
    assert "recovery_cause" not in story.case.facts


def test_withdrawing_sends_the_apology_and_coming_back_asks_nothing_twice() -> None:
    story = clarified().do("withdraw", by="customer").deliver()
    assert story.case.step == "withdrawn"
    assert story.sent.count("apology") == 1
    before = list(story.sent)
    story.do("resume", by="customer")
    assert story.case.step == "own"
    assert story.sent == before


def test_the_service_ends_only_by_a_supervisor_after_the_dignity_sentence_arrived() -> None:
    story = identified()
    reason = {"ended__reason": "Threats on the phone."}
    assert isinstance(story.ask("end", by="supervisor:mo", **reason), Refusal)
    story.do("dignity")
    assert isinstance(story.ask("end", by="supervisor:mo", **reason), Refusal)
    story.deliver()
    assert isinstance(story.ask("end", by="agent:li", **reason), Refusal)
    story.do("end", by="supervisor:mo", **reason)
    assert (story.case.step, story.sent[-2:]) == ("ended", ["apology", "farewell"])
    assert isinstance(story.ask("resume", by="customer"), Refusal)
    assert story.do("resume", by="supervisor:mo").case.step == "clarify"


def test_every_cycle_of_a_case_has_exactly_one_apology() -> None:
    story = at_follow_up()
    for cycle in (1, 2, 3):
        assert story.case.cycle == cycle
        assert story.sent.count("apology") == cycle
        story.do("withdraw").do("resume").record("customer", followup__satisfaction=1).deliver()
        story.record("agent", resolution__kind="refund", resolution__done_at="2026-11-29T10:00:00+00:00")
        story.record("customer", resolution__accepted=True).deliver()


def test_escalating_stops_at_the_top() -> None:
    story = identified().do("escalate", by="customer").do("escalate")
    assert isinstance(story.ask("escalate"), Refusal)
