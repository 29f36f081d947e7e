"""The white list of templates: what a text may hold, and which facts it speaks of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, TemplateSyntaxError, nodes

from recovery.core.brief import BRIEF
from recovery.workflow.findings import Finding, Position, guess, one_of, shown

LOOPS_AT_MOST = 2
FILTERS_AT_MOST = 5
FACTS = "facts."

CONTEXT: Mapping[str, tuple[str, ...]] = {
    "case": ("id", "external_id", "subject", "step", "severity", "cycle", "received_at"),
    "customer": ("name", "address", "id"),
    "coupon": ("code", "value", "good_until", "replaces"),
    "payment": ("compensation", "kind", "amount", "to", "pay_by"),
    "owner": (),
    BRIEF: (),
}
"""What a template may name beside `facts`: each root with its parts; what has none is a name itself."""

OPTIONAL = ("case.subject", "case.external_id", "customer.name", "customer.address", "customer.id", "owner")
"""What of it a case may not have."""

COUPON: Mapping[str, str] = {
    "coupon.code": "text",
    "coupon.value": "money",
    "coupon.good_until": "date",
    "coupon.replaces": "boolean",
}
"""What only a message with a coupon has, each with its type."""

PAYMENT: Mapping[str, str] = {
    "payment.compensation": "text",
    "payment.kind": "text",
    "payment.amount": "money",
    "payment.to": "text",
    "payment.pay_by": "instant",
}
"""What only the order to whoever pays has, each with its type."""

GIVEN: Mapping[str, str] = {**COUPON, **PAYMENT}
"""What a message is given that belongs to it alone."""

NOT_ALWAYS = ("payment.to", "payment.pay_by")
"""What of it may be missing all the same."""

FILTERS: Mapping[str, tuple[type, ...]] = {
    "default": (str,),
    "upper": (),
    "lower": (),
    "title": (),
    "join": (str,),
    "truncate": (int,),
    "when": (),
    "date": (),
    "time": (),
    "money": (),
    "count": (),
}
"""The filters a template may use, each with the constants it takes; `join` may go without its own."""

FOR_THE_READER: Mapping[str, tuple[str, ...]] = {
    "when": ("instant", "date"),
    "date": ("instant", "date"),
    "time": ("instant",),
    "money": ("money",),
    "count": ("integer", "decimal"),
}
"""The filters that say a value as the reader writes it, each with the types of facts it takes."""


@dataclass(frozen=True, slots=True)
class Use:
    """Something a template speaks of that a case may not know.

    Attributes:
        name: `facts.problem.restated`, or one of `OPTIONAL` or `GIVEN`, or `brief`.
        safe: it may be missing: tested with `if` or given a `default`.
        looped: it is the list of a `for`.
        filters: what is done to it before it is said, in that order; None where it is only looked at.
    """

    name: str
    place: Position
    safe: bool
    looped: bool = False
    filters: tuple[str, ...] | None = None

    @property
    def fact(self) -> str | None:
        """The fact's own name; None when it is not a fact."""
        return self.name.removeprefix(FACTS) if self.name.startswith(FACTS) else None


@cache
def _environment() -> Environment:
    return Environment(autoescape=False)


def parsed(text: str) -> nodes.Template:
    """The tree of a text; nothing of it is compiled.

    Raises:
        TemplateSyntaxError: it cannot be read.
    """
    return _environment().parse(text)


class Words:
    """Holds one text against the white list: `check` fills `findings` and `uses`."""

    def __init__(self, file: str, text: str, first_line: int, place: Position | None = None) -> None:
        self.file, self.text, self.first_line, self.place = file, text, first_line, place
        self.lines = text.split("\n")
        self.findings: list[Finding] = []
        self.uses: list[Use] = []
        self._read: dict[int, int] = {}

    def check(self) -> None:
        """Parse the text and walk it; nothing of it is compiled."""
        try:
            tree = parsed(self.text)
            self._body(tree.body, frozenset(), frozenset(), 0)
        except TemplateSyntaxError as error:
            self._say(error.lineno, "", "template_syntax", f"{error.message or 'The text cannot be read'}.")
        except RecursionError:
            self._say(1, "", "template_syntax", "The template is nested too deep.")

    def _at(self, line: int, word: str) -> Position:
        """Where a word stands: the next one on its line, for the parser only knows lines."""
        if self.place is not None:
            return self.place
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)" if word[:1] != "{" else re.escape(word))
        found = pattern.search(text, self._read.get(line, 0)) or pattern.search(text)
        if found is None or not word:
            return Position(self.first_line + line - 1, 1)
        self._read[line] = found.end()
        return Position(self.first_line + line - 1, found.start() + 1)

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
                line = node.lineno or next((n.lineno for n in node.find_all(nodes.Node) if n.lineno), 1)
                hint = "A template may use {{ … }}, {% if … %} and {% for … in … %}."
                self._say(line, "{%", "template_word", f"`{word}` is not accepted in a template.", hint)

    def _if(self, node: nodes.If, known: frozenset[str], loops: frozenset[str], depth: int) -> None:
        self._at(node.lineno, "{%")
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
            for one in (node.expr, *(operand.expr for operand in node.ops)):
                self._value(one, known, loops, said=False)
            return nothing, nothing
        if isinstance(node, nodes.Name | nodes.Getattr):
            name = self._reference(node, loops)
            if name is None:
                return nothing, nothing
            self.uses.append(Use(name, self._place(node, name), True))
            return frozenset({name}), nothing
        self._value(node, known, loops, said=False)
        return nothing, nothing

    def _for(self, node: nodes.For, known: frozenset[str], loops: frozenset[str], depth: int) -> None:
        name, before = None, len(self.findings)
        if isinstance(node.iter, nodes.Name | nodes.Getattr):
            name = self._reference(node.iter, loops)
        if len(self.findings) > before:
            return
        is_fact = name is not None and name.startswith(FACTS)
        if not is_fact or not isinstance(node.target, nodes.Name) or node.test is not None or node.recursive:
            hint = "Write for example: {% for item in facts.alternatives %}."
            self._say(node.lineno, "{%", "template_word", "`for` goes over one fact of type list.", hint)
            return
        if depth >= LOOPS_AT_MOST:
            message = f"Loops stand at most {LOOPS_AT_MOST} deep."
            self._say(node.lineno, "{%", "template_word", message)
            return
        assert name is not None
        self.uses.append(Use(name, self._place(node, name), name in known, looped=True))
        self._body(node.body, known, loops | {node.target.name}, depth + 1)
        self._body(node.else_, known, loops, depth)

    def _value(
        self, node: nodes.Node, known: frozenset[str], loops: frozenset[str], *, said: bool = True
    ) -> None:
        filters: list[nodes.Filter] = []
        while isinstance(node, nodes.Filter) and node.node is not None:
            filters.insert(0, node)
            node = node.node
        names = tuple(one.name for one in filters)
        if isinstance(node, nodes.Name | nodes.Getattr):
            name = self._reference(node, loops)
            if name is not None:
                safe = name in known or self._has_default(names)
                self.uses.append(Use(name, self._place(node, name), safe, filters=names if said else None))
        elif not isinstance(node, nodes.Const):
            self._wrong_word(node)
        if len(filters) > FILTERS_AT_MOST:
            message = f"A value goes through at most {FILTERS_AT_MOST} filters."
            self._say(filters[0].lineno, filters[FILTERS_AT_MOST].name, "template_word", message)
            return
        for at, one in enumerate(filters):
            self._filter(one)
            if one.name in FOR_THE_READER and "default" in names[:at]:
                message = f"The filter {one.name} would be given the words of `default`."
                self._say(one.lineno, one.name, "wrong_filter", message, f"Write `{one.name} | default(…)`.")

    def _has_default(self, filters: Sequence[str]) -> bool:
        """Whether a missing value is given words: every filter before `default` passes it on as missing."""
        before = filters[: filters.index("default")] if "default" in filters else [""]
        return all(name in FOR_THE_READER for name in before)

    def _place(self, node: nodes.Node, name: str) -> Position:
        return self._at(node.lineno, name.removeprefix(FACTS))

    def _wrong_word(self, node: nodes.Node) -> None:
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
        """What a name stands for that a case may not know; None when it always does, or it is reported."""
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
        if (root == "facts" and parts) or name in OPTIONAL or name in GIVEN or name == BRIEF:
            return name
        if root in loops and not parts:
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
