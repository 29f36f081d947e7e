"""Telling the engine how a delivery went: the outbox and the case hear of it together."""

from __future__ import annotations

from datetime import timedelta

import pytest

from recovery.commands import Outcome, Settlement
from recovery.core.errors import Refusal
from recovery.engine import Engine
from recovery.store.reading import OutboxRow
from tests.support import START, case_of, owned, verified

AT = START + timedelta(minutes=5)


def row_of(engine: Engine, case: int, effect: str) -> OutboxRow:
    return next(row for row in engine.store.outbox(engine.tenant, case=case) if row.effect == effect)


def test_a_delivery_is_known_to_the_outbox_and_to_the_case(engine: Engine) -> None:
    case = engine.open_case("It never came.").case
    (answer,) = engine.settle_many(
        [Settlement(case=case, effect="1.0", at=AT, rendered='{"subject": "Thank you"}')]
    )
    assert isinstance(answer, Outcome)
    row = row_of(engine, case, "1.0")
    assert (row.status, row.attempts, row.rendered) == ("delivered", 1, '{"subject": "Thank you"}')
    assert row.settled_at == "2026-11-20T09:05:00.000000Z"
    assert case_of(engine, case).awaiting == {}
    assert engine.store.outbox_counts(engine.tenant) == {"delivered": 1}
    assert verified(engine).ok


def test_an_apology_is_sent_when_it_was_delivered_not_when_it_was_asked_for(engine: Engine) -> None:
    case = owned(engine)
    asked = engine.record(case, {"emotion.level": 1, "emotion.heard": True}, by="agent:li")
    assert asked.step == "stay_positive"
    assert "apology.sent" not in case_of(engine, case).facts
    (answer,) = engine.settle_many([Settlement(case=case, effect=asked.effects[0], at=AT, rendered="{}")])
    assert isinstance(answer, Outcome)
    assert answer.step == "resolve"
    fact = case_of(engine, case).fact("apology.sent")
    assert fact is not None
    assert (fact.value, fact.source) == (True, "engine")


def test_a_delivery_that_failed_is_known_with_its_reason(engine: Engine) -> None:
    case = engine.open_case("It never came.").case
    engine.settle_many(
        [Settlement(case=case, effect="1.0", at=AT, end="failed", reason="The address does not exist.")]
    )
    row = row_of(engine, case, "1.0")
    assert (row.status, row.note) == ("failed", "The address does not exist.")
    assert case_of(engine, case).undelivered == {
        "1.0": ("acknowledgement", "The address does not exist.", {})
    }
    assert verified(engine).ok


def _settlement(case: int, failure: str | None) -> Settlement:
    end = "delivered" if failure is None else "failed"
    return Settlement(case=case, effect="1.0", at=AT, end=end, rendered="{}", reason=failure)


@pytest.mark.parametrize(
    ("first", "then", "status"),
    [(None, "It bounced.", "delivered"), ("It bounced.", None, "failed"), (None, None, "delivered")],
)
def test_the_first_word_on_a_delivery_stands_when_two_workers_did_it(
    engine: Engine, first: str | None, then: str | None, status: str
) -> None:
    case = engine.open_case("It never came.").case
    engine.settle_many([_settlement(case, first)])
    (answer,) = engine.settle_many([_settlement(case, then)])
    assert isinstance(answer, Refusal)
    assert answer.code == "not_awaited"
    assert row_of(engine, case, "1.0").status == status
    assert case_of(engine, case).seq == 2
    assert verified(engine).ok


def test_several_deliveries_are_settled_in_one_transaction(engine: Engine) -> None:
    cases = [engine.open_case("It never came.").case for _ in range(3)]
    answers = engine.settle_many(
        [Settlement(case=case, effect="1.0", at=AT, rendered="{}") for case in cases]
    )
    assert all(isinstance(answer, Outcome) for answer in answers)
    assert engine.store.outbox_counts(engine.tenant) == {"delivered": 3}
