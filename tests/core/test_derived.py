"""Facts that follow from other facts, by a table."""

from __future__ import annotations

from datetime import date, datetime

from recovery.core import events as ev
from recovery.core.derived import Derived, Row
from recovery.core.facts import FactType
from recovery.core.guards import And, Compare, Constant, FactValue, Known
from recovery.core.spec import Need, Record, Rule, Workflow
from tests.core.builders import begun, step, transition, workflow

FACTS = {
    "km": FactType("km", "integer"),
    "inside": FactType("inside", "boolean"),
    "due": FactType("due", "money", said_by=frozenset({"engine"})),
    "limit": FactType("limit", "money", said_by=frozenset({"engine"})),
    "kind": FactType("kind", "text"),
}


def at_most(km: int) -> Compare:
    return Compare("<=", FactValue("km"), Constant(km))


AMOUNTS = Derived(
    "due",
    (
        Row("250 EUR", at_most(1500), 7),
        Row("400 EUR", FactValue("inside"), 8),
        Row("400 EUR", at_most(3500), 9, "workflows/base.yaml"),
        Row("600 EUR"),
    ),
)


def flights(*more: Derived) -> Workflow:
    steps = (step("ask", Need("km"), Need("due")), step("pay", Need("kind")))
    return workflow(*steps, facts=FACTS, derived=(AMOUNTS, *more))


def test_the_first_row_that_fits_gives_the_value_and_the_engine_says_it() -> None:
    for km, inside, due in ((1500, True, 250), (1501, True, 400), (3500, False, 400), (3501, False, 600)):
        story = begun(flights(), facts={"km": km, "inside": inside})
        fact = story.case.fact("due")
        assert fact is not None
        assert (fact.value, fact.source) == (f"{due} EUR", "engine")
        assert story.case.step == "pay"


def test_a_row_whose_condition_is_unknown_ends_the_search() -> None:
    story = begun(flights(), facts={"km": 2000})
    assert "due" not in story.case.facts
    story.record({"inside": False})
    assert story.case.facts["due"] == "400 EUR"


def test_no_row_that_fits_gives_no_value() -> None:
    only = Derived("limit", (Row("10 EUR", at_most(100)),))
    assert "limit" not in begun(flights(only), facts={"km": 101, "inside": True}).case.facts


def test_another_value_of_a_cause_gives_another_value_of_what_follows() -> None:
    story = begun(flights(), facts={"km": 900, "inside": True})
    story.record({"km": 3000, "inside": False})
    assert story.case.facts["due"] == "400 EUR"


def test_what_has_not_changed_is_not_recorded_again() -> None:
    story = begun(flights(), facts={"km": 900, "inside": True})
    first = story.case.fact("due")
    story.record({"km": 800})
    assert story.case.fact("due") == first


def test_what_follows_no_more_is_taken_back_and_the_case_returns() -> None:
    story = begun(flights(), facts={"km": 900, "inside": True})
    decision = story.do(ev.FactRetracted, fact="km", reason="It was another flight.")
    assert "due" not in story.case.facts
    assert story.case.step == "ask"
    assert "due follows no more and is taken back" in decision.why


def test_the_trace_says_the_row_and_why() -> None:
    story = begun(flights(), facts={"km": 2000, "inside": False})
    assert (
        "due follows: 400 EUR (workflows/base.yaml line 9, km <= 3500 is true (km is 2000))"
        in story.decisions[0].why
    )


def test_facts_that_follow_from_what_follows_come_after_it() -> None:
    limit = Derived("limit", (Row("50 EUR", And((Known("due"), at_most(1500)))),))
    assert begun(flights(limit), facts={"km": 1000, "inside": True}).case.facts["limit"] == "50 EUR"


def test_it_follows_also_from_what_rules_record_and_from_what_comes_with_a_move() -> None:
    recording = Rule((Record({"km": 100, "inside": True}),), Known("kind"))
    steps = (
        step("ask", Need("kind"), on_leave=(recording,)),
        step("pay", Need("due")),
        step("end", Need("owner")),
    )
    back = transition("back", "end", "pay", forget=("due",))
    made = workflow(*steps, facts=FACTS, derived=(AMOUNTS,), transitions=(back,))
    story = begun(made, facts={"kind": "late"})
    assert (story.case.step, story.case.facts["due"]) == ("end", "250 EUR")
    story.ask("back", facts={"km": 4000, "inside": False})
    assert (story.case.step, story.case.facts["due"]) == ("end", "600 EUR")


def test_rows_may_hold_for_cases_received_from_or_before_a_local_date() -> None:
    april = date(2026, 4, 1)
    rows = (Row("6 EUR", received_from=april), Row("8 EUR", received_before=april), Row("9 EUR"))
    made = workflow(step("ask", Need("km")), facts=FACTS, derived=(Derived("due", rows, "Europe/London"),))
    for moment, due in (("2026-03-31T22:59:59Z", "8 EUR"), ("2026-03-31T23:00:00Z", "6 EUR")):
        story = begun(made, occurred_at=datetime.fromisoformat(moment))
        assert story.case.facts["due"] == due


def test_a_row_of_other_dates_does_not_end_the_search_though_its_condition_is_unknown() -> None:
    rows = (Row("6 EUR", at_most(5), received_before=date(2026, 4, 1)), Row("8 EUR"))
    made = workflow(step("ask", Need("km")), facts=FACTS, derived=(Derived("due", rows),))
    assert begun(made).case.facts["due"] == "8 EUR"


MARKS = {
    name: FactType(name, "integer", minimum=1, maximum=5) for name in ("result", "manner", "ease", "all")
}
WORST = Derived("all", (Row(None, line=3, least_of=("result", "manner", "ease")),))


def surveyed() -> Workflow:
    return workflow(
        step("ask", Need("all")), step("then", Need("never")), facts=MARKS | TEXT, derived=(WORST,)
    )


TEXT = {"never": FactType("never", "text")}


def test_the_least_of_several_follows_once_all_are_known() -> None:
    story = begun(surveyed(), facts={"result": 5, "manner": 2})
    assert story.case.step == "ask"
    decision = story.record({"ease": 4})
    assert (story.case.facts["all"], story.case.step) == (2, "then")
    assert "all follows: 2 (line 3, the least of result, manner, ease)" in decision.why
    story.record({"manner": 3})
    assert story.case.facts["all"] == 3


def test_what_somebody_said_stands_while_one_of_them_is_missing() -> None:
    story = begun(surveyed(), facts={"all": 4, "result": 1})
    fact = story.case.fact("all")
    assert fact is not None
    assert (fact.value, fact.source) == (4, "customer")
