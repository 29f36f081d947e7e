"""YAML → plain data, with a position for every key and value.

YAML 1.2 through ruamel's parser, taken event by event: its events come lazily and its parser keeps its own
stack, so a file nested too deep, an anchor or a tag is refused where it is met, before anything grows.

What a scalar means is decided here and nowhere else. Quoted scalars are text. Of the plain ones `true` and
`false` are booleans; nothing, `~` and `null` are no value; whole numbers (`0`, `17`, `-3`) are integers.
Everything else is text as it stands: `yes`, `on`, `1.5`, `17:30`, `1_000`, `0x1F`, `2026-11-22`. A number
with a leading zero (`010`) is refused, because readers of YAML do not agree on what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from recovery.workflow.findings import Finding, Position, shown

BYTES_AT_MOST = 500_000
"""The largest file that is read. A workflow of ten steps has about 20,000 bytes."""

VALUES_AT_MOST = 5_000
"""The most values a file may hold. A workflow of ten steps has about 900."""

DEPTH_AT_MOST = 50

DOCUMENTS_KEPT = 64
"""How many are kept in memory after they were read, which is those of a project: workflows that name the same
file share it, and what checks one reads it several times."""

_TOP = Position(1, 1)

Path = tuple[str | int, ...]
"""Keys and indexes from the top of a document to a value."""

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_DIRECTIVE = re.compile(r"^%", re.MULTILINE)
_PLAIN = {"true": True, "false": False, "": None, "~": None, "null": None}


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML file as plain data (dict, list, str, int, bool, None) that knows where everything stands.

    `files` names the file of each value that stands in another one, which this one extends.
    """

    file: str
    value: Any
    keys: dict[Path, Position] = field(default_factory=dict, repr=False)
    values: dict[Path, Position] = field(default_factory=dict, repr=False)
    files: dict[Path, str] = field(default_factory=dict, repr=False)

    def key(self, path: Path) -> Position:
        """Where the key of a path stands; of a list's item, the item; of the top, the first line."""
        return self.keys.get(path) or self.at(path)

    def at(self, path: Path) -> Position:
        """Where the value of a path stands; of a path that is not there, what holds it."""
        return self.values.get(self._there(path), _TOP)

    def file_of(self, path: Path) -> str:
        """The file in which `at` stands."""
        return self.files.get(self._there(path), self.file)

    def _there(self, path: Path) -> Path:
        while path not in self.values and path:
            path = path[:-1]
        return path

    def get(self, path: Path) -> Any:
        """The value at a path; None when there is none."""
        value = self.value
        for part in path:
            found, value = step_into(value, part)
            if not found:
                return None
        return value

    def finding(self, path: Path, code: str, message: str, hint: str = "", *, key: bool = False) -> Finding:
        """An error at the value of a path, or at its key."""
        place = self.key(path) if key else self.at(path)
        return Finding(self.file_of(path), place.line, place.column, code, message, hint)

    def notice(self, path: Path, code: str, message: str, hint: str = "") -> Finding:
        """A notice at the key of a path."""
        place = self.key(path)
        return Finding(self.file_of(path), place.line, place.column, code, message, hint, "notice")


def step_into(value: Any, part: str | int) -> tuple[bool, Any]:
    """Whether a mapping has this key, or a list this index, and what is there."""
    if isinstance(value, dict) and part in value:
        return True, value[part]
    if isinstance(value, list) and isinstance(part, int) and part < len(value):
        return True, value[part]
    return False, None


def read_yaml(data: bytes, file: str, *, first_line: int = 1) -> tuple[Document | None, list[Finding]]:
    """Read one YAML file.

    Args:
        data: the whole file; UTF-8, with or without a byte order mark.
        file: its name in findings.
        first_line: the line the data starts on, when it is the head of a larger file.

    Returns:
        The document, and every doubled key and doubtful number in it; or None and the one syntax finding.
        The same bytes give the same document, which nobody may change.
    """
    read = _read if first_line == 1 else _read.__wrapped__  # a head is small, and there are many
    document, findings = read(data, file, first_line)
    return document, list(findings)


@lru_cache(maxsize=DOCUMENTS_KEPT)
def _read(data: bytes, file: str, first_line: int) -> tuple[Document | None, Sequence[Finding]]:
    text, finding = decode(data, file, first_line=first_line)
    if text is None:
        return None, [finding] if finding else []
    builder = _Builder(file, first_line)
    try:
        directive = _DIRECTIVE.search(text)
        if directive:
            message = "Directives such as %YAML and %TAG are not accepted."
            raise _Stop(
                "directive", message, "Remove the line; every file is YAML 1.2.", _place(text, directive)
            )
        builder.build(YAML(typ="safe", pure=True).parse(text))
    except _Stop as stop:
        return None, [builder.finding(stop)]
    except YAMLError as error:
        return None, [builder.finding(_syntax(error, text))]
    except (OverflowError, ValueError):
        # The only scanner code that converts numbers: \U escapes beyond Unicode.
        message = "An escape in double quotes is no Unicode character."
        return None, [builder.finding(_Stop("syntax", message, "", (0, 0)))]
    return builder.document, builder.findings


def decode(data: bytes, file: str, *, first_line: int = 1) -> tuple[str | None, Finding | None]:
    """The text of a file, without byte order mark and with `\\n` line ends, or what is wrong with it."""

    def refuse(code: str, message: str, hint: str, at: int = 0, before: str = "") -> tuple[None, Finding]:
        line = before.count("\n", 0, at) + first_line
        column = at - (before.rfind("\n", 0, at) + 1) + 1
        return None, Finding(file, line, column, code, message, hint)

    if len(data) > BYTES_AT_MOST:
        message = f"The file is larger than {BYTES_AT_MOST:,} bytes."
        return refuse("too_large", message, "Split it, or look whether it is the right file.")
    try:
        text = data.decode("utf-8").removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
        message = f"The byte 0x{data[error.start]:02X} is not UTF-8."
        return refuse("not_utf8", message, "Save the file as UTF-8.", len(before), before)
    bad = _CONTROL.search(text)
    if bad:
        name = "a NUL character" if bad[0] == "\0" else f"the control character U+{ord(bad[0]):04X}"
        return refuse("control_character", f"The text holds {name}.", "Remove it.", bad.start(), text)
    return text, None


def _place(text: str, match: re.Match[str]) -> tuple[int, int]:
    return text.count("\n", 0, match.start()), 0


class _Stop(Exception):
    """The one syntax finding; nothing after it can be trusted. The mark counts from 0."""

    def __init__(self, code: str, message: str, hint: str, mark: tuple[int, int]) -> None:
        super().__init__(message)
        self.code, self.message, self.hint, self.mark = code, message, hint, mark


def _syntax(error: YAMLError, text: str) -> _Stop:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    place = (mark.line, mark.column) if mark else (0, 0)
    problem = str(getattr(error, "problem", None) or "the file cannot be read")
    context = getattr(error, "context", None)
    lines = text.split("\n")
    line = lines[place[0]] if place[0] < len(lines) else ""
    if line[place[1] : place[1] + 1] == "\t":
        return _Stop("tab", "A tab stands where YAML wants spaces.", "Indent with spaces.", place)
    hint = ""
    if "mapping values are not allowed" in problem:
        hint = "Put a text with a colon in it in quotes, and check the indentation."
    elif line[place[1] : place[1] + 1] in ("@", "`", "%"):
        hint = "Put the text in quotes."
    message = problem + (f" ({context})" if context else "")
    return _Stop("syntax", f"{message[:1].upper()}{message[1:]}.", hint, place)


@dataclass(slots=True)
class _Open:
    """A mapping or list that has begun; of a mapping, the key that waits for its value."""

    container: dict[str, Any] | list[Any]
    path: Path
    key: str | None = None
    key_place: Position = _TOP
    ignore: bool = False


class _Builder:
    """Makes a document from parser events, with a stack of its own."""

    def __init__(self, file: str, first_line: int) -> None:
        self.document: Document = Document(file, None)
        self.findings: list[Finding] = []
        self._keys: dict[Path, Position] = {}
        self._values: dict[Path, Position] = {}
        self._file, self._first_line = file, first_line
        self._stack: list[_Open] = []
        self._root: Any = None
        self._nodes = 0

    def finding(self, stop: _Stop) -> Finding:
        place = self._position(stop.mark)
        return Finding(self._file, place.line, place.column, stop.code, stop.message, stop.hint)

    def _position(self, mark: tuple[int, int]) -> Position:
        return Position(mark[0] + self._first_line, mark[1] + 1)

    def build(self, events: Iterable[Any]) -> None:
        documents = 0
        for event in events:
            mark = (event.start_mark.line, event.start_mark.column)
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                documents += 1
                if documents > 1:
                    message = "A second document begins; a file holds one."
                    raise _Stop("second_document", message, "Make it a file of its own.", mark)
            elif kind in ("MappingEndEvent", "SequenceEndEvent"):
                self._stack.pop()
            elif kind in ("ScalarEvent", "MappingStartEvent", "SequenceStartEvent", "AliasEvent"):
                _refuse_references(event, kind, mark)
                self._node(event, kind, mark)
        self.document = Document(self._file, self._root, self._keys, self._values)

    def _node(self, event: Any, kind: str, mark: tuple[int, int]) -> None:
        self._nodes += 1
        if self._nodes > 2 * VALUES_AT_MOST:
            message = f"The file holds more than {VALUES_AT_MOST:,} values."
            raise _Stop("too_large", message, "Split it, or look whether it is the right file.", mark)
        top = self._stack[-1] if self._stack else None
        if top is not None and isinstance(top.container, dict) and top.key is None:
            self._begin_key(top, event, kind, mark)
            return
        place = self._position(mark)
        if kind == "ScalarEvent":
            self._put(self._scalar(event, mark), place)
            return
        if len(self._stack) >= DEPTH_AT_MOST:
            message = f"The file is nested more than {DEPTH_AT_MOST} levels deep."
            raise _Stop("too_deep", message, "Nothing in this language needs that.", mark)
        container: dict[str, Any] | list[Any] = {} if kind == "MappingStartEvent" else []
        path, ignore = self._put(container, place)
        self._stack.append(_Open(container, path, ignore=ignore))

    def _begin_key(self, top: _Open, event: Any, kind: str, mark: tuple[int, int]) -> None:
        if kind != "ScalarEvent" or (not event.value and not event.style):
            message = "A key must be a plain word or a quoted text."
            raise _Stop("bad_key", message, "Put a text that begins with { or [ in quotes.", mark)
        top.key = _sound(event.value, mark)
        top.key_place = self._position(mark)

    def _put(self, value: Any, place: Position) -> tuple[Path, bool]:
        """Put a value where it belongs; give its path, and whether it stands under a doubled key."""
        if not self._stack:
            self._root = value
            self._values[()] = place
            return (), False
        top = self._stack[-1]
        if isinstance(top.container, list):
            path = (*top.path, len(top.container))
            top.container.append(value)
            ignore = top.ignore
        else:
            assert top.key is not None
            path = (*top.path, top.key)
            doubled = top.key in top.container
            ignore = top.ignore or doubled
            if doubled:
                self._doubled(top, path)
            else:
                top.container[top.key] = value
                if not ignore:
                    self._keys[path] = top.key_place
            top.key = None
        if not ignore:
            self._values[path] = place
        return path, ignore

    def _doubled(self, top: _Open, path: Path) -> None:
        line = self._keys[path].line if path in self._keys else top.key_place.line
        message = f"The key {shown(top.key)} stands twice; it is already on line {line}."
        at = top.key_place
        self.findings.append(
            Finding(self._file, at.line, at.column, "duplicate_key", message, "Keep one of them.")
        )

    def _scalar(self, event: Any, mark: tuple[int, int]) -> Any:
        text = _sound(event.value, mark)
        if event.style:
            return text
        if text in _PLAIN:
            return _PLAIN[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        if _LEADING_ZERO.fullmatch(text):
            place = self._position(mark)
            message = (
                f"The number {shown(text)} begins with a zero, which YAML readers take for different numbers."
            )
            hint = 'Put it in quotes when it is a text, such as "010"; drop the zero when it is a number.'
            self.findings.append(Finding(self._file, *place, "leading_zero", message, hint))
        return text


def _refuse_references(event: Any, kind: str, mark: tuple[int, int]) -> None:
    if kind == "AliasEvent":
        message = f"The alias *{event.anchor} is not accepted."
        raise _Stop(
            "alias", message, "Write the value out, or put a text that begins with * in quotes.", mark
        )
    if event.anchor is not None:
        message = f"The anchor &{event.anchor} is not accepted."
        raise _Stop("anchor", message, "Write the value out where it is needed.", mark)
    if event.tag is not None:
        raise _Stop("tag", f"The tag {shown(event.tag)} is not accepted.", "Remove it.", mark)


def _sound(text: str, mark: tuple[int, int]) -> str:
    """The text, unless an escape has put something into it that cannot be stored."""
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        message = "An escape in double quotes makes a NUL character or half a surrogate pair."
        raise _Stop("control_character", message, "Write the character itself.", mark)
    return text
