"""Many events in one transaction: each accepted or refused by itself, and none takes another along."""

from __future__ import annotations

from typing import Any

import pytest

from recovery.commands import Command, Outcome
from recovery.core import events as ev
from recovery.core.case import Case
from recovery.core.errors import EventRefused, NotFound, Refusal
from recovery.engine import Engine
from tests.support import START, case_of, folded, owned, verified


def complaint(**more: Any) -> ev.ComplaintReceived:
    return ev.ComplaintReceived(**{"by": "customer", "occurred_at": START, "text": "It never came.", **more})


def note(facts: Any, **more: Any) -> ev.FactsRecorded:
    return ev.FactsRecorded(**{"by": "agent:li", "occurred_at": START, "facts": facts, **more})


def codes(answers: list[Outcome | Refusal]) -> list[str]:
    return [answer.code if isinstance(answer, Refusal) else "" for answer in answers]


def test_a_refused_event_leaves_the_rest_of_its_batch_alone(engine: Engine) -> None:
    case = engine.open_case("It never came.").case
    answers = engine.handle_many(
        [
            Command(note({"problem.restated": "Late."}), case),
            Command(note({"problem.restatd": "Late."}), case),
            Command(note({"origin.place": "Leeds"}), case),
        ]
    )
    assert codes(answers) == ["", "unknown_fact", ""]
    found = case_of(engine, case)
    assert found.seq == 3
    assert found.facts["origin.place"] == "Leeds"
    assert folded(engine, case) == found


def test_events_of_a_batch_build_on_one_another(engine: Engine) -> None:
    (opened,) = engine.handle_many([Command(complaint(external_id="a"))])
    assert isinstance(opened, Outcome)
    answers = engine.handle_many(
        [
            Command(note({"owner": "li"}), opened.case),
            Command(ev.HandOffOffered(by="agent:li", occurred_at=START, to="bo"), opened.case),
            Command(ev.HandOffAccepted(by="agent:bo", occurred_at=START), opened.case),
        ]
    )
    assert codes(answers) == ["", "", ""]
    assert case_of(engine, opened.case).owner == "bo"


def test_nothing_of_a_batch_is_kept_when_it_cannot_be_committed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = engine.open_case("It never came.").case
    with monkeypatch.context() as patch:
        patch.setattr("recovery.store.unit.Unit.flush", _crash)
        with pytest.raises(RuntimeError):
            engine.handle_many([Command(note({"owner": "li"}), case), Command(complaint())])
    assert case_of(engine, case).owner is None
    assert len(engine.store.list_cases(engine.tenant)) == 1


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (Command(note({"owner": "li"}), 999), "no_such_case"),
        (Command(note({"owner": "li"})), "no_case"),
        (Command(complaint(), workflow="ten-stepp"), "unknown_workflow"),
        (Command(complaint(), workflow="half \ud800"), "unknown_workflow"),
        (Command(complaint(external_id="half \ud800")), "wrong_field"),
        (Command(complaint(external_id="nul \0")), "wrong_field"),
        (Command(complaint(text="  ")), "no_text"),
        (Command(complaint(severity=9)), "wrong_severity"),
        (Command(complaint(facts={1: 2})), "wrong_field"),
        (Command(ev.MessageReceived(by="customer", occurred_at=START, text="Well?"), 999), "no_such_case"),
        (Command(ev.CaseMerged(by="agent:li", occurred_at=START, into=999), 1), "no_such_case"),
    ],
)
def test_a_bad_command_is_refused_and_the_next_one_goes_in(
    engine: Engine, command: Command, code: str
) -> None:
    engine.open_case("It never came.")
    answers = engine.handle_many([command, Command(complaint(external_id="good"))])
    assert codes(answers) == [code, ""]
    assert isinstance(answers[0], Refusal)
    assert answers[0].message
    assert case_of(engine, 1).seq == 1


def test_an_unknown_workflow_names_the_ones_there_are(engine: Engine) -> None:
    with pytest.raises(EventRefused, match=r"Did you mean ten-step\?"):
        engine.open_case("It never came.", workflow="ten-stepp")
    with pytest.raises(NotFound, match="online-shop"):
        engine.current("xyz")


def test_a_complaint_that_makes_the_engine_stumble_is_refused_and_the_next_is_opened(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recovery import applying as module

    whole = module.open_case

    def stumbling(workflow: Any, tenant: str, id: int, event: Any, now: Any) -> Any:
        if event.external_id == "poison":
            raise ZeroDivisionError("by nobody foreseen")
        return whole(workflow, tenant, id, event, now)

    monkeypatch.setattr(module, "open_case", stumbling)
    answers = engine.handle_many(
        [Command(complaint(external_id="poison")), Command(complaint(external_id="b"))]
    )
    assert codes(answers) == ["not_opened", ""]
    assert isinstance(answers[0], Refusal)
    assert answers[0].fault == "engine"
    assert "ZeroDivisionError" in answers[0].message


def test_an_empty_batch_is_no_transaction(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(engine.store), "write", _crash)
    assert engine.handle_many([]) == []
    assert engine.settle_many([]) == []


def test_what_is_let_in_instead_of_a_refused_event_says_so(engine: Engine) -> None:
    case = engine.open_case("It never came.").case

    def instead(refusal: Refusal, found: Case) -> ev.Event:
        assert found.id == case
        return ev.MoveForced(by="import", occurred_at=START, to="clarify", reason=refusal.code)

    command = Command(
        ev.MoveRequested(by="import", occurred_at=START, transition="reopen"), case, "k-1", otherwise=instead
    )
    (answer,) = engine.handle_many([command])
    assert isinstance(answer, Outcome)
    assert (answer.step, answer.instead) == ("clarify", "not_from_here")
    (again,) = engine.handle_many([command])
    assert isinstance(again, Outcome)
    assert (again.repeated, again.instead) == (True, "not_from_here")


# --- one event that changes two cases -----------------------------------------------------------------------


def merge(engine: Engine, case: int, into: int) -> Outcome:
    return engine.handle(ev.CaseMerged(by="agent:li", occurred_at=START, into=into), case)


def test_a_merge_changes_both_cases(engine: Engine) -> None:
    first, second = owned(engine), owned(engine)
    assert merge(engine, second, first).step == "merged"
    assert case_of(engine, first).absorbed == [second]
    assert case_of(engine, second).merged_into == first
    assert verified(engine).ok


def test_a_merge_that_the_other_case_refuses_changes_neither(engine: Engine) -> None:
    first, second, third = owned(engine), owned(engine), owned(engine)
    merge(engine, second, first)
    before = [case_of(engine, id) for id in (first, second, third)]
    with pytest.raises(EventRefused, match=f"Merge into case {first}"):
        merge(engine, third, second)
    assert [case_of(engine, id) for id in (first, second, third)] == before


def test_an_undone_merge_releases_the_other_case(engine: Engine) -> None:
    first, second = owned(engine), owned(engine)
    merge(engine, second, first)
    engine.handle(ev.MergeUndone(by="agent:li", occurred_at=START), second)
    assert case_of(engine, first).absorbed == []
    assert case_of(engine, second).step == "stay_objective"


def test_a_reply_to_a_merged_case_reaches_the_case_that_goes_on(engine: Engine) -> None:
    first, second, third = owned(engine), owned(engine), owned(engine)
    merge(engine, third, second)
    merge(engine, second, first)
    reply = ev.MessageReceived(by="customer", occurred_at=START, text="Any news?")
    assert engine.handle(reply, third).case == first
    assert [case_of(engine, id).messages for id in (first, second, third)] == [1, 0, 0]


def test_a_merge_within_one_batch_is_seen_by_the_next_event(engine: Engine) -> None:
    first, second = owned(engine), owned(engine)
    answers = engine.handle_many(
        [
            Command(ev.CaseMerged(by="agent:li", occurred_at=START, into=first), second),
            Command(ev.MessageReceived(by="customer", occurred_at=START, text="Any news?"), second),
        ]
    )
    assert [answer.case for answer in answers if isinstance(answer, Outcome)] == [second, first]


def _crash(*_: object) -> None:
    raise RuntimeError("power cut")
