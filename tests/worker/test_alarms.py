"""Every alarm of the runbook is quiet where all is well, and is raised by what it is about."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import httpx
import pytest

from recovery.clock import ManualClock
from recovery.core.calendars.schedule import Schedule
from recovery.core.events import CaseQuarantined
from recovery.delivery.channels import Message
from recovery.delivery.outcomes import Outcome, OutOfOrder, RetryLater
from recovery.engine import Engine
from recovery.jobs.job import Job, Moment
from recovery.testing import Mailbox
from recovery.worker import pulse
from recovery.worker.serving import Worker
from recovery.worker.telling import for_people
from recovery.worker.watching import pages, watched
from tests.real_data import ROOT
from tests.support import NOT_WANTED
from tests.worker.alarms import alarms

ALARMS = alarms()


@dataclass
class House:
    """A worker with a mailbox, and what Prometheus sees of it."""

    engine: Engine
    clock: ManualClock
    patch: pytest.MonkeyPatch
    channel: Mailbox = field(default_factory=Mailbox)
    is_ours: bool = True

    job_fails: bool = False

    def __post_init__(self) -> None:
        self.worker = Worker(
            self.engine,
            self.channel,
            may_send=lambda: self.is_ours,
            seal=self.seal,
            tell=for_people(print),
            jobs=[Job("hourly", Schedule("0 * * * *", "UTC"), self.work)],
        )
        self.pages = pages(self.worker, lambda: self.is_ours, ("mail",))
        self.patch.setattr("recovery.worker.metrics.FRESH_SECONDS", 0)
        self.patch.setattr("recovery.worker.metrics.QUARANTINE_SECONDS", 0)

    def seal(self) -> None:
        self.engine.store.seal(b"sixteen letters.", self.clock.now())

    def work(self, _: Engine, __: Moment) -> None:
        if self.job_fails:
            raise OSError("The folder cannot be written.")

    def complain(self, times: int = 1) -> int:
        """Open cases, each of which asks for a message; gives the last one's number."""
        for _ in range(times):
            opened = self.engine.open_case("It never came.", customer={"address": "ana@example.org"})
        return opened.case

    def scrape(self) -> str:
        """The measurements, as Prometheus gets them."""
        with watched(self.worker, lambda: self.is_ours, ("mail",), ("127.0.0.1", 0)) as port:
            return _scraped(port)


def _scraped(port: int) -> str:
    try:
        page = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).raise_for_status().text
    except httpx.HTTPError:
        return 'up{job="recovery"} 0\n'
    return f'{page}up{{job="recovery"}} 1\n'


@pytest.fixture
def house(engine: Engine, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> House:
    return House(engine, clock, monkeypatch)


# --- what raises each ---------------------------------------------------------------------------------------


def worker_down(house: House) -> str:
    with watched(house.worker, lambda: True, (), ("127.0.0.1", 0)) as port:
        pass
    return _scraped(port)


def loop_stuck(house: House) -> str:
    later = pulse.monotonic() + 61
    house.patch.setattr(pulse, "monotonic", lambda: later)
    return house.scrape()


def database_down(house: House) -> str:
    house.engine.store.close()
    path = house.engine.store.path  # type: ignore[attr-defined]
    path.rename(path.with_suffix(".away"))
    return house.scrape()


def not_sending(house: House) -> str:
    house.is_ours = False
    house.worker.tick()
    return house.scrape()


def clocks_late(house: House) -> str:
    house.complain()
    house.clock.advance(timedelta(days=30))
    return house.scrape()


def messages_late(house: House) -> str:
    house.complain()
    house.clock.advance(timedelta(minutes=16))
    return house.scrape()


def channel_down(house: House) -> str:
    house.complain()
    house.channel.answer = OutOfOrder("no route to the mail server")
    house.worker.tick()
    return house.scrape()


def many_retries(house: House) -> str:
    house.complain(51)
    house.channel.answer = RetryLater("The mailbox is busy.")
    house.worker.tick()
    return house.scrape()


def dead_letters(house: House) -> str:
    house.complain()
    house.channel.answer = NOT_WANTED
    house.worker.tick()
    return house.scrape()


def perhaps_twice(house: House) -> str:
    house.complain()
    path = house.engine.store.path  # type: ignore[attr-defined]

    class Slow(Mailbox):
        def deliver(self, message: Message) -> Outcome:
            with sqlite3.connect(path) as database:  # meanwhile somebody else has leased it
                database.execute("update recovery_effect set version = version + 1")
            return super().deliver(message)

    house.worker.channel = Slow()
    house.worker.tick()
    return house.scrape()


def cases_set_aside(house: House) -> str:
    case = house.complain()
    house.engine.handle(CaseQuarantined(by="engine", occurred_at=house.clock.now(), reason="a test"), case)
    return house.scrape()


def jobs_late(house: House) -> str:
    house.job_fails = True
    house.clock.advance(timedelta(days=1))
    house.worker.tick()
    return house.scrape()


def seals_late(house: House) -> str:
    house.complain()
    house.clock.advance(timedelta(minutes=6))
    return house.scrape()


RAISED_BY: dict[str, Callable[[House], str]] = {
    "WorkerDown": worker_down,
    "LoopStuck": loop_stuck,
    "DatabaseDown": database_down,
    "NotSending": not_sending,
    "ClocksLate": clocks_late,
    "MessagesLate": messages_late,
    "ChannelDown": channel_down,
    "ManyRetries": many_retries,
    "DeadLetters": dead_letters,
    "PerhapsTwice": perhaps_twice,
    "CasesSetAside": cases_set_aside,
    "JobsLate": jobs_late,
    "SealsLate": seals_late,
}


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_is_raised_by_what_it_is_about(house: House, name: str) -> None:
    house.worker.tick()
    before = house.scrape()
    assert ALARMS[name].measures(before)
    assert not ALARMS[name].is_raised(before, before)
    after = RAISED_BY[name](house)
    assert ALARMS[name].is_raised(after, before), after


def test_every_alarm_has_its_place_in_the_runbook_with_its_expression() -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    told = dict(re.findall(r"^### (\w+)\n\n`([^`]+)`", page, re.MULTILINE))
    assert told == {alarm.name: alarm.expression for alarm in ALARMS.values()}


def test_a_busy_worker_that_keeps_up_raises_none(house: House) -> None:
    house.worker.tick()
    before = house.scrape()
    house.complain(3)
    house.worker.tick()
    page = house.scrape()
    assert [alarm.name for alarm in ALARMS.values() if alarm.is_raised(page, before)] == []
    assert 'recovery_messages_total{end="delivered"} 3.0' in page
