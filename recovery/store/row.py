"""What every table has in common."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy.orm import registry
from sqlmodel import SQLModel


class Row(SQLModel, registry=registry()):
    """What every table has: it belongs to this library's own metadata, never to a host's."""

    __table_args__: ClassVar[Any] = ()
