"""Checking everything a manager writes: workflows, templates, mappings and the project's configuration."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path

from recovery.core.errors import NotFound
from recovery.core.spec import Workflow
from recovery.imports.loading import check_mapping
from recovery.imports.mapping import FOLDER as MAPPINGS
from recovery.project import CHANNELS, CONFIG, read_settings, starter_root
from recovery.workflow.bundle import TEMPLATES, WORKFLOWS, check_workflow
from recovery.workflow.calendars import FILE as CALENDARS
from recovery.workflow.calendars import check_calendars
from recovery.workflow.compensation import FILE as COMPENSATION
from recovery.workflow.compensation import check_compensation
from recovery.workflow.files import name_of, read_file
from recovery.workflow.findings import BadFile, Finding, errors, guess, in_order
from recovery.workflow.people import FILE as PEOPLE
from recovery.workflow.people import read_people
from recovery.workflow.phrases import phrase_files
from recovery.workflow.project import check_project, workflow_files
from recovery.workflow.rates import FILE as RATES
from recovery.workflow.rates import rates_of, read_rates
from recovery.workflow.reader import read_yaml
from recovery.workflow.wording import check_templates, guard_from

YAML = (".yaml", ".yml")

OWN_FILES = (CONFIG, CHANNELS, CALENDARS, RATES, COMPENSATION, PEOPLE)
"""The files of a project's `config/` that are read under these names."""


@dataclass(slots=True)
class _Chosen:
    """What is to be checked of one project."""

    root: Path
    files: list[Path] = field(default_factory=list)
    mappings: list[Path] = field(default_factory=list)
    settings: list[Path] = field(default_factory=list)
    channels: list[Path] = field(default_factory=list)
    phrases: list[Path] = field(default_factory=list)
    calendars: list[Path] = field(default_factory=list)
    rates: list[Path] = field(default_factory=list)
    compensation: list[Path] = field(default_factory=list)
    people: list[Path] = field(default_factory=list)
    unread: list[Path] = field(default_factory=list)

    def take(self, path: Path) -> None:
        if path == self.root / CONFIG:
            self.settings.append(path)
        elif path == self.root / CHANNELS:
            self.channels.append(path)
        elif path == self.root / CALENDARS:
            self.calendars.append(path)
        elif path == self.root / RATES:
            self.rates.append(path)
        elif path == self.root / COMPENSATION:
            self.compensation.append(path)
        elif path == self.root / PEOPLE:
            self.people.append(path)
        elif path in phrase_files(self.root).values():
            self.phrases.append(path)
        elif path.parent == (self.root / CONFIG).parent or path.match(f"{WORKFLOWS}/*.yml"):
            self.unread.append(path)
        elif path.is_relative_to(self.root / MAPPINGS) or (path.suffix in YAML and _is_mapping(path)):
            self.mappings.append(path)
        else:
            self.files.append(path)


def check_paths(here: Path, paths: Sequence[Path] = (), today: date | None = None) -> list[Finding]:
    """Check a project, or some of its files and folders, or those of another project.

    Args:
        here: the working folder, absolute: the project to check when no path is given (the starter files
            where there is none), and what relative paths and the names in findings are relative to.
        paths: files or folders; a workflow's templates are checked with it.
        today: given, workflows that do not hold on this day are noted.

    Returns:
        Every finding, errors and notices, project by project: the configuration, phrase rules, workflows
        and templates, how the templates are worded, mappings. A file that was named by a relative path has a
        relative path in its findings.

    Raises:
        NotFound: a path does not exist; nothing was checked.
    """
    missing = [str(path) for path in paths if not os.path.lexists(here / path)]
    if missing:
        raise NotFound(f"There is no {' and no '.join(missing)}.", hint="Name files or folders to check.")
    if not paths:
        root = here if _is_project(here) else starter_root()
        return _named(_check(_everything(root), today), root, here, relative=root == here)
    chosen: dict[tuple[Path, bool], _Chosen] = {}
    for path in paths:
        full = Path(os.path.normpath(here / path))
        root = _root_of(full, here)
        own = chosen.setdefault((root, not path.is_absolute()), _Chosen(root))
        for file in _files(full):
            own.take(file)
    findings: list[Finding] = []
    for (root, relative), own in chosen.items():
        findings += _named(_check(own, today), root, here, relative=relative)
    return findings


def _is_project(folder: Path) -> bool:
    return (folder / CONFIG).is_file() or (folder / WORKFLOWS).is_dir()


def _root_of(path: Path, here: Path) -> Path:
    """The project a path belongs to: the nearest above it, else the working folder's, else the starter."""
    for folder in (path, *path.parents):
        if folder.is_dir() and _is_project(folder):
            return folder
    return here if _is_project(here) else starter_root()


def _everything(root: Path) -> _Chosen:
    chosen = _Chosen(root)
    for file in _files(root):
        chosen.take(file)
    return chosen


def _files(path: Path) -> list[Path]:
    """A file itself; of a project what a project has; of another folder every YAML and Markdown file."""
    if not path.is_dir():
        return [path]
    if not _is_project(path):
        return sorted(file for file in path.rglob("*") if file.suffix in (*YAML, ".md") and file.is_file())
    return [
        *(path / name for name in OWN_FILES if (path / name).is_file()),
        *phrase_files(path).values(),
        *sorted(file for ending in YAML for file in (path / WORKFLOWS).glob(f"*{ending}")),
        *sorted((path / TEMPLATES).glob("*/*.md")),
        *sorted((path / MAPPINGS).glob("*.yaml")),
    ]


def _is_mapping(path: Path) -> bool:
    """Whether a YAML file outside the usual folders begins like a mapping, not like a workflow."""
    if path.parent.name == WORKFLOWS:
        return False
    data, _ = read_file(path.parent, path)
    document, _ = read_yaml(data or b"", path.name)
    return document is not None and isinstance(document.value, dict) and "mapping" in document.value


def _check(chosen: _Chosen, today: date | None) -> list[Finding]:
    root = chosen.root
    findings = in_order(_each(root, chosen.settings, _settings))
    findings += in_order(_each(root, chosen.channels, _channels))
    findings += in_order(_each(root, chosen.phrases, _phrases))
    findings += in_order(check_calendars(root)[1] if chosen.calendars else [])
    if chosen.files:
        findings += check_project(root, tuple(dict.fromkeys(chosen.files)), today)
        findings += in_order(check_templates(root, dict.fromkeys(chosen.files)))
    known = _Workflows(root)
    findings += in_order(_each(root, chosen.rates, _rates))
    findings += in_order(_each(root, chosen.compensation, partial(_compensation, root, known)))
    findings += in_order(_each(root, chosen.people, _people))
    findings += in_order(_each(root, chosen.mappings, partial(_mapping, known)))
    for path in dict.fromkeys(chosen.unread):
        message = "Nothing reads a file of this name here."
        findings.append(Finding(name_of(root, path), 1, 1, "unread_file", message, level="notice"))
    return list(dict.fromkeys(findings))


def _each(
    root: Path, files: Iterable[Path], check: Callable[[bytes, str], list[Finding]]
) -> Iterable[Finding]:
    for path in dict.fromkeys(files):
        data, unreadable = read_file(root, path)
        if unreadable is not None:
            yield unreadable
        elif data is not None:
            yield from check(data, name_of(root, path))


def _settings(data: bytes, file: str) -> list[Finding]:
    return read_settings(data, file)[1]


def _phrases(data: bytes, file: str) -> list[Finding]:
    return list(guard_from(data, file)[1])


def _channels(data: bytes, file: str) -> list[Finding]:
    from recovery.delivery.channels.settings import read_channels

    return read_channels(data, file)[1]


def _rates(data: bytes, file: str) -> list[Finding]:
    return read_rates(data, file)[1]


def _people(data: bytes, file: str) -> list[Finding]:
    return read_people(data, file)[1]


def _compensation(root: Path, workflows: _Workflows, data: bytes, file: str) -> list[Finding]:
    try:
        rates = rates_of(root)
    except BadFile:
        rates = None
    return check_compensation(data, file, rates, workflows.sound())


def _mapping(workflows: _Workflows, data: bytes, file: str) -> list[Finding]:
    return check_mapping(data, file, workflows)[1]


class _Workflows:
    """A project's workflows as they stand in its files, by name."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[str, Workflow] = {}

    def sound(self) -> list[Workflow]:
        """All without errors of their own."""
        found = []
        for path in workflow_files(self._root):
            with suppress(NotFound):
                found.append(self(path.stem))
        return found

    def __call__(self, name: str) -> Workflow:
        if name not in self._known:
            files = {path.stem: path for path in workflow_files(self._root)}
            if name not in files:
                raise NotFound(f"There is no workflow {name}.", hint=guess(name, list(files)))
            _, checked = check_workflow(self._root, files[name])
            own = name_of(self._root, files[name])
            if checked.built is None or any(found.file == own for found in errors(checked.findings)):
                raise NotFound(f"The workflow {name} has errors.", hint="Mend them, then check again.")
            self._known[name] = checked.built.workflow
        return self._known[name]


def _named(findings: list[Finding], root: Path, here: Path, *, relative: bool) -> list[Finding]:
    """Findings whose files are called as somebody in the working folder would type them."""

    def name(file: str) -> str:
        full = root / file
        return Path(os.path.relpath(full, here) if relative else full).as_posix()

    return [replace(finding, file=name(finding.file)) for finding in findings]
