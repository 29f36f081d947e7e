"""A connection to a mail server: how it is made, and what is said over it."""

from __future__ import annotations

import re
import smtplib
import ssl
from dataclasses import dataclass, field
from typing import Literal

Tls = Literal["none", "starttls", "tls"]

PORTS: dict[Tls, int] = {"none": 25, "starttls": 587, "tls": 465}
"""Where a server listens when nothing else is said."""

_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Waits:
    """How long is waited, in seconds: for a connection, for each answer, and for a whole mail to be taken.

    The last is long, because giving up there may mean sending twice (RFC 5321, 4.5.3.2.6).
    """

    connect: float = 10
    answer: float = 30
    accept: float = 120


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server and how to reach it.

    Attributes:
        tls: `none`, `starttls` (on the way) or `tls` (from the beginning); certificates are always checked,
            against those the machine trusts (`SSL_CERT_FILE` names others).
        user: with `password`, for the login; None logs in nowhere.
    """

    host: str
    port: int
    tls: Tls = "starttls"
    user: str | None = None
    password: str = field(default="", repr=False)
    waits: Waits = Waits()


def connected(server: Server) -> smtplib.SMTP:
    """A connection that is ready for mail: greeted, encrypted and logged in as the server is set up.

    Raises:
        OSError: no connection, an untrusted certificate, too long a wait; `smtplib.SMTPException` is one.
    """
    waits = server.waits
    if server.tls == "tls":
        context = ssl.create_default_context()
        line: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=waits.connect, context=context
        )
    else:
        line = smtplib.SMTP(server.host, server.port, timeout=waits.connect)
    try:
        wait(line, waits.answer)
        line.ehlo_or_helo_if_needed()
        if server.tls == "starttls":
            line.starttls(context=ssl.create_default_context())
            line.ehlo_or_helo_if_needed()
        if server.user is not None:
            line.login(server.user, server.password)
    except BaseException:
        line.close()
        raise
    return line


def wait(line: smtplib.SMTP, seconds: float) -> None:
    """Wait at most so long for what comes next."""
    if line.sock is not None:
        line.sock.settimeout(seconds)


def unfit(line: smtplib.SMTP, address: str, data: bytes) -> str | None:
    """Why a server cannot take a mail, by what it says of itself; None when it can."""
    if not address.isascii() and not line.has_extn("smtputf8"):
        return f"The mail server cannot write to {address}: it knows no SMTPUTF8"
    limit = line.esmtp_features.get("size", "")
    if limit.isdecimal() and 0 < int(limit) < len(data):
        return f"The mail has {len(data):,} bytes; the mail server takes {int(limit):,}"
    return None


def mail(line: smtplib.SMTP, sender: str, address: str, data: bytes) -> tuple[int, bytes]:
    """Say who sends, and give the answer."""
    options = [f"SIZE={len(data)}"] if line.has_extn("size") else []
    if not address.isascii():
        options += ["BODY=8BITMIME", "SMTPUTF8"]
    return line.mail(sender, options)


def send(line: smtplib.SMTP, data: bytes) -> None:
    """Send a mail after the server has said 354, with the dot that ends it."""
    line.send(_LEADING_DOT.sub(b"..", data) + b".\r\n")


def why(error: Exception) -> str:
    """What an error of the connection was about, without what the library makes of it."""
    if isinstance(error, smtplib.SMTPServerDisconnected) and isinstance(error.__context__, OSError):
        error = error.__context__
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text.strip().rstrip(".")
