"""The funnel over small logs made by hand."""

from __future__ import annotations

from datetime import timedelta
from itertools import chain

from recovery.core import events as ev
from recovery.core.guards import Compare, Constant, FactValue
from recovery.core.spec import Go, Need, Rule, Workflow
from recovery.insight.funnel import Funnel, funnel, move_names
from tests.core.builders import step, texts, transition, workflow
from tests.insight.logs import HOUR, Log


def three_steps() -> Workflow:
    again = Rule((Go("hear", ("done",)),), Compare("==", FactValue("done"), Constant("badly")))
    return workflow(
        step("hear", Need("heard")),
        step("act", Need("done"), on_leave=[again]),
        step("learn", Need("lesson")),
        facts=texts("heard", "done", "lesson"),
        transitions=[
            transition("withdraw", "hear act learn closed", "withdrawn"),
            transition("resume", "withdrawn", "hear", forget=()),
            transition("reopen", "learn closed", "act", forget=("done", "lesson")),
            transition("nudge", "hear act learn closed", "same"),
        ],
    )


def counted(*logs: Log) -> Funnel:
    return funnel(logs[0].workflow, chain.from_iterable(log.records for log in logs))


def row(found: Funnel, name: str) -> tuple[int, int, int]:
    count = next(one for one in found.steps if one.step == name)
    return count.entered, count.left, count.visits


def test_a_case_counts_in_every_step_it_came_to_and_as_gone_on_from_those_it_left_forward() -> None:
    flow = three_steps()
    through = Log(flow).note(heard="yes").note(done="well").note(lesson="none")
    stuck = Log(flow, 2).note(heard="yes")
    left = Log(flow, 3).do("withdraw")
    found = counted(through, stuck, left)
    assert [row(found, name) for name in ("hear", "act", "learn")] == [(3, 2, 3), (2, 1, 2), (1, 1, 1)]
    assert found.states == {"closed": 1, "act": 1, "withdrawn": 1}
    assert (found.cases, found.events) == (3, 8)


def test_a_case_that_walks_through_several_steps_at_once_counts_in_each() -> None:
    found = counted(Log(three_steps()).note(heard="yes", done="well", lesson="none"))
    assert [row(found, name) for name in ("hear", "act", "learn")] == [(1, 1, 1)] * 3
    assert found.transitions["hear → act"] == found.transitions["learn → closed"] == 1


def test_coming_back_is_another_visit_of_the_same_case() -> None:
    found = counted(Log(three_steps()).note(heard="yes").note(done="badly").note(done="well"))
    assert row(found, "act") == (1, 1, 2)
    assert found.transitions["act → hear by rule"] == 1


def test_a_stay_is_the_time_between_coming_and_leaving_and_who_is_still_there_has_none() -> None:
    log = Log(three_steps()).note(heard="yes", after=3 * HOUR).note(done="well", after=timedelta(minutes=5))
    stays = {one.step: one.as_dict()["median_stay_seconds"] for one in counted(log).steps}
    assert stays == {"hear": 3 * 3600, "act": 300, "learn": None}


def test_every_move_the_workflow_knows_is_named_though_nobody_made_it() -> None:
    flow = three_steps()
    names = [
        "hear → act",
        "act → learn",
        "learn → closed",
        "act → hear by rule",
        "withdraw",
        "resume",
        "reopen: learn → act",
        "reopen: closed → act",
        "nudge",
        "merge",
        "undo merge",
    ]
    assert move_names(flow) == names
    assert dict(Funnel(flow).transitions) == dict.fromkeys(names, 0)


def test_named_moves_are_counted_by_name_and_those_from_a_few_states_by_each_of_them() -> None:
    done = Log(three_steps()).do("nudge").note(heard="yes", done="well", lesson="none")
    found = counted(done.do("reopen").do("withdraw").do("resume"))
    assert found.transitions["nudge"] == found.transitions["withdraw"] == found.transitions["resume"] == 1
    assert found.transitions["reopen: closed → act"] == 1
    assert found.transitions["reopen: learn → act"] == 0


def test_walking_on_after_a_named_move_is_counted_by_itself() -> None:
    found = counted(Log(three_steps()).note(heard="yes").do("withdraw").do("resume"))
    assert found.transitions["hear → act"] == 2


def test_a_merge_and_its_undoing_are_counted_and_the_host_is_not_moved() -> None:
    host = Log(three_steps()).let(ev.CaseAbsorbed, other=2)
    guest = Log(three_steps(), 2).let(ev.CaseMerged, into=1)
    back = Log(three_steps(), 3).let(ev.CaseMerged, into=1).let(ev.MergeUndone)
    found = counted(host, guest, back)
    assert (found.transitions["merge"], found.transitions["undo merge"]) == (2, 1)
    assert found.states == {"hear": 2, "merged": 1}


def test_moves_that_the_workflow_does_not_foresee_are_named_by_where_they_led() -> None:
    forced = Log(three_steps()).let(ev.MoveForced, "supervisor:sam", to="learn", reason="told on the phone")
    fell = Log(three_steps(), 2).note(heard="yes").let(ev.FactRetracted, fact="heard", reason="wrong")
    found = counted(forced, fell)
    assert found.transitions["forced to learn"] == 1
    assert found.transitions["fell back to hear"] == 1
