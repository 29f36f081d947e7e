"""A switch that keeps every message from leaving this process, for tests of hosts (`recovery.testing`)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from recovery.delivery.channels import Channel

_lock = threading.Lock()
_instead: list[Channel] = []


@contextmanager
def suppressing(channel: Channel) -> Iterator[None]:
    """Meanwhile what any engine of this process delivers, in any thread, goes to `channel` and nowhere else.

    Blocks may stand within each other; the one begun last counts.
    """
    with _lock:
        _instead.append(channel)
    try:
        yield
    finally:
        with _lock:
            _instead.remove(channel)


def leaving_by(channel: Channel) -> Channel:
    """The channel a message really leaves by."""
    with _lock:
        return _instead[-1] if _instead else channel
