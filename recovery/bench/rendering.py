"""What a letter costs: both parts, every value made safe, its words guarded; beside the bare filling."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any

from jinja2 import Environment

from recovery.bench.databases import NOW
from recovery.bench.subject import Ground, Line, Programs, Subject
from recovery.bootstrap import collect_all
from recovery.core.instants import to_text
from recovery.core.phrases.rules import kind_of
from recovery.delivery.locales import SAID
from recovery.delivery.render import render
from recovery.demo.example import example
from recovery.project import starter_root
from recovery.workflow.bundle import Bundle, load, template
from recovery.workflow.wording import guard_of

CASES = 400
"""How many cases are written to; each has a name, times and words of its own."""


def render_rates() -> dict[str, Callable[[], float]]:
    """Messages per second, every template of the ten steps in both languages, to `CASES` cases in turn.

    Returns:
        `ours`: subject, text part and HTML part, and what the phrase guard says of them.
            A run begins with nothing that the guard remembers.
        `jinja2`: subject and body filled with the values as they
            are, compiled once, with the same words and the same facts, and no filter doing anything.
    """
    bundle = next(one for one in collect_all(starter_root())[0] if one.workflow_id == "ten-step")
    names = [PurePosixPath(path) for path in sorted(bundle.files) if path.startswith("templates/")]
    letters = [(path.parts[1], path.stem) for path in names]
    contexts = {language: list(_contexts(bundle, language)) for language, _ in letters}
    bare = _bare(bundle, letters)
    nested = {language: [_nested(one) for one in made] for language, made in contexts.items()}
    kinds = {letter: kind_of(template(bundle, letter[1], letter[0]).purpose) for letter in letters}
    guards = {language: guard for language in contexts if (guard := guard_of(starter_root(), language))}

    def write(language: str, name: str, at: int) -> None:
        context = contexts[language][at]
        text, facts = render(bundle, name, language, context).text, context["facts"]
        kind, quotes = kinds[language, name], [facts["problem.statement"]]
        guards[language].check(text, kind=kind, quotes=quotes, facts=facts)

    def ours() -> float:
        for guard in guards.values():
            guard.forget()
        return _rate(write, letters)

    def jinja2() -> float:
        return _rate(
            lambda language, name, at: [one.render(nested[language][at]) for one in bare[language, name]],
            letters,
        )

    return {"ours": ours, "jinja2": jinja2}


def _rate(write: Callable[[str, str, int], object], letters: list[tuple[str, str]]) -> float:
    begun = time.perf_counter()
    for at in range(CASES):
        for language, name in letters:
            write(language, name, at)
    return CASES * len(letters) / (time.perf_counter() - begun)


def _contexts(bundle: Bundle, language: str) -> Iterator[dict[str, Any]]:
    """Cases that differ in everything a letter says."""
    told = example(load(bundle), language)
    for number in range(CASES):
        facts = {name: _own(value, number) for name, value in told["facts"].items()}
        facts["problem.statement"] += "\n\nPlease answer <soon> & well."
        for name in ("promise.next_contact", "resolution.done_at"):
            facts[name] = to_text(NOW + timedelta(hours=number))
        customer = {**told["customer"], "name": f"{told['customer']['name']} {number}"}
        yield {**told, "case": {**told["case"], "id": number}, "customer": customer, "facts": facts}


def _own(value: Any, number: int) -> Any:
    """A value in the words of one case: each of its sentences is another one than in every other case."""
    if isinstance(value, list):
        return [f"{item} ({number})" for item in value]
    if isinstance(value, str) and value.endswith((".", "。")):
        return re.sub("[.。]", rf" ({number})\g<0>", value)
    return value


def _bare(bundle: Bundle, letters: list[tuple[str, str]]) -> dict[tuple[str, str], list[Any]]:
    environment = Environment(autoescape=False, trim_blocks=True, keep_trailing_newline=True)
    environment.filters.update(dict.fromkeys(SAID, str))
    found = {}
    for language, name in letters:
        made = template(bundle, name, language)
        found[language, name] = [environment.from_string(text) for text in (made.subject, made.body)]
    return found


def _nested(context: Mapping[str, Any]) -> dict[str, Any]:
    """The context as plain Jinja2 reads it: facts within groups."""
    tree: dict[str, Any] = {}
    for name, value in context["facts"].items():
        *groups, last = name.split(".")
        place = tree
        for group in groups:
            place = place.setdefault(group, {})
        place[last] = value
    return {**context, "facts": tree}


@contextmanager
def _programs(ground: Ground) -> Iterator[Mapping[str, Programs]]:  # noqa: ARG001 - the letters are always the same
    yield {"render": render_rates()}


RENDER = Subject("render", {"render": Line("messages/s", {"jinja2": "≥ 0.2"})}, _programs)
