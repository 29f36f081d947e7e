"""Templates and guards made to eat time or memory, or to reach what is none of theirs: refused at once."""

from __future__ import annotations

import sys
import time
import tracemalloc
from collections.abc import Callable
from itertools import count

import pytest

from recovery.core.facts import FactType
from recovery.workflow.expressions import read_guard, vocabulary
from recovery.workflow.templates import TEMPLATE_BYTES_AT_MOST, read_template

SECONDS_AT_MOST = 0.05
BYTES_AT_MOST = 50 * 1024 * 1024
NUMBERS = count()
CALLS_AT_MOST = 250_000
"""About 20 ms where nothing else runs."""
TRIES = 12
"""The quickest of so many is taken: another program on the machine is no fault of ours."""

HEAD = '---\npurpose: apology\nsubject: "Sorry"\n---\n'
LARGE = TEMPLATE_BYTES_AT_MOST - len(HEAD)

TEMPLATES = {
    # the sandbox of Jinja2 bounds none of these (design.md §3)
    "a string made long": "{{ 'a' * 1000000000 }}",
    "a string made long by a method": "{{ 'a'.rjust(1000000000) }}",
    "a string centred": "{{ 'a'.center(10**9) }}",
    "a string of tabs": "{{ '\\t\\t'.expandtabs(10**9) }}",
    "a replacement that grows": "{{ ('a' * 9999).replace('a', 'b' * 99999) }}",
    "a format that pads": "{{ '%1000000000d' % 1 }}",
    "a format method that pads": "{{ '{:>1000000000}'.format(1) }}",
    "joining with a tilde": "{{ 'a' ~ 'a' ~ facts.kind }}",
    "adding": "{{ owner + owner }}",
    "a range": "{% for x in range(10**9) %}x{% endfor %}",
    "a range in a value": "{{ range(10**8) | join }}",
    "a power": "{{ 9 ** 9 ** 9 ** 9 }}",
    "folding at compile time": "{% if 'a' * 10**10 %}x{% endif %}",
    "a product in a filter": "{{ owner | truncate(10**9) }}",
    "a filter that pads": "{{ owner | center(1000000000) }}",
    "a filter that indents": "{{ owner | indent(1000000000) }}",
    "a filter that formats": "{{ '%1000000000d' | format(1) }}",
    "a filter that batches": "{{ facts.notes | batch(10**9, 'x') | list }}",
    "a filter that wraps": "{{ owner | wordwrap(1) }}",
    "a filter that makes links": "{{ owner | urlize }}",
    "a filter that marks as safe": "{{ owner | safe }}",
    "a filter that reaches attributes": "{{ owner | attr('__class__') }}",
    "a filter that maps": "{{ facts.notes | map(attribute='__class__') }}",
    "a filter that groups": "{{ facts.notes | groupby('__class__') }}",
    "a filter with a name for a list": "{{ facts.notes | join(attribute='x') }}",
    "text of lorem ipsum": "{{ lipsum(n=100000) }}",
    # other ways to what is none of a template's business
    "classes": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "globals of a function": "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "globals through self": "{{ self.__init__.__globals__ }}",
    "the configuration": "{{ config }}",
    "a cycler": "{{ cycler.__init__.__globals__.os }}",
    "a namespace": "{% set ns = namespace(x=1) %}{{ ns.x }}",
    "private parts of the context": "{{ customer.__dict__ }}",
    "a value of the renderer's own": "{{ _values.said }}",
    "an item by its name": "{{ facts['kind'] }}",
    "a slice": "{{ owner[0:1] }}",
    "a list of its own": "{{ [1, 2, 3] }}",
    "a mapping of its own": "{{ {'a': 1} }}",
    "a choice in a value": "{{ 'a' if owner else 'b' }}",
    "a test": "{{ owner is defined }}",
    "a test in a condition": "{% if owner is string %}x{% endif %}",
    "a call": "{{ owner() }}",
    "a call of a fact's method": "{{ facts.kind.upper() }}",
    "a set": "{% set x = owner %}",
    "a set of many": "{% set x, y = 1, 2 %}",
    "a block set": "{% set x %}{{ owner }}{% endset %}",
    "a macro": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "a call block": "{% call owner() %}x{% endcall %}",
    "a filter block": "{% filter upper %}x{% endfilter %}",
    "a with": "{% with x = 1 %}{{ x }}{% endwith %}",
    "an include": "{% include '/etc/passwd' %}",
    "an import": "{% import 'x' as x %}",
    "a from-import": "{% from 'x' import y %}",
    "an extends": "{% extends 'x' %}",
    "a block": "{% block x %}{% endblock %}",
    "an autoescape": "{% autoescape false %}{{ owner }}{% endautoescape %}",
    "a do": "{% do facts.notes.append(1) %}",
    "a recursive loop": "{% for x in facts.notes recursive %}{{ loop(x) }}{% endfor %}",
    "a loop's own": "{% for x in facts.notes %}{{ loop.cycle('a') }}{% endfor %}",
    "a loop over a text": "{% for x in 'abc' %}x{% endfor %}",
    "a loop with a condition": "{% for x in facts.notes if x %}x{% endfor %}",
    "loops in loops in loops": "{% for a in facts.n %}" * 3 + "{% endfor %}" * 3,
    "loops without end": "{% for a in facts.n %}" * (LARGE // 30),
    # sheer size and depth
    "brackets without end": "{{ " + "(" * LARGE,
    "lists without end": "{{ " + "[" * LARGE,
    "signs without end": "{{ " + "-" * (LARGE - 10) + "1 }}",
    "nots without end": "{% if " + "not " * (LARGE // 5) + "owner %}",
    "ands without end": "{% if " + "owner and " * (LARGE // 11) + "owner %}{% endif %}",
    "comparisons without end": "{% if owner " + "== 1 " * (LARGE // 6) + "%}",
    "sums without end": "{{ 1" + "+1" * (LARGE // 3) + " }}",
    "calls without end": "{{ owner" + "()" * (LARGE // 3) + "}}",
    "items without end": "{{ owner" + "[0]" * (LARGE // 4) + "}}",
    "dots without end": "{{ a" + ".a" * (LARGE // 3) + " }}",
    "filters without end": "{{ owner" + "|upper" * (LARGE // 7) + "}}",
    "choices without end": "{{ 1" + " if 1" * (LARGE // 6) + "}}",
    "conditions without end": "{% if owner %}" * (LARGE // 14),
    "values without end": "{{ owner }}" * (LARGE // 12),
    "words left open": "{{" * (LARGE // 2),
    "tags left open": "{% " * (LARGE // 3),
    "remarks left open": "{#" * (LARGE // 2),
    "a raw left open": "{% raw %}" * (LARGE // 9),
    "links without end": "[" * LARGE,
    "links in links": "[a](" * (LARGE // 4),
    "images without end": "![" * (LARGE // 2),
    "emphasis without end": "*a_ " * (LARGE // 4),
    "quotes without end": ">" * LARGE,
    "code without end": "".join("`" * n + "a" for n in range(190)),
    "lines without end": "a\n" * (LARGE // 2),
    "lists in lists": "".join("  " * n + "- a\n" for n in range(130)) + "!" * 2_000,
    "footnotes without end": "[a]: b\n" * 1_000 + "[a] " * 1_000,
    "entities without end": "&" * LARGE,
    "a template too large": "x" * (LARGE + 1),
    # what would make the letter somebody else's
    "an image from elsewhere": "![seen](https://evil.example/p.png)",
    "a script": "<script>alert(1)</script>",
    "HTML in a sentence": "Dear <b>you</b>",
    "a link that runs": "[x](javascript:alert(1))",
    "a link into a file": "[x](file:///etc/passwd)",
    "a value in an address": "[x](https://example.org/{{owner}})",
    "sentinels": "\ue0000\ue001",
}

WORDS = vocabulary(
    {
        kind.name: kind
        for kind in (FactType("mark", "integer"), FactType("happy", "boolean"), FactType("kind", "text"))
    },
    ["hear"],
    severities=3,
    levels=3,
)
LONGEST = 1_000
"""Characters of a guard; the shape of a workflow accepts no more."""

GUARDS = {
    "a power": "mark == 9 ** 9 ** 9 ** 9",
    "a product": "kind == 'a' * 1000000000",
    "a sum": "mark + 1 == 2",
    "a tilde": "kind ~ kind == 'aa'",
    "a format": "kind == '%1000000000d' % 1",
    "a call": "range(10 ** 9)",
    "a method": "kind.rjust(1000000000) == 'a'",
    "an item": "kind[0] == 'a'",
    "a slice": "kind[0:1] == 'a'",
    "a filter": "kind | upper == 'A'",
    "a test": "kind is string",
    "a choice": "happy if happy else happy",
    "classes": "''.__class__",
    "a class of a fact": "kind.__class__ == 'a'",
    "a mapping": "{'a': 1} == {'a': 1}",
    "a number of many digits": f"mark == {'9' * 900}",
    "brackets": "(" * LONGEST,
    "lists": "[" * LONGEST,
    "nots left open": "not " * (LONGEST // 4),
    "signs": "-" * (LONGEST - 1) + "1",
    "dots": "kind" + ".a" * 400,
    "calls": "kind" + "()" * 400,
    "items": "kind" + "[0]" * 300,
    "sums": "mark == 1" + "+1" * 400,
    "comparisons in a row": "mark" + " == 1" * 190,
    "a text left open": "kind == '" + "a" * 900,
    "another language": "__import__('os').system('id')",
    "a statement": "happy %}{% set x = 1 %}{% if happy",
}


def template_refused(text: str) -> bool:
    template, findings = read_template((HEAD + text).encode(), "t.md")
    return template is None and bool(findings)


def guard_refused(text: str) -> bool:
    guard, problems = read_guard(text, WORDS)
    return guard is None and bool(problems)


ATTACKS: dict[str, tuple[Callable[[str], bool], str]] = {
    **{f"template: {name}": (template_refused, text) for name, text in TEMPLATES.items()},
    **{f"guard: {name}": (guard_refused, text) for name, text in GUARDS.items()},
}

each = pytest.mark.parametrize(("refused", "text"), ATTACKS.values(), ids=ATTACKS.keys())


def test_there_are_enough_of_them() -> None:
    assert len(TEMPLATES) >= 60
    assert len(GUARDS) >= 20


@each
def test_an_attack_is_refused_in_less_than_50_ms(refused: Callable[[str], bool], text: str) -> None:
    quickest = SECONDS_AT_MOST
    for _ in range(TRIES):
        begun = time.process_time()
        assert refused(text)
        quickest = min(quickest, time.process_time() - begun)
        if quickest < SECONDS_AT_MOST:
            break
    assert quickest < SECONDS_AT_MOST


@each
def test_an_attack_is_refused_in_less_than_50_mb(refused: Callable[[str], bool], text: str) -> None:
    tracemalloc.start()
    try:
        assert refused(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < BYTES_AT_MOST


@pytest.mark.parametrize(
    "text",
    [
        lambda size: "\n\n".join(["[a](https://example.org) " * (30 * size)] * 3),
        lambda size: "\n\n".join(["*a* _b_ " * (20 * size)] * 3),
        lambda size: "{% if owner %}{{ owner }}{% endif %}\n\n" * (50 * size),
        lambda size: "\n".join(["- one"] * (250 * size)),
    ],
    ids=["links", "emphasis", "conditions", "a list"],
)
def test_the_work_of_reading_a_text_grows_in_step_with_it(text: Callable[[int], str]) -> None:
    calls(text(1))  # what is imported and compiled once
    once, twice = calls(text(1)), calls(text(2))
    assert twice < 2.2 * once  # and twice is about as large as is accepted
    assert twice < CALLS_AT_MOST


def calls(text: str) -> int:
    """How many calls and returns it takes to read `text` as a template: the same on every machine."""
    seen = 0

    def seen_one(_frame: object, _event: str, _argument: object) -> None:
        nonlocal seen
        seen += 1

    before = sys.getprofile()
    sys.setprofile(seen_one)
    try:
        _, findings = read_template((HEAD + text).encode(), f"{next(NUMBERS)}.md")  # none is known already
    finally:
        sys.setprofile(before)
    assert findings == []
    return seen
