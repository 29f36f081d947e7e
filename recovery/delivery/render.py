"""Rendering: a template of the case's own version, filled from the context frozen at decision time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple

from jinja2 import ChainableUndefined, Environment, Template, TemplateError, nodes, pass_context
from jinja2.runtime import Context

from recovery.delivery.letter import fill_html, fill_text, gap, read_letter
from recovery.delivery.locales import SAID, Reader, reader, said
from recovery.delivery.plain_words import plain, with_capitals
from recovery.workflow.bundle import Bundle, template
from recovery.workflow.findings import BadFile
from recovery.workflow.templates import TEMPLATES_KEPT
from recovery.workflow.templates import Template as ReadTemplate

LETTERS_AT_MOST = 200_000
"""The longest message; customers' words can be long, and a template may repeat them."""

SUBJECT_AT_MOST = 200
"""The longest subject; what is longer ends with an ellipsis."""


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


class _Values:
    """The values of one message, in the order in which its text asks for them."""

    def __init__(self, file: str, reader: Reader) -> None:
        self.file, self.reader = file, reader
        self.said: list[str] = []
        self.length = 0

    def add(self, value: object) -> str:
        """Take a value in; what stands for it in the text."""
        words = plain(_words(value))
        self.said.append(words)
        self.take(len(words))
        return gap(len(self.said) - 1)

    def take(self, letters: int) -> None:
        """Count so many letters more."""
        self.length += letters
        if self.length > LETTERS_AT_MOST:
            raise RenderFailed(f"{self.file} grows beyond {LETTERS_AT_MOST:,} characters; it is not sent.")


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
        """`case.id`, `customer.name`: missing is missing, never `None`."""
        found = obj.get(attribute) if isinstance(obj, _Part) else None
        return self.undefined(name=f"{obj}.{attribute}") if found is None else found

    def getitem(self, obj: Any, argument: Any) -> Any:
        """`facts.order.number`, which `_parsed` has made one name."""
        found = obj.get(argument)
        return self.undefined(name=f"facts.{argument}") if found is None else found


class _Part(dict[str, Any]):
    """A part of the context."""

    name = ""

    def __str__(self) -> str:
        return self.name


class Beside(NamedTuple):
    """What another case's message adds to a letter, as the postscript that its template has."""

    bundle: Bundle
    name: str
    context: Mapping[str, Any]


def render(
    bundle: Bundle,
    name: str,
    language: str,
    context: Mapping[str, Any],
    beside: Iterable[Beside] = (),
) -> Rendered:
    """Fill a template.

    Args:
        beside: what goes to the same reader in this letter.
        context: `case`, `customer`, `owner` and `facts` (dotted name → value), see `core.draft.context`;
            `zone` is the reader's time zone, and times are in UTC and say so where there is none.

    Raises:
        RenderFailed: there is no such template, a fact it states or says is missing, a filter cannot work
            with what it is given, or the text grows too long.
    """
    made = _stated(bundle, name, language, context)
    written_in = made.file.split("/")[1]
    values = _Values(made.file, reader(written_in, language, context.get("zone")))
    data = _data(context, values)
    subject = " ".join(_filled(made.file, made.subject, data, values).split())
    parts = [_filled(made.file, made.body, data, values)]
    for other in beside:
        added = _stated(other.bundle, other.name, language, other.context)
        parts.append(_filled(added.file, added.postscript or "", _data(other.context, values), values))
    letter = read_letter(subject, "\n\n".join(parts), written_in)
    return Rendered(
        cut(" ".join(fill_text(letter.subject, values.said).split())),
        fill_text(letter.text, values.said),
        fill_html(letter.html, values.said),
        written_in,
    )


def _stated(bundle: Bundle, name: str, language: str, context: Mapping[str, Any]) -> ReadTemplate:
    """A template whose facts are known."""
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
    return made


def _data(context: Mapping[str, Any], values: _Values) -> dict[str, Any]:
    """What a text finds by its names."""
    data = {root: _known(root, part) for root, part in context.items() if part is not None}
    data["_values"] = values
    return data


def _filled(file: str, text: str, data: Mapping[str, Any], values: _Values) -> str:
    """A text with gaps where its values go, given up as soon as it is too long."""
    parts: list[str] = []
    try:
        for part in _compiled(text).generate(data):
            values.take(len(part))
            parts.append(part)
    except TemplateError as error:
        raise RenderFailed(f"{file}: {error.message}.") from None
    except (TypeError, ValueError, ArithmeticError, RecursionError) as error:
        raise RenderFailed(f"{file}: {error}.") from None
    return "".join(parts)


def _known(root: str, part: Any) -> Any:
    if not isinstance(part, dict) or root == "facts":
        return part
    made = _Part(part)
    made.name = root
    return made


def _words(value: object) -> str:
    """A value as a text says it: the items of a list one after the other, no Python."""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def cut(subject: str) -> str:
    """A subject that is not too long."""
    return subject if len(subject) <= SUBJECT_AT_MOST else subject[: SUBJECT_AT_MOST - 1].rstrip() + "…"


@pass_context
def _take_in(context: Context, value: object) -> str:
    """What every `{{ … }}` ends in: the value goes among the others, and a gap into the text."""
    values: _Values = context["_values"]
    return values.add(value)


def _say(filter: str, context: Context, value: Any) -> Any:
    """A filter that depends on the reader; it leaves what is missing to whoever says it."""
    if isinstance(value, _Missing):
        return value
    values: _Values = context["_values"]
    return said(filter, value, values.reader)


@cache
def _environment() -> Environment:
    made = _Environment(
        autoescape=False,
        trim_blocks=True,
        undefined=_Missing,
        finalize=_take_in,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.filters["title"] = with_capitals
    for name in SAID:
        made.filters[name] = pass_context(partial(_say, name))
    return made


@lru_cache(maxsize=2 * TEMPLATES_KEPT)
def _compiled(text: str) -> Template:
    """A subject or a body, compiled once."""
    environment = _environment()
    code = environment.compile(_parsed(environment, text))
    return Template.from_code(environment, code, environment.make_globals(None))


def _parsed(environment: Environment, text: str) -> nodes.Template:
    """A text in which each `facts.a.b` is one name: a fact may be called like a method, or like a group."""
    tree = environment.parse(text)
    waiting: list[nodes.Node] = [tree]
    while waiting:
        node = waiting.pop()
        for field, value in node.iter_fields():
            if isinstance(value, list):
                setattr(node, field, [_as_fact(item) for item in value])
            else:
                setattr(node, field, _as_fact(value))
        waiting.extend(node.iter_child_nodes())
    return tree


def _as_fact(node: Any) -> Any:
    parts: list[str] = []
    inner = node
    while isinstance(inner, nodes.Getattr):
        parts.insert(0, inner.attr)
        inner = inner.node
    if not parts or not isinstance(inner, nodes.Name) or inner.name != "facts":
        return node
    name = nodes.Const(".".join(parts), lineno=node.lineno, environment=node.environment)
    return nodes.Getitem(inner, name, "load", lineno=node.lineno, environment=node.environment)
