"""Message templates: a YAML head and a Markdown body with a few Jinja2 words in it.

The sandbox of Jinja2 bounds nothing, so a template is held to a white list before anybody compiles it:
output, the names of the context, `if`, `for` over a list, and the filters of `FILTERS` with constants.
No calls, no arithmetic, no set, macro, include or import.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated

from jinja2 import Environment, TemplateSyntaxError, nodes
from pydantic import Field, StringConstraints

from recovery.core.facts import FactType
from recovery.workflow.findings import Finding, Position, guess, one_of, shown
from recovery.workflow.model import FactName, Shape, Word
from recovery.workflow.reader import Document, decode, read_yaml
from recovery.workflow.shape import check_shape

TEMPLATE_BYTES_AT_MOST = 60_000
LOOPS_AT_MOST = 2

CONTEXT: Mapping[str, tuple[str, ...]] = {
    "case": ("id", "external_id", "subject", "step", "severity", "cycle", "received_at"),
    "customer": ("name", "address", "id"),
    "owner": (),
}
"""What a template may name beside `facts`: each root with its parts; `owner` is a name itself."""

FILTERS: Mapping[str, tuple[type, ...]] = {
    "default": (str,),
    "upper": (),
    "lower": (),
    "title": (),
    "join": (str,),
    "when": (),
    "truncate": (int,),
}
"""The filters a template may use, each with the constants it takes; `join` may go without its own."""

Subject = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=r"^[^\n]*\S[^\n]*$")]


class Head(Shape):
    """The head of a template file."""

    purpose: Word = Field(description="What the message is for, such as apology.")
    subject: Subject
    states: list[FactName] = Field([], description="The facts that this text asserts.")


@dataclass(frozen=True, slots=True)
class FactUse:
    """A fact that a template speaks of.

    Attributes:
        safe: it may be missing: tested with `if` or given a `default`.
        looped: it is the list of a `for`.
    """

    name: str
    place: Position
    safe: bool
    looped: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """A template whose syntax is right.

    Attributes:
        states: the facts it asserts; it is not sent while the case does not know them.
        body: Markdown with Jinja2 words, as it stands in the file.
        uses: every fact it speaks of, in order.
    """

    file: str
    purpose: str
    subject: str
    states: tuple[str, ...]
    body: str
    uses: tuple[FactUse, ...] = field(default=(), repr=False)
    head: Document | None = field(default=None, repr=False, compare=False)


def read_template(data: bytes, file: str) -> tuple[Template | None, list[Finding]]:
    """Read one template file.

    Args:
        data: the whole file, UTF-8: a YAML head between two lines of `---`, then the text.
        file: its name in findings.

    Returns:
        The template, or None and what is wrong with its syntax or its head.
    """
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
    checker = _Checker(file, body, text.count("\n", 0, parts.end()) + 1)
    checker.check()
    findings = [*findings, *wrong, *checker.findings]
    if head is None:
        return None, findings
    subject = _Checker(file, head.subject, 1, document.at(("subject",)))
    subject.check()
    findings.extend(subject.findings)
    uses = (*subject.uses, *checker.uses)
    made = Template(file, head.purpose, head.subject, tuple(head.states), body, uses, document)
    return (None if findings else made), findings


def check_facts(template: Template, facts: Mapping[str, FactType], workflow: str) -> list[Finding]:
    """Everything a template says about facts that a workflow cannot keep.

    Args:
        facts: the facts of the workflow that sends it.
        workflow: its name, for the message.
    """
    findings = []
    stated = {*template.states, "problem.statement"}
    for number, name in enumerate(template.states):
        if name not in facts and template.head is not None:
            message = f"{name} is not a fact of workflow {workflow}, which sends this."
            findings.append(
                template.head.finding(("states", number), "unknown_fact", message, guess(name, facts))
            )
    for use in template.uses:
        kind = facts.get(use.name)
        at = (template.file, *use.place)
        if kind is None:
            message = f"facts.{use.name} is not a fact of workflow {workflow}, which sends this."
            findings.append(Finding(*at, "unknown_fact", message, guess(use.name, facts)))
        elif use.looped and kind.kind != "list":
            message = f"facts.{use.name} is of type {kind.kind}; `for` wants a list."
            findings.append(Finding(*at, "wrong_type", message))
        elif not use.safe and use.name not in stated:
            message = f"The text says facts.{use.name}, which a case may not know."
            hint = "Add it to `states`, or put the sentence under {% if … %}."
            findings.append(Finding(*at, "unstated_fact", message, hint))
    return findings


@cache
def _environment() -> Environment:
    return Environment(autoescape=False)


class _Checker:
    """Walks one parsed text against the white list."""

    def __init__(self, file: str, text: str, first_line: int, place: Position | None = None) -> None:
        self.file, self.text, self.first_line, self.place = file, text, first_line, place
        self.lines = text.split("\n")
        self.findings: list[Finding] = []
        self.uses: list[FactUse] = []

    def check(self) -> None:
        try:
            tree = _environment().parse(self.text)
            self._body(tree.body, frozenset(), frozenset(), 0)
        except TemplateSyntaxError as error:
            self._say(error.lineno, "", "template_syntax", f"{error.message or 'The text cannot be read'}.")
        except RecursionError:
            self._say(1, "", "template_syntax", "The template is nested too deep.")

    def _at(self, line: int, word: str) -> Position:
        """Where a word stands; the parser only knows its line."""
        if self.place is not None:
            return self.place
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return Position(self.first_line + line - 1, max(text.find(word), 0) + 1)

    def _say(self, line: int, word: str, code: str, message: str, hint: str = "") -> None:
        self.findings.append(Finding(self.file, *self._at(line, word), code, message, hint))

    def _body(
        self, body: Sequence[nodes.Node], known: frozenset[str], loops: frozenset[str], depth: int
    ) -> None:
        for node in body:
            if isinstance(node, nodes.Output):
                for part in node.nodes:
                    if not isinstance(part, nodes.TemplateData):
                        self._value(part, known, loops)
            elif isinstance(node, nodes.If):
                self._if(node, known, loops, depth)
            elif isinstance(node, nodes.For):
                self._for(node, known, loops, depth)
            else:
                word = type(node).__name__.lower()
                hint = "A template may use {{ … }}, {% if … %} and {% for … in … %}."
                self._say(
                    node.lineno, "{%", "template_word", f"`{word}` is not accepted in a template.", hint
                )

    def _if(self, node: nodes.If, known: frozenset[str], loops: frozenset[str], depth: int) -> None:
        when_true, when_false = self._test(node.test, known, loops)
        self._body(node.body, known | when_true, loops, depth)
        self._body(node.elif_, known | when_false, loops, depth)
        self._body(node.else_, known | when_false, loops, depth)

    def _test(
        self, node: nodes.Node, known: frozenset[str], loops: frozenset[str]
    ) -> tuple[frozenset[str], frozenset[str]]:
        """Check a condition; give the facts that are known where it is true, and where it is false."""
        nothing: frozenset[str] = frozenset()
        if isinstance(node, nodes.Not):
            when_true, when_false = self._test(node.node, known, loops)
            return when_false, when_true
        if isinstance(node, nodes.And):
            left, _ = self._test(node.left, known, loops)
            right, _ = self._test(node.right, known | left, loops)
            return left | right, nothing
        if isinstance(node, nodes.Or):
            _, left = self._test(node.left, known, loops)
            _, right = self._test(node.right, known | left, loops)
            return nothing, left | right
        if isinstance(node, nodes.Compare):
            self._value(node.expr, known, loops)
            for operand in node.ops:
                self._value(operand.expr, known, loops)
            return nothing, nothing
        if isinstance(node, nodes.Name | nodes.Getattr):
            name = self._reference(node, loops)
            if name is None:
                return nothing, nothing
            self.uses.append(FactUse(name, self._at(node.lineno, name), True))
            return frozenset({name}), nothing
        self._value(node, known, loops)
        return nothing, nothing

    def _for(self, node: nodes.For, known: frozenset[str], loops: frozenset[str], depth: int) -> None:
        name = None
        if isinstance(node.iter, nodes.Name | nodes.Getattr):
            name = self._reference(node.iter, loops)
        if name is None or not isinstance(node.target, nodes.Name) or node.test is not None or node.recursive:
            hint = "Write for example: {% for item in facts.alternatives %}."
            self._say(node.lineno, "{%", "template_word", "`for` goes over one fact of type list.", hint)
            return
        if depth >= LOOPS_AT_MOST:
            message = f"Loops stand at most {LOOPS_AT_MOST} deep."
            self._say(node.lineno, "{%", "template_word", message)
            return
        self.uses.append(FactUse(name, self._at(node.lineno, name), name in known, looped=True))
        self._body(node.body, known, loops | {node.target.name}, depth + 1)
        self._body(node.else_, known, loops, depth)

    def _value(
        self, node: nodes.Node, known: frozenset[str], loops: frozenset[str], safe: bool = False
    ) -> None:
        if isinstance(node, nodes.Const):
            return
        if isinstance(node, nodes.Filter) and node.node is not None:
            self._filter(node)
            self._value(node.node, known, loops, safe or node.name == "default")
            return
        if isinstance(node, nodes.Name | nodes.Getattr):
            name = self._reference(node, loops)
            if name is not None:
                self.uses.append(FactUse(name, self._at(node.lineno, name), safe or name in known))
            return
        word = type(node).__name__.lower()
        hint = f"Write {{{{ name }}}} or {{{{ name | filter }}}}. Filters: {', '.join(FILTERS)}."
        self._say(node.lineno, "{{", "template_word", f"`{word}` is not accepted in a template.", hint)

    def _filter(self, node: nodes.Filter) -> None:
        takes = FILTERS.get(node.name)
        if takes is None:
            message = f"{shown(node.name)} is not a filter that is known here."
            self._say(node.lineno, node.name, "unknown_filter", message, guess(node.name, FILTERS))
            return
        given = [arg.value for arg in node.args if isinstance(arg, nodes.Const)]
        few = node.name == "join" and not node.args
        fits = len(given) == len(node.args) == len(takes) and all(map(_fits, given, takes))
        if node.kwargs or node.dyn_args or node.dyn_kwargs or not (fits or few):
            wanted = " and ".join(
                {str: "one text", int: "one number from 1 to 1,000"}[kind] for kind in takes
            )
            message = f"The filter {node.name} takes {wanted or 'nothing'}."
            self._say(node.lineno, node.name, "wrong_filter", message)

    def _reference(self, node: nodes.Expr, loops: frozenset[str]) -> str | None:
        """The fact a name stands for; None when it is something else, or wrong and reported."""
        parts: list[str] = []
        inner: nodes.Expr = node
        while isinstance(inner, nodes.Getattr):
            parts.insert(0, inner.attr)
            inner = inner.node
        if not isinstance(inner, nodes.Name):
            self._value(inner, frozenset(), loops)
            return None
        root = inner.name
        name = ".".join([root, *parts])
        if root == "facts" and parts:
            return ".".join(parts)
        if (root in loops and not parts) or name == "owner":
            return None
        if root in CONTEXT and len(parts) == 1 and parts[0] in CONTEXT[root]:
            return None
        known = [f"{key}.{part}" for key, parts_of in CONTEXT.items() for part in parts_of]
        hint = guess(name, [*known, "owner", *loops]) if root != "facts" else "Write facts. and its name."
        if hint.startswith("One of"):
            hint = one_of(["facts.…", "owner", *known, *loops], at_most=20)
        self._say(node.lineno, root, "unknown_name", f"{shown(name)} is nothing a template can say.", hint)
        return None


def _fits(value: object, kind: type) -> bool:
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1_000
    return isinstance(value, str) and len(value) <= 200
