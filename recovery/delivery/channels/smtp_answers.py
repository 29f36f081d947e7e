"""What a mail server's answer means for a message (RFC 5321, 4.2; enhanced codes of RFC 3463 and RFC 5248).

What goes wrong until the server has taken us as a sender is the channel's trouble, and every message would
have it. What goes wrong after that is this message's: were it the channel's, one message that a server cannot
stomach would keep back all others.
"""

from __future__ import annotations

import re

from recovery.delivery.outcomes import OutOfOrder, Rejected, RetryLater

WORDS_AT_MOST = 300
"""Characters of a server's answer that are kept in a reason."""

_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?!\S)")

_ABOUT_THE_MESSAGE = frozenset(("5.2.3", "5.3.4", "5.6.7"))
"""Too long for a mailbox, too big for the server, an address it cannot write."""

_LOGIN = frozenset((530, 534, 535, 538))
"""We are not known, or not well enough."""


def said(code: int, answer: bytes) -> str:
    """An answer as it stands in a reason: on one line, short, nothing unprintable."""
    text = answer.decode("utf-8", "replace")
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return f"{code} {words[:WORDS_AT_MOST]}".strip() if code > 0 else words[:WORDS_AT_MOST]


def is_refusal(code: int) -> bool:
    """Whether a code is one that says no, for now (4xx) or for good (5xx)."""
    return 400 <= code < 600


def sender_refused(code: int, answer: bytes) -> OutOfOrder | Rejected | RetryLater:
    """What it means that a server answers `MAIL` with anything but yes."""
    found = _ENHANCED.match(answer.decode("utf-8", "replace"))
    if code == 552 or (found and found[1] in _ABOUT_THE_MESSAGE):
        return Rejected(f"The mail server will not take it: {said(code, answer)}")
    if 400 <= code < 500 and code != 421:
        return RetryLater(f"The mail server does not take it now: {said(code, answer)}")
    return OutOfOrder(f"The mail server takes nothing from this sender: {said(code, answer)}")


def message_refused(code: int, answer: bytes) -> OutOfOrder | Rejected | RetryLater:
    """What it means that a server answers `RCPT`, `DATA` or the mail itself with anything but yes."""
    if code in _LOGIN:
        return OutOfOrder(f"The mail server wants another login: {said(code, answer)}")
    if 500 <= code < 600:
        return Rejected(f"The mail server will not take it: {said(code, answer)}")
    return RetryLater(f"The mail server does not take it now: {said(code, answer)}")
