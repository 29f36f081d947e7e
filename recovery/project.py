"""A project: the folder with `workflows/`, `templates/` and `config/`, and where its database is.

What is said on the command line wins over the environment (`RECOVERY_DATABASE`), which wins over
`config/recovery.yaml`. Without a project folder the starter files that ship with the library are used.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from recovery.core.errors import NotFound, RecoveryError

CONFIG = Path("config") / "recovery.yaml"
DATABASE_VARIABLE = "RECOVERY_DATABASE"
SQLITE = "sqlite:///"

SETTINGS = {"database": "sqlite:///recovery.db", "workflow": "ten-step", "outbox": "outbox"}
"""The keys of `config/recovery.yaml`, each with what it is when left out."""


@dataclass(frozen=True, slots=True)
class Project:
    """Where things are.

    Attributes:
        root: the folder that holds `workflows/`, `templates/` and `config/`.
        database: a URL such as `sqlite:////var/lib/recovery.db`; None when nobody has named one.
        workflow: the workflow a complaint opens in.
        outbox: the folder messages are written into.
        starter: whether `root` is the library's own starter folder.
    """

    root: Path
    database: str | None
    workflow: str = "ten-step"
    outbox: Path = Path("outbox")
    starter: bool = False

    @property
    def database_path(self) -> Path:
        """The SQLite file.

        Raises:
            NotFound: no database has been named.
            RecoveryError: the URL is not one this version can open.
        """
        if self.database is None:
            raise NotFound(
                "No project is here and no database was named.",
                hint="Run `recovery init DIR` and work in DIR, or give --database sqlite:///FILE.",
            )
        return sqlite_path(self.database)


def sqlite_path(url: str) -> Path:
    """The file of a `sqlite:///FILE` URL.

    Raises:
        RecoveryError: another kind of database, or no file.
    """
    if not url.startswith(SQLITE) or len(url) == len(SQLITE) or ":memory:" in url:
        scheme = url.partition(":")[0]
        raise RecoveryError(
            f"The database URL begins with {scheme}: and cannot be opened.",
            hint="Write sqlite:///FILE, or sqlite:////FOLDER/FILE for a full path.",
        )
    return Path(url[len(SQLITE) :].partition("?")[0])


def starter_root() -> Path:
    """The starter folder: inside the installed package, or the repository this package stands in."""
    package = Path(__file__).parent
    shipped = package / "starter"
    return shipped if shipped.is_dir() else package.parent


def find_project(folder: Path, database: str | None = None) -> Project:
    """The project of a folder, or the starter files where there is none.

    Raises:
        BadFile: `config/recovery.yaml` is wrong; its findings say where.
    """
    named = database or os.environ.get(DATABASE_VARIABLE) or None
    config = folder / CONFIG
    if not config.is_file():
        return Project(starter_root(), named, outbox=folder / "outbox", starter=True)
    return _configured(folder, config, named)


def _configured(folder: Path, config: Path, named: str | None) -> Project:
    from recovery.workflow.findings import BadFile, Finding, guess
    from recovery.workflow.reader import read_yaml

    document, findings = read_yaml(config.read_bytes(), str(CONFIG))
    values = dict(SETTINGS)
    if document is not None:
        found = document.value if isinstance(document.value, dict) else {}
        if found is not document.value and document.value is not None:
            findings.append(document.finding((), "wrong_type", "A project's configuration is a mapping."))
        for key, value in found.items():
            if key not in SETTINGS:
                message = f"{key} is not a setting of a project."
                findings.append(
                    document.finding((key,), "unknown_key", message, guess(key, SETTINGS), key=True)
                )
            elif not isinstance(value, str) or not value:
                findings.append(document.finding((key,), "wrong_type", f"{key} must be a text."))
            else:
                values[key] = value
    problems: list[Finding] = findings
    if problems:
        raise BadFile(problems)
    return Project(
        folder,
        named or _beside(folder, values["database"]),
        values["workflow"],
        folder / values["outbox"],
    )


def _beside(folder: Path, url: str) -> str:
    """A relative SQLite file of the configuration lies in the project's folder, wherever one stands."""
    if not url.startswith(SQLITE):
        return url
    return f"{SQLITE}{folder / sqlite_path(url)}"
