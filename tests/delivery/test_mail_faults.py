"""What becomes of mail when the mail server is slow, refuses, hangs or breaks off, at every point."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from recovery.bootstrap import channels_of
from recovery.clock import ManualClock
from recovery.core.explain import explain
from recovery.core.instants import from_text
from recovery.delivery.backoff import JITTER, PAUSES
from recovery.delivery.outbox import deliver_due
from recovery.engine import Engine
from recovery.project import CHANNELS, Project
from recovery.store.choosing import Messages
from recovery.store.records import OutboxRow
from tests.delivery.channels.letters import opened
from tests.delivery.test_outbox import end_leases
from tests.mailserver import DROP, HANG, SLOW, MailServer, Stage, mail_server
from tests.real_data import ROOT
from tests.support import case_of, owned, verified

SECONDS = 2
"""How long the project waits for an answer."""


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as found:
        yield found


@pytest.fixture
def shop(project: Project, server: MailServer, tmp_path: Path) -> Project:
    """The starter project with a mail server that it does not wait for long."""
    root = tmp_path / "shop"
    (root / "config").mkdir(parents=True)
    waits = f"{{connect: {SECONDS}, answer: {SECONDS}, accept: {SECONDS}}}"
    (root / CHANNELS).write_text(
        "sender: {address: care@example.org}\n"
        f"channels: {{mail: {{by: smtp, host: 127.0.0.1, port: {server.port}, tls: none,\n"
        f"  waits: {waits}}}}}\n",
        "utf-8",
    )
    return replace(project, root=root)


def one(engine: Engine) -> int:
    """A case with one mail to send."""
    return engine.open_case("It never came.", customer={"address": "ana@example.org"}).case


def rows(engine: Engine) -> list[OutboxRow]:
    return list(engine.store.outbox(engine.tenant))


def pause_of(engine: Engine, row: OutboxRow) -> timedelta:
    """How long a mail waits from now on."""
    return from_text(row.due_at) - engine.clock.now()


@dataclass(frozen=True)
class Told:
    """What becomes of a mail, as docs/reference/channels.md has it."""

    status: str
    attempts: int
    is_outage: bool = False
    arrives: int = 1


LATER = Told("due", 1)
TWICE = Told("due", 1, arrives=2)
OUTAGE = Told("due", 0, is_outage=True)
REJECTED = Told("failed", 1, arrives=0)
TAKEN = Told("delivered", 1)

FAULTS: dict[str, tuple[Stage, str, Told]] = {
    "slow to greet": ("GREETING", SLOW, TAKEN),
    "slow to take it": ("TAKEN", SLOW, TAKEN),
    "4xx to the recipient": ("RCPT", "450 4.2.1 Busy", LATER),
    "4xx to the mail": ("TAKEN", "451 4.3.0 Later", LATER),
    "4xx to DATA": ("DATA", "452 4.3.1 Full", LATER),
    "closing while greeting": ("GREETING", "421 4.3.2 Closing", OUTAGE),
    "5xx to the recipient": ("RCPT", "550 5.1.1 Nobody", REJECTED),
    "5xx to the mail": ("TAKEN", "554 5.7.1 Spam", REJECTED),
    "5xx to the sender": ("MAIL", "550 5.7.1 Not you", OUTAGE),
    "hangs while greeting": ("GREETING", HANG, OUTAGE),
    "hangs at the recipient": ("RCPT", HANG, LATER),
    "hangs before the answer": ("TAKEN", HANG, TWICE),
    "drops at the recipient": ("RCPT", DROP, LATER),
    "drops in DATA": ("BODY", DROP, LATER),
    "drops before the answer": ("TAKEN", DROP, TWICE),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_server_does_to_a_mail_is_what_becomes_of_it(
    engine: Engine, shop: Project, server: MailServer, clock: ManualClock, fault: str
) -> None:
    case = one(engine)
    stage, action, told = FAULTS[fault]
    server.will(stage, action)
    with channels_of(shop) as channels:
        done = deliver_due(engine, channels)
        (row,) = rows(engine)
        assert (row.status, row.attempts) == (told.status, told.attempts)
        assert bool(done.outages) is told.is_outage
        if told in (LATER, TWICE):
            assert PAUSES[0] <= pause_of(engine, row) <= PAUSES[0] * (1 + JITTER)
            assert row.note
            clock.advance(PAUSES[0] * (1 + JITTER))
        if told.status == "due":
            assert deliver_due(engine, channels).delivered == 1
        if told is REJECTED:
            assert case_of(engine, case).tasks == {"1.0": ("undelivered", "acknowledgement")}
    assert len(server.letters) == told.arrives
    assert len({letter.data for letter in server.letters}) <= 1
    assert verified(engine).ok


def test_a_mail_that_never_gets_through_is_given_up_becomes_a_task_and_can_be_sent_again(
    engine: Engine, shop: Project, server: MailServer, clock: ManualClock
) -> None:
    case = one(engine)
    server.will("RCPT", *["450 4.2.1 Busy"] * (len(PAUSES) + 1))
    waited = []
    with channels_of(shop) as channels:
        for pause in PAUSES:
            assert deliver_due(engine, channels).later == 1
            (row,) = rows(engine)
            waited.append(pause <= pause_of(engine, row) <= pause * (1 + JITTER))
            clock.set(from_text(row.due_at) - timedelta(microseconds=1))
            assert deliver_due(engine, channels).later == 0
            clock.set(from_text(row.due_at))
        assert waited == [True] * len(PAUSES)
        assert deliver_due(engine, channels).failed == 1
        found = case_of(engine, case)
        (told,) = explain(engine.workflow(found.bundle), found)["undelivered"]
        assert f"given up after {len(PAUSES) + 1} attempts" in told["reason"]
        assert [task.kind for task in engine.tasks().tasks] == ["undelivered"]

        assert engine.resend(Messages(case=case), by="agent:li").done == 1
        assert engine.tasks().tasks == []
        assert deliver_due(engine, channels).delivered == 1
    assert len(server.letters) == 1
    assert verified(engine).ok


@pytest.mark.slow
def test_a_recipient_that_hangs_delays_no_other_case(
    engine: Engine, shop: Project, server: MailServer, clock: ManualClock
) -> None:
    cases = [owned(engine) for _ in range(12)]
    server.will("RCPT", HANG)
    never = threading.Event()
    with channels_of(shop) as channels:
        sending = threading.Thread(target=deliver_due, args=(engine, channels), kwargs={"senders": 4})
        sending.start()
        for _ in range(SECONDS * 100):
            if len(server.letters) == 22:
                break
            never.wait(0.01)
        assert sending.is_alive()
        sending.join(60)
        waiting = {row.case for row in rows(engine) if row.status == "due"}
        assert len(waiting) == 1
        clock.advance(timedelta(minutes=2))
        assert deliver_due(engine, channels, senders=4).delivered == 2
    assert len(server.letters) == 2 * len(cases)
    by_case: dict[str, list[int]] = {}
    for letter in server.letters:
        case, effect, *_ = opened(letter.data)["message-id"].split(".")
        by_case.setdefault(case, []).append(int(effect))
    assert all(effects == sorted(effects) for effects in by_case.values())


KILLED = """
import os, signal, sys
from pathlib import Path
from recovery.bootstrap import channels_of
from recovery.delivery.outbox import deliver_due
from recovery.engine import Engine
from recovery.project import Project, starter_root
from tests.support import engine_on

Engine.settle_many = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
project = Project(Path(sys.argv[1]), sys.argv[2])
with engine_on(project) as engine, channels_of(project) as channels:
    deliver_due(engine, channels)  # both leave before anything is settled
"""


def test_a_worker_killed_after_it_has_sent_has_its_mails_sent_again_byte_for_byte(
    engine: Engine, shop: Project, server: MailServer
) -> None:
    case = owned(engine)
    assert shop.database is not None
    command = [sys.executable, "-c", KILLED, str(shop.root), shop.database]
    assert subprocess.run(command, cwd=ROOT, check=False, timeout=60).returncode == -signal.SIGKILL
    sent = [letter.data for letter in server.letters]
    assert len(sent) == 2
    assert {row.status for row in rows(engine)} == {"due"}
    with channels_of(shop) as channels:
        assert deliver_due(engine, channels).delivered == 0
        end_leases(engine)
        assert deliver_due(engine, channels).delivered == 2
    assert [letter.data for letter in server.letters] == [*sent, *sent]
    assert case_of(engine, case).awaiting == {}
    assert verified(engine).ok
