"""The worker's loop: a tick a second, or sooner when something is due sooner, until somebody says stop."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic

from apscheduler.schedulers.background import BackgroundScheduler

from recovery.clock import SystemClock

SECONDS = 1.0
"""How long the loop waits for the next tick at most."""

GATHER_SECONDS = 0.02
"""How long it waits at least, so that many who wake it at once wake it once."""

Wake = Callable[[], None]


def run_until_stopped(
    tick: Callable[[], float | None],
    stop: threading.Event | None = None,
    waking: Callable[[Wake, threading.Event], None] | None = None,
    look: Callable[[], None] | None = None,
) -> None:
    """Run `tick` once a second, never two at once, until SIGTERM, SIGINT or `stop`; a tick at work finishes.

    The first tick runs at once. A tick that takes longer than a second delays the next one.

    Args:
        tick: gives in how many seconds there is something to do, where that is known: then the next tick
            comes no later.
        waking: run beside the loop, with what brings the next tick at once, and what says when to end.
        look: called once a second, also while a tick is at work.

    Raises:
        Exception: what a tick raised; the loop ends with it.
    """
    loop = _Loop(tick, stop or threading.Event(), look)
    # APScheduler warns of every tick it leaves out because the one before is still at work.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    with _stopping(loop.stop):
        loop.run(waking)
    if loop.raised:
        raise loop.raised[0]


class _Loop:
    def __init__(
        self, tick: Callable[[], float | None], stop: threading.Event, look: Callable[[], None] | None
    ) -> None:
        self.stop = stop
        self._look = look
        self.raised: list[BaseException] = []
        self._tick = tick
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._woken = threading.Event()
        self._at_work = threading.Lock()
        self._ended = monotonic()

    def run(self, waking: Callable[[Wake, threading.Event], None] | None) -> None:
        """Tick until `stop`."""
        self._scheduler.add_job(
            self._turn,
            "interval",
            seconds=SECONDS,
            id="tick",
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,  # a tick that comes late is better than none
            next_run_time=SystemClock().now(),
        )
        self._scheduler.start()
        beside = None if waking is None else threading.Thread(target=waking, args=(self.wake, self.stop))
        if beside is not None:
            beside.start()
        try:
            while not self.stop.wait(SECONDS):
                self._go_on()
                if self._look is not None:
                    self._look()
        finally:
            self.stop.set()
            self._scheduler.shutdown(wait=True)
            if beside is not None:
                beside.join()

    def wake(self) -> None:
        """Bring the next tick at once, or right after the one at work."""
        self._woken.set()
        if not self._at_work.locked():
            self._next_in(0)

    def _turn(self) -> None:
        with self._at_work:
            self._woken.clear()
            seconds = self._guarded()
        if self._woken.is_set():
            self._next_in(0)
        elif seconds is not None and seconds < SECONDS:
            self._next_in(seconds)

    def _guarded(self) -> float | None:
        try:
            return self._tick()
        except BaseException as error:
            self.raised.append(error)
            self.stop.set()
            return None
        finally:
            self._ended = monotonic()

    def _next_in(self, seconds: float) -> None:
        pause = timedelta(seconds=max(seconds, GATHER_SECONDS))
        if not self.stop.is_set():
            self._scheduler.modify_job("tick", next_run_time=SystemClock().now() + pause)

    def _go_on(self) -> None:
        """The scheduler goes by the clock of the day: when that was set back, it would wait all the while."""
        if not self._at_work.locked() and monotonic() - self._ended > 2 * SECONDS:
            self._next_in(0)


@contextmanager
def _stopping(stop: threading.Event) -> Iterator[None]:
    """Meanwhile SIGTERM and SIGINT mean stop; only the main thread may say so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {name: signal.signal(name, lambda *_: stop.set()) for name in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
