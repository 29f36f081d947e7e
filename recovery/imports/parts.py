"""The parts of a mapping file: texts, columns with their values, dates. Findings say what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from recovery.core.calendars.local import zone_of, zones
from recovery.imports.moments import Moments, unusable_format
from recovery.imports.rules import NOW, Column, When
from recovery.workflow.findings import Finding, guess, one_of, shown
from recovery.workflow.reader import Document

Place = tuple[str | int, ...]

Check = Callable[[Place, Any], Any]
"""Gives the value at a place as it is kept, after noting what is wrong with it."""

NO_COLUMN = Column("")
"""Stands where a column was written wrongly, so that the rest can be read."""


def is_text(value: object) -> bool:
    """Whether a value is a text with something in it."""
    return isinstance(value, str) and bool(value.strip())


class Parts:
    """Reads parts of one document. What is wrong is collected; something harmless is given in its place."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.findings: list[Finding] = []

    def wrong(self, path: Place, code: str, message: str, hint: str = "", *, key: bool = False) -> None:
        """Note an error at a value, or at its key."""
        self.findings.append(self.document.finding(path, code, message, hint, key=key))

    def only(self, path: Place, known: Sequence[str]) -> None:
        """Note every key of a mapping that is not known."""
        for key in self.document.get(path):
            if key not in known:
                message = f"{shown(key)} is not a key that is known here."
                self.wrong((*path, key), "unknown_key", message, guess(key, known), key=True)

    def get(self, path: Place, *, required: bool = False) -> Any:
        """The value at a place; None when there is none, which is noted when it is required."""
        holder = self.document.get(path[:-1])
        if isinstance(holder, dict) and holder.get(str(path[-1])) is not None:
            return holder[str(path[-1])]
        if required:
            where = shown(path[-2]) if len(path) > 1 else "The mapping"
            self.wrong(path[:-1], "missing_key", f"{where} has no `{path[-1]}`.", key=True)
        return None

    def text(self, path: Place, *, required: bool = False) -> str:
        """The text at a place; empty when there is none."""
        value = self.get(path, required=required)
        if value is None:
            return ""
        return str(self.checked(path, value, None))

    def checked(self, path: Place, value: Any, check: Check | None) -> Any:
        """A value as `check` keeps it; without one it must be a text."""
        if check is not None:
            return check(path, value)
        if not is_text(value):
            self.wrong(path, "wrong_type", f"{shown(value)} is not a text.", 'Put it in quotes: "…".')
        return value

    def one_of(self, path: Place, known: Sequence[str], default: str) -> str:
        """One of a few words; the default when nothing is said."""
        value = self.get(path)
        if value is None:
            return default
        if value not in known:
            self.wrong(path, "wrong_value", f"{shown(value)} is not accepted here.", one_of(known))
            return default
        return str(value)

    def is_mapping(self, path: Place, example: str) -> bool:
        """Whether a mapping stands at a place; noted when something else does."""
        value = self.document.get(path)
        if isinstance(value, dict):
            return True
        self.wrong(path, "wrong_type", f"{shown(value)} is not a mapping.", f"Such as `{example}`.")
        return False

    def names(self, path: Place, *, required: bool = False) -> tuple[str, ...]:
        """A list of column names."""
        value = self.get(path, required=required)
        if value is None:
            return ()
        if not isinstance(value, list) or not value or not all(map(is_text, value)):
            self.wrong(path, "wrong_type", "A list of columns is wanted.", "Such as `[Name, Date]`.")
            return ()
        return tuple(value)

    def column(self, path: Place, *keys: str, check: Check | None = None) -> Column:
        """A column.

        Args:
            keys: the further keys it may have: `prefix`, `values`, `otherwise`, or ones the caller reads.
            check: what a value of the table may be; without it, a text.
        """
        if not self.is_mapping(path, "{column: Name}"):
            return NO_COLUMN
        self.only(path, ("column", *keys))
        name = self.text((*path, "column"), required=True)
        prefix = self.text((*path, "prefix")) if "prefix" in keys else ""
        values: dict[str, Any] | None = None
        place = (*path, "values")
        table = self.get(place) if "values" in keys else None
        if table is not None and self.is_mapping(place, "{Web: portal}"):
            values = {
                text.strip(): self.checked((*place, text), value, check) for text, value in table.items()
            }
        otherwise = self.get((*path, "otherwise")) if "otherwise" in keys else None
        if otherwise is not None:
            otherwise = self.checked((*path, "otherwise"), otherwise, check)
        return Column(name, prefix, values, otherwise)

    def plain(self, path: Place, default: str) -> Column | str:
        """A constant text, or a column."""
        value = self.get(path)
        if isinstance(value, dict):
            return self.column(path, "values", "otherwise")
        return self.text(path) or default

    def when(self, path: Place, *, or_import: bool = False) -> When:
        """The moment a row is about; with `or_import` it may be `else: import`."""
        value = self.get(path, required=True)
        if value is None or not self.is_mapping(path, "{column: Date, iso: true}"):
            return NOW
        self.only(path, ("column", "format", "iso", "zone", *(["else"] if or_import else [])))
        fallback = self.get((*path, "else")) if or_import else None
        if fallback not in (None, "import"):
            self.wrong((*path, "else"), "wrong_value", f"{shown(fallback)} is not accepted.", "Say `import`.")
        if fallback is not None and len(value) == 1:
            return NOW
        return When(self.text((*path, "column"), required=True), self.moments(path), fallback is not None)

    def moments(self, path: Place, *, zoned: bool = True) -> Moments:
        """How dates are written; `zoned` when a zone must be known."""
        format, iso, zone = (self.get((*path, key)) for key in ("format", "iso", "zone"))
        if (format is None) == (iso is not True):
            hint = 'Give `iso: true`, or a `format` such as "%Y-%m-%d" with its `zone`.'
            self.wrong(path, "wrong_value", "How the dates are written is not said, or said twice.", hint)
        elif format is not None and not is_text(format):
            self.wrong((*path, "format"), "wrong_type", f"{shown(format)} is not a text.")
        elif format is not None and (why := unusable_format(format)):
            hint = "Python's strptime codes are meant, such as %Y-%m-%d %H:%M."
            self.wrong((*path, "format"), "wrong_value", f"The format cannot be used: {why}.", hint)
        elif format is not None and zoned and zone is None and "%z" not in format:
            self.wrong(path, "missing_key", "The dates have no zone.", "Add `zone`, such as Europe/London.")
        return Moments(format if is_text(format) else None, self._zone((*path, "zone"), zone))

    def _zone(self, path: Place, name: Any) -> ZoneInfo | None:
        if name is None:
            return None
        try:
            return zone_of(name if is_text(name) else "")
        except ValueError:
            hint = guess(name, zones()) if is_text(name) else ""
            self.wrong(path, "unknown_zone", f"{shown(name)} is not a time zone.", hint)
            return None
