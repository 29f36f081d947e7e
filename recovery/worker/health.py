"""Whether a worker is alive, and whether it is ready: what a supervisor asks."""

from __future__ import annotations

from collections.abc import Callable

from recovery.core.errors import RecoveryError
from recovery.engine import Engine
from recovery.worker.pulse import STUCK_SECONDS, Pulse


def ill(pulse: Pulse) -> list[str]:
    """Why the worker should be started anew; nothing while its loop goes on, also without a database."""
    if pulse.is_stuck():
        return [f"The loop has given no sign for more than {STUCK_SECONDS} seconds."]
    return []


def unready(engine: Engine, pulse: Pulse, may_send: Callable[[], bool]) -> list[str]:
    """Why the worker does not do its work just now; nothing when it does."""
    why = ill(pulse)
    try:
        engine.store.require_current()
        if not may_send():
            why.append("This database is another installation's: nothing is sent.")
    except RecoveryError as error:
        why.append(error.message)
    return why
