"""What a story may speak of: a project's workflows as they stand in its files, each read once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from recovery.core.errors import NotFound
from recovery.core.spec import Workflow
from recovery.project import CONFIG, configured
from recovery.workflow.bundle import Bundle, collect, load
from recovery.workflow.calendars import check_calendars
from recovery.workflow.findings import BadFile, errors, guess
from recovery.workflow.project import workflow_files
from recovery.workflow.reader import read_yaml


@dataclass(frozen=True, slots=True)
class Known:
    """A workflow that can be played. `calendar` is the one its clocks count by; empty where it has none."""

    bundle: Bundle
    workflow: Workflow
    calendar: str


def project_of(file: Path, root: Path) -> Path:
    """The folder of the project that a file stands in: the nearest one above it, else `root`."""
    for folder in file.resolve().parents:
        if folder == root.resolve():
            return root
        if (folder / CONFIG).is_file():
            return folder
    return root


class Workflows:
    """The workflows of a project.

    Attributes:
        default: the one that complaints open in.
    """

    def __init__(self, root: Path, default: str) -> None:
        self.root = root
        self.default = default
        self._found: dict[str, Known | BadFile] = {}
        self._inner: dict[Path, Workflows] = {}

    def around(self, file: Path) -> Workflows:
        """Those that a scenario file is about: of a project inside this one where it stands in one.

        Raises:
            BadFile: that project's `config/recovery.yaml` is wrong.
        """
        home = project_of(file, self.root)
        if home == self.root:
            return self
        if home not in self._inner:
            self._inner[home] = Workflows(home, configured(home).workflow)
        return self._inner[home]

    def names(self) -> list[str]:
        """All there are, sound or not."""
        return list(self._files)

    def find(self, name: str) -> Known:
        """A workflow by its name.

        Raises:
            NotFound: there is none; the hint says which there are.
            BadFile: it has errors.
        """
        if name not in self._files:
            raise NotFound(f"There is no workflow {name}.", hint=guess(name, self.names()))
        if name not in self._found:
            self._found[name] = self._read(self._files[name])
        found = self._found[name]
        if isinstance(found, BadFile):
            raise found
        return found

    def sound(self) -> list[Known]:
        """Those that have been asked for and have no errors."""
        return [found for found in self._found.values() if isinstance(found, Known)]

    @cached_property
    def zones(self) -> dict[str, str]:
        """The time zone of each sound calendar of the project."""
        return {name: calendar.zone for name, calendar in check_calendars(self.root)[0].items()}

    @cached_property
    def _files(self) -> dict[str, Path]:
        return {path.stem: path for path in workflow_files(self.root)}

    def _read(self, file: Path) -> Known | BadFile:
        bundle, findings = collect(self.root, file)
        if bundle is None:
            return BadFile(errors(findings))
        return Known(bundle, load(bundle), self._calendar(file.stem))

    def _calendar(self, name: str) -> str:
        """The calendar of a sound workflow, or of the one it extends."""
        document, _ = read_yaml(self._files[name].read_bytes(), name)
        assert document is not None
        own, base = document.get(("calendar",)), document.get(("extends",))
        return own or (self._calendar(base) if base else "")
