"""Django without a project: its connections, made for one database at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings
from django.db import connections, transaction
from django.utils.connection import ConnectionProxy

from tests.hosts.ground import Ground

ALIAS = "desk"


def _setting(ground: Ground) -> dict[str, Any]:
    if ground.is_sqlite:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": ground.path}
    url = urlsplit(ground.url)
    host = parse_qs(url.query).get("host", [url.hostname or ""])[0]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path.strip("/"),
        "USER": url.username or "",
        "PASSWORD": url.password or "",
        "HOST": host,
        "PORT": str(url.port or ""),
    }


@contextmanager
def wrapper(ground: Ground, **more: Any) -> Iterator[tuple[str, Any]]:
    """An alias and its connection, behind the proxy that `django.db.connection` is; closed at the end."""
    if not settings.configured:
        settings.configure(USE_TZ=True)
        django.setup()
    connections.settings = connections.configure_settings({"default": {}, ALIAS: _setting(ground) | more})
    connection: Any = ConnectionProxy(connections, ALIAS)
    try:
        yield ALIAS, connection
    finally:
        connection.close()
        del connections[ALIAS]


def atomic(alias: str) -> Any:
    """A block whose work is kept or undone as one."""
    return transaction.atomic(using=alias)
