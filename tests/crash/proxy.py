"""A line between workers and their PostgreSQL server that can go dead: open at both ends, nothing passes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import parse_qs, urlsplit, urlunsplit

PIECE = 65_536


class Proxy:
    """Passes on what comes, for each connection until it is swallowed.

    Attributes:
        port: where it listens, on this machine.
    """

    def __init__(self, socket_file: str) -> None:
        self._socket_file = socket_file
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._lock = threading.Lock()
        self._alive: dict[socket.socket, socket.socket] = {}
        self._dead: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def swallow(self) -> int:
        """From now on nothing passes on the connections there are; gives how many. New ones are well."""
        with self._lock:
            dead = [*self._alive, *self._alive.values()]
            self._dead += dead
            count = len(self._alive)
            self._alive.clear()
        return count

    def close(self) -> None:
        """Close everything."""
        self.swallow()
        for one in (self._listening, *self._dead):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._socket_file)
                with self._lock:
                    self._alive[client] = server
                for one, other in ((client, server), (server, client)):
                    threading.Thread(target=self._pass, args=(client, one, other), daemon=True).start()

    def _pass(self, line: socket.socket, one: socket.socket, other: socket.socket) -> None:
        """Pass on from one to the other; on a dead line it goes nowhere, also that somebody has hung up."""
        with suppress(OSError):
            while piece := one.recv(PIECE):
                if line in self._alive:
                    other.sendall(piece)
        with self._lock:
            was_alive = self._alive.pop(line, None) is not None
        for end in (one, other) if was_alive else ():
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


@contextmanager
def proxy(url: str) -> Iterator[tuple[Proxy, str]]:
    """A line to the server of a URL, and the URL to use it by."""
    parts = urlsplit(url)
    folder = parse_qs(parts.query)["host"][0]
    found = Proxy(f"{folder}/.s.PGSQL.5432")
    netloc = f"{parts.netloc.partition('@')[0]}@127.0.0.1:{found.port}"
    try:
        yield found, urlunsplit(parts._replace(netloc=netloc, query=""))
    finally:
        found.close()
