"""SMTP: one open connection, used for one message after the other.

Exactly once is not to be had over SMTP: when the connection is lost after the whole mail was sent and before
the server answered, nobody can tell whether it was taken. It is then sent again, with the same Message-ID and
the same bytes, and the outcome says that it may arrive twice.
"""

from __future__ import annotations

import smtplib
import threading
from collections.abc import Callable
from contextlib import suppress
from time import monotonic

from recovery.delivery.channels.smtp_answers import is_refusal, message_refused, said, sender_refused
from recovery.delivery.channels.smtp_line import Server, connected, mail, send, unfit, wait, why
from recovery.delivery.mail import as_mail, mailbox
from recovery.delivery.message import Message, Sender
from recovery.delivery.outcomes import Delivered, Outcome, OutOfOrder, Rejected, RetryLater

IDLE_SECONDS = 10.0
"""A connection that has rested longer is asked whether it is still there before it is used."""


class SmtpChannel:
    """Sends mail through a server. Threads that send at once have a connection each."""

    def __init__(self, server: Server, sender: Sender, *, ticks: Callable[[], float] = monotonic) -> None:
        """Nothing is opened before the first message.

        Args:
            ticks: seconds that pass, to know how long a connection has rested.
        """
        self._server = server
        self._sender = sender
        self._ticks = ticks
        self._free: list[_Line] = []
        self._lock = threading.Lock()

    def deliver(self, message: Message) -> Outcome:
        """Send one mail (see `Channel.deliver`)."""
        if message.address is None:
            return Rejected("Nobody knows where to write: there is no mail address")
        address = mailbox(message.address)
        if address is None:
            return Rejected(f"{message.address!r} is no mail address")
        data = as_mail(message, self._sender)
        with self._lock:
            line = self._free.pop() if self._free else _Line(self._server, self._sender, self._ticks)
        try:
            return line.deliver(address, data)
        finally:
            with self._lock:
                self._free.append(line)

    def close(self) -> None:
        """Take leave of the server."""
        with self._lock:
            free, self._free = self._free, []
        for line in free:
            line.close()


class _Line:
    """One connection, for one thread at a time."""

    def __init__(self, server: Server, sender: Sender, ticks: Callable[[], float]) -> None:
        self._server = server
        self._sender = sender
        self._ticks = ticks
        self._line: smtplib.SMTP | None = None
        self._used = 0.0

    def deliver(self, address: str, data: bytes) -> Outcome:
        """Send one mail."""
        begun = self._begin(address, data)
        return begun if not isinstance(begun, smtplib.SMTP) else self._finish(begun, address, data)

    def close(self) -> None:
        """Take leave of the server."""
        if self._line is not None:
            with suppress(OSError):
                self._line.quit()
        self._drop()

    # --- until the server has taken us as a sender: what goes wrong is the channel's ------------------------

    def _begin(self, address: str, data: bytes) -> smtplib.SMTP | Outcome:
        """A connection on which this mail has begun, made anew where the server has closed the one before."""
        rested = self._line is not None
        try:
            line = self._ready()
            reason = unfit(line, address, data)
            if reason is not None:
                return Rejected(reason)
            code, answer = mail(line, self._sender.address, address, data)
        except smtplib.SMTPResponseException as error:
            self._drop()
            words = error.smtp_error if isinstance(error.smtp_error, bytes) else error.smtp_error.encode()
            return OutOfOrder(f"{self._name} answered: {said(error.smtp_code, words)}")
        except (OSError, ValueError) as error:
            self._drop()
            return self._begin(address, data) if rested else OutOfOrder(f"{self._name}: {why(error)}")
        if code == 250:
            return line
        if code == 421 and rested:
            self._drop()
            return self._begin(address, data)
        return self._after(code, sender_refused(code, answer))

    def _ready(self) -> smtplib.SMTP:
        """The open connection, or a new one.

        Raises:
            OSError: none can be made, or the open one is gone.
        """
        if self._line is None:
            self._line = connected(self._server)
        elif self._ticks() - self._used > IDLE_SECONDS and self._line.noop()[0] != 250:
            raise smtplib.SMTPServerDisconnected("closed meanwhile")
        self._used = self._ticks()
        return self._line

    # --- from then on it is the message's -------------------------------------------------------------------

    def _finish(self, line: smtplib.SMTP, address: str, data: bytes) -> Outcome:
        sent = False
        try:
            code, answer = line.rcpt(address)
            if code not in (250, 251):
                return self._after(code, message_refused(code, answer))
            code, answer = line.docmd("DATA")
            if code != 354:
                return self._after(code, message_refused(code, answer))
            wait(line, self._server.waits.accept)
            send(line, data)
            sent = True
            code, answer = line.getreply()
            wait(line, self._server.waits.answer)
        except (OSError, ValueError) as error:
            self._drop()
            return self._lost(why(error), sent)
        if code == 250:
            return Delivered(said(code, answer))
        if not is_refusal(code):
            self._drop()
            return self._lost(f"answered {said(code, answer)!r}", sent)
        return self._after(code, message_refused(code, answer))

    def _lost(self, reason: str, sent: bool) -> RetryLater:
        when = "after the whole mail was sent" if sent else "before the whole mail was sent"
        return RetryLater(f"{self._name}: {reason}, {when}", may_have_been_accepted=sent)

    def _after(self, code: int, outcome: Outcome) -> Outcome:
        """The outcome, with the connection made fit for the next message."""
        if self._line is not None and is_refusal(code) and code != 421:
            with suppress(OSError):
                if self._line.rset()[0] == 250:
                    return outcome
        self._drop()
        return outcome

    def _drop(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    @property
    def _name(self) -> str:
        return f"{self._server.host}:{self._server.port}"
