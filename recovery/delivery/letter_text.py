"""The text part: Markdown as it is written by hand, without marks, with every link's address beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it.token import Token

RULE = "* * *"


def written(tokens: Sequence[Token], gap: re.Pattern[str]) -> tuple[str, dict[int, str]]:
    """Plain text of parsed Markdown.

    Args:
        gap: how the number of a value is found in a text.

    Returns:
        The text, and for each value what stands before every further line of it, such as `> `.
    """
    writer = _Writer(gap)
    lines = writer.blocks(tokens, 0, len(tokens), loose=True)
    return "\n".join([*lines, ""]), writer.before


class _Writer:
    def __init__(self, gap: re.Pattern[str]) -> None:
        self.gap = gap
        self.before: dict[int, str] = {}

    def blocks(self, tokens: Sequence[Token], start: int, end: int, *, loose: bool) -> list[str]:
        """The lines of the blocks from `start` to `end`, with empty lines between when they stand loose."""
        lines: list[str] = []
        while start < end:
            last = _end(tokens, start) if tokens[start].nesting == 1 else start
            block = self._block(tokens, start, last)
            if lines and block and loose:
                lines += ["", ""] if tokens[start].type == "heading_open" else [""]
            lines += block
            start = last + 1
        return lines

    def _block(self, tokens: Sequence[Token], start: int, last: int) -> list[str]:
        token = tokens[start]
        match token.type:
            case "paragraph_open" | "heading_open":
                return self._inline(tokens[start + 1])
            case "blockquote_open":
                return self._within(self.blocks(tokens, start + 1, last, loose=True), "> ", "> ")
            case "bullet_list_open" | "ordered_list_open":
                return self._list(tokens, start, last)
            case "hr":
                return [RULE]
            case _:  # fenced and indented code
                return self._within(token.content.rstrip("\n").split("\n"), "    ", "    ")

    def _list(self, tokens: Sequence[Token], start: int, last: int) -> list[str]:
        number = tokens[start].attrGet("start")
        number = int(number) if number is not None else 1
        ordered = tokens[start].type == "ordered_list_open"
        tight = any(token.hidden for token in tokens[start:last] if token.level == tokens[start].level + 2)
        lines: list[str] = []
        at = start + 1
        while at < last:
            until = _end(tokens, at)
            mark = f"{number}. " if ordered else "- "
            if lines and not tight:
                lines.append("")
            item = self.blocks(tokens, at + 1, until, loose=not tight) or [""]
            lines += self._within(item, mark, " " * len(mark))
            number += 1
            at = until + 1
        return lines

    def _within(self, lines: list[str], first: str, further: str) -> list[str]:
        """Lines with their mark before them; the values in them remember it."""
        for line in lines:
            for found in self.gap.finditer(line):
                number = int(found[1])
                self.before[number] = further + self.before.get(number, "")
        marked = (((further if at else first) + line).rstrip() for at, line in enumerate(lines))
        return list(marked)

    def _inline(self, token: Token) -> list[str]:
        parts: list[str] = []
        links: list[tuple[str, int]] = []
        for child in token.children or ():
            match child.type:
                case "softbreak" | "hardbreak":
                    parts.append("\n")
                case "link_open":
                    links.append((str(child.attrGet("href") or ""), len(parts)))
                case "link_close":
                    address, begun = links.pop()
                    address = address.removeprefix("mailto:").removeprefix("tel:")
                    if "".join(parts[begun:]) != address:
                        parts.append(f" ({address})")
                case _:
                    parts.append(child.content)
        return "".join(parts).split("\n")


def _end(tokens: Sequence[Token], start: int) -> int:
    """Where the block that opens at `start` closes."""
    depth = 0
    for at in range(start, len(tokens)):
        depth += tokens[at].nesting
        if depth == 0:
            return at
    raise AssertionError("markdown-it closes what it opens")
