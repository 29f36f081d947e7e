"""What every test may ask for, and the conditions all of them run under."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from recovery.bootstrap import keep_what_is_loaded
from tests.real_data import real_data_folder
from tests.warm.client import Warm
from tests.warm.client import warm as started

# No time limit for one example: two workers share the machine. In CI the same commit tries the same examples.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("RECOVERY_CI") == "1" else "here")


def pytest_configure() -> None:
    """Put the process into a zone nobody expects (UTC+12:45), so that code leaning on local time shows."""
    os.environ["TZ"] = "Pacific/Chatham"
    if hasattr(time, "tzset"):
        time.tzset()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # processes that tests start need not compile everything


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that have slow tests: a long one that comes last has one core idle."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """Take what has been collected out of the collector's rounds: ten thousand tests stay to the end."""
    keep_what_is_loaded()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data: the test is skipped without it, and fails without it in CI."""
    return real_data_folder()


@pytest.fixture(scope="session")
def warm() -> Iterator[Warm]:
    """What starts commands in processes of their own, one for each process of a test run."""
    with started() as found:
        yield found
