"""What a template may do with Markdown: no HTML, no images, and no value inside a link's address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from recovery.workflow.findings import Finding

SENTINELS = "\ue000\ue001"
"""Stand around a value's number while Markdown is read (`delivery.letter`); no template may hold them."""

LINKS = re.compile(r"(?:https?://|mailto:|tel:)[^\ue000\ue001]*", re.IGNORECASE)
"""The addresses a link may have."""

_WORDS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


def check_markdown(file: str, body: str, first_line: int) -> list[Finding]:
    """Everything in a template's text that would not look in the letter as it was meant.

    Args:
        first_line: the line of the file that `body` begins on.
    """
    held = next((at for at, letter in enumerate(body) if letter in SENTINELS), None)
    if held is not None:
        line = first_line + body.count("\n", 0, held)
        message = "The text holds a private character (U+E000 or U+E001)."
        return [Finding(file, line, 1, "control_character", message, "Leave it out.")]
    findings: dict[int, Finding] = {}
    for line, what, hint in _wrong(_markdown().parse(_WORDS.sub(_stand_in, body))):
        message = f"{what} is not accepted in a template."
        finding = Finding(file, first_line + line, 1, "template_markdown", message, hint)
        findings.setdefault(line, finding)
    return list(findings.values())


def _stand_in(words: re.Match[str]) -> str:
    """Something as long in lines as a Jinja2 word: a value where one is said, nothing otherwise."""
    return (SENTINELS if words[0].startswith("{{") else "") + "\n" * words[0].count("\n")


def _wrong(tokens: list[Token]) -> Iterator[tuple[int, str, str]]:
    for token in tokens:
        line = token.map[0] if token.map else 0
        if token.type == "html_block":
            yield line, "HTML", "Write Markdown."
        for child in token.children or ():
            if child.type == "html_inline":
                yield line, f"HTML such as {child.content[:40]}", _ESCAPE
            elif child.type == "image":
                yield line, "An image, which would be fetched from outside,", _LINK
            elif child.type == "link_open" and not LINKS.fullmatch(str(child.attrGet("href"))):
                yield line, "This address of a link", _ADDRESS
            if child.type in ("softbreak", "hardbreak"):
                line += 1


_ESCAPE = "Write Markdown, or \\< for the sign itself."
_LINK = "Write a link, or leave it out."
_ADDRESS = "It begins with https://, mailto: or tel:, and holds no value."


@cache
def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": True})
    made.normalizeLink = lambda url: url  # type: ignore[method-assign]
    made.validateLink = bool  # type: ignore[method-assign,assignment]
    return made
