"""Other people's words made harmless: they stay what somebody wrote, and are never more than words.

Values are put into a letter after its Markdown has been read (`letter`), so no value can become a link or a
heading. What is left to take away is what the eye cannot see: controls, direction overrides, characters of no
width. Line ends become one kind.
"""

from __future__ import annotations

import re
from html import escape

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")

_NO_CHARACTERS = "".join(chr(plane * 0x10000 + end) for plane in range(17) for end in (0xFFFE, 0xFFFF))

_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # controls
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # direction marks, embeddings, overrides and isolates
    "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2060-\u2065\u3164\ufeff\uffa0\ufff9-\ufffb"
    f"\ud800-\udfff\U000e0000-\U000e007f\ufdd0-\ufdef{_NO_CHARACTERS}]"  # half pairs; tags; no characters
    "|(?<![^\x00-\xff\\s])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\xff\\s])"  # joiners outside Indic, emoji …
)

_PLAIN = re.compile("[ -~\n\u00a1-\u00ac\u00ae-\u02ff\u3000-\u3163\u3400-\u9fff\uff01-\uff9f]*")
"""What needs no second look: Latin, CJK and their punctuation."""

_WORD = re.compile(r"(?<![\w'’])[^\W\d_]")

_MANY_LINES = re.compile("[ \t]*\n[ \t]*\n\\s*")


def plain(value: str) -> str:
    """A value without what cannot be seen, its lines ended by `\\n`, with at most one empty line in a row."""
    if not _PLAIN.fullmatch(value):
        value = _UNSEEN.sub("", _LINE_ENDS.sub("\n", value).replace("\t", " "))
    return (_MANY_LINES.sub("\n\n", value) if "\n" in value else value).strip()


def one_line(value: str) -> str:
    """A plain value on a single line."""
    return " ".join(value.split()) if "\n" in value else value


def with_capitals(value: object) -> str:
    """`farah` as `Farah`, `van der McKay` as `Van Der McKay`: no capital that is there is lost."""
    return _WORD.sub(lambda found: found[0].upper(), str(value))


def as_html(value: str) -> str:
    """A plain value as HTML shows it."""
    words = escape(value)
    return words.replace("\n", "<br>\n") if "\n" in words else words
