"""Running scenarios: each in a small database of its own, many at once, on all cores."""

from __future__ import annotations

import multiprocessing
import random
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import perf_counter

from recovery.bootstrap import open_engine
from recovery.clock import ManualClock
from recovery.core.errors import NotFound
from recovery.engine import Engine
from recovery.project import Project
from recovery.scenarios.comparing import Difference
from recovery.scenarios.coverage import Touched
from recovery.scenarios.knowing import Known, Workflows, project_of
from recovery.scenarios.reading import read_scenario
from recovery.scenarios.stage import tell
from recovery.scenarios.story import Scenario
from recovery.store.sqlite import SqliteStore
from recovery.workflow.compensation import FILE as COMPENSATION
from recovery.workflow.findings import Finding
from recovery.workflow.rates import FILE as CURRENCIES

FOLDERS = ("scenarios", "tests/scenarios")
"""Where a project's scenarios are looked for, from its folder."""

FEW = 12
"""As many scenarios are told before another process is worth its start."""

EMPTY = "empty.db"
START = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Result:
    """How one scenario went.

    Attributes:
        file: as the reader of a finding would type it; `line` is that of the scenario's name.
        workflow: None where the file could not be read.
        findings: what is wrong in the file; then it was not run.
        differences: where it was not as expected.
        trace: the last lines of what had happened by then.
        touched: the parts of the workflow it came to.
    """

    name: str
    file: str
    line: int
    workflow: str | None = None
    rule: str | None = None
    seconds: float = 0.0
    findings: tuple[Finding, ...] = ()
    differences: tuple[Difference, ...] = ()
    trace: tuple[str, ...] = ()
    touched: Touched = frozenset()

    @property
    def ok(self) -> bool:
        """Whether everything was as expected."""
        return not self.findings and not self.differences


def scenario_files(root: Path, paths: Sequence[Path]) -> list[Path]:
    """The scenario files among paths, folders searched; those of the project when none is given.

    Raises:
        NotFound: a path does not exist.
    """
    found: dict[Path, None] = {}
    for path in paths or [root / folder for folder in FOLDERS if (root / folder).is_dir()]:
        if path.is_dir():
            found |= dict.fromkeys(sorted(file for file in path.rglob("*.yaml") if _is_scenario(file, root)))
        elif path.exists():
            found[path] = None
        else:
            raise NotFound(f"There is no {path}.", hint="Name scenario files, or folders with some.")
    return list(found)


def _is_scenario(file: Path, root: Path) -> bool:
    """Whether a file is one: of a project inside the project only those where it keeps its scenarios."""
    home = project_of(file, root)
    return file.is_file() and (home == root or file.resolve().relative_to(home).parts[0] == FOLDERS[0])


def run_files(
    workflows: Workflows, files: Sequence[Path], *, here: Path, jobs: int = 1, text: str = ""
) -> list[Result]:
    """Run scenario files, in their order, each on the workflows of the project it stands in.

    Args:
        workflows: of the project that those in none are about.
        here: the folder that files are called from.
        jobs: how many processes at most.
        text: only scenarios with this in their name or file, in small letters or capitals.

    Raises:
        EnvironmentFault: no database can be made.
    """
    results: dict[str, Result] = {}
    sound: dict[Workflows, list[Scenario]] = {}
    for file in files:
        around = workflows.around(file)
        read = read_scenario(here, file, around, text)
        if read is not None:
            results[read.file] = Result(read.name, read.file, read.line, findings=read.findings)
            sound.setdefault(around, []).extend([read.scenario] if read.scenario is not None else [])
    for project, scenarios in sound.items():
        with ground() as place:
            publish(place, project.root, project.sound())
            results |= {result.file: result for result in _run_all(place, scenarios, jobs)}
    return list(results.values())


def _run_all(place: Path, scenarios: list[Scenario], jobs: int) -> Iterator[Result]:
    work = partial(run, place)
    jobs = min(jobs, -(-len(scenarios) // FEW))
    if jobs <= 1:
        yield from map(work, scenarios)
        return
    how = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    with ProcessPoolExecutor(jobs, mp_context=how) as pool:
        yield from pool.map(work, scenarios, chunksize=4)


@contextmanager
def ground() -> Iterator[Path]:
    """A folder with a database that has no case, to be copied for each story; removed at the end.

    Raises:
        EnvironmentFault: it cannot be made.
    """
    with tempfile.TemporaryDirectory(prefix="recovery-") as folder:
        place = Path(folder)
        moment = ManualClock(START).now
        SqliteStore.open(place / EMPTY, clock=moment, entropy=random.Random(0).randbytes).upgrade()
        yield place


def publish(place: Path, root: Path, known: Iterable[Known]) -> None:
    """Put versions of workflows into a `ground`'s database, for the stories of one project to come.

    Args:
        root: the project, whose compensation policy and rates the stories are held to.
    """
    (place / "config").mkdir(exist_ok=True)
    for name in (COMPENSATION, CURRENCIES):
        if (root / name).is_file():
            shutil.copyfile(root / name, place / name)
    engine = _engine(place / EMPTY, ManualClock(START))
    for one in known:
        bundle = one.bundle
        engine.store.publish(engine.tenant, bundle.hash, bundle.workflow_id, bundle.files)
    engine.store.close()


def _engine(file: Path, clock: ManualClock) -> Engine:
    root = file.parent if file.name == EMPTY else file.parent.parent
    return open_engine(
        Project(root, f"sqlite:///{file}"),
        clock=clock,
        entropy=random.Random(0).randbytes,
        synchronous="NORMAL",
    )


def run(place: Path, scenario: Scenario) -> Result:
    """Run one scenario in a copy of a `ground`'s database.

    Raises:
        EnvironmentFault: the copy cannot be made or used.
    """
    begun = perf_counter()
    with tempfile.TemporaryDirectory(dir=place) as folder:
        file = Path(folder) / "story.db"
        shutil.copyfile(place / EMPTY, file)
        clock = ManualClock(START)
        told, parts = tell(scenario, clock, partial(_engine, file, clock))
    return Result(
        scenario.name,
        scenario.file,
        scenario.line,
        scenario.workflow,
        scenario.rule,
        perf_counter() - begun,
        differences=told.differences,
        trace=told.trace,
        touched=parts,
    )
