"""Rendering: a template of the case's own version, filled from the context frozen at decision time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from jinja2 import ChainableUndefined, Environment, TemplateError

from recovery.workflow.bundle import Bundle, template
from recovery.workflow.findings import BadFile

LETTERS_AT_MOST = 200_000
"""The longest message; customers' words can be long, and a template may repeat them."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message's words. `language` is the template's, which is English where the asked one has none."""

    subject: str
    body: str
    language: str


class RenderFailed(Exception):
    """The template cannot be filled with what the case knows."""


class _Missing(ChainableUndefined):
    """A fact the case does not have: false in a condition, refused in a text."""

    def __str__(self) -> str:
        return str(self._fail_with_undefined_error())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._fail_with_undefined_error())


def render(bundle: Bundle, name: str, language: str, context: Mapping[str, Any]) -> Rendered:
    """Fill a template.

    Args:
        context: `case`, `customer`, `owner` and `facts` (dotted name → value), see `core.draft.context`.

    Raises:
        RenderFailed: there is no such template, a fact it states or says is missing, or it grows too long.
    """
    try:
        made = template(bundle, name, language)
    except BadFile as error:
        raise RenderFailed(error.message) from None
    facts = context["facts"]
    missing = [fact for fact in made.states if fact not in facts]
    if missing:
        raise RenderFailed(f"{made.file} states {', '.join(missing)}, which the case does not know.")
    values = {**context, "facts": nested(facts)}
    try:
        subject = _environment().from_string(made.subject).render(values)
        body = _environment().from_string(made.body).render(values)
    except TemplateError as error:
        raise RenderFailed(f"{made.file}: {error.message}.") from None
    if len(body) > LETTERS_AT_MOST:
        raise RenderFailed(
            f"{made.file} grew to {len(body):,} characters; at most {LETTERS_AT_MOST:,} are sent."
        )
    return Rendered(" ".join(subject.split()), body, made.file.split("/")[1])


def nested(facts: Mapping[str, Any]) -> dict[str, Any]:
    """`{"problem.restated": x}` as `{"problem": {"restated": x}}`, which templates read by dots."""
    tree: dict[str, Any] = {}
    for name, value in facts.items():
        *groups, last = name.split(".")
        place = tree
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = value
    return tree


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
    made = Environment(
        autoescape=False, trim_blocks=True, undefined=_Missing, keep_trailing_newline=True, auto_reload=False
    )
    made.filters["when"] = _when
    return made
