"""A small HTTP server beside the loop: `/healthz`, `/readyz` and `/metrics`, for supervisors and Prometheus.

It reads no more than a request's head, answers two at a time, keeps few waiting and nobody for long.
"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, NamedTuple

from recovery.core.errors import EnvironmentFault, RecoveryError

ANSWERED_AT_ONCE = 2
WAITING = 8
"""Requests answered at once, and those that are answered or wait; further ones are not taken."""

REQUEST_SECONDS = 5
"""How long a client may take to say what it wants."""

HERE = "127.0.0.1"


class Answer(NamedTuple):
    """What is answered: an HTTP status, a content type and the words."""

    status: int
    kind: str
    body: bytes


Page = Callable[[], Answer]


def verdict(why: list[str]) -> Answer:
    """200 when nothing is wrong, 503 with the reasons otherwise, as JSON."""
    body = json.dumps({"ok": not why, "why": why}, ensure_ascii=False).encode()
    return Answer(503 if why else 200, "application/json; charset=utf-8", body + b"\n")


def address(text: str) -> tuple[str, int]:
    """`HOST:PORT`, `[IPv6]:PORT` or a port alone, which means this machine.

    Raises:
        RecoveryError: it is none of these.
    """
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        host = ""
        colon = "?"
    if port.isascii() and port.isdigit() and len(port) <= 5 and int(port) < 65536 and (host or not colon):
        return host or HERE, int(port)
    raise RecoveryError(f"{text!r} is no address to listen at.", hint="Write HOST:PORT, as 127.0.0.1:9464.")


@contextmanager
def listening(at: tuple[str, int], pages: Mapping[str, Page]) -> Iterator[int]:
    """Answer requests until the end; gives the port, which is a free one where 0 was asked for.

    Args:
        pages: path → what gives the answer, in a thread of the server.

    Raises:
        EnvironmentFault: the address cannot be listened at.
    """
    try:
        server = _Server(at, pages)
    except OSError as error:
        where = f"{at[0]}:{at[1]}"
        message = f"{where} cannot be listened at: {error.strerror or error}."
        raise EnvironmentFault(message, hint="Is another worker there? Give another port.") from error
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="listening", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(HTTPServer):
    request_queue_size = WAITING

    def __init__(self, at: tuple[str, int], pages: Mapping[str, Page]) -> None:
        self.address_family = socket.AF_INET6 if ":" in at[0] else socket.AF_INET
        self.pages = pages
        self._room = threading.Semaphore(WAITING)
        self._pool = ThreadPoolExecutor(ANSWERED_AT_ONCE, "answering")
        super().__init__(at, _Handler)

    def server_bind(self) -> None:
        """Bind, without asking the network for this machine's name as `HTTPServer` does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer in a thread of the pool; a client too many is turned away."""
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        self._pool.submit(self._answer, request, client_address)

    def _answer(self, request: Any, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except OSError:
            pass  # the client has gone
        finally:
            self.shutdown_request(request)
            self._room.release()

    def server_close(self) -> None:
        """Close the door; those inside are answered."""
        super().server_close()
        self._pool.shutdown(wait=True, cancel_futures=True)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "service-recovery"
    sys_version = ""
    timeout = REQUEST_SECONDS

    def do_GET(self) -> None:
        """Answer with the page of a path."""
        page = self.server.pages.get(self.path.partition("?")[0])
        if page is None:
            known = ", ".join(sorted(self.server.pages))
            answer = Answer(404, "text/plain; charset=utf-8", f"There are {known}.\n".encode())
        else:
            try:
                answer = page()
            except Exception as error:
                answer = verdict([f"This is a bug: {type(error).__name__}."])
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_HEAD = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: who asks is no event of the worker's."""
