"""The worker's loop: one tick a second until somebody says stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable

from apscheduler.schedulers.background import BackgroundScheduler

SECONDS = 1


def run_until_stopped(tick: Callable[[], None], stop: threading.Event | None = None) -> None:
    """Run `tick` once a second, never two at once, until SIGTERM, SIGINT or `stop`; a tick at work finishes.

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

    if threading.current_thread() is threading.main_thread():
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.add_job(guarded, "interval", seconds=SECONDS, coalesce=True, max_instances=1)
    scheduler.start()
    try:
        stop.wait()
    finally:
        scheduler.shutdown(wait=True)
    if raised:
        raise raised[0]
