"""A service recovery workflow engine: every complaint walks through a proven recovery process.

What hosts use is exported here and imported when first asked for, so that `recovery --help` stays quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recovery.bootstrap import open_engine, publish, reading, working
    from recovery.commands import Command, Outcome
    from recovery.core.errors import (
        EngineFault,
        EnvironmentFault,
        EventRefused,
        NotFound,
        RecoveryError,
        Refusal,
    )
    from recovery.engine import Engine
    from recovery.project import Project, find_project

__version__ = "0.1.0"

_HOMES = {
    "Command": "commands",
    "Engine": "engine",
    "EngineFault": "core.errors",
    "EnvironmentFault": "core.errors",
    "EventRefused": "core.errors",
    "NotFound": "core.errors",
    "Outcome": "commands",
    "Project": "project",
    "RecoveryError": "core.errors",
    "Refusal": "core.errors",
    "find_project": "project",
    "open_engine": "bootstrap",
    "publish": "bootstrap",
    "reading": "bootstrap",
    "working": "bootstrap",
}

__all__ = [
    "Command",
    "Engine",
    "EngineFault",
    "EnvironmentFault",
    "EventRefused",
    "NotFound",
    "Outcome",
    "Project",
    "RecoveryError",
    "Refusal",
    "__version__",
    "find_project",
    "open_engine",
    "publish",
    "reading",
    "working",
]


def __getattr__(name: str) -> Any:
    """Import an exported name when it is first asked for."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'recovery' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"recovery.{home}"), name)
