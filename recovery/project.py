"""A project: the folder with `workflows/`, `templates/` and `config/`, and where its database is.

What is said on the command line wins over the environment (`RECOVERY_DATABASE`), which wins over
`config/recovery.yaml`. Without a project folder the starter files that ship with the library are used.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from recovery.core.errors import NotFound, RecoveryError
from recovery.core.facts import shown
from recovery.insight.recurrence import OFTEN, Often
from recovery.store.urls import is_postgres
from recovery.store.urls import shown as without_password

if TYPE_CHECKING:
    from recovery.delivery.channels.settings import ChannelSettings
    from recovery.workflow.findings import Finding

CONFIG = Path("config") / "recovery.yaml"
CHANNELS = Path("config") / "channels.yaml"
DATABASE_VARIABLE = "RECOVERY_DATABASE"
SQLITE = "sqlite:///"

SETTINGS = {
    "database": "sqlite:///recovery.db",
    "workflow": "ten-step",
    "outbox": "outbox",
    "forget_words_after": "never",
    "fund": "never",
    "recurrence": "5 in 30d",
}
"""The keys of `config/recovery.yaml`, each with what it is when left out."""


@dataclass(frozen=True, slots=True)
class Project:
    """Where things are.

    Attributes:
        root: the folder that holds `workflows/`, `templates/` and `config/`.
        database: a URL such as `sqlite:////var/lib/recovery.db` or `postgresql+psycopg://user@host/name`;
            None when nobody has named one.
        workflow: the workflow a complaint opens in.
        outbox: the folder messages are written into.
        forget_words_after: how long after a message left the worker forgets its words; None: never.
        fund: how much the worker sets aside every month for recoveries that fail; None: nothing.
        often: from how many cases alike within how long a trouble happens often.
    """

    root: Path
    database: str | None
    workflow: str = "ten-step"
    outbox: Path = Path("outbox")
    forget_words_after: timedelta | None = None
    fund: str | None = None
    often: Often = OFTEN

    @property
    def starter(self) -> bool:
        """Whether `root` is the library's own starter folder, where nothing is ever written."""
        return self.root == starter_root()

    @property
    def url(self) -> str:
        """The database's URL.

        Raises:
            NotFound: no database has been named.
        """
        if self.database is None:
            raise NotFound(
                "No project is here and no database was named.",
                hint="Run `recovery init DIR` and work in DIR, or give --database sqlite:///FILE.",
            )
        return self.database

    @property
    def database_path(self) -> Path:
        """The SQLite file.

        Raises:
            NotFound: no database has been named.
            RecoveryError: the URL is not that of a SQLite file.
        """
        return sqlite_path(self.url)

    @property
    def database_file(self) -> Path | None:
        """The SQLite file, or None where the database is on a server.

        Raises:
            NotFound: no database has been named.
            RecoveryError: the URL is not one this version can open.
        """
        return None if is_postgres(self.url) else self.database_path


def sqlite_path(url: str) -> Path:
    """The file of a `sqlite:///FILE` URL.

    Raises:
        RecoveryError: another kind of database, or no file.
    """
    name = url.removeprefix(SQLITE).partition("?")[0]
    if not url.startswith(SQLITE) or not name or ":memory:" in name or "\0" in name:
        raise RecoveryError(
            f"{shown(without_password(url))} is no database this version can open.",
            hint="Write sqlite:///FILE (sqlite:////FOLDER/FILE for a full path), or "
            "postgresql+psycopg://USER@HOST/DATABASE.",
        )
    return Path(name)


def starter_root() -> Path:
    """The starter folder: inside the installed package, or the repository this package stands in."""
    package = Path(__file__).parent
    shipped = package / "starter"
    return shipped if shipped.is_dir() else package.parent


def find_project(folder: Path, database: str | None = None) -> Project:
    """The project of a folder, or the starter files where there is none.

    Raises:
        BadFile: `config/recovery.yaml` is wrong; its findings say where.
        OSError: it cannot be read.
    """
    named = database or os.environ.get(DATABASE_VARIABLE) or None
    if not (folder / CONFIG).is_file():
        return Project(starter_root(), named, outbox=folder / SETTINGS["outbox"])
    return configured(folder, named)


def configured(folder: Path, database: str | None = None) -> Project:
    """The project of a folder that has a configuration.

    Args:
        database: named elsewhere, it wins; the environment is not looked at.

    Raises:
        BadFile, OSError: see `find_project`.
    """
    from recovery.workflow.findings import BadFile

    settings, findings = read_settings((folder / CONFIG).read_bytes(), CONFIG.as_posix())
    if findings:
        raise BadFile(findings)
    return Project(
        folder,
        database or _beside(folder, settings["database"]),
        settings["workflow"],
        folder / settings["outbox"],
        _days(settings["forget_words_after"]),
        _monthly(settings["fund"]),
        _often(settings["recurrence"]),
    )


def channel_settings(root: Path) -> ChannelSettings:
    """How the messages of a project leave, by its `config/channels.yaml`.

    Raises:
        BadFile: the file is wrong; its findings say where.
        OSError: it is not there, or cannot be read.
    """
    from recovery.delivery.channels.settings import read_channels
    from recovery.workflow.findings import BadFile

    settings, findings = read_channels((root / CHANNELS).read_bytes(), CHANNELS.as_posix())
    if findings:
        raise BadFile(findings)
    return settings


def read_settings(data: bytes, file: str) -> tuple[dict[str, str], list[Finding]]:
    """The settings of a `config/recovery.yaml`, and everything that is wrong with it.

    Args:
        file: its name in findings.
    """
    from recovery.workflow.findings import guess
    from recovery.workflow.reader import read_yaml

    settings = dict(SETTINGS)
    document, findings = read_yaml(data, file)
    if document is None or document.value is None:
        return settings, findings
    if not isinstance(document.value, dict):
        findings.append(document.finding((), "wrong_type", "A project's configuration is a mapping."))
        return settings, findings
    for key, value in document.value.items():
        if key not in SETTINGS:
            message = f"{shown(key)} is not a setting of a project."
            findings.append(document.finding((key,), "unknown_key", message, guess(key, SETTINGS), key=True))
        elif not isinstance(value, str) or not value.strip() or "\0" in value:
            hint = f"Such as {SETTINGS[key]}."
            findings.append(document.finding((key,), "wrong_type", f"{key} must be a text.", hint))
        else:
            settings[key] = value
    try:
        _check_url(settings["database"])
    except RecoveryError as error:
        findings.append(document.finding(("database",), "wrong_value", error.message, error.hint))
    for key, read in (("forget_words_after", _days), ("fund", _monthly), ("recurrence", _often)):
        try:
            read(settings[key])
        except RecoveryError as error:
            findings.append(document.finding((key,), "wrong_value", error.message, error.hint))
    return settings, findings


def _days(text: str) -> timedelta | None:
    """A number of days, `90d`, or None for `never`.

    Raises:
        RecoveryError: it is neither.
    """
    if text == "never":
        return None
    if not re.fullmatch("[1-9][0-9]{0,4}d", text):
        raise RecoveryError(f"{shown(text)} is no number of days.", hint="Such as 90d, or never.")
    return timedelta(days=int(text[:-1]))


def _often(text: str) -> Often:
    """From how many cases within how many days: `5 in 30d`.

    Raises:
        RecoveryError: it says no such thing.
    """
    found = re.fullmatch("([2-9]|[1-9][0-9]{1,4}) in ([1-9][0-9]{0,3})d", text)
    if found is None:
        raise RecoveryError(
            f"{shown(text)} says no number of cases in a number of days.", hint="Such as 5 in 30d."
        )
    return Often(int(found[1]), timedelta(days=int(found[2])))


def _monthly(text: str) -> str | None:
    """An amount to be set aside every month, `1000 USD per month`, or None for `never`.

    Raises:
        RecoveryError: it is neither.
    """
    if text == "never":
        return None
    from recovery.workflow.currencies import unpayable

    amount, _, per = text.partition(" per ")
    wrong = unpayable(amount) or ("" if per == "month" else "it says no month")
    if wrong or amount.startswith("-"):
        hint = "Such as 1000 USD per month, or never."
        raise RecoveryError(
            f"{shown(text)} cannot be set aside: {wrong or 'it is less than nothing'}.", hint=hint
        )
    return amount


def _check_url(url: str) -> None:
    """Make sure that a URL may stand in a file.

    Raises:
        RecoveryError: it is not one this version can open, or it holds a password.
    """
    if not is_postgres(url):
        sqlite_path(url)
    elif without_password(url) != url:
        raise RecoveryError(
            "A password does not belong into this file.",
            hint=f"Leave it out, and set PGPASSWORD or {DATABASE_VARIABLE}, or use ~/.pgpass.",
        )


def _beside(folder: Path, url: str) -> str:
    """A relative SQLite file of the configuration lies in the project's folder, wherever one stands."""
    return url if is_postgres(url) else f"{SQLITE}{folder / sqlite_path(url)}"
