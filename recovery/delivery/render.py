"""Rendering: a template of the case's own version, filled from the context frozen at decision time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from html import escape
from typing import Any

from jinja2 import ChainableUndefined, Environment, Template, TemplateError

from recovery.workflow.bundle import TEMPLATES_KEPT, Bundle, template
from recovery.workflow.findings import BadFile

LETTERS_AT_MOST = 200_000
"""The longest message; customers' words can be long, and a template may repeat them."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message's words, as plain text and as an HTML page.

    Attributes:
        language: the template's, which is English where the asked one has none.
    """

    subject: str
    text: str
    html: str
    language: str


class RenderFailed(Exception):
    """The template cannot be filled with what the case knows."""


class _Group(dict[str, Any]):
    """A part of the context; `path` is how a template calls it."""

    def __init__(self, path: str, known: Mapping[str, Any] | None = None) -> None:
        super().__init__(known or {})
        self.path = path


class _Missing(ChainableUndefined):
    """Something the case does not have: false in a condition, refused in a text."""

    @property
    def _undefined_message(self) -> str:
        return f"{self._undefined_name} is not known"

    def __str__(self) -> str:
        return str(self._fail_with_undefined_error())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._fail_with_undefined_error())


class _Environment(Environment):
    """Names are looked up in the context's data alone: `facts.order.items` is a fact, never a method."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, _Group):
            return obj[attribute] if attribute in obj else self.undefined(name=f"{obj.path}.{attribute}")
        path = obj._undefined_name if isinstance(obj, _Missing) else str(obj)
        return self.undefined(name=f"{path}.{attribute}")


def render(bundle: Bundle, name: str, language: str, context: Mapping[str, Any]) -> Rendered:
    """Fill a template.

    Args:
        context: `case`, `customer`, `owner` and `facts` (dotted name → value), see `core.draft.context`.

    Raises:
        RenderFailed: there is no such template, a fact it states or says is missing, a filter cannot work
            with what it is given, or the text grows too long.
    """
    try:
        made = template(bundle, name, language)
    except BadFile as error:
        raise RenderFailed(error.message) from None
    facts = context.get("facts")
    if not isinstance(facts, dict):
        raise RenderFailed("What the message may say cannot be read from the outbox.")
    missing = [fact for fact in made.states if fact not in facts]
    if missing:
        raise RenderFailed(f"{made.file} states {', '.join(missing)}, which the case does not know.")
    values = {name: _known(name, part) for name, part in context.items() if part is not None}
    values["facts"] = nested(facts)
    subject = " ".join(_filled(made.file, made.subject, values).split())
    text, language = _filled(made.file, made.body, values), made.file.split("/")[1]
    html = f'<!doctype html><html lang="{language}"><title>{escape(subject)}</title><pre>{escape(text)}</pre>'
    return Rendered(subject, text, html, language)


def _filled(file: str, text: str, values: Mapping[str, Any]) -> str:
    """A text with its words filled in, given up as soon as it is too long."""
    parts: list[str] = []
    length = 0
    try:
        for part in _compiled(text).generate(values):
            length += len(part)
            if length > LETTERS_AT_MOST:
                raise RenderFailed(f"{file} grows beyond {LETTERS_AT_MOST:,} characters; it is not sent.")
            parts.append(part)
    except TemplateError as error:
        raise RenderFailed(f"{file}: {error.message}.") from None
    except (TypeError, ValueError, ArithmeticError, RecursionError) as error:
        raise RenderFailed(f"{file}: {error}.") from None
    return "".join(parts)


def nested(facts: Mapping[str, Any]) -> _Group:
    """`{"problem.restated": x}` as `{"problem": {"restated": x}}`, which templates read by dots.

    Raises:
        RenderFailed: one name is a fact and a group of facts at once; dots cannot tell them apart.
    """
    tree = _Group("facts")
    for name, value in facts.items():
        *groups, last = name.split(".")
        place = tree
        for group in groups:
            place = place.setdefault(group, _Group(f"{place.path}.{group}"))
            if not isinstance(place, _Group):
                raise RenderFailed(f"{group} of {name} is a fact and a group of facts at once.")
        if last in place:
            raise RenderFailed(f"{name} is a fact and a group of facts at once.")
        place[last] = value
    return tree


def _known(path: str, part: Any) -> Any:
    """A part of the context without what the case does not have: missing is missing, never `None`."""
    if not isinstance(part, dict):
        return part
    return _Group(path, {name: value for name, value in part.items() if value is not None})


def _said(value: Any) -> Any:
    """A value as a text says it: the items of a list one after the other, no Python."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return value


def _when(value: Any) -> str:
    """An instant or a date as a person reads it (UTC)."""
    try:
        if len(value) == 10:
            return f"{date.fromisoformat(value):%Y-%m-%d}"
        return f"{datetime.fromisoformat(value):%Y-%m-%d %H:%M} UTC"
    except (TypeError, ValueError):
        return str(value)


@cache
def _environment() -> Environment:
    made = _Environment(
        autoescape=False,
        trim_blocks=True,
        undefined=_Missing,
        finalize=_said,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.filters["when"] = _when
    return made


@lru_cache(maxsize=2 * TEMPLATES_KEPT)
def _compiled(text: str) -> Template:
    """A subject or a body, compiled once."""
    return _environment().from_string(text)
