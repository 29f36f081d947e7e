"""An event as the log keeps it: its own fields as JSON-native data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from recovery.core.events import EVENTS, Event
from recovery.core.instants import to_text

_OWN_FIELDS = {
    cls: tuple(f.name for f in fields(cls) if f.name not in ("by", "occurred_at")) for cls in EVENTS.values()
}


def payload(event: Event) -> dict[str, Any]:
    """The event's own fields as JSON-native data, without those that say nothing.

    Dates, instants and decimals that a Python caller gave as such become the texts a fact keeps.
    """
    found = {}
    for name in _OWN_FIELDS[type(event)]:
        value = getattr(event, name)
        if type(value) is str:
            found[name] = value
        elif value is not None and value is not False and value != {}:
            found[name] = _native(value)
    return found


def _native(value: Any) -> Any:
    if type(value) is dict or isinstance(value, Mapping):
        return {name: one if type(one) is str else _native(one) for name, one in value.items()}
    if isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, datetime) and value.utcoffset() is not None:
        return to_text(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value
