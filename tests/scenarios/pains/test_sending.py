"""Pains with messages: twice, to the wrong people, in the wrong language."""

from __future__ import annotations

import smtplib
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import NoReturn

import pytest

from recovery.bootstrap import channels_of
from recovery.clock import ManualClock
from recovery.core.events import ComplaintReceived
from recovery.delivery.outbox import deliver_due
from recovery.engine import Engine
from recovery.project import Project
from recovery.scenarios.knowing import Workflows
from recovery.scenarios.running import run_files
from recovery.testing import Mailbox, suppressed
from recovery.ticking import fire_due
from recovery.workflow.bundle import collect
from tests.real_data import ROOT
from tests.support import START, engine_on

ANA = {"name": "Ana", "address": "ana@example.org"}

REAL_MAIL = """\
sender: {address: care@example.org}
channels:
  mail: {by: smtp, host: mail.example.org, user: care, password_from: SMTP_PASSWORD}
"""

STORY = """\
scenario: A letter goes out
workflow: ten-step
given: {customer: {name: Ana, address: ana@example.org}}
story:
  - at: Fri 2026-11-20 10:00
    complaint: It is broken.
    expect: {sent: acknowledgement}
"""


@pytest.fixture
def no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever opens a connection to a mail server fails the test."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a mail server was called")

    monkeypatch.setattr(smtplib.SMTP, "__init__", refuse)
    monkeypatch.setattr(smtplib.SMTP_SSL, "__init__", refuse)
    monkeypatch.setenv("SMTP_PASSWORD", "secret")


@pytest.mark.usefixtures("no_mail")
def test_a_story_opens_no_connection_to_a_mail_server(tmp_path: Path) -> None:
    for name in ("workflows", "templates", "config"):
        (tmp_path / name).symlink_to(ROOT / name) if name != "config" else None
    config = tmp_path / "config"
    config.mkdir()
    for file in (ROOT / "config").iterdir():
        if file.is_file():
            (config / file.name).write_bytes(file.read_bytes())
    (config / "channels.yaml").write_text(REAL_MAIL, encoding="utf-8")
    story = tmp_path / "story.yaml"
    story.write_text(STORY, encoding="utf-8")
    (result,) = run_files(Workflows(tmp_path, "ten-step"), [story], here=tmp_path)
    assert result.ok, result


@pytest.mark.usefixtures("no_mail")
def test_a_hosts_own_test_mails_nobody(engine: Engine, project: Project, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "channels.yaml").write_text(REAL_MAIL, encoding="utf-8")
    engine.open_case("It is broken.", customer=ANA)
    real = Project(tmp_path, project.url, outbox=tmp_path / "outbox")
    with channels_of(real) as channel, suppressed() as mailbox:
        deliver_due(engine, channel)
    assert mailbox.templates == ["acknowledgement"]


def test_two_workers_at_once_send_nothing_twice(project: Project) -> None:
    clock, box = ManualClock(START), Mailbox()
    with engine_on(project, clock) as one, engine_on(project, clock) as other:
        cases = {one.open_case("It is broken.", customer=ANA, external_id="HD-17").case for _ in range(3)}
        assert len(cases) == 1, "the same ticket again opens nothing"
        (case,) = cases
        for _ in range(3):
            one.record(case, {"owner": "li"}, by="agent:li", key="a command that is tried again")
        clock.advance(timedelta(hours=3))
        ready = Barrier(2)

        def work(engine: Engine) -> None:
            ready.wait()
            fire_due(engine)
            deliver_due(engine, box)

        workers = [Thread(target=work, args=(engine,)) for engine in (one, other)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        deliver_due(one, box)
    assert sorted(box.templates) == ["acknowledgement", "answer-due"]
    assert len({message.key for message in box.messages}) == 2


def test_a_message_that_lacks_a_language_is_told_before_a_customer_reads_it(tmp_path: Path) -> None:
    for name in ("workflows", "config"):
        (tmp_path / name).symlink_to(ROOT / name)
    for language in ("en", "zh"):
        (tmp_path / "templates" / language).mkdir(parents=True)
        for file in (ROOT / "templates" / language).glob("*.md"):
            if (language, file.stem) != ("zh", "holding"):
                (tmp_path / "templates" / language / file.name).write_bytes(file.read_bytes())
    _, findings = collect(tmp_path, tmp_path / "workflows" / "ten-step.yaml")
    assert [(finding.code, finding.message, finding.level) for finding in findings] == [
        (
            "not_translated",
            "holding is not written in zh: such a customer reads it in English.",
            "notice",
        )
    ]


def test_two_complaints_of_two_people_are_not_taken_for_one(engine: Engine) -> None:
    event = ComplaintReceived(by="customer", occurred_at=START, text="It is broken.", customer=ANA)
    assert engine.handle(event).case != engine.handle(event).case
