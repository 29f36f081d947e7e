"""Several workers at once, each a process of its own, that begin together when all of them are ready."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from typing import Any

from recovery.bootstrap import keep_what_is_loaded

WORKERS = 2

Prepared = Callable[[], int]
Prepare = Callable[[ExitStack], Prepared]
"""Makes a worker ready, and gives what it does: until nothing is left, giving how much that was."""

READY_SECONDS = 120
"""How long a worker waits for the others to be ready."""

_ready: list[Any] = []
"""Where this process waits for the others, if it is one of a crew."""


def rate_of(prepare: Prepare, expected: int, workers: int = WORKERS) -> float:
    """How much workers do together in a second, from when all are ready to when none has anything left.

    Args:
        prepare: a function of a module, or a `partial` of one: it goes to other processes.
        expected: how much there is to do.
    """
    processes = multiprocessing.get_context("spawn")
    barrier = processes.Barrier(workers)
    with ProcessPoolExecutor(workers, processes, _join, (barrier,)) as pool:
        shifts = [one.result() for one in [pool.submit(_shift, prepare) for _ in range(workers)]]
    done = sum(shift[0] for shift in shifts)
    assert done == expected, f"{done} were done, not {expected}"
    return done / (max(shift[2] for shift in shifts) - min(shift[1] for shift in shifts))


def _join(barrier: Any) -> None:
    _ready.append(barrier)


def _shift(prepare: Prepare) -> tuple[int, float, float]:
    """How much one worker did, from when to when (of a clock that all processes share)."""
    with ExitStack() as stack:
        work = prepare(stack)
        keep_what_is_loaded()
        _ready[0].wait(READY_SECONDS)
        begun = time.perf_counter()
        return work(), begun, time.perf_counter()
