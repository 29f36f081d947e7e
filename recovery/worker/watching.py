"""A worker that can be watched: its health, its readiness and its measurements, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from recovery.worker.health import ill, unready
from recovery.worker.listening import Answer, Page, address, listening, verdict
from recovery.worker.metrics import CONTENT_TYPE, Metrics
from recovery.worker.serving import Worker

__all__ = ["address", "pages", "watched"]


def pages(worker: Worker, may_send: Callable[[], bool], channels: tuple[str, ...]) -> dict[str, Page]:
    """What is answered at each path (see `docs/operations.md`).

    Args:
        channels: the names of the channels that are set up.
    """
    metrics = Metrics(worker.engine, worker.pulse, channels, tuple(worker.regular.jobs))
    return {
        "/healthz": lambda: verdict(ill(worker.pulse)),
        "/readyz": lambda: verdict(unready(worker.engine, worker.pulse, may_send)),
        "/metrics": partial(_measured, metrics),
    }


def _measured(metrics: Metrics) -> Answer:
    return Answer(200, CONTENT_TYPE, metrics.page())


@contextmanager
def watched(
    worker: Worker, may_send: Callable[[], bool], channels: tuple[str, ...], at: tuple[str, int]
) -> Iterator[int]:
    """Meanwhile the pages of a worker are there; gives the port.

    Raises:
        EnvironmentFault: the address cannot be listened at.
    """
    with listening(at, pages(worker, may_send, channels)) as port:
        yield port
