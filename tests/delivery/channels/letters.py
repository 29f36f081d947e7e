"""Messages to deliver, and what a mail program makes of a mail."""

from __future__ import annotations

import email
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from typing import Any

from recovery.delivery.message import Message, Sender

SENDER = Sender("care@example.org", "Example Shop")


def message(effect: str = "3.0", case: int = 12, **more: Any) -> Message:
    """An apology to Ana, or what is asked for instead."""
    given: dict[str, Any] = {
        "key": f"1f2e:default:{case}:{effect.replace('.', ':')}",
        "case": case,
        "effect": effect,
        "template": "apology",
        "purpose": "apology",
        "address": "ana@example.org",
        "channel": "mail",
        "language": "en",
        "subject": "I am sorry",
        "text": "Dear Ana,\n\nI am sorry.\n",
        "html": "<!doctype html><html><body><p>Dear Ana,</p><p>I am sorry.</p></body></html>",
        "created_at": datetime(2026, 11, 20, 9, 0, tzinfo=UTC),
    }
    return Message(**{**given, **more})


def opened(data: bytes) -> EmailMessage:
    """A mail as a mail program reads it."""
    found = email.message_from_bytes(data, policy=default)
    assert isinstance(found, EmailMessage)
    return found


def words(found: EmailMessage, kind: str = "plain") -> str:
    """The text of a mail in one of its forms, with line ends as we write them."""
    part = found.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")
