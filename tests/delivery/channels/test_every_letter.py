"""Every letter that the starter sends, in each language, through every channel there is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

from recovery.delivery.channels import Channel
from recovery.delivery.channels.folder import FolderChannel
from recovery.delivery.channels.simple import ConsoleChannel, PortalChannel, TaskChannel
from recovery.delivery.channels.smtp import SmtpChannel
from recovery.delivery.channels.smtp_line import Server
from recovery.delivery.channels.webhook import WebhookChannel
from recovery.delivery.outcomes import Delivered, Handed
from recovery.delivery.render import render
from recovery.demo.example import example
from recovery.workflow.bundle import Bundle, load, template
from tests.content.reading import bundles
from tests.delivery.channels.letters import SENDER, message, opened
from tests.delivery.channels.test_webhook import NOW, SECRET
from tests.mailserver import mail_server
from tests.webhooks import receiver

BUNDLES = [one for one in bundles().values() if one.workflow_id != "helpdesk-log"]
LETTERS = [
    pytest.param(bundle, path.parts[1], path.stem, id=f"{bundle.workflow_id}-{path.parts[1]}-{path.stem}")
    for bundle in BUNDLES
    for path in map(PurePosixPath, sorted(bundle.files))
    if path.parts[0] == "templates"
]


@pytest.fixture(scope="module")
def post() -> Iterator[SmtpChannel]:
    with mail_server() as server:
        channel = SmtpChannel(Server("127.0.0.1", server.port, "none"), SENDER)
        yield channel
        channel.close()


@pytest.fixture(scope="module")
def hook() -> Iterator[WebhookChannel]:
    with receiver() as service:
        channel = WebhookChannel(service.url, SECRET, lambda: NOW)
        yield channel
        channel.close()


@pytest.mark.parametrize(("bundle", "language", "name"), LETTERS)
def test_every_letter_leaves_by_every_channel(
    bundle: Bundle, language: str, name: str, tmp_path: Path, post: SmtpChannel, hook: WebhookChannel
) -> None:
    words = render(bundle, name, language, example(load(bundle), language))
    letter = message(
        template=name,
        purpose=template(bundle, name, language).purpose,
        language=language,
        subject=words.subject,
        text=words.text,
        html=words.html,
    )
    channels: list[Channel] = [FolderChannel(tmp_path), PortalChannel(), ConsoleChannel(), post, hook]
    assert all(isinstance(channel.deliver(letter), Delivered) for channel in channels)
    for kind in ("phone", "letter"):
        assert TaskChannel(tmp_path, f"{kind}_task").deliver(letter) == Handed(kind)
    (mail,) = tmp_path.rglob("*.eml")
    read = opened(mail.read_bytes())
    assert [part.get_content_type() for part in read.iter_parts()] == ["text/plain", "text/html"]
    assert read["subject"] == words.subject
    assert words.text.strip() in str(read.get_body(("plain",)).get_content()).replace("\r\n", "\n")
