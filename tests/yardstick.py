"""How slow this machine is just now, for tests that say how long something may take."""

from __future__ import annotations

import time

STEPS = 200_000
SECONDS = 0.014
"""What so many steps take on a machine that does nothing else; bounds are meant for such a one."""


def slowness() -> float:
    """How many times longer Python's own work takes than on such a machine; at least 1."""
    began = time.process_time()
    sum(number * number % 7 for number in range(STEPS))
    return max(1.0, (time.process_time() - began) / SECONDS)
