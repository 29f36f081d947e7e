"""The composition root: the one place where an engine is put together. Tests go through it too."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from recovery import installation
from recovery.clock import Clock, SystemClock
from recovery.core.errors import EnvironmentFault, NotFound, RecoveryError
from recovery.delivery.channels import Channel, FolderChannel
from recovery.engine import Engine
from recovery.project import CHANNELS, Project, channel_settings
from recovery.sealing import seal_key
from recovery.standing import Limits
from recovery.store.people import People
from recovery.store.sqlite import SqliteStore
from recovery.store.store import Store
from recovery.workflow.bundle import Bundle, collect
from recovery.workflow.files import digest, name_of
from recovery.workflow.findings import BadFile, Finding, errors
from recovery.workflow.once import once
from recovery.workflow.people import people_of
from recovery.workflow.phrases import phrase_files
from recovery.workflow.rates import rates_of
from recovery.workflow.wording import guard_from

if TYPE_CHECKING:
    from recovery.core.compensation.policy import Policy

LEASES_SINCE = "0003"
"""The schema since which a database knows who sends its messages."""

FOLDERS = ("workflows", "templates", "config")
"""The folders of a project that its versions are made of."""

PROJECTS_KEPT = 4
"""How many are kept in memory after they were collected."""

Entropy = Callable[[int], bytes]

YOUNG_OBJECTS = 10_000
"""How many new objects such a process makes before the collector looks through them: a batch or two."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One workflow's running version. `changed` says whether this publication made it so."""

    workflow: str
    hash: str
    changed: bool


def open_engine(
    project: Project,
    *,
    clock: Clock | None = None,
    entropy: Entropy = os.urandom,
    make: bool = False,
    synchronous: str = "FULL",
) -> Engine:
    """An engine on the project's database.

    Args:
        clock: where the present moment comes from; the machine's clock by default.
        entropy: where salts and ids come from; seeded in demos so that they repeat byte for byte.
        make: when there is no database yet, make one and publish the project's workflows. Making it may be
            interrupted, or begun by two at once: the next one who may make it does what is left.
        synchronous: SQLite's `FULL` or `NORMAL`; `NORMAL` may forget the last commits at power loss.

    Raises:
        NotFound: no database is named, or there is none and `make` is off.
        EnvironmentFault: the database cannot be used: another schema version, locked, no permission.
        BadFile: a workflow that would be published has errors.
    """
    path = project.database_file
    if path is not None and path.is_dir():
        raise RecoveryError(f"{path} is a folder, not a database.", hint="Name a file, such as recovery.db.")
    new = path is not None and not path.exists()
    if new and not make:
        raise NotFound(f"There is no database {path}.", hint="Run `recovery db upgrade` to make it.")
    clock = clock or SystemClock()
    store = _open_store(project, clock, entropy, synchronous)
    try:
        rates = once(partial(rates_of, project.root))
        policy = once(partial(_policy, project.root))
        limits = Limits(rates=rates, policy=policy)
        engine = Engine(store, clock, default_workflow=project.workflow, limits=limits, often=project.often)
        if make:
            _complete(engine, project, entropy, new=new)
        store.require_current()
    except BaseException:
        store.close()
        raise
    return engine


def _policy(root: Path) -> Policy | None:
    """A project's compensation policy, read when somebody first gives something."""
    from recovery.workflow.compensation import policy_of

    return policy_of(root)


def _open_store(
    project: Project, clock: Clock, entropy: Entropy = os.urandom, synchronous: str = "FULL"
) -> Store:
    path = project.database_file
    if path is not None:
        return SqliteStore.open(path, clock=clock.now, entropy=entropy, synchronous=synchronous)
    from recovery.store.postgres import PostgresStore

    return PostgresStore.open(project.url, clock=clock.now, entropy=entropy)


def _complete(engine: Engine, project: Project, entropy: Entropy, *, new: bool) -> None:
    """Make what a whole database has and this one lacks: when new, or when its making was interrupted."""
    store = engine.store
    bundles = None
    if new or store.schema().current is None:
        bundles = checked(project.root)  # before anything is made
        store.upgrade()
        installation.claim_new(engine, project)
    store.require_current()
    seal_key(project.database_file, make=not store.is_sealed(), entropy=entropy)
    if not store.workflows(engine.tenant):
        _publish(engine, checked(project.root) if bundles is None else bundles, project.root)


@contextmanager
def reading(project: Project, *, make: bool = False, clock: Clock | None = None) -> Iterator[Engine]:
    """An engine whose database is closed at the end.

    Raises:
        NotFound, EnvironmentFault, BadFile: see `open_engine`.
    """
    engine = open_engine(project, make=make, clock=clock)
    try:
        yield engine
    finally:
        engine.store.close()


@contextmanager
def working(project: Project, *, make: bool = False, clock: Clock | None = None) -> Iterator[Engine]:
    """An engine for one piece of work: what it logged is sealed before the database is closed.

    Raises:
        NotFound, EnvironmentFault, BadFile: see `open_engine`.
        RecoveryError: the seal key cannot be used, or is not the one the log was sealed with.
    """
    with reading(project, make=make, clock=clock) as engine:
        key = seal_key(project.database_file)
        if key is not None:
            engine.store.require_seal_key(key)
        yield engine
        with suppress(EnvironmentFault):  # the work is done and stands; the next one seals it too
            seal(engine, project)


def keep_what_is_loaded() -> None:
    """Take everything loaded so far out of the collector's rounds: for a process of our own with long work.

    Its rounds become fewer too: what a unit of work holds lives until its end, so to look through it every
    700 objects finds nothing. A host that runs long does the same once it has started (`gc.freeze`).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)


@contextmanager
def channels_of(project: Project, clock: Clock | None = None) -> Iterator[Channel]:
    """How a project's messages leave, closed at the end: by `config/channels.yaml`, else into its outbox.

    Args:
        clock: whose moments posts are signed with; the machine's by default.

    Raises:
        BadFile: `config/channels.yaml` is wrong; its findings say where.
        EnvironmentFault: a secret that it names is not in the environment, or cannot be used.
        OSError: the file cannot be read.
    """
    if not os.path.lexists(project.root / CHANNELS):
        yield FolderChannel(project.outbox)
        return
    from recovery.delivery.channels.building import built

    now = (clock or SystemClock()).now
    with built(channel_settings(project.root), project.outbox, os.environ, now) as channels:
        yield channels


def seal(engine: Engine, project: Project) -> None:
    """Seal what has been logged since the last seal, if there is a key."""
    key = seal_key(project.database_file)
    if key is not None:
        engine.store.seal(key, engine.clock.now())


def publish(engine: Engine, root: Path) -> list[Publication]:
    """Make the checked files of a project the versions that new cases run on, all of them or none, and its
    people those who work here.

    Raises:
        BadFile: a file has errors; nothing is published.
        NotFound: there is no workflow to publish.
    """
    return _publish(engine, checked(root), root)


def _publish(engine: Engine, bundles: Iterable[Bundle], root: Path) -> list[Publication]:
    publications = []
    for bundle in bundles:
        changed = engine.store.published(engine.tenant, bundle.workflow_id) != bundle.hash
        if changed:
            engine.store.publish(engine.tenant, bundle.hash, bundle.workflow_id, bundle.files)
        publications.append(Publication(bundle.workflow_id, bundle.hash, changed))
    directory = people_of(root)
    if directory is not None:
        with engine.store.working(People, engine.tenant) as people:
            people.publish(directory, engine.clock.now())
    return publications


def checked(root: Path) -> list[Bundle]:
    """Every workflow of a project; its phrase rules and its people are sound too.

    Raises:
        BadFile: a file has errors.
        NotFound: there is none.
    """
    bundles, findings = collect_all(root)
    for file in phrase_files(root).values():
        findings += guard_from(file.read_bytes(), name_of(root, file))[1]
    if errors(findings):
        raise BadFile(errors(findings))
    people_of(root)
    if not bundles:
        raise NotFound(
            f"There is no workflow in {root / 'workflows'}.", hint="Write one, or `recovery init`."
        )
    return bundles


def collect_all(root: Path) -> tuple[list[Bundle], list[Finding]]:
    """Every workflow of a project that has no error, as a bundle, and the findings in all of them.

    Files that are as they were when they were collected last are not checked again: whoever tests a desk
    opens an engine on the same project again and again.
    """
    same = digest(root, FOLDERS)
    bundles, findings = _collect_all(root) if same is None else _collected(root, same)
    return list(bundles), list(findings)


@lru_cache(maxsize=PROJECTS_KEPT)
def _collected(root: Path, digest: str) -> tuple[list[Bundle], list[Finding]]:  # noqa: ARG001 - of what it was
    return _collect_all(root)


def _collect_all(root: Path) -> tuple[list[Bundle], list[Finding]]:
    bundles: list[Bundle] = []
    findings: list[Finding] = []
    for file in sorted((root / "workflows").glob("*.yaml")):
        bundle, found = collect(root, file)
        findings += found
        if bundle is not None:
            bundles.append(bundle)
    return bundles, findings


def upgrade_database(project: Project) -> tuple[str | None, str | None]:
    """Make the project's database, or bring its schema to this version; give the revisions before and after.

    Raises:
        EnvironmentFault: the database is newer than this version, locked, or cannot be written.
    """
    path = project.database_file
    before = None
    if path is None or path.is_file():
        store = _open_store(project, SystemClock())
        before = store.schema().current
        if before is not None:
            store.upgrade()
            if before < LEASES_SINCE:  # until then nothing kept a copy from sending
                installation.claim_new(Engine(store, SystemClock()), project)
    with reading(project, make=True) as engine:
        return before, engine.store.schema().current
