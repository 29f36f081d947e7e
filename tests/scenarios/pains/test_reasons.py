"""Pains with reasons: every rule says why it fired, and why it did not."""

from __future__ import annotations

from datetime import timedelta

from recovery.clock import ManualClock
from recovery.engine import Engine
from recovery.testing import run_until
from tests.support import NO_ANSWER, owned


def test_no_way_to_see_why_a_rule_did_not_fire(engine: Engine, clock: ManualClock) -> None:
    case = owned(engine)
    engine.record(case, {"emotion.level": 2, "emotion.heard": True}, by="agent:li")
    run_until(engine, clock.now() + timedelta(minutes=1))
    solved = {"resolution.kind": "refund", "resolution.done_at": clock.now()}
    engine.record(case, solved, by="agent:li")
    engine.record(case, {"resolution.accepted": True}, by="agent:li", source="customer")
    before = next(rule for rule in engine.explain(case)["rules"] if "satisfaction >= 4" in rule["if"])
    assert (before["if"], before["fires"]) == (
        "followup.satisfaction >= 4 is unknown (followup.satisfaction is not known)",
        None,
    )
    outcome = engine.record(case, NO_ANSWER, by="agent:li")
    (rating,) = [line for line in outcome.why if "satisfaction >= 4" in line]
    assert rating.startswith("line ")
    assert "not fired, followup.satisfaction >= 4 is unknown" in rating
    logged = engine.store.log(engine.tenant, case)[-1].why
    assert rating in logged, "and it is on record for whoever asks later"


def test_a_message_that_is_not_sent_again_says_why(engine: Engine) -> None:
    case = owned(engine)
    engine.record(case, {"emotion.level": 2, "emotion.heard": True}, by="agent:li")
    outcome = engine.do(case, "withdraw", by="customer")
    assert [line for line in outcome.why if "not sent again: already sent as" in line]
