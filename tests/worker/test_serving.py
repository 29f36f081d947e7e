"""A worker's ticks: what it says of them, how it waits for a database, and how it tries a channel again."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from recovery.clock import ManualClock
from recovery.core.errors import EnvironmentFault
from recovery.delivery.channels import Message
from recovery.delivery.outcomes import Outcome, OutOfOrder
from recovery.engine import Engine
from recovery.store.faults import LostRace
from recovery.testing import Mailbox
from recovery.worker import pulse, serving
from recovery.worker.serving import FIRST_PAUSE, LONGEST_PAUSE, NOT_OURS, OURS_NOW, Worker
from recovery.worker.telling import EVENTS, as_lines, for_people
from tests.delivery.test_outbox import end_leases

DOWN = OutOfOrder("no route to the mail server")


class Said:
    """Everything a worker told, as JSON lines."""

    def __init__(self, clock: ManualClock) -> None:
        self.text = io.StringIO()
        self.tell = as_lines(clock, self.text)

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.getvalue().splitlines()]

    def of(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == event]


@pytest.fixture
def said(clock: ManualClock) -> Said:
    return Said(clock)


def worker_on(engine: Engine, said: Said, mailbox: Mailbox, **more: Any) -> Worker:
    given: dict[str, Any] = {"may_send": lambda: True, "seal": lambda: None, "tell": said.tell, **more}
    return Worker(engine, mailbox, **given)


def complain(engine: Engine, times: int = 1) -> None:
    for _ in range(times):
        customer = {"name": "Ana", "address": "ana@example.org"}
        engine.open_case("My secret lamp.", customer=customer)


def test_lines_name_cases_and_nobody(engine: Engine, said: Said) -> None:
    complain(engine)
    worker_on(engine, said, Mailbox()).tick()
    message, batch = said.lines
    assert message == {
        "at": "2026-11-20T09:00:00.000000Z",
        "event": "message",
        "case": 1,
        "effect": "1.0",
        "end": "delivered",
    }
    assert {"event": "batch_done", "fired": 0, "delivered": 1, "failed": 0}.items() <= batch.items()
    for word in ("ana", "Ana", "lamp"):
        assert word not in said.text.getvalue()
    assert {line["event"] for line in said.lines} <= EVENTS.keys()


def test_a_tick_with_nothing_to_do_says_nothing(engine: Engine, said: Said) -> None:
    worker_on(engine, said, Mailbox()).tick()
    assert said.lines == []


def test_people_are_told_only_what_has_a_sentence(engine: Engine) -> None:
    told: list[str] = []
    ours = [False]
    tell = for_people(told.append)
    worker = Worker(engine, Mailbox(), may_send=lambda: ours[0], seal=lambda: None, tell=tell)
    complain(engine)
    worker.tick()
    worker.tick()
    ours[0] = True
    worker.tick()
    assert told == [NOT_OURS, OURS_NOW]
    assert worker.total.delivered == 1


def test_a_case_whose_clocks_cannot_be_seen_to_is_named(
    engine: Engine, clock: ManualClock, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    complain(engine, 2)
    worker = worker_on(engine, said, Mailbox())
    worker.tick()

    def fail(*_: object, **__: object) -> None:
        raise ArithmeticError("a bug")

    monkeypatch.setattr("recovery.applying.decide", _failing_for(1, fail))
    clock.advance(timedelta(days=60))
    worker.tick()
    assert said.of("set_aside") == [{"at": said.lines[-1]["at"], "event": "set_aside", "case": 1}]
    assert worker.pulse.set_aside == 1
    assert worker.pulse.fired >= 2


def _failing_for(case: int, fail: Callable[..., None]) -> Callable[..., Any]:
    from recovery.applying import decide
    from recovery.core.events import TimerFired

    def deciding(workflow: Any, of: Any, event: Any, now: Any) -> Any:
        if of.id == case and isinstance(event, TimerFired):
            fail()
        return decide(workflow, of, event, now)

    return deciding


# --- a database that is out ---------------------------------------------------------------------------------


class Outage:
    """Makes the first look of a tick fail while it is on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fault: Exception | None = None
        real = serving.fire_due

        def fire_due(*given: Any, **named: Any) -> int:
            if self.fault is not None:
                raise self.fault
            return real(*given, **named)

        monkeypatch.setattr(serving, "fire_due", fire_due)


def test_a_database_that_goes_away_is_waited_for_and_named_once(
    engine: Engine, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage = Outage(monkeypatch)
    worker = worker_on(engine, said, Mailbox())
    worker.turn()
    complain(engine)
    outage.fault = EnvironmentFault("The server does not answer.")
    for _ in range(3):
        assert worker.turn() is None
    assert worker.pulse.database_out == "The server does not answer."
    outage.fault = None
    worker.turn()
    assert worker.pulse.database_out is None
    assert [line["event"] for line in said.lines] == ["outage", "message", "batch_done", "works_again"]
    assert worker.total.delivered == 1


def test_a_database_that_is_not_there_from_the_beginning_ends_the_worker(
    engine: Engine, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    Outage(monkeypatch).fault = EnvironmentFault("The server does not answer.")
    with pytest.raises(EnvironmentFault):
        worker_on(engine, said, Mailbox()).turn()


def test_a_lost_race_is_run_again_and_is_no_outage(
    engine: Engine, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage = Outage(monkeypatch)
    outage.fault = LostRace("Changed by somebody else in the meantime: case 1.")
    worker = worker_on(engine, said, Mailbox())
    worker.turn()
    assert [line["event"] for line in said.lines] == ["lost_race"]
    assert worker.pulse.database_out is None


def test_a_database_that_goes_away_in_the_first_turn_of_a_long_day_is_waited_for(
    engine: Engine, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    complain(engine)
    worker = worker_on(engine, said, Mailbox())
    with monkeypatch.context() as patch:
        patch.setattr(engine.store, "claim", _gone)
        assert worker.turn() is None
    worker.turn()
    assert [line["event"] for line in said.lines] == ["outage", "message", "batch_done", "works_again"]


def test_what_was_sent_when_the_database_went_away_is_settled_when_it_is_back_and_not_sent_again(
    engine: Engine, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    complain(engine, 3)
    mailbox = Mailbox()
    worker = worker_on(engine, said, mailbox)
    with monkeypatch.context() as patch:
        patch.setattr(engine, "settle_many", _gone)
        assert worker.turn() is None
        end_leases(engine)
        assert worker.turn() is None
    worker.turn()
    assert len(mailbox.messages) == len({message.key for message in mailbox.messages}) == 3
    assert engine.store.outbox_counts(engine.tenant) == {"delivered": 3}


def _gone(*_: object, **__: object) -> None:
    raise EnvironmentFault("The server does not answer.")


def test_a_loop_that_waits_in_silence_has_its_connections_broken_once_in_a_while(
    engine: Engine, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = [0]

    def breaks() -> None:
        cut[0] += 1

    monkeypatch.setattr(engine.store, "cut", breaks)
    now = [1_000.0]
    for module in (pulse, serving):
        monkeypatch.setattr(module, "monotonic", lambda: now[0])
    worker = worker_on(engine, said, Mailbox())
    for seconds, times in ((44, 0), (46, 1), (60, 1), (92, 2)):
        now[0] = 1_000.0 + seconds
        worker.look()
        assert cut == [times]
    assert len(said.of("outage")) == 1
    worker.turn()
    assert len(said.of("works_again")) == 1


# --- when there is something to do next ---------------------------------------------------------------------


def test_a_turn_says_when_something_is_due_next(engine: Engine, clock: ManualClock, said: Said) -> None:
    worker = worker_on(engine, said, Mailbox())
    assert worker.turn() is None
    complain(engine)
    seconds = worker.turn()
    assert seconds is not None
    clock.advance(timedelta(seconds=seconds) - timedelta(milliseconds=250))
    assert worker.turn() == pytest.approx(0.25)


def test_the_log_is_sealed_once_a_second_however_often_the_worker_is_woken(
    engine: Engine, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, sealed = [100.0], [0]

    def seal() -> None:
        sealed[0] += 1

    monkeypatch.setattr(serving, "monotonic", lambda: now[0])
    worker = worker_on(engine, said, Mailbox(), seal=seal)
    for at in (100.0, 100.4, 100.9, 101.0, 101.5):
        now[0] = at
        worker.tick()
    assert sealed == [2]


# --- a channel that is out of order -------------------------------------------------------------------------


class Counting(Mailbox):
    """Counts what it is asked to deliver."""

    asked = 0

    def deliver(self, message: Message) -> Outcome:
        self.asked += 1
        return super().deliver(message)


def test_a_channel_left_alone_is_tried_again_with_one_message(
    engine: Engine, clock: ManualClock, said: Said
) -> None:
    complain(engine, 20)
    mailbox = Counting(DOWN)
    worker = worker_on(engine, said, mailbox)
    worker.tick()
    assert worker.pulse.channels == {"mail": False}
    mailbox.asked = 0
    worker.tick()
    assert mailbox.asked == 0
    clock.advance(FIRST_PAUSE)
    worker.tick()
    assert mailbox.asked == 1
    assert len(said.of("outage")) == 1


def test_when_that_one_goes_well_all_others_follow_in_the_same_tick(
    engine: Engine, clock: ManualClock, said: Said
) -> None:
    complain(engine, 120)
    mailbox = Mailbox(DOWN)
    worker = worker_on(engine, said, mailbox)
    worker.tick()
    mailbox.answer = Mailbox().answer
    clock.advance(FIRST_PAUSE)
    assert worker.tick().delivered == 120
    assert sorted(message.case for message in mailbox.messages) == list(range(1, 121))
    assert worker.pulse.channels == {}
    assert [line["channel"] for line in said.of("works_again")] == ["mail"]


def test_each_failure_doubles_the_pause_up_to_ten_minutes(
    engine: Engine, clock: ManualClock, said: Said
) -> None:
    complain(engine)
    mailbox = Counting(DOWN)
    worker = worker_on(engine, said, mailbox)
    pause = FIRST_PAUSE
    for asked in range(1, 9):
        worker.tick()
        assert mailbox.asked == asked
        clock.advance(pause - timedelta(seconds=1))
        worker.tick()
        assert mailbox.asked == asked
        clock.advance(timedelta(seconds=1))
        pause = min(2 * pause, LONGEST_PAUSE)


def test_a_channel_with_nothing_to_send_is_not_taken_for_mended(
    engine: Engine, clock: ManualClock, said: Said
) -> None:
    complain(engine)
    mailbox = Mailbox(DOWN)
    worker = worker_on(engine, said, mailbox)
    worker.tick()
    engine.pause("channel", "mail", by="agent:li", reason="a test")
    clock.advance(FIRST_PAUSE)
    worker.tick()
    assert said.of("works_again") == []
    assert worker.pulse.channels == {"mail": False}


def test_a_clock_that_was_set_back_keeps_no_channel_resting(
    engine: Engine, clock: ManualClock, said: Said
) -> None:
    complain(engine)
    mailbox = Counting(DOWN)
    worker = worker_on(engine, said, mailbox)
    worker.tick()
    clock.advance(timedelta(hours=-1))
    complain(engine)
    worker.tick()
    assert mailbox.asked == 2
