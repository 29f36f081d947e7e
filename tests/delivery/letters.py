"""Small bundles and contexts to fill templates with, and a browser's look at what comes out."""

from __future__ import annotations

from typing import Any

import html5lib
from html5lib.html5parser import HTMLParser

from recovery.delivery.render import Rendered, render
from recovery.workflow.bundle import Bundle


def bundle(body: str, *, subject: str = "Hello", states: str = "[]", **others: str) -> Bundle:
    """A bundle of one template, `note`; `others` are its texts in other languages."""
    head = f'---\npurpose: note\nsubject: "{subject}"\nstates: {states}\n---\n'
    files = {"templates/en/note.md": head + body}
    files |= {f"templates/{language}/note.md": head + text for language, text in others.items()}
    return Bundle("0" * 64, "small", files)


def context(facts: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A case that knows little."""
    case = {"id": 12, "external_id": None, "subject": None, "step": "own", "severity": 1, "cycle": 1}
    found = {"case": case, "customer": {"name": "Ana"}, "owner": None, "facts": facts or {}}
    for root, part in more.items():
        found[root] = {**found[root], **part} if isinstance(part, dict) else part
    return found


def filled(text: str, facts: dict[str, Any] | None = None, **more: Any) -> Rendered:
    """A template of these words, filled."""
    return render(bundle(text), "note", "en", context(facts, **more))


def page(html: str) -> Any:
    """A page as a browser reads it, which must find nothing wrong with it."""
    parser = HTMLParser(tree=html5lib.getTreeBuilder("etree"), strict=True, namespaceHTMLElements=False)
    return parser.parse(html)


def structure(html: str) -> list[tuple[str, dict[str, str]]]:
    """The elements of a page with their attributes; line breaks are left out."""
    return [(one.tag, dict(one.attrib)) for one in page(html).iter() if one.tag != "br"]


def words_in(html: str, tag: str) -> str:
    """What a reader sees in the first element of a kind; a `br` begins a new line."""
    found = next(one for one in page(html).iter() if one.tag == tag)
    return "".join(_words(found)).strip()


def _words(node: Any) -> list[str]:
    parts = [(node.text or "").replace("\n", "")]
    for child in node:
        parts += ["\n"] if child.tag == "br" else _words(child)
        parts.append((child.tail or "").replace("\n", ""))
    return parts
