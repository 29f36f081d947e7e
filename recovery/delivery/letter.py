"""A letter before its values are in: Markdown read once, as an HTML page and as plain text with gaps.

A template is filled with sentinels, not with values; its Markdown is read; only then do the values go into
the gaps, escaped. So what a customer wrote is never read as Markdown or HTML (design.md §3). A value that is
a paragraph by itself keeps its lines; anywhere else, as in a heading or a sentence, it is one line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from html import escape
from importlib.resources import files
from itertools import pairwise
from string import Template

import css_inline
from babel import Locale, UnknownLocaleError
from markdown_it import MarkdownIt
from markdown_it.token import Token

from recovery.delivery.letter_text import written
from recovery.delivery.plain_words import as_html, one_line
from recovery.workflow.template_markdown import LINKS, SENTINELS

GAP = re.compile("([0-9]+)".join(SENTINELS))

LETTERS_KEPT = 300
"""How many letters are kept in memory after they were read."""

Piece = tuple[str, int, bool, str]
"""Words as they are; the number of the value after them (-1: none); whether it keeps its lines, and what
stands before each of them."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter with gaps."""

    subject: tuple[Piece, ...]
    text: tuple[Piece, ...]
    html: tuple[Piece, ...]


def gap(number: int) -> str:
    """What stands for a value while Markdown is read."""
    return f"{number}".join(SENTINELS)


@lru_cache(maxsize=LETTERS_KEPT)
def read_letter(subject: str, markdown: str, language: str) -> Letter:
    """Read a letter whose values are gaps.

    Args:
        subject: one line, not Markdown.
        language: of the words, as HTML names it.
    """
    tokens = _markdown().parse(markdown)
    kept = set(_alone(tokens))
    text, before = written(tokens, GAP)
    html = page(subject, _markdown().renderer.render(tokens, _markdown().options, {}).strip(), language)
    return Letter(
        tuple(_pieces(subject, frozenset(), {})),
        tuple(_pieces(text, kept, before)),
        tuple(_pieces(html, kept, {})),
    )


def page(title: str, body: str, language: str) -> str:
    """A letter as a whole HTML page, with its styles in its elements.

    Args:
        title: plain words.
        body: HTML.
        language: of the words, as HTML names it.
    """
    whole = _page().substitute(
        lang=escape(language), dir=_direction(language), title=escape(title), body=body
    )
    return _without_empty_lines(_inliner().inline(whole))


def fill_text(pieces: Sequence[Piece], values: Sequence[str]) -> str:
    """Plain words with their values in; `values` have been made `plain`."""
    parts = []
    for words, number, keeps_lines, before in pieces:
        parts.append(words)
        if number >= 0:
            value = values[number]
            parts.append(_indented(value, before) if keeps_lines else one_line(value))
    return "".join(parts)


def fill_html(pieces: Sequence[Piece], values: Sequence[str]) -> str:
    """A page with its values in, escaped; `values` have been made `plain`."""
    parts = []
    for words, number, keeps_lines, _ in pieces:
        parts.append(words)
        if number >= 0:
            value = values[number]
            parts.append(as_html(value if keeps_lines else one_line(value)))
    return "".join(parts)


def _indented(value: str, before: str) -> str:
    """A value of several lines, each with what stands before it."""
    further = "\n" + before
    return value.replace("\n", further).replace(further + further, further.rstrip(" ") + further)


def _alone(tokens: Sequence[Token]) -> Iterator[int]:
    """The values that are a paragraph each; those paragraphs run the way their own letters do."""
    for around, token in pairwise(tokens):
        if around.type == "paragraph_open" and (found := GAP.fullmatch(token.content.strip())):
            around.attrSet("dir", "auto")
            yield int(found[1])


def _pieces(text: str, kept: set[int] | frozenset[int], before: dict[int, str]) -> list[Piece]:
    pieces = []
    parts = GAP.split(text)
    for words, number in zip(parts[::2], [*map(int, parts[1::2]), -1], strict=True):
        pieces.append((words, number, number in kept, before.get(number, "")))
    return pieces


@cache
def _markdown() -> MarkdownIt:
    """CommonMark without HTML and images; a line end in the file is one in the letter."""
    made = MarkdownIt("commonmark", {"html": False, "breaks": True, "xhtmlOut": False})
    made.disable("image")
    made.validateLink = lambda url: LINKS.fullmatch(url) is not None  # type: ignore[method-assign]
    return made


@cache
def _page() -> Template:
    return Template(files("recovery.delivery").joinpath("letter.html").read_text(encoding="utf-8"))


@cache
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)


def _direction(language: str) -> str:
    try:
        return Locale.parse(language, sep="-").text_direction
    except (ValueError, UnknownLocaleError):
        return "ltr"


def _without_empty_lines(html: str) -> str:
    return re.sub(r"\n\s*\n", "\n", html)
