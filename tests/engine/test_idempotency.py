"""Commands with a key are done once, whatever is retried."""

from __future__ import annotations

import json
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from recovery.clock import ManualClock
from recovery.commands import Command, Outcome
from recovery.core import events as ev
from recovery.core.errors import EventRefused, Refusal
from recovery.core.shape import MAX_NAME
from recovery.engine import Engine
from recovery.project import Project
from tests.support import START, case_of, engine_on, owned, verified


def complaint(text: str = "It never came.", **more: Any) -> ev.ComplaintReceived:
    return ev.ComplaintReceived(by="customer", occurred_at=START, text=text, **more)


def note(**facts: Any) -> ev.FactsRecorded:
    return ev.FactsRecorded(by="agent:li", occurred_at=START, facts=facts)


def test_the_same_key_gives_the_same_answer_and_does_nothing_twice(engine: Engine) -> None:
    first = engine.open_case("It never came.", key="k-1")
    second = engine.open_case("It never came.", key="k-1")
    assert (second.case, second.seq, second.step, second.effects, second.why) == (
        first.case,
        first.seq,
        first.step,
        first.effects,
        first.why,
    )
    assert second.repeated
    assert not first.repeated
    assert len(engine.store.list_cases(engine.tenant)) == 1
    assert len(list(engine.store.outbox(engine.tenant))) == 1


def test_a_retry_later_in_time_is_still_the_same_command(engine: Engine, clock: ManualClock) -> None:
    first = engine.open_case("It never came.", key="k-1")
    clock.advance(timedelta(hours=3))
    assert engine.open_case("It never came.", key="k-1").case == first.case


def test_the_answer_is_the_one_given_then_not_what_the_case_is_now(engine: Engine) -> None:
    case = engine.open_case("It never came.").case
    first = engine.record(case, {"problem.restated": "Late."}, by="agent:li", key="k-1")
    engine.record(case, {"origin.place": "Leeds"}, by="agent:li")
    again = engine.record(case, {"problem.restated": "Late."}, by="agent:li", key="k-1")
    assert again.seq == first.seq
    assert case_of(engine, case).seq == first.seq + 1


@pytest.mark.parametrize(
    "other",
    [
        {"facts": {"problem.restated": "Broken."}, "by": "agent:li"},
        {"facts": {"problem.restated": "Late."}, "by": "agent:bo"},
        {"facts": {"problem.restated": "Late."}, "by": "agent:li", "source": "customer"},
        {"facts": {"problem.restated": "Late.", "origin.place": "Leeds"}, "by": "agent:li"},
    ],
)
def test_a_key_used_for_something_else_is_refused(engine: Engine, other: dict[str, Any]) -> None:
    case = engine.open_case("It never came.").case
    engine.record(case, {"problem.restated": "Late."}, by="agent:li", key="k-1")
    with pytest.raises(EventRefused) as refused:
        engine.record(case, other["facts"], by=other["by"], source=other.get("source", "agent"), key="k-1")
    assert refused.value.refusal.code == "key_reused"
    assert "new key" in refused.value.refusal.hint
    assert case_of(engine, case).seq == 2


def test_what_a_database_knows_of_commands_in_longer_words_still_holds(engine: Engine) -> None:
    """Commands were known by 64 hexadecimal digits once; of those the first 32 say as much."""
    case = engine.open_case("It never came.").case
    first = engine.record(case, {"problem.restated": "Late."}, by="agent:li", key="k-1")
    said = [
        "FactsRecorded",
        "agent:li",
        {"facts": {"problem.restated": "Late."}, "source": "agent"},
        case,
        None,
    ]
    whole = sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()
    with engine.store.working(lambda cursor, _: cursor) as cursor:
        cursor.execute(f"update recovery_command set fingerprint = '{whole}' where case_id = {case}")
        assert cursor.rowcount == 1
    again = engine.record(case, {"problem.restated": "Late."}, by="agent:li", key="k-1")
    assert (again.seq, again.repeated) == (first.seq, True)
    with pytest.raises(EventRefused, match="used before"):
        engine.record(case, {"problem.restated": "Broken."}, by="agent:li", key="k-1")


def test_a_key_used_for_another_case_is_refused(engine: Engine) -> None:
    first, second = (engine.open_case("It never came.").case for _ in range(2))
    engine.record(first, {"origin.place": "Leeds"}, by="agent:li", key="k-1")
    with pytest.raises(EventRefused, match="used before"):
        engine.record(second, {"origin.place": "Leeds"}, by="agent:li", key="k-1")


def test_the_same_key_twice_in_one_batch_is_done_once(engine: Engine) -> None:
    answers = engine.handle_many([Command(complaint(), key="k-1"), Command(complaint(), key="k-1")])
    assert [answer.repeated for answer in answers if isinstance(answer, Outcome)] == [False, True]
    assert len(engine.store.list_cases(engine.tenant)) == 1


def test_a_refused_command_may_be_sent_again_under_its_key_once_it_is_mended(engine: Engine) -> None:
    case = engine.open_case("It never came.").case
    with pytest.raises(EventRefused):
        engine.record(case, {"owner": "two words"}, by="agent:li", key="k-1")
    assert not engine.record(case, {"owner": "li"}, by="agent:li", key="k-1").repeated


def test_a_key_is_free_again_when_the_command_crashed_before_the_commit(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine_on(project) as engine, monkeypatch.context() as patch:
        patch.setattr("recovery.store.unit.Unit.flush", _crash)
        with pytest.raises(RuntimeError, match="power"):
            engine.open_case("It never came.", key="k-1")
    with engine_on(project) as engine:
        assert engine.store.list_cases(engine.tenant) == []
        assert not engine.open_case("It never came.", key="k-1").repeated
        assert verified(engine).ok


def test_a_key_answers_after_a_crash_behind_the_commit(project: Project) -> None:
    with engine_on(project) as engine:
        lost = engine.open_case("It never came.", key="k-1")
    with engine_on(project) as engine:
        found = engine.open_case("It never came.", key="k-1")
        assert (found.case, found.repeated) == (lost.case, True)


@pytest.mark.parametrize("key", ["", "half \ud800", "nul \0", "k" * (MAX_NAME + 1)])
def test_a_key_no_database_can_keep_is_refused(engine: Engine, key: str) -> None:
    answers = engine.handle_many([Command(complaint(), key=key), Command(complaint(), key="good")])
    assert isinstance(answers[0], Refusal)
    assert answers[0].code == "wrong_key"
    assert isinstance(answers[1], Outcome)


def test_an_event_that_cannot_even_be_compared_is_refused(engine: Engine) -> None:
    case = engine.open_case("It never came.").case
    itself: list[Any] = []
    itself.append(itself)
    answers = engine.handle_many(
        [Command(note(**{"policy.refs": itself}), case, "k-1"), Command(note(owner="li"), case, "k-2")]
    )
    assert isinstance(answers[0], Refusal)
    assert isinstance(answers[1], Outcome)


# --- complaints that are known ------------------------------------------------------------------------------


def test_a_complaint_whose_external_id_is_known_opens_nothing(engine: Engine) -> None:
    first = engine.open_case("It never came.", external_id="web-17")
    again = engine.open_case("It still has not come!", external_id="web-17")
    assert (again.case, again.repeated, again.effects) == (first.case, True, ())
    assert "web-17" in again.why[0]
    assert case_of(engine, first.case).seq == 1


def test_a_complaint_twice_in_one_batch_opens_one_case(engine: Engine) -> None:
    twice = [Command(complaint(external_id="web-17"))] * 2
    first, second = engine.handle_many(twice)
    assert isinstance(first, Outcome)
    assert isinstance(second, Outcome)
    assert (first.repeated, second.repeated) == (False, True)
    assert first.case == second.case


def test_a_repeated_complaint_is_told_where_its_case_stands_now(engine: Engine) -> None:
    case = owned(engine, "web-17")
    assert engine.open_case("Again!", external_id="web-17").step == "stay_objective"
    assert case_of(engine, case).messages == 0


def _crash(*_: object) -> None:
    raise RuntimeError("power cut")
