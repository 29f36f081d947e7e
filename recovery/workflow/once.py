"""What is read from files is read once, by one thread, while the others wait for it.

A program with many threads starts them all at the same moment, and each asks for the same workflow. Were all
to read it side by side, the first of them would have it only when the last one does.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from functools import cache
from typing import TypeVar

T = TypeVar("T")


class _Gate:
    """Lets one thread in at a time, which may enter again; open in a process that was forked."""

    def __init__(self) -> None:
        self.lock = threading.RLock()

    def reopen(self) -> None:
        """Whoever was inside is not here any more."""
        self.lock = threading.RLock()


_READING = _Gate()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_READING.reopen)


def alone(work: Callable[[], T]) -> T:
    """Do some reading while no other thread reads."""
    with _READING.lock:
        return work()


def once(make: Callable[[], T]) -> Callable[[], T]:
    """Gives what `make` makes, from memory after the first time. What it raises is raised again each time."""
    kept = cache(make)
    return lambda: alone(kept)
