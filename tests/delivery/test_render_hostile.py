"""What people write arrives as plain words, whatever they write, in the text part and in the HTML part."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recovery.delivery.render import Rendered, render
from tests.delivery.letters import bundle, context, page, structure, words_in

HOSTILE: dict[str, str | tuple[str, str]] = {
    # Markdown
    "a link": "[click here](https://evil.example)",
    "a script link": "[click](javascript:alert(1))",
    "a reference": "[click][1]\n\n[1]: https://evil.example",
    "an image": "![x](https://evil.example/p.png)",
    "an image in a link": "[![x](https://evil.example/p.png)](https://evil.example)",
    "an autolink": "<https://evil.example>",
    "a mail autolink": "<boss@evil.example>",
    "a bare address": "https://evil.example/?a=1&b=2 www.evil.example",
    "a heading": "# You have won",
    "a setext heading": "You have won\n============",
    "a rule under words": "not a heading\n---\nnor this",
    "a rule": "***",
    "a quote": "> > > nested",
    "the end of a quote": "end\n\n\n\noutside?",
    "a list": "- one\n- two\n  1. three",
    "a fence": "```html\n<script>alert(1)</script>\n```",
    "a fence left open": "~~~~",
    "indented code": "a\n\n    code",
    "code": "`code` and ``more ` of it``",
    "emphasis": "**bold** _thin_ ***both*** ~~gone~~",
    "emphasis left open": "** _ * __ `",
    "a table": "| a | b |\n|---|---|\n| 1 | 2 |",
    "a footnote": "text[^1]\n\n[^1]: note",
    "backslashes": "\\# \\[x\\](y) \\\\ \\",
    "a hard break": "one  \ntwo\\\nthree",
    # HTML
    "a script": "<script>alert(1)</script>",
    "an event handler": '<img src=x onerror="alert(1)">',
    "the end of the page": "</p></blockquote></div></body></html><h1>mine",
    "a comment": "<!-- hidden --> <!DOCTYPE x> <?php x ?> <![CDATA[ x ]]>",
    "entities": "&lt;b&gt; &amp; &#60;i&#62; &nbsp; &copy",
    "a style": "<style>body{display:none}</style>",
    "a form": "<form action=https://evil.example><input name=card></form>",
    "quotation marks": "\" ' ` “ ” « »",
    "an attribute": '" onmouseover="alert(1)" x="',
    # Jinja2, and other languages in braces
    "an expression": "{{ 7*7 }} {{ facts }} {{ self.__init__.__globals__ }}",
    "a statement": "{% for x in range(10**9) %}x{% endfor %}",
    "a remark": "{# nothing to see #}",
    "the end of raw": "{% endraw %}{{ case.id }}",
    "other braces": "%s %(x)s {0} {x!r} ${HOME} `id` $title $$ #{x}",
    # mail
    "a header": ("Hello\r\nBcc: everybody@evil.example", "Hello\nBcc: everybody@evil.example"),
    "an end of headers": ("Hello\r\n\r\n<h1>mine</h1>", "Hello\n\n<h1>mine</h1>"),
    "an encoded header": "=?utf-8?q?=0ABcc:_x@evil.example?=",
    "a boundary": "--===============1==\nContent-Type: text/html",
    "a dot by itself": "a\n.\nQUIT",
    # what cannot be seen
    "an override of direction": ("invoice\u202efdp.exe", "invoicefdp.exe"),
    "isolates": ("\u2067abc\u2069 \u2066def\u2069 \u200f\u200e\u061c", "abc def"),
    "no width": ("pay\u200bpal \ufeffx\u2060y\u00adz pay\u200dpal\u200c", "paypal xyz paypal"),
    "tags": ("hi\U000e0041\U000e0042\U000e007f", "hi"),
    "line separators": ("a\u2028b\u2029c\x85d\x0be\x0cf", "a\nb\nc\nd\ne\nf"),
    "controls": ("\x1b[31mred\x07\x9b31m\x08\x7f", "[31mred31m"),
    "sentinels of ours": "\ue0000\ue001 \ue00099\ue001 \ue000",
    "half a surrogate pair": ("x\ud800y", "xy"),
    "what is no character": ("x\ufdd0y\ufffez\U0001ffff", "xyz"),
    # unusual, and to be kept
    "a very long word": "W" * 5_000,
    "emoji": "😡👨‍👩‍👧‍👦🇨🇳 很生气 👍🏽",
    "right to left": "שלום, الطرد لم يصل بعد (12)",
    "joiners that belong": "می‌خواهم क्‍ष",
    "Chinese": "《订单》没到！“急”——￥100",
}

BODY = """\
Dear {{ customer.name }},

# {{ case.subject }}

You said {{ facts.problem.statement }} to us.

> {{ facts.problem.statement }}

- {{ facts.problem.statement }}

[{{ customer.name }}](https://example.org/case "{{ case.subject }}")

{{ facts.problem.statement }}
"""

MADE = bundle(BODY, subject="About: {{ case.subject }}")
UNSEEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]")

each = pytest.mark.parametrize(
    ("words", "expected"),
    [value if isinstance(value, tuple) else (value, value) for value in HOSTILE.values()],
    ids=HOSTILE.keys(),
)


def said_everywhere(words: str) -> Rendered:
    """The words as a fact, a name and a subject."""
    facts = {"problem.statement": words}
    return render(MADE, "note", "en", context(facts, case={"subject": words}, customer={"name": words}))


HARMLESS = said_everywhere("harmless")


def lines_of(expected: str) -> list[str]:
    """Lines as they arrive: at most one empty one between two, spaces at the ends of lines aside."""
    text = re.sub(r"\n\s*\n\s*", "\n\n", expected)
    return [line.rstrip() for line in text.strip().split("\n")]


def one_line(expected: str) -> str:
    return " ".join(expected.split())


def test_there_are_enough_of_them() -> None:
    assert len(HOSTILE) >= 50


@each
def test_words_change_nothing_of_a_page_but_its_words(words: str, expected: str) -> None:
    html = said_everywhere(words).html
    made, harmless = structure(html), structure(HARMLESS.html)
    assert [tag for tag, _ in made] == [tag for tag, _ in harmless]
    for (_, attributes), (_, wanted) in zip(made, harmless, strict=True):
        assert attributes.pop("title", "") == (one_line(expected) if wanted.get("title") else "")
        assert attributes == {name: value for name, value in wanted.items() if name != "title"}


@each
def test_words_are_read_in_a_page_as_they_were_written(words: str, expected: str) -> None:
    html = said_everywhere(words).html
    quoted = [line.rstrip() for line in words_in(html, "blockquote").split("\n")]
    assert quoted == [
        re.sub(r"^ +", "", line) if at == 0 else line for at, line in enumerate(lines_of(expected))
    ]
    assert one_line(words_in(html, "h1")) == one_line(expected)
    assert one_line(words_in(html, "title")) == one_line(f"About: {expected}")
    assert one_line(words_in(html, "p")) == one_line(f"Dear {expected},")


@each
def test_words_are_read_in_the_text_as_they_were_written(words: str, expected: str) -> None:
    text = said_everywhere(words).text
    one, lines = one_line(expected), lines_of(expected)
    blocks = [
        f"Dear {one},",
        f"\n{one}",
        f"You said {one} to us.",
        "\n".join(f"> {line}".rstrip() for line in lines),
        "\n".join(("- " if at == 0 else "  ") + line for at, line in enumerate(lines)),
        f"{one} (https://example.org/case)",
        "\n".join(lines),
    ]
    wanted = [line.rstrip() for line in "\n\n".join(blocks).split("\n")]
    assert [line.rstrip() for line in text.rstrip("\n").split("\n")] == wanted


@each
def test_words_stay_on_the_one_line_of_a_subject(words: str, expected: str) -> None:
    subject = said_everywhere(words).subject
    assert len(subject.splitlines()) == 1
    assert subject == f"About: {one_line(expected)}" or (len(subject) == 200 and subject.endswith("…"))


@each
def test_nothing_arrives_that_cannot_be_seen(words: str, expected: str) -> None:
    made = said_everywhere(words)
    for part in (made.subject, made.text, made.html):
        assert UNSEEN.search(part) is None


@each
def test_words_are_not_cleaned_twice_into_something_else(words: str, expected: str) -> None:
    again = said_everywhere(
        said_everywhere(words).text.split("\n\n")[0].removeprefix("Dear ").removesuffix(",")
    )
    assert again.subject == said_everywhere(words).subject


@settings(deadline=None)
@given(
    st.text(max_size=80)
    | st.text(alphabet="[](){}<>!#*_`\n\r >-=|&;:/'\"\\ab1\u200d\u202e\ue000\ue001", max_size=80)
)
def test_no_words_at_all_change_a_page_or_leave_their_place(words: str) -> None:
    made = said_everywhere(words)
    assert [tag for tag, _ in structure(made.html)] == [tag for tag, _ in structure(HARMLESS.html)]
    assert UNSEEN.search(made.subject + made.text + made.html) is None
    quoted = [line for line in made.text.split("\n") if line.startswith(">")]
    assert len(quoted) >= 1
    assert len(made.subject.splitlines()) == 1


def test_words_quoted_run_the_way_their_letters_do() -> None:
    html = said_everywhere("שלום 12").html
    assert [one.attrib.get("dir") for one in page(html).iter("p")] == [None, None, "auto", None, "auto"]
