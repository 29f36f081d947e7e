"""How a database is named: which kind a URL is of, and how it may be shown."""

from __future__ import annotations

import re

POSTGRES = re.compile(r"postgresql(\+psycopg)?://")
"""What the URL of a PostgreSQL database begins with."""


def is_postgres(url: str) -> bool:
    """Whether a URL names a PostgreSQL database."""
    return POSTGRES.match(url) is not None


def shown(url: str) -> str:
    """A URL without its passwords, wherever they stand in it."""
    head, at, tail = url.rpartition("@")
    scheme, slashes, user = head.partition("://")
    if at and ":" in user:
        head = f"{scheme}{slashes}{user.partition(':')[0]}:***"
    return re.sub(r"(?i)(\b\w*(?:password|passwd)\w*=)[^&]*", r"\1***", f"{head}{at}{tail}")
