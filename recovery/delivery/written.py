"""A person's own words as a letter: greeted, laid out and signed like every other, and never more than words.

Of Markdown only paragraphs, lists, quotations with `>`, rules and emphasis are laid out. An agent quotes
customers, so nothing in the words becomes a link, an image, a heading or HTML; an address such as `https://…`
stays as it is written, and mail programs make it something to click on.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from recovery.core.events import person
from recovery.delivery.letter import GAP, page
from recovery.delivery.letter_text import written
from recovery.delivery.plain_words import one_line, plain, with_capitals
from recovery.delivery.render import Rendered, cut
from recovery.workflow.template_markdown import SENTINELS

LINE_AT_MOST = 80
"""Characters of a line that can be a greeting."""

DEEPEST = 20
"""How far lists and quotations may stand within each other; words that go further are not laid out."""


class _Manners(NamedTuple):
    """How a letter in one language begins and ends."""

    greeting: str
    nobody: str
    greetings: tuple[str, ...]
    regards: str
    team: str
    about: str
    answer: str


_MANNERS = {
    "en": _Manners(
        "Dear {name},",
        "Dear customer,",
        ("dear ", "hello", "hi ", "hi,", "good morning", "good afternoon", "good evening"),
        "With kind regards,",
        "Your Customer Care Team",
        "Your complaint (case {case})",
        "Re: {subject}",
    ),
    "zh": _Manners(
        "{name}，您好：",
        "尊敬的顾客，您好：",
        ("您好", "你好", "尊敬的", "亲爱的"),
        "祝好",
        "客户服务团队",
        "关于您的反馈（编号 {case}）",
        "回复：{subject}",
    ),
}
"""The languages in which a letter is greeted and signed; in any other the words stand by themselves."""


def letter_of(context: Mapping[str, Any], to: str, language: str) -> Rendered:
    """The letter that a person's words make.

    Args:
        context: with `written`, see `core.conversation`; `case`, `customer` and `owner`.
        to: `customer`, `owner` or `supervisor`; only customers are greeted.
    """
    said = context["written"]
    words = _plain(said["text"])
    manners = _MANNERS.get(language.partition("-")[0])
    if said["free"] and to == "customer" and manners is not None:
        words = _framed(words, manners, context)
    subject = _subject(said["subject"], manners or _MANNERS["en"], context["case"])
    tokens = _read(words)
    text, _ = written(tokens, GAP)
    html = page(subject, _markdown().renderer.render(tokens, _markdown().options, {}).strip(), language)
    return Rendered(subject, text, html, language)


def _framed(words: str, manners: _Manners, context: Mapping[str, Any]) -> str:
    """Words with a greeting and a signature, each where there is none yet."""
    parts = [words]
    first, *_ = lines = [line.strip() for line in words.splitlines() if line.strip()] or [""]
    greeted = first.lower().startswith(manners.greetings) or first.endswith((",", "，", ":", "：", "!", "！"))
    if not greeted or len(first) > LINE_AT_MOST:
        name = one_line(_plain(context["customer"].get("name") or ""))
        parts.insert(0, manners.greeting.format(name=name) if name else manners.nobody)
    signer = person(context["written"]["by"]) or context["owner"]
    name = one_line(_plain(with_capitals(signer))) if signer else manners.team
    if name.lower() not in lines[-1].lower():
        parts.append(f"{manners.regards}\n{name}")
    return "\n\n".join(parts)


def _subject(given: str | None, manners: _Manners, case: Mapping[str, Any]) -> str:
    asked = case.get("subject")
    of_ours = manners.answer.format(subject=asked) if asked else manners.about.format(case=case["id"])
    return cut(one_line(_plain(given or of_ours)))


def _plain(words: str) -> str:
    return plain("".join(letter for letter in words if letter not in SENTINELS))


def _read(words: str) -> list[Token]:
    tokens = _markdown().parse(words)
    if any(token.level >= DEEPEST for token in tokens):  # beyond that the reader would leave words out
        return _lines().parse(words)
    return tokens


@cache
def _markdown() -> MarkdownIt:
    return _lines().enable(["list", "blockquote", "hr", "emphasis"])


def _lines() -> MarkdownIt:
    """Nothing but paragraphs and their lines."""
    return MarkdownIt("zero", {"breaks": True, "xhtmlOut": False, "maxNesting": DEEPEST}).enable("newline")
