"""A message as it leaves, and who it comes from. Plain data: the same for every channel and every attempt."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

ANSWERING = frozenset({"acknowledgement"})
"""Purposes of messages that answer one of the customer's at once (RFC 3834 calls them `auto-replied`)."""

CASE = "{case}"
"""Where an address for replies bears the case."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message with its words filled in.

    Attributes:
        key: `installation:tenant:case:seq:n`, the same on every attempt.
        case: its number; 0 for what belongs to no case, such as a line-up sheet.
        effect: `seq.n` within the case.
        purpose: what the template says it is for, such as `apology`.
        address: where it goes; None where nobody is known by name.
        channel: the case's channel, such as `mail` or `portal`; `desk` for people of the house.
        html: the same words as an HTML page; None for a message that has only plain text.
        created_at: when it was asked for (aware); the date the mail bears.
        in_reply_to: the Message-ID of the customer's mail that it answers.
        by_hand: a person wrote it, for this customer.
        payment: of a payment order what is to be paid: compensation, offer, kind, amount, currency, units
            (of its smallest coin), to, accepted_at, pay_by. Whoever pays does so once for each `key`.
    """

    key: str
    case: int
    effect: str
    template: str
    purpose: str
    address: str | None
    channel: str
    language: str
    subject: str
    text: str
    html: str | None
    created_at: datetime
    in_reply_to: str | None = None
    by_hand: bool = False
    payment: Mapping[str, Any] | None = None

    @property
    def thread(self) -> str:
        """`installation:tenant:case`: what all messages of a case have in common."""
        return self.key.rsplit(":", 2)[0]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who a mail comes from, and where its replies go.

    Attributes:
        address: an address that is read; nothing is sent from one that is not.
        name: as the customer sees it.
        replies: another address for replies; with `{case}` in it, each case has one of its own.
        secret: what the addresses of cases are signed with.
    """

    address: str
    name: str = ""
    replies: str | None = None
    secret: bytes = field(default=b"", repr=False)

    def reply_to(self, message: Message) -> str:
        """The address that a reply to this message goes to."""
        where = self.replies or self.address
        return where.replace(CASE, _token(self.secret, message.thread, message.case))


def case_of_reply(address: str, sender: Sender, thread: str) -> int | None:
    """The case that an address of ours was made for; None when it is not one, or was made up.

    Args:
        thread: `installation:tenant` of whoever receives the mail.
    """
    if sender.replies is None:
        return None
    before, _, after = (re.escape(part) for part in sender.replies.partition(CASE))
    found = re.fullmatch(rf"{before}case-([1-9][0-9]{{0,17}})-[a-z2-7]{{16}}{after}", address, re.IGNORECASE)
    if found is None:
        return None
    case = int(found[1])
    made = sender.replies.replace(CASE, _token(sender.secret, f"{thread}:{case}", case))
    return case if hmac.compare_digest(made.lower().encode(), address.lower().encode()) else None


def _token(secret: bytes, thread: str, case: int) -> str:
    """`case-17-` and a signature that nobody without the secret can make; addresses know no capitals."""
    mark = hmac.new(secret, f"reply:{thread}".encode(), hashlib.sha256).digest()[:10]
    return f"case-{case}-{base64.b32encode(mark).decode().lower()}"
