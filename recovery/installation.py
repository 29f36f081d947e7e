"""Which installation this is, so that a copy of a database does not write to the original's customers.

A database remembers who sends its messages. A project remembers who it is: in the environment, or in a file
of its own that was written when it made its database. Where the two differ (a database was restored or copied
to somewhere else) nothing is sent until somebody takes the database over. The library's own starter folder is
nobody's: nothing is written there, and who works from it is known by the environment or not at all.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress

from recovery.engine import Engine
from recovery.project import Project

VARIABLE = "RECOVERY_INSTALLATION"
FILE = "installation.id"


def known(project: Project) -> str | None:
    """Who this installation is; None when nothing says so."""
    named = os.environ.get(VARIABLE, "").strip()
    if named:
        return named
    if project.starter:
        return None
    try:
        return (project.root / FILE).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def may_send(engine: Engine, project: Project) -> bool:
    """Whether this installation sends the messages of this database."""
    here = known(project)
    return (here is None and project.starter) or here == engine.store.sender_id()


def claim_new(engine: Engine, project: Project) -> None:
    """A database that was made here is this installation's."""
    here = known(project)
    if here is None:
        _write(project, engine.store.sender_id())
    elif here != engine.store.sender_id():
        engine.store.take_over(here, "engine", engine.clock.now())


def take_over(engine: Engine, project: Project, by: str) -> int:
    """Make this installation the one that sends; gives how many due messages are held from now on.

    Raises:
        EnvironmentFault: the database cannot be written.
    """
    here = known(project)
    if here is None and project.starter:
        return 0  # it sends already
    if here is None:
        here = secrets.token_hex(16)
        _write(project, here)
    return engine.store.take_over(here, by, engine.clock.now())


def _write(project: Project, id: str) -> None:
    if project.starter:
        return
    with suppress(OSError):  # where the folder cannot be written, the environment has to say it
        (project.root / FILE).write_text(f"{id}\n", encoding="utf-8")
