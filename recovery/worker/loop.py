"""The worker's loop: one tick a second until somebody says stop."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from apscheduler.schedulers.background import BackgroundScheduler

SECONDS = 1


def run_until_stopped(tick: Callable[[], object], stop: threading.Event | None = None) -> None:
    """Run `tick` once a second, never two at once, until SIGTERM, SIGINT or `stop`; a tick at work finishes.

    The first tick runs at once. A tick that takes longer than a second delays the next one.

    Raises:
        Exception: what a tick raised; the loop ends with it.
    """
    stop = stop or threading.Event()
    raised: list[BaseException] = []

    def guarded() -> None:
        try:
            tick()
        except BaseException as error:
            raised.append(error)
            stop.set()

    # APScheduler warns of every tick it leaves out because the one before is still at work.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    with _stopping(stop):
        guarded()
        scheduler = BackgroundScheduler(timezone="UTC")
        scheduler.add_job(guarded, "interval", seconds=SECONDS, coalesce=True, max_instances=1)
        scheduler.start()
        try:
            stop.wait()
        finally:
            scheduler.shutdown(wait=True)
    if raised:
        raise raised[0]


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
