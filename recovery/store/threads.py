"""What threads have of a store, and what becomes of it in a process that is forked."""

from __future__ import annotations

import os
import threading
from typing import Any
from weakref import WeakSet


class Own(threading.local):
    """What one thread of one process has; a connection must not cross a fork."""

    process: int | None = None
    writer: Any = None
    reader: Any = None
    is_writing = False


class Unlocked:
    """Something whose locks are new in a forked process: the thread that held one is not there to let go."""

    _lock: threading.Lock

    def __init__(self) -> None:
        self._unlock()
        _ALL.add(self)

    def _unlock(self) -> None:
        """Make every lock anew."""
        self._lock = threading.Lock()


_ALL: WeakSet[Unlocked] = WeakSet()


def _unlock_all() -> None:
    for one in _ALL:
        one._unlock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_unlock_all)
