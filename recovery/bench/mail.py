"""What sending a mail costs: our channel, beside a bare `smtplib` loop that sends the same bytes."""

from __future__ import annotations

import importlib.util
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from recovery.bench.databases import NOW
from recovery.bench.subject import Ground, Line, Programs, Subject
from recovery.core.errors import NotFound
from recovery.delivery.channels.smtp import SmtpChannel
from recovery.delivery.channels.smtp_line import Server
from recovery.delivery.mail import as_mail
from recovery.delivery.message import Message, Sender
from recovery.delivery.outcomes import Delivered

SENDER = Sender("care@example.org", "Example Shop")

SINK = """
import asyncio
from aiosmtpd.smtp import SMTP

class Sink:
    async def handle_DATA(self, server, session, envelope):
        return "250 taken"

async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Sink(), hostname="localhost"), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""
"""A mail server that takes everything and keeps nothing; it prints its port."""

PARAGRAPH = "We have your message, and somebody is reading it now. You will hear from us today.\n\n"


def letters(count: int) -> list[Message]:
    """Messages whose words are filled in: a thousand characters of text, and twice as much of HTML."""
    text = "Dear Ana,\n\n" + 10 * PARAGRAPH + "Li\n"
    html = "<!doctype html><html><body>\n" + 20 * f"<p>{PARAGRAPH}</p>\n" + "</body></html>\n"
    return [
        Message(
            key=f"bench:default:{number}:1:0",
            case=number,
            effect="1.0",
            template="acknowledgement",
            purpose="acknowledgement",
            address="ana@example.org",
            channel="mail",
            language="en",
            subject=f"We have your message (case {number})",
            text=text,
            html=html,
            created_at=NOW,
        )
        for number in range(1, count + 1)
    ]


@contextmanager
def sink() -> Iterator[int]:
    """A mail server in a process of its own; its port.

    Raises:
        NotFound: aiosmtpd is not installed.
    """
    if importlib.util.find_spec("aiosmtpd") is None:
        raise NotFound("aiosmtpd is not installed.", hint="`make setup` brings it.")
    with subprocess.Popen([sys.executable, "-c", SINK], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.terminate()


def smtp_rates(port: int, messages: list[Message]) -> dict[str, Callable[[], float]]:
    """Mails a second: `ours` from messages, `smtplib` from their finished bytes; each over one connection."""
    return {
        "ours": partial(_ours, port, messages),
        "smtplib": partial(_bare, port, [as_mail(message, SENDER) for message in messages]),
    }


def _ours(port: int, messages: list[Message]) -> float:
    channel = SmtpChannel(Server("127.0.0.1", port, "none"), SENDER)
    try:
        channel.deliver(messages[0])
        began = time.perf_counter()
        for message in messages:
            assert isinstance(channel.deliver(message), Delivered)
        return len(messages) / (time.perf_counter() - began)
    finally:
        channel.close()


def _bare(port: int, mails: list[bytes]) -> float:
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.sendmail(SENDER.address, "ana@example.org", mails[0])
        began = time.perf_counter()
        for mail in mails:
            server.sendmail(SENDER.address, "ana@example.org", mail)
        return len(mails) / (time.perf_counter() - began)


@contextmanager
def _programs(ground: Ground) -> Iterator[Mapping[str, Programs]]:
    with sink() as port:
        yield {"smtp": smtp_rates(port, letters(max(ground.steps // 10, 10)))}


SMTP = Subject("smtp", {"smtp": Line("mails/s", {"smtplib": "≥ 0.6"})}, _programs)
