"""`recovery doctor`: what is wrong in this place, and how to mend it. It looks and changes nothing."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from recovery import __version__
from recovery.asking import MOST
from recovery.bootstrap import channels_of, collect_all, reading
from recovery.core.errors import RecoveryError
from recovery.engine import Engine
from recovery.installation import may_send
from recovery.project import CHANNELS, CONFIG, Project, channel_settings
from recovery.sealing import KEY_VARIABLE, key_file, seal_key
from recovery.workflow.bundle import Bundle
from recovery.workflow.findings import Finding, errors

FREE_MEGABYTES = 100


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: `well`, worth `note`, or `wrong`; `mend` says what to do."""

    what: str
    state: Literal["well", "note", "wrong"]
    found: str
    mend: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The check as plain data, for JSON."""
        return asdict(self)


def examine(project: Project) -> list[Check]:
    """Look at everything a project needs; a check that fails never stops the others."""
    bundles, findings = collect_all(project.root)
    checks = [_program(), _folder(project), _files(bundles, findings), _diagrams()]
    checks.append(_guarded("channels", lambda: _channels(project)))
    try:
        path = project.database_file
        if path is not None and not path.exists():
            note = Check("database", "note", f"{path} is not there yet.", "Run `recovery db upgrade`.")
            return [*checks, note]
        if path is not None:
            checks.append(_space(path))
        with reading(project) as engine:
            checks += [
                _guarded("seal key", lambda: _key(engine, project)),
                _guarded("schema", lambda: _schema(engine)),
                _guarded("published", lambda: _published(engine, bundles)),
                _guarded("sender", lambda: _sender(engine, project)),
                _guarded("messages", lambda: _messages(engine)),
                _guarded("pauses", lambda: _pauses(engine)),
                _guarded("tasks", lambda: _tasks(engine)),
                _guarded("quarantine", lambda: _quarantine(engine)),
            ]
    except RecoveryError as error:
        checks.append(Check("database", "wrong", error.message, error.hint))
    except OSError as error:
        checks.append(Check("database", "wrong", f"{error.filename}: {error.strerror}.", "Mend it."))
    return checks


def _guarded(what: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except RecoveryError as error:
        return Check(what, "wrong", error.message, error.hint)


def _program() -> Check:
    found = (
        f"service-recovery {__version__}, Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}"
    )
    return Check("program", "well", found)


def _folder(project: Project) -> Check:
    if project.starter:
        found = f"No {CONFIG} here; the starter files are used."
        return Check("project", "note", found, "Run `recovery init DIR` for files of your own.")
    return Check("project", "well", str(project.root))


def _files(bundles: list[Bundle], findings: list[Finding]) -> Check:
    wrong = errors(findings)
    if wrong:
        return Check(
            "workflows", "wrong", f"{len(wrong)} errors; the first: {wrong[0]}", "Run `recovery check`."
        )
    return Check("workflows", "well", f"{len(bundles)} without errors")


def _diagrams() -> Check:
    if shutil.which("dot"):
        return Check("diagrams", "well", "Graphviz is installed.")
    return Check("diagrams", "note", "Graphviz is not installed.", "Install it for diagrams as pictures.")


def _channels(project: Project) -> Check:
    """How messages leave; nothing is connected to."""
    if not os.path.lexists(project.root / CHANNELS):
        return Check("channels", "well", f"everything is written into {project.outbox}")
    with channels_of(project):
        settings = channel_settings(project.root)
    found = ", ".join(f"{name} by {way.by}" for name, way in sorted(settings.ways.items()))
    if settings.only_to is None:
        return Check("channels", "well", found)
    count = len(settings.only_to)
    return Check(
        "channels", "note", found, f"Only {count} may be written to; take out only_to to write to all."
    )


def _space(path: Path) -> Check:
    free = shutil.disk_usage(path.parent).free // 2**20
    if free < FREE_MEGABYTES:
        return Check("disk", "wrong", f"{free} MB are free.", f"Free at least {FREE_MEGABYTES} MB.")
    return Check("disk", "well", f"{free:,} MB are free.")


def _key(engine: Engine, project: Project) -> Check:
    path = project.database_file
    key = seal_key(path)
    if key is None:
        mend = f"Set {KEY_VARIABLE}" + (f", or restore {key_file(path)}." if path else ".")
        return Check("seal key", "wrong", "There is none: the log cannot be sealed or checked.", mend)
    engine.store.require_seal_key(key)
    return Check("seal key", "well", "there, outside the database")


def _schema(engine: Engine) -> Check:
    return Check(
        "schema", "well", f"{engine.store.schema().current}, installation {engine.store.installation_id()}"
    )


def _published(engine: Engine, bundles: list[Bundle]) -> Check:
    differ = [
        bundle.workflow_id
        for bundle in bundles
        if engine.store.published(engine.tenant, bundle.workflow_id) != bundle.hash
    ]
    if differ:
        found = f"The files of {', '.join(differ)} differ from what new cases run on."
        return Check("published", "note", found, "Run `recovery publish` when the change is meant.")
    return Check("published", "well", f"{len(bundles)} workflows as in the files")


def _sender(engine: Engine, project: Project) -> Check:
    """Whether this installation sends the database's messages."""
    sender = engine.store.sender_id()
    if may_send(engine, project):
        return Check("sender", "well", f"this installation, {sender}")
    found = f"This database is another installation's, {sender}: nothing is sent from here."
    return Check("sender", "wrong", found, "`recovery outbox take-over` makes it this one's.")


def _messages(engine: Engine) -> Check:
    counts = engine.store.outbox_counts(engine.tenant)
    found = ", ".join(f"{count:,} {status}" for status, count in sorted(counts.items())) or "none"
    oldest = engine.store.oldest_due(engine.tenant)
    if oldest is not None:
        found += f"; the oldest was due at {oldest[:16]}Z"
    if counts.get("failed"):
        mend = "`recovery outbox list --status failed` says why; `resend` them, or tell people yourself."
        return Check("messages", "wrong", found, mend)
    if counts.get("due"):
        return Check("messages", "note", found, "Run `recovery worker`.")
    if counts.get("held"):
        mend = "See `recovery outbox list --status held`; then `release` or `cancel` them."
        return Check("messages", "note", found, mend)
    return Check("messages", "well", found)


def _pauses(engine: Engine) -> Check:
    found = "; ".join(
        f"{pause.kind} {pause.name} since {pause.since[:16]}Z by {pause.by}: {pause.reason}"
        for pause in engine.pauses()
    )
    if found:
        return Check("pauses", "note", found, "`recovery outbox resume` lets them be sent again.")
    return Check("pauses", "well", "nothing is paused")


def _tasks(engine: Engine) -> Check:
    page = engine.tasks(limit=MOST)
    if not page.tasks:
        return Check("tasks", "well", "none")
    more = " or more" if page.cursor else ""
    return Check("tasks", "note", f"{len(page.tasks):,}{more} wait for people", "See `recovery tasks list`.")


def _quarantine(engine: Engine) -> Check:
    cases = engine.store.quarantined(engine.tenant)
    if cases:
        named = ", ".join(map(str, cases[:10]))
        mend = "Mend what is wrong, then `recovery do CASE lift --reason WHY`."
        return Check("quarantine", "wrong", f"{len(cases)} cases: {named}", mend)
    return Check("quarantine", "well", "no case")
