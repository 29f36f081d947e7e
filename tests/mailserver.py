"""A mail server of the tests' own: aiosmtpd on a free port, which can be told to misbehave at any point."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

DROP = "drop"
"""The connection is closed."""

HANG = "hang"
"""Nothing is answered any more, and the connection stays open."""

SLOW = "slow"
"""The right answer, a little later."""

Stage = Literal["GREETING", "EHLO", "MAIL", "RCPT", "DATA", "BODY", "TAKEN", "NOOP", "RSET"]
"""Where a server can misbehave: `BODY` in the middle of a mail, `TAKEN` after the whole of it was taken."""


@dataclass(frozen=True)
class Letter:
    """A mail as it was taken."""

    sender: str
    recipient: str
    data: bytes


@dataclass
class MailServer:
    """What a server took, what it was asked, and what it is going to do.

    Attributes:
        commands: the verbs of all connections, in order.
        connections: how many there were.
        tell: told, in the server's thread, of each connection (a number) when a mail `begins` (with its
            recipient), `hangs` in its middle, is `taken` (with its bytes), and when the connection is `over`.
    """

    port: int = 0
    tell: Callable[[int, str, Any], None] = lambda *_: None
    letters: list[Letter] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    _script: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))

    def will(self, stage: Stage, *actions: str) -> None:
        """At a stage, once each: give this answer (`450 4.2.1 Busy`), or `DROP`, `HANG` or be `SLOW`."""
        self._script[stage].extend(actions)

    def forget(self, stage: Stage) -> None:
        """Do nothing unusual at a stage any more."""
        self._script[stage].clear()

    def next_at(self, stage: str) -> str | None:
        """What is to be done at a stage now; for the server itself."""
        return self._script[stage].popleft() if self._script[stage] else None


class _Protocol(SMTP):
    """One connection."""

    def __init__(self, server: MailServer, stopped: asyncio.Event, **more: Any) -> None:
        super().__init__(_Handler(server, stopped), ident="tests", **more)
        self.command_size_limits = defaultdict(lambda: 2_000)  # not in the class, which all servers share
        self._call_limit_default = 1_000_000
        self._server = server
        self._stopped = stopped
        self._greeted = False
        for verb, method in list(self._smtp_methods.items()):
            self._smtp_methods[verb] = partial(self._obey, verb, method)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._server.connections += self.transport is None  # STARTTLS makes the same one again
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._server.tell(id(self), "over", None)
        super().connection_lost(error)

    async def _obey(self, verb: str, method: Any, arg: str | None) -> None:
        self._server.commands.append(verb)
        if verb == "RCPT":
            self._server.tell(id(self), "begins", (arg or "").partition("<")[2].partition(">")[0])
        if verb == "DATA" and (action := self._server.next_at("BODY")) is not None:
            await super().push("354 go on")
            await self._reader.readuntil(b"\r\n")
            self._server.tell(id(self), "hangs", None)
            await _act(self, action, self._stopped)
            return
        action = self._server.next_at(verb)
        if action is None or await _act(self, action, self._stopped):
            await method(arg)

    async def push(self, status: Any) -> None:
        if not self._greeted:
            self._greeted = True
            action = self._server.next_at("GREETING")
            if action is not None and not await _act(self, action, self._stopped):
                return
        await super().push(status)


async def _act(connection: SMTP, action: str, stopped: asyncio.Event) -> bool:
    """Misbehave; say whether to go on as usual."""
    if action == SLOW:
        with suppress(TimeoutError, asyncio.TimeoutError):
            await asyncio.wait_for(stopped.wait(), 0.1)
    elif action == HANG:
        await stopped.wait()
    elif action == DROP:
        assert connection.transport is not None
        connection.transport.abort()
    else:
        await SMTP.push(connection, action)
    return action == SLOW


class _Handler:
    def __init__(self, server: MailServer, stopped: asyncio.Event) -> None:
        self._server = server
        self._stopped = stopped

    async def handle_DATA(self, connection: SMTP, session: Session, envelope: Envelope) -> str:
        action = self._server.next_at("TAKEN")
        if action is None or action in (DROP, HANG, SLOW):
            data = envelope.content
            assert isinstance(data, bytes)
            self._server.letters.append(Letter(envelope.mail_from or "", envelope.rcpt_tos[0], data))
            self._server.tell(id(connection), "taken", data)
        if action is not None and not await _act(connection, action, self._stopped):
            connection.transport = None if action == DROP else connection.transport
            return ""
        return "250 2.0.0 Taken as 4711"


@contextmanager
def mail_server(
    *,
    tls: Literal["none", "starttls", "tls"] = "none",
    context: ssl.SSLContext | None = None,
    login: tuple[str, str] | None = None,
    size: int | None = 33_554_432,
    utf8: bool = True,
) -> Iterator[MailServer]:
    """A server on a free port of this machine, in a thread of its own.

    Args:
        context: its certificate, where `tls` wants one.
        login: the one user and password it knows; without one nobody logs in.
        size: the largest mail it says it takes.
        utf8: whether it knows addresses with letters beyond ASCII.
    """
    server = MailServer()
    listening = socket.create_server(("127.0.0.1", 0))
    server.port = listening.getsockname()[1]
    loop = asyncio.new_event_loop()
    stopped = asyncio.Event()

    def authenticate(_: Any, __: Any, ___: Any, mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        found = (given.login.decode(), given.password.decode())
        return AuthResult(success=found == login, handled=False)

    more: dict[str, Any] = {"data_size_limit": size, "enable_SMTPUTF8": utf8, "loop": loop}
    if tls == "starttls":
        more |= {"tls_context": context, "require_starttls": True}
    if login is not None:
        more |= {"authenticator": authenticate, "auth_required": True, "auth_require_tls": tls == "starttls"}

    async def serve() -> None:
        own = context if tls == "tls" else None
        running = await loop.create_server(
            lambda: _Protocol(server, stopped, **more), sock=listening, ssl=own
        )
        await stopped.wait()
        running.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stopped.set)
        thread.join(10)
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def certificate(folder: Path, host: str = "localhost") -> tuple[ssl.SSLContext, Path]:
    """A server's certificate for a host, and the file of the authority that vouches for it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(context)
    file = folder / "authority.pem"
    authority.cert_pem.write_to_path(file)
    return context, file
