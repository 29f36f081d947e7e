"""A receiver of webhooks for the tests: uvicorn on a free port, which answers as it is told."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
import uvicorn


@dataclass(frozen=True)
class Post:
    """A request as it came in; the names of its headers are in small letters."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Answer:
    """What to say. `hangs`: say nothing until the receiver is stopped, or begin an answer and not end it."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b'{"ok": true}'
    hangs: bool = False
    never_ends: bool = False


@dataclass
class Receiver:
    """What came in, and what is going to be answered.

    Attributes:
        tell: told, in the receiver's thread, of each request (a number) when it `begins` (with its headers),
            is `taken`, `hangs` because nothing is answered, and is `over`.
        otherwise: what it answers, by the headers, when nothing is said.
    """

    port: int
    scheme: str = "http"
    tell: Callable[[int, str, Any], None] = lambda *_: None
    otherwise: Callable[[dict[str, str]], Answer] = lambda _: Answer()
    posts: list[Post] = field(default_factory=list)
    answers: deque[Answer] = field(default_factory=deque)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{self.scheme}://localhost:{self.port}/messages"


@contextmanager
def receiver(certificate: tuple[Path, Path] | None = None) -> Iterator[Receiver]:
    """A receiver in a thread of its own.

    Args:
        certificate: the files of its certificate and its key, for `https`.
    """
    listening = socket.create_server(("127.0.0.1", 0))
    found = Receiver(listening.getsockname()[1], "https" if certificate else "http")
    stopped = asyncio.Event()
    ssl: dict[str, Any] = {}
    if certificate is not None:
        ssl = {"ssl_certfile": str(certificate[0]), "ssl_keyfile": str(certificate[1])}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        found.tell(id(scope), "begins", headers)
        body = b""
        while True:
            event = await receive()
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        found.posts.append(Post(scope["path"], headers, body))
        answer = found.answers.popleft() if found.answers else found.otherwise(headers)
        found.tell(id(scope), "taken", None)
        if answer.hangs:
            found.tell(id(scope), "hangs", None)
            ends = [asyncio.ensure_future(stopped.wait()), asyncio.ensure_future(receive())]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            for end in ends:
                end.cancel()
        found.tell(id(scope), "over", None)
        named = [(name.encode(), value.encode()) for name, value in answer.headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": named})
        if answer.never_ends:
            with suppress(OSError):
                await send({"type": "http.response.body", "body": answer.body, "more_body": True})
                await stopped.wait()
        await send({"type": "http.response.body", "body": answer.body})

    config = uvicorn.Config(app, log_config=None, lifespan="off", access_log=False, http="h11", **ssl)
    server = uvicorn.Server(config)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_until_complete, args=(server.serve([listening]),), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.should_exit = True
        loop.call_soon_threadsafe(stopped.set)
        thread.join(10)
        loop.close()
        listening.close()


def certificate(folder: Path) -> tuple[tuple[Path, Path], Path]:
    """The files of a certificate for localhost and its key, and of the authority that vouches for it."""
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    chain, key, vouching = folder / "chain.pem", folder / "key.pem", folder / "authority.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(key)
    authority.cert_pem.write_to_path(vouching)
    return (chain, key), vouching
