"""Procrastinate, a queue of tasks in PostgreSQL, with tasks that do nothing: what messages stand beside."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import Any

from recovery.bench.crew import Prepared, rate_of
from recovery.bench.databases import execute, libpq
from recovery.clock import SystemClock
from recovery.core.errors import NotFound

CONCURRENCY = 10
"""How many tasks a worker of theirs has at once: with more or fewer it is no quicker."""

DEFERRED = 500
"""How many tasks are asked for in one statement."""

LATER = timedelta(days=30)


class Queue:
    """A database with their schema.

    Raises:
        NotFound: Procrastinate is not installed.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._where = libpq(url)
        _with_app(self._where, lambda app, _: app.schema_manager.apply_schema_async())

    def fill(self, future: int) -> None:
        """Ask for tasks that are due later."""
        at = SystemClock().now() + LATER
        for begun in range(0, future, DEFERRED):
            self._defer(min(DEFERRED, future - begun), schedule_at=at)
        self._tidy()

    def tasks_per_second(self, tasks: int) -> float:
        """Ask for tasks that are due, then let two workers do them; what was done before is gone."""
        execute(self._url, "delete from procrastinate_jobs where status = 'succeeded'")
        for begun in range(0, tasks, DEFERRED):
            self._defer(min(DEFERRED, tasks - begun))
        self._tidy()
        return rate_of(partial(_doer, self._where), tasks)

    def _defer(self, tasks: int, **when: Any) -> None:
        def asking(_: Any, nothing: Any) -> Coroutine[Any, Any, Any]:
            return nothing.configure(**when).batch_defer_async(*[{}] * tasks)  # type: ignore[no-any-return]

        _with_app(self._where, asking)

    def _tidy(self) -> None:
        execute(self._url, "vacuum (analyze) procrastinate_jobs, procrastinate_events")


def _app(where: str, done: list[int]) -> tuple[Any, Any]:
    """Their application, and a task that does nothing but to be counted."""
    try:
        import procrastinate
    except ImportError:
        raise NotFound("Procrastinate is not installed.", hint="`make setup` installs it.") from None
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=where, max_size=20))

    @app.task(name="nothing")
    async def nothing() -> None:
        done[0] += 1

    return app, nothing


def _with_app(where: str, act: Callable[[Any, Any], Coroutine[Any, Any, Any]]) -> None:
    app, nothing = _app(where, [0])

    async def run() -> None:
        async with app.open_async():
            await act(app, nothing)

    asyncio.run(run())


def _doer(where: str, stack: ExitStack) -> Prepared:
    """A worker of theirs, connected; it works until it finds nothing that is due."""
    done = [0]
    app, _ = _app(where, done)
    runner = stack.enter_context(asyncio.Runner())
    runner.run(app.open_async().__aenter__())
    stack.callback(lambda: runner.run(app.close_async()))
    of_worker = {"wait": False, "concurrency": CONCURRENCY, "install_signal_handlers": False}

    def work() -> int:
        runner.run(app.run_worker_async(**of_worker, listen_notify=False))
        return done[0]

    return work
