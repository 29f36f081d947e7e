"""Processes that the bench starts, in small: forked from one that has loaded what they need."""

from __future__ import annotations

import multiprocessing

import pytest

LOADED = [
    "recovery.bench.working",
    "recovery.bench.memory",
    "recovery.bench.fairness",
    "recovery.delivery.render",
]


@pytest.fixture(autouse=True)
def _quick_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(LOADED)
    monkeypatch.setattr(multiprocessing, "get_context", lambda _: processes)
