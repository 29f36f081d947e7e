"""Message templates: a YAML head and a Markdown body with a few Jinja2 words in it.

The sandbox of Jinja2 bounds nothing, so a template is held to a white list before anybody compiles it:
output, the names of the context, `if`, `for` over a list, and the filters of `FILTERS` with constants.
No calls, no arithmetic, no set, macro, include or import.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Annotated

from pydantic import Field, StringConstraints

from recovery.workflow.basics import FactName, Shape, Word
from recovery.workflow.findings import Finding
from recovery.workflow.reader import Document, decode, read_yaml
from recovery.workflow.shape import check_shape
from recovery.workflow.template_markdown import check_markdown
from recovery.workflow.template_words import Use, Words

TEMPLATE_BYTES_AT_MOST = 20_000
"""A template's size, head and all: a long letter has 4,000."""

TEMPLATES_KEPT = 500
"""How many are kept in memory after they were read."""

PARAGRAPH_AT_MOST = 3_000
"""Characters of a paragraph. What reads Markdown takes the square of it in time."""

WORD_AT_MOST, WORDS_AT_MOST = 500, 6_000
"""Characters of one `{{ … }}` or `{% … %}`, and of all together."""

MARKS_AT_MOST = 1_200
"""Signs that mean something in Markdown, with the ends of lines."""

HOLDING = "holding"
"""The purpose of what says that work goes on, with something new."""

_MARKS = re.compile(r"(?<!\w)_|_(?!\w)|[\[\]*`<>!&\\#\n]")

Subject = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\n]*\S[^\n]*$")]


class Head(Shape):
    """The head of a template file."""

    purpose: Word = Field(description="What the message is for, such as apology.")
    subject: Subject
    states: list[FactName] = Field([], description="The facts that this text asserts.")
    postscript: Annotated[str, StringConstraints(min_length=1, max_length=PARAGRAPH_AT_MOST)] | None = Field(
        None,
        description="What is left of a `holding` message when one of another case goes to the same customer "
        "at the same time: it is added to that one, and is no letter of its own.",
    )


@dataclass(frozen=True, slots=True)
class Template:
    """A template whose syntax is right.

    Attributes:
        states: the facts it asserts; it is not sent while the case does not know them.
        body: Markdown with Jinja2 words, as it stands in the file.
        first_line: the line of the file that `body` begins on.
        postscript: Markdown too, as what it is added to another case's letter; None where it never is.
        uses: everything it speaks of that a case may not know, in order.
    """

    file: str
    purpose: str
    subject: str
    states: tuple[str, ...]
    body: str
    first_line: int = 1
    uses: tuple[Use, ...] = field(default=(), repr=False)
    head: Document | None = field(default=None, repr=False, compare=False)
    postscript: str | None = None


def read_template(data: bytes, file: str) -> tuple[Template | None, list[Finding]]:
    """Read one template file.

    Args:
        data: the whole file, UTF-8: a YAML head between two lines of `---`, then the text.
        file: its name in findings.

    Returns:
        The template, or None and what is wrong with its syntax or its head. The same bytes are read once.
    """
    made, findings = _read(data, file)
    return made, list(findings)


@lru_cache(maxsize=TEMPLATES_KEPT)
def _read(data: bytes, file: str) -> tuple[Template | None, Sequence[Finding]]:
    if len(data) > TEMPLATE_BYTES_AT_MOST:
        message = f"The template is larger than {TEMPLATE_BYTES_AT_MOST:,} bytes."
        return None, [Finding(file, 1, 1, "too_large", message, "Send a link instead.")]
    text, finding = decode(data, file)
    if text is None:
        return None, [finding] if finding else []
    parts = re.match(r"---[ ]*\n(.*?\n)?---[ ]*(?:\n|\Z)", text, re.DOTALL)
    if parts is None:
        hint = "Begin with a line `---`, then purpose, subject and states, then a line `---`."
        return None, [Finding(file, 1, 1, "no_head", "The template has no head.", hint)]
    document, findings = read_yaml((parts[1] or "").encode(), file, first_line=2)
    if document is None:
        return None, findings
    head, wrong = check_shape(document, Head)
    body = text[parts.end() :]
    first_line = text.count("\n", 0, parts.end()) + 1
    checker = Words(file, body, first_line)
    findings = [*findings, *wrong]
    if too_long := _too_long(file, body, first_line):
        return None, [*findings, too_long]
    checker.check()
    findings += checker.findings or check_markdown(file, body, first_line)
    if head is None:
        return None, findings
    uses = list(checker.uses)
    for key, said in (("subject", head.subject), ("postscript", head.postscript)):
        if said is not None:
            checker = Words(file, said, 1, document.at((key,)))
            checker.check()
            findings += checker.findings
            uses += checker.uses
    findings += _postscript(head, document)
    made = Template(
        file,
        head.purpose,
        head.subject,
        tuple(head.states),
        body,
        first_line,
        tuple(uses),
        document,
        head.postscript,
    )
    return (None if findings else made), findings


def _postscript(head: Head, document: Document) -> list[Finding]:
    """What is wrong with a postscript but its words."""
    if head.postscript is None:
        return []
    path = ("postscript",)
    if head.purpose != HOLDING:
        message = (
            f"Only a message with the purpose {HOLDING} is told of in another, and this is {head.purpose}."
        )
        return [document.finding(path, "postscript_not_holding", message, "Leave it out.", key=True)]
    line = document.at(path).line
    if too_long := _too_long(document.file_of(path), head.postscript, line):
        return [too_long]
    return check_markdown(document.file_of(path), head.postscript, line)


def _too_long(file: str, body: str, first_line: int) -> Finding | None:
    """What would take long to read, found before anything reads it."""
    line = first_line
    for paragraph in re.split(r"(?<=\n)(?=[ \t]*\n)", body):
        if len(paragraph) > PARAGRAPH_AT_MOST:
            message = f"This paragraph is longer than {PARAGRAPH_AT_MOST:,} characters."
            line += len(paragraph) - len(paragraph.lstrip("\n"))
            return Finding(file, line, 1, "too_large", message, "Put empty lines between its parts.")
        line += paragraph.count("\n")
    line = first_line
    before, *words = re.split(r"\{(?=[{%])", body)
    in_braces = 0
    for word in words:
        line += before.count("\n")
        before = word
        end = re.search(r"[}%]\}", word)
        length = end.end() if end else len(word)
        in_braces += length
        if length > WORD_AT_MOST or in_braces > WORDS_AT_MOST:
            message = f"Here are more than {WORD_AT_MOST} characters in braces, or {WORDS_AT_MOST:,} in all."
            return Finding(file, line, 1, "too_large", message, "Say it in several templates.")
    marks = len(_MARKS.findall(body))
    if marks > MARKS_AT_MOST:
        message = f"The text has {marks:,} marks and line ends; {MARKS_AT_MOST:,} are accepted."
        return Finding(file, first_line, 1, "too_large", message, "Make it several templates.")
    return None
