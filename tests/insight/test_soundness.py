"""A case that kept the rules is silent; every rule that is broken is named."""

from __future__ import annotations

from dataclasses import replace

from recovery.core.spec import Need, Send, Workflow
from recovery.insight.soundness import breaches
from tests.core.builders import step, texts, transition, workflow
from tests.insight.logs import Log, without


def owned() -> Workflow:
    return workflow(
        step("hear", Need("heard")),
        step("own", Need("owner")),
        step("act", Need("done"), on_enter=[Send("apology")]),
        facts=texts("heard", "done"),
        transitions=[
            transition("withdraw", "hear own act", "withdrawn", then=[Send("apology")]),
            transition("give_up", "hear own act", "withdrawn"),
        ],
    )


def closed() -> Log:
    return Log(owned()).note(heard="yes").note(owner="li").note(done="well")


def test_a_case_that_kept_every_rule_has_nothing_to_report() -> None:
    assert breaches(owned(), closed().records) == []


def test_a_case_that_was_taken_back_is_held_to_the_steps_it_passed_alone() -> None:
    assert breaches(owned(), Log(owned()).note(heard="yes").do("withdraw").records) == []


def test_a_passed_step_without_its_exit_fact_is_named() -> None:
    assert breaches(owned(), without(closed().records, "fact heard")) == ["hear was passed without heard"]


def test_a_step_after_ownership_without_an_owner_is_named_with_its_event() -> None:
    found = breaches(owned(), without(closed().records, "fact owner"))
    assert found == ["own was passed without owner", "act was entered without an owner (event 3)"]


def test_an_ended_case_without_an_apology_is_named() -> None:
    assert breaches(owned(), Log(owned()).do("give_up").records) == ["no apology was sent in cycle 1"]


def test_an_open_case_may_still_be_waiting_for_its_apology() -> None:
    assert breaches(owned(), Log(owned()).records) == []


def test_a_second_apology_in_one_cycle_is_named() -> None:
    *before, last = closed().records
    apology = next(change for one in before for change in one.changes if change[0] == "effect")
    again = replace(last, changes=[[apology[0], "9.0", *apology[2:]], *last.changes])
    assert breaches(owned(), [*before, again]) == ["2 apologies were sent in cycle 1"]


def test_history_owes_nobody_an_apology() -> None:
    log = Log(owned(), mode="history").do("give_up")
    assert breaches(owned(), log.records) == []
