"""Templates filled with what a case knows: customers' words are shown as they are and never obeyed."""

from __future__ import annotations

import re
from typing import Any

import pytest

from recovery.delivery.render import LETTERS_AT_MOST, RenderFailed, render
from tests.delivery.letters import bundle, context, filled, page


def body(text: str, facts: dict[str, Any] | None = None, **more: Any) -> str:
    return filled(text, facts, **more).text.removesuffix("\n")


def test_what_was_filled_in_is_not_read_as_a_template_again() -> None:
    assert body("{{ facts.a }}", {"a": "{{ facts.b }}", "b": "secret"}) == "{{ facts.b }}"


# --- what is missing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("{{ facts.problem.restated }}", "facts.problem.restated"),
        ("{{ facts.problem.restated | upper }}", "facts.problem.restated"),
        ("{{ facts.nothing.of.the.kind }}", "facts.nothing.of.the.kind"),
        ("{% for one in facts.alternatives %}{{ one }}{% endfor %}", "facts.alternatives"),
        ("{{ facts.problem.driver.kind }}", "facts.problem.driver.kind"),
        ("{{ owner }}", "owner"),
        ("{{ case.subject }}", "case.subject"),
        ("{{ customer.address }}", "customer.address"),
        ("{% if facts.retold > 2 %}x{% endif %}", "facts.retold"),
    ],
)
def test_a_text_that_says_what_the_case_does_not_know_is_not_made(text: str, missing: str) -> None:
    with pytest.raises(RenderFailed) as failed:
        body(text, {"problem.driver": "contact"})
    assert str(failed.value) == f"templates/en/note.md: {missing} is not known."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{% if facts.problem.restated %}x{% else %}y{% endif %}", "y"),
        ("{% if owner %}{{ owner }}{% else %}nobody{% endif %}", "nobody"),
        ("{% if not facts.problem.restated %}not yet{% endif %}", "not yet"),
        ("{% if facts.problem.driver == 'contact' %}x{% endif %}y", "y"),
        ("{{ facts.problem.restated | default('what you told us') }}", "what you told us"),
        ("{{ case.subject | default('your letter') }}", "your letter"),
    ],
)
def test_a_condition_or_a_default_may_ask_for_what_is_missing(text: str, words: str) -> None:
    assert body(text) == words


def test_a_stated_fact_that_is_missing_is_named() -> None:
    made = bundle("We know.", states="[problem.restated, expectation.wanted]")
    with pytest.raises(RenderFailed, match=r"states expectation\.wanted, which the case does not"):
        render(made, "note", "en", context({"problem.restated": "x"}))


def test_a_template_that_is_not_there_is_named() -> None:
    with pytest.raises(RenderFailed, match="no template farewell"):
        render(bundle("x"), "farewell", "en", context())


# --- what values look like ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (["a refund", "a voucher"], "a refund, a voucher"),
        (True, "true"),
        (False, "false"),
        (4, "4"),
        ("12.50 USD", "12.50 USD"),
    ],
)
def test_a_value_is_said_without_python(value: Any, words: str) -> None:
    assert body("{{ facts.x }}", {"x": value}) == words


MOMENTS = {
    "at": "2026-11-22T14:00:00.000000Z",
    "night": "2026-11-22T23:30:00Z",
    "day": "2026-11-22",
    "price": "12.50 USD",
    "more": "1234567.891 EUR",
    "yen": "1500 JPY",
    "many": 1234567,
    "exact": "0.123456789012345678",
    "list": ["a", "b"],
    "odd": "tomorrow",
    "name": "anna-lena o'neil McKay",
}


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        (
            "{{ facts.at | when }}",
            "Sunday, November 22, 2026, 2:00 PM (UTC)",
            "2026年11月22日星期日 14:00（UTC）",
        ),
        ("{{ facts.day | when }}", "Sunday, November 22, 2026", "2026年11月22日星期日"),
        ("{{ facts.at | date }}", "November 22, 2026", "2026年11月22日"),
        ("{{ facts.day | date }}", "November 22, 2026", "2026年11月22日"),
        ("{{ facts.at | time }}", "2:00 PM (UTC)", "14:00（UTC）"),
        ("{{ facts.price | money }}", "$12.50", "US$12.50"),
        ("{{ facts.more | money }}", "€1,234,567.891", "€1,234,567.891"),
        ("{{ facts.yen | money }}", "¥1,500", "JP¥1,500"),
        ("{{ facts.many | count }}", "1,234,567", "1,234,567"),
        ("{{ facts.exact | count }}", "0.123456789012345678", "0.123456789012345678"),
        ("{{ facts.list | join(' / ') }}", "a / b", "a / b"),
        ("{{ facts.odd | title }}", "Tomorrow", "Tomorrow"),
        ("{{ facts.name | title }}", "Anna-Lena O'neil McKay", "Anna-Lena O'neil McKay"),
        ("{{ facts.none | money | default('nothing') }}", "nothing", "nothing"),
    ],
)
def test_filters_say_it_as_the_reader_writes_it(text: str, english: str, chinese: str) -> None:
    made = bundle(text, zh=text)
    for language, words in (("en", english), ("zh", chinese)):
        assert render(made, "note", language, context(MOMENTS)).text == f"{words}\n"


@pytest.mark.parametrize(
    ("language", "zone", "words"),
    [
        ("en", "Asia/Shanghai", "Monday, November 23, 2026, 7:30 AM"),
        ("en-GB", "Europe/London", "Sunday, 22 November 2026, 23:30"),
        ("en-US", "America/New_York", "Sunday, November 22, 2026, 6:30 PM"),
        ("zh-CN", "Asia/Shanghai", "2026年11月23日星期一 07:30"),
        ("zh-TW", "Asia/Taipei", "2026年11月23日星期一 07:30"),
        ("en", "Nowhere/Atlantis", "Sunday, November 22, 2026, 11:30 PM (UTC)"),
        ("en", "../../etc/passwd", "Sunday, November 22, 2026, 11:30 PM (UTC)"),
        ("en", None, "Sunday, November 22, 2026, 11:30 PM (UTC)"),
        ("fr", "Europe/Paris", "Monday, November 23, 2026, 12:30 AM"),
    ],
)
def test_a_moment_is_said_in_the_readers_zone_and_locale(language: str, zone: Any, words: str) -> None:
    text = "{{ facts.night | when }}"
    made = render(bundle(text, zh=text), "note", language, context(MOMENTS, zone=zone))
    assert made.text == f"{words}\n"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("{{ facts.odd | when }}", "neither a date nor an instant"),
        ("{{ facts.many | date }}", "neither a date nor an instant"),
        ("{{ facts.day | time }}", "no time of day"),
        ("{{ facts.odd | money }}", "not an amount of money"),
        ("{{ facts.odd | count }}", "not a number"),
        ("{{ facts.nan | count }}", "not a number"),
        ("{{ facts.endless | money }}", "not a number"),
        ("{{ facts.many | join(', ') }}", "templates/en/note.md"),
    ],
)
def test_a_filter_that_cannot_say_a_value_makes_no_text(text: str, wrong: str) -> None:
    with pytest.raises(RenderFailed, match=wrong):
        body(text, {**MOMENTS, "nan": "NaN", "endless": "1e999999 USD"})


# --- the two parts ------------------------------------------------------------------------------------------

MARKDOWN = """\
# A heading

Words in **bold** and *thin*,
on two lines. [Our page](https://example.org/a), <https://example.org>, [mail](mailto:us@example.org).

> quoted
>
> > and deeper

- one
- two

  more of two

7. seven
8. eight
   - inner

---

```
code  here
```
"""


def test_the_text_part_reads_like_a_letter_written_by_hand() -> None:
    assert (
        filled(MARKDOWN).text
        == """\
A heading

Words in bold and thin,
on two lines. Our page (https://example.org/a), https://example.org, mail (us@example.org).

> quoted
>
> > and deeper

- one

- two

  more of two

7. seven
8. eight
   - inner

* * *

    code  here
"""
    )


def test_the_page_is_whole_and_asks_nothing_of_anybody_else() -> None:
    made = filled(MARKDOWN)
    tree = page(made.html)
    assert tree.getroot().attrib["lang"] == "en" if hasattr(tree, "getroot") else tree.attrib["lang"] == "en"
    assert [one.attrib["href"] for one in tree.iter("a")] == [
        "https://example.org/a",
        "https://example.org",
        "mailto:us@example.org",
    ]
    for tag in ("img", "script", "link", "iframe", "object", "form", "svg", "video", "audio", "style"):
        assert list(tree.iter(tag)) == []
    assert "url(" not in made.html


def test_a_page_is_read_as_well_in_the_dark() -> None:
    made = filled(MARKDOWN)
    schemes = [
        one.attrib["content"]
        for one in page(made.html).iter("meta")
        if one.attrib.get("name") == "color-scheme"
    ]
    assert schemes == ["light dark"]
    assert not re.search(
        r"(?<!-)color: (?!inherit)|: ?(?:white|black)\b|rgb", made.html.replace("scheme", "")
    )
    colours = set(re.findall(r"#[0-9a-f]{3,8}\b", made.html))
    assert colours
    for colour in colours:
        light = luminance(colour)
        assert 1.05 / (light + 0.05) >= 3, "a line can be seen on white"
        assert (light + 0.05) / 0.05 >= 3, "a line can be seen on black"


def luminance(colour: str) -> float:
    """How light a colour such as `#2a9d8f` is, from 0 to 1 (WCAG 2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_style_stands_in_its_element() -> None:
    tree = page(filled(MARKDOWN).html)
    for tag in ("p", "blockquote", "h1", "ul", "ol", "li", "a", "hr", "pre", "body"):
        assert all("style" in one.attrib for one in tree.iter(tag)), tag


def test_a_right_to_left_language_runs_that_way() -> None:
    made = render(bundle("x", ar="أهلا"), "note", "ar", context())
    assert '<html lang="ar" dir="rtl"' in made.html


@pytest.mark.parametrize("name", ["items", "keys", "values", "get", "pop", "copy", "update", "clear"])
def test_a_fact_may_be_called_like_a_method(name: str) -> None:
    assert body(f"{{{{ facts.order.{name} }}}}", {f"order.{name}": "two shoes"}) == "two shoes"
    with pytest.raises(RenderFailed):
        body(f"{{{{ facts.order.{name} }}}}", {"order.other": "x"})


def test_a_fact_may_be_called_like_a_group_of_facts() -> None:
    assert body("{{ facts.a }} {{ facts.a.b }}", {"a.b": "y", "a": "x"}) == "x y"


def test_a_text_that_grows_is_given_up_before_it_is_made() -> None:
    facts = {"list": ["x" * 1_000] * 1_000}
    text = "{% for a in facts.list %}{% for b in facts.list %}{{ a }}{{ b }}{% endfor %}{% endfor %}"
    with pytest.raises(RenderFailed, match=f"beyond {LETTERS_AT_MOST:,}"):
        body(text, facts)


# --- languages ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "words", "language"),
    [
        ("zh", "您好", "zh"),
        ("zh-Hans-CN", "您好", "zh"),
        ("fr", "Hello", "en"),
        ("../../etc", "Hello", "en"),
        ("", "Hello", "en"),
    ],
)
def test_a_language_without_a_text_gets_its_parent_or_english(asked: str, words: str, language: str) -> None:
    made = render(bundle("Hello", zh="您好"), "note", asked, context())
    assert (made.text, made.language) == (f"{words}\n", language)


def test_a_template_is_read_and_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = bundle("Once: {{ case.id }}")
    render(made, "note", "en", context())

    def again(*_: object) -> Any:
        raise AssertionError("read again")

    monkeypatch.setattr("recovery.workflow.bundle.read_template", again)
    assert render(made, "note", "en", context()).text == "Once: 12\n"
