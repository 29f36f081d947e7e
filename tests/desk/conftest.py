"""Every test here has a desk with an engine on a database of its own, and a case that `li` owns."""

from __future__ import annotations

import pytest

from recovery.desk import Desk
from recovery.engine import Engine
from tests.support import clock, engine, owned, project

__all__ = ["clock", "engine", "project"]


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


@pytest.fixture
def case(engine: Engine) -> int:
    """Ana's case; its acknowledgement and its assurance are due."""
    return owned(engine)
