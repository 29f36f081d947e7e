"""The keys of `config/calendars.yaml`."""

from __future__ import annotations

from docs.generate.markdown import code, table
from recovery.workflow.basics import Shape
from recovery.workflow.calendars import CalendarShape, CalendarsShape, HolidaysShape


def file_keys() -> str:
    """The keys of the file."""
    return _keys(CalendarsShape)


def keys() -> str:
    """The keys of a calendar."""
    return _keys(CalendarShape)


def holiday_keys() -> str:
    """The keys of a source of holidays."""
    return _keys(HolidaysShape)


def _keys(shape: type[Shape]) -> str:
    rows = [
        [code(name), "yes" if field.is_required() else "", str(field.description)]
        for name, field in shape.model_fields.items()
    ]
    return table(["key", "required", "meaning"], rows)
