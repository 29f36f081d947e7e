"""A mapping file (YAML) → an `ImportMapping` checked against its workflow, or findings that say where."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from recovery.core.errors import EnvironmentFault, NotFound
from recovery.core.facts import FactType
from recovery.core.spec import Workflow
from recovery.imports.parts import Check, Parts, Place, is_text
from recovery.imports.rules import NOW, Column, FactRule, Hash, ImportMapping, Log, Words
from recovery.workflow.findings import BadFile, Finding, errors, guess, shown
from recovery.workflow.reader import Document, read_yaml

Workflows = Callable[[str], Workflow]
"""Gives a workflow by its name or raises `NotFound`; `Engine.current` is one."""

MODES = ("complaints", "events")
SAID_BY = ("import", "customer")
CUSTOMER = ("name", "address", "id")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")

_COMMON = ("mapping", "workflow", "mode", "text", "language", "channel", "customer", "constants", "facts")
_KEYS = {
    "complaints": (*_COMMON, "source", "columns_required", "external_id", "received_at"),
    "events": (*_COMMON, "source", "columns_required", "case", "at", "activity", "by"),
}
_PART = re.compile(r"\{([^{}]+)\}")


def load_mapping(path: Path, workflows: Workflows, *, name: str | None = None) -> ImportMapping:
    """Read a mapping and check all of it against the workflow it names.

    Args:
        name: how the file is called in findings; its path when left out.

    Raises:
        BadFile: something is wrong; `.findings` say where.
        NotFound: there is no such file.
    """
    mapping, findings = check_mapping(_bytes(path), name or str(path), workflows)
    if mapping is None:
        raise BadFile(errors(findings))
    return mapping


def required_columns(path: Path) -> tuple[str, ...]:
    """The columns a mapping asks of a file, without checking the rest of it; none when it cannot be read."""
    document, _ = read_yaml(_bytes(path), str(path))
    found = document.get(("columns_required",)) if document else None
    return tuple(filter(is_text, found)) if isinstance(found, list) else ()


def check_mapping(data: bytes, file: str, workflows: Workflows) -> tuple[ImportMapping | None, list[Finding]]:
    """A mapping, or None and everything that is wrong with it.

    Args:
        data: the file's bytes.
        file: its name in findings.
    """
    document, findings = read_yaml(data, file)
    if document is None:
        return None, findings
    reader = _Reader(document, workflows)
    mapping = reader.read()
    findings += reader.findings
    return (None if errors(findings) else mapping), findings


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"There is no mapping {path}.") from None
    except OSError as error:
        raise EnvironmentFault(f"{path} cannot be read: {error.strerror}.") from None


class _Reader(Parts):
    """Reads the whole of one document."""

    def __init__(self, document: Document, workflows: Workflows) -> None:
        super().__init__(document)
        self._workflows = workflows
        self._workflow: Workflow | None = None
        self._source = "import"

    def read(self) -> ImportMapping | None:
        """The mapping; None when it cannot be one. What is wrong is in `findings`."""
        if not isinstance(self.document.value, dict):
            self.wrong((), "wrong_type", "The file must be a mapping.", "Begin with `mapping: name`.")
            return None
        mode = self.one_of(("mode",), MODES, "complaints")
        self.only((), _KEYS[mode])
        name = self.text(("mapping",), required=True)
        self._workflow = self._find_workflow()
        self._source = self.one_of(("source",), SAID_BY, "import")
        required = self.names(("columns_required",), required=True)
        constants = self._constants()
        facts = self._facts(constants)
        log = self._log() if mode == "events" else None
        identity = self._identity() if mode == "complaints" else None
        given = self.get(("received_at",)) is not None
        mapping = ImportMapping(
            name=name,
            file=self.document.file,
            workflow=self._workflow.id if self._workflow else "",
            required=required,
            external_id=identity,
            received_at=self.when(("received_at",), or_import=True) if given else NOW,
            text=self._words(),
            language=self._language(),
            channel=self.plain(("channel",), "portal"),
            customer=self._customer(),
            constants=constants,
            facts=facts,
            log=log,
            source="customer" if self._source == "customer" else "import",
        )
        return mapping.requiring_keys()

    def _language(self) -> Column | str:
        found = self.plain(("language",), "en")
        path: Place = ("language",)
        spoken: dict[Place, Any] = {path: found}
        if isinstance(found, Column):
            spoken = {(*path, "values", text): value for text, value in (found.values or {}).items()}
            if found.otherwise is not None:
                spoken[(*path, "otherwise")] = found.otherwise
        for place, value in spoken.items():
            if isinstance(value, str) and not LANGUAGE.fullmatch(value):
                self.wrong(place, "wrong_value", f"{shown(value)} is not a language.", "Such as en or zh.")
        return found

    def _customer(self) -> dict[str, Column]:
        table = self.get(("customer",))
        if table is None or not self.is_mapping(("customer",), "{name: {column: Name}}"):
            return {}
        self.only(("customer",), CUSTOMER)
        return {key: self.column(("customer", key)) for key in table if key in CUSTOMER}

    def _identity(self) -> Column | Hash | None:
        path: Place = ("external_id",)
        value = self.get(path, required=True)
        if isinstance(value, dict) and "hash" in value:
            self.only(path, ("hash", "prefix"))
            return Hash(self.names((*path, "hash")), self.text((*path, "prefix")))
        return None if value is None else self.column(path, "prefix")

    def _words(self) -> Words:
        if self.get(("text",)) is None or not self.is_mapping(("text",), '{first: [Words], else: "{Topic}"}'):
            return Words()
        self.only(("text",), ("first", "else"))
        first = self.names(("text", "first"))
        made = self.text(("text", "else"))
        if not first and not made:
            hint = 'Give `first`, a list of columns, or `else`, a text such as "{Issue}: {Sub-issue}".'
            self.wrong(("text",), "missing_key", "Nothing says where the text comes from.", hint)
        pieces = _PART.split(made)
        if any("{" in piece or "}" in piece for piece in pieces[::2]) or (made and len(pieces) == 1):
            hint = 'Put each column in braces: "{Issue}: {Sub-issue}".'
            self.wrong(("text", "else"), "wrong_value", f"{shown(made)} does not name its columns.", hint)
        parts = tuple((pieces[at - 1] if at > 1 else "", pieces[at]) for at in range(1, len(pieces), 2))
        return Words(first, pieces[0], parts, pieces[-1])

    def _find_workflow(self) -> Workflow | None:
        name = self.text(("workflow",), required=True)
        if not name:
            return None
        try:
            return self._workflows(name)
        except NotFound as error:
            self.wrong(("workflow",), "unknown_workflow", error.message, error.hint)
            return None

    def _fact(self, path: Place) -> FactType | None:
        """The fact a key names, when the workflow has it and it may come from here."""
        name = str(path[-1])
        if self._workflow is None:
            return None
        kind = self._workflow.facts.get(name)
        if kind is None:
            message = f"{shown(name)} is not a fact of workflow {self._workflow.id}."
            self.wrong(path, "unknown_fact", message, guess(name, list(self._workflow.facts)), key=True)
        elif kind.said_by and self._source not in kind.said_by:
            message = (
                f"{name} must come from the {' or '.join(sorted(kind.said_by))}, not from the {self._source}."
            )
            hint = "Say `source: customer` where the file holds what customers said."
            self.wrong(path, "wrong_source", message, hint if "customer" in kind.said_by else "", key=True)
        return kind

    def _typed(self, kind: FactType | None, path: Place, value: Any) -> Any:
        if kind is None:
            return value
        try:
            return kind.check(value)
        except ValueError as error:
            self.wrong(path, "wrong_value", f"{kind.name}: {error}.")
            return value

    def _constants(self) -> dict[str, Any]:
        table = self.get(("constants",))
        if table is None or not self.is_mapping(("constants",), "{fact: value}"):
            return {}
        return {
            name: self._typed(self._fact(("constants", name)), ("constants", name), value)
            for name, value in table.items()
        }

    def _facts(self, constants: dict[str, Any]) -> dict[str, FactRule]:
        table = self.get(("facts",))
        if table is None or not self.is_mapping(("facts",), "{fact: {column: Name}}"):
            return {}
        found = {}
        for name in table:
            path: Place = ("facts", name)
            if name in constants:
                self.wrong(path, "duplicate_key", f"{name} stands under `constants` too.", key=True)
            rule = self._fact_rule(path, self._fact(path))
            if rule is not None:
                found[name] = rule
        return found

    def _fact_rule(self, path: Place, kind: FactType | None) -> FactRule | None:
        timed = kind is not None and kind.kind in ("date", "instant")
        keys = ("values", "otherwise", *(("format", "iso", "zone") if timed else ()))

        def check(place: Place, value: Any) -> Any:
            return self._typed(kind, place, value)

        column = self.column(path, *keys, check=check)
        if kind is None:
            return None
        value = self.document.get(path)
        written = timed and isinstance(value, dict) and ("format" in value or "iso" in value)
        return FactRule(kind, column, self.moments(path, zoned=kind.kind == "instant") if written else None)

    def _log(self) -> Log | None:
        case = self._part("case", "prefix")
        at = self.when(("at",))
        activity = self._part("activity", "values", check=self._transition)
        by = self._part("by", "prefix") if self.get(("by",)) is not None else None
        return None if case is None or activity is None else Log(case, at, activity, by)

    def _part(self, key: str, *keys: str, check: Check | None = None) -> Column | None:
        if self.get((key,), required=True) is None:
            return None
        column = self.column((key,), *keys, check=check)
        if check is not None and column.name and column.values is None:
            hint = "Add `values: {Their word: our_transition}`."
            self.wrong((key,), "missing_key", "What each activity means is not said.", hint)
        return column

    def _transition(self, path: Place, value: Any) -> Any:
        if self._workflow is not None and value not in self._workflow.moves.names:
            message = f"{shown(value)} is not a transition of workflow {self._workflow.id}."
            self.wrong(path, "unknown_transition", message, guess(str(value), self._workflow.moves.names))
        return value
