"""What many threads ask for at the same time is read by one of them."""

from __future__ import annotations

import os
import threading
import warnings
from typing import Any

import pytest

from recovery.workflow import once as module
from recovery.workflow.once import once

WORD = 20
"""Seconds until a thread that never comes is given up."""


class _Gate:
    """The lock, saying when somebody is at it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.asked = threading.Semaphore(0)

    def __enter__(self) -> None:
        self.asked.release()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def test_who_asks_while_it_is_read_waits_and_gets_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, read, given = _Gate(), [], []
    monkeypatch.setattr(module._READING, "lock", gate)

    def make() -> object:
        read.append(1)
        others.start()
        assert gate.asked.acquire(timeout=WORD)
        assert gate.asked.acquire(timeout=WORD)  # the other thread is at the gate
        return object()

    ask = once(make)
    others = threading.Thread(target=lambda: given.append(ask()))
    given.append(ask())
    others.join(WORD)
    assert len(read) == 1
    assert given[0] is given[1]


def test_what_cannot_be_read_is_tried_again_by_the_next() -> None:
    answers: list[Any] = [OSError("gone"), "read"]

    def make() -> str:
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return str(found)

    ask = once(make)
    with pytest.raises(OSError, match="gone"):
        ask()
    assert [ask(), ask()] == ["read", "read"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_reads_though_a_thread_was_reading_while_it_was_forked() -> None:
    ready, go = threading.Event(), threading.Event()

    def slow() -> None:
        ready.set()
        go.wait(WORD)

    reader = threading.Thread(target=once(slow))
    reader.start()
    assert ready.wait(WORD)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking beside threads, which is the point
        child = os.fork()
    if child == 0:
        os._exit(0 if module._READING.lock.acquire(blocking=False) else 1)
    go.set()
    reader.join(WORD)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
