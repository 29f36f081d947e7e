"""From a case to a mail server: what a project's settings say is what happens to its messages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from recovery.bootstrap import channels_of
from recovery.clock import ManualClock
from recovery.core.errors import EnvironmentFault
from recovery.delivery.mail import as_mail
from recovery.delivery.message import Sender
from recovery.delivery.outbox import deliver_due
from recovery.engine import Engine
from recovery.project import CHANNELS, Project, starter_root
from recovery.testing import Mailbox, suppressed
from recovery.workflow.findings import BadFile
from tests.delivery.channels.letters import opened
from tests.mailserver import DROP, MailServer, mail_server
from tests.support import owned


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as found:
        yield found


@pytest.fixture
def shop(project: Project, server: MailServer, tmp_path: Path) -> Project:
    """The starter project with a mail server."""
    root = tmp_path / "shop"
    for name in ("workflows", "templates", "config"):
        shutil.copytree(starter_root() / name, root / name)
    (root / CHANNELS).write_text(
        "sender: {address: care@example.org}\n"
        f"channels: {{mail: {{by: smtp, host: 127.0.0.1, port: {server.port}, tls: none}}}}\n",
        "utf-8",
    )
    return replace(project, root=root)


def test_a_projects_messages_go_by_its_mail_server(engine: Engine, shop: Project, server: MailServer) -> None:
    owned(engine)
    with channels_of(shop) as channels:
        assert deliver_due(engine, channels).delivered == 2
    subjects = [opened(letter.data)["subject"] for letter in server.letters]
    assert len(set(subjects)) == 2
    assert {letter.recipient for letter in server.letters} == {"ana@example.org"}
    assert not shop.outbox.exists()


def test_messages_to_people_of_the_house_are_written_beside_it(engine: Engine, shop: Project) -> None:
    engine.open_case("x", customer={"address": "ana@example.org"})
    with channels_of(shop) as channels, suppressed() as mailbox:
        deliver_due(engine, channels)
        done = channels.deliver(replace(mailbox.messages[0], channel="desk", address="li"))
    assert "eml" in str(done)
    assert list(shop.outbox.rglob("*.eml"))


def test_a_case_waits_in_order_while_others_go_on(
    engine: Engine, shop: Project, server: MailServer, clock: ManualClock
) -> None:
    first, second = owned(engine), owned(engine)
    server.will("RCPT", "450 4.2.1 Busy")
    with channels_of(shop) as channels:
        assert deliver_due(engine, channels).delivered == 2
        assert deliver_due(engine, channels).delivered == 0
        clock.advance(timedelta(minutes=2))
        assert deliver_due(engine, channels).delivered == 2
    cases = [opened(letter.data)["message-id"].split(".")[0] for letter in server.letters]
    assert cases == [f"<case-{second}"] * 2 + [f"<case-{first}"] * 2
    steps = [opened(letter.data)["message-id"].split(".")[1] for letter in server.letters]
    assert steps[:2] == sorted(steps[:2], key=int) == steps[2:]


def test_the_next_attempt_sends_the_same_bytes(
    engine: Engine, shop: Project, server: MailServer, clock: ManualClock
) -> None:
    engine.open_case("x", customer={"address": "ana@example.org"})
    server.will("TAKEN", DROP)
    with channels_of(shop) as channels:
        assert deliver_due(engine, channels).delivered == 0
        clock.advance(timedelta(hours=1))
        assert deliver_due(engine, channels).delivered == 1
    first, second = server.letters
    assert first.data == second.data


def test_a_mail_is_made_from_the_message_alone(engine: Engine, shop: Project, server: MailServer) -> None:
    engine.open_case("x", customer={"address": "ana@example.org"})
    mailbox = Mailbox()
    deliver_due(engine, mailbox)
    with channels_of(shop) as channels:
        channels.deliver(mailbox.messages[0])
    assert server.letters[0].data == as_mail(mailbox.messages[0], Sender("care@example.org"))


def test_a_server_that_is_away_leaves_all_due(engine: Engine, shop: Project, server: MailServer) -> None:
    owned(engine)
    server.will("GREETING", "554 5.3.2 Closed")
    with channels_of(shop) as channels:
        with pytest.raises(EnvironmentFault, match="Closed"):
            deliver_due(engine, channels).require_channels()
        assert engine.store.outbox_counts(engine.tenant) == {"due": 2}
        assert deliver_due(engine, channels).delivered == 2


def test_wrong_settings_keep_a_worker_from_starting(shop: Project) -> None:
    (shop.root / CHANNELS).write_text("channels: {mail: {by: smpt}}\n", "utf-8")
    with pytest.raises(BadFile, match=r"config/channels\.yaml:1:23"), channels_of(shop):
        pass


def test_a_project_without_the_file_writes_into_its_folder(engine: Engine, shop: Project) -> None:
    (shop.root / CHANNELS).unlink()
    engine.open_case("x", customer={"address": "ana@example.org"})
    with channels_of(shop) as channels:
        assert deliver_due(engine, channels).delivered == 1
    assert [path.suffix for path in shop.outbox.rglob("*.*")] == [".eml"]
