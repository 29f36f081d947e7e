"""Compensations as pages for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recovery.cli.output import table

if TYPE_CHECKING:
    from rich.console import RenderableType


def compensations_page(data: list[dict[str, Any]], title: str | None = None) -> RenderableType:
    """Compensations as a table."""
    columns = ["#", "what", "amount", "to", "by", "status", "until", "receipt", "note"]
    keys = ["compensation", "kind", "amount", "to", "by", "status", None, "receipt", "note"]
    cells = [[_until(one) if key is None else one[key] for key in keys] for one in data]
    return table(title, columns, cells)


def _until(one: dict[str, Any]) -> str:
    at = {"asked": one["answer_by"], "offered": one["expires_at"], "due": one["pay_by"]}.get(one["status"])
    return "" if at is None else f"{at[:16]}Z"
