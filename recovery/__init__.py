"""A service recovery workflow engine: every complaint walks through a proven recovery process.

What hosts use is exported here and imported when first asked for, so that `recovery --help` stays quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recovery.asking import Changes, Page
    from recovery.async_desk import AsyncDesk
    from recovery.async_engine import AsyncEngine
    from recovery.bootstrap import open_engine, publish, reading, working
    from recovery.commands import Command, Outcome
    from recovery.conversing import Said
    from recovery.core.case import Case
    from recovery.core.errors import (
        EngineFault,
        EnvironmentFault,
        EventRefused,
        NotFound,
        RecoveryError,
        Refusal,
    )
    from recovery.couponing import CouponPage
    from recovery.desk import Attachment, Desk, Received
    from recovery.drafting import Draft, Sayable
    from recovery.engine import Engine
    from recovery.project import Project, find_project
    from recovery.standing import Allowance
    from recovery.store.choosing import Messages
    from recovery.store.faults import ExternalIdTaken, LostRace
    from recovery.store.ledger_reading import LedgerLine
    from recovery.store.lending import Unlendable
    from recovery.store.lending.upgrading import upgrade_tables
    from recovery.store.records import Coupon, OutboxRow, Pause, Record
    from recovery.tended import NotTended, OutboxPage, Task, TaskPage, Tended

__version__ = "0.1.0"

_HOMES = {
    "Allowance": "standing",
    "AsyncDesk": "async_desk",
    "AsyncEngine": "async_engine",
    "Attachment": "desk",
    "Case": "core.case",
    "Changes": "asking",
    "Command": "commands",
    "Coupon": "store.records",
    "CouponPage": "couponing",
    "Desk": "desk",
    "Draft": "drafting",
    "Engine": "engine",
    "EngineFault": "core.errors",
    "EnvironmentFault": "core.errors",
    "EventRefused": "core.errors",
    "ExternalIdTaken": "store.faults",
    "LedgerLine": "store.ledger_reading",
    "LostRace": "store.faults",
    "Messages": "store.choosing",
    "NotFound": "core.errors",
    "NotTended": "tended",
    "OutboxPage": "tended",
    "OutboxRow": "store.records",
    "Outcome": "commands",
    "Page": "asking",
    "Pause": "store.records",
    "Project": "project",
    "Received": "desk",
    "Record": "store.records",
    "RecoveryError": "core.errors",
    "Refusal": "core.errors",
    "Said": "conversing",
    "Sayable": "drafting",
    "Task": "tended",
    "TaskPage": "tended",
    "Tended": "tended",
    "Unlendable": "store.lending",
    "find_project": "project",
    "open_engine": "bootstrap",
    "publish": "bootstrap",
    "reading": "bootstrap",
    "upgrade_tables": "store.lending.upgrading",
    "working": "bootstrap",
}

__all__ = [
    "Allowance",
    "AsyncDesk",
    "AsyncEngine",
    "Attachment",
    "Case",
    "Changes",
    "Command",
    "Coupon",
    "CouponPage",
    "Desk",
    "Draft",
    "Engine",
    "EngineFault",
    "EnvironmentFault",
    "EventRefused",
    "ExternalIdTaken",
    "LedgerLine",
    "LostRace",
    "Messages",
    "NotFound",
    "NotTended",
    "OutboxPage",
    "OutboxRow",
    "Outcome",
    "Page",
    "Pause",
    "Project",
    "Received",
    "Record",
    "RecoveryError",
    "Refusal",
    "Said",
    "Sayable",
    "Task",
    "TaskPage",
    "Tended",
    "Unlendable",
    "__version__",
    "find_project",
    "open_engine",
    "publish",
    "reading",
    "upgrade_tables",
    "working",
]


def __getattr__(name: str) -> Any:
    """Import an exported name when it is first asked for."""
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'recovery' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"recovery.{home}"), name)
