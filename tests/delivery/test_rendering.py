"""Templates filled with what a case knows: customers' words are shown as they are and never obeyed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from recovery.delivery.render import LETTERS_AT_MOST, Rendered, RenderFailed, nested, render
from recovery.workflow.bundle import Bundle

Fill = Callable[..., Rendered]

HOSTILE = {
    "an expression": "{{ 7*7 }} {{ facts }} {{ self.__init__ }}",
    "a statement": "{% for x in range(10**9) %}x{% endfor %}",
    "a comment": "{# nothing to see #} {$39.00}",
    "a script": "<script>alert(1)</script> & <b>bold</b>",
    "Markdown": "# Heading [link](javascript:alert(1)) ![x](http://x.example/p.png)",
    "line ends": "one\r\ntwo\rthree\nBcc: everybody@example.org",
    "direction marks": "abc\u202egnp.exe\u202c \u200f\u2067x\u2069",
    "emoji": "😡👨‍👩‍👧‍👦🇨🇳 很生气",
    "controls": "\x1b[31mred\x07\x9b",
    "percent and braces": "%s %(x)s {0} {x!r} ${HOME} `id`",
}


def bundle(body: str, *, subject: str = "Hello", states: str = "[]", **others: str) -> Bundle:
    head = f'---\npurpose: note\nsubject: "{subject}"\nstates: {states}\n---\n'
    files = {"templates/en/note.md": head + body}
    files |= {f"templates/{language}/note.md": head + text for language, text in others.items()}
    return Bundle("0" * 64, "small", files)


def context(facts: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    case = {"id": 12, "external_id": None, "subject": None, "step": "own", "severity": 1, "cycle": 1}
    found = {"case": case, "customer": {"name": "Ana"}, "owner": None, "facts": facts or {}}
    for root, part in more.items():
        found[root] = {**found[root], **part} if isinstance(part, dict) else part
    return found


def body(text: str, facts: dict[str, Any] | None = None, **more: Any) -> str:
    return render(bundle(text), "note", "en", context(facts, **more)).text


# --- what customers write -----------------------------------------------------------------------------------


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_customers_words_stand_in_the_body_as_they_were_written(words: str) -> None:
    assert body("> {{ facts.problem.statement }}", {"problem.statement": words}) == f"> {words}"


@pytest.mark.parametrize("words", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_customers_words_in_a_subject_stay_on_its_one_line(words: str) -> None:
    made = bundle("x", subject="About: {{ case.subject }}")
    subject = render(made, "note", "en", context(case={"subject": words})).subject
    assert len(subject.splitlines()) == 1
    assert subject.split() == f"About: {words}".split()


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
        ("{{ facts.problem.driver.kind }}", "contact.kind"),
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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ facts.at | when }}", "2026-11-22 14:00 UTC"),
        ("{{ facts.day | when }}", "2026-11-22"),
        ("{{ facts.odd | when }}", "tomorrow"),
        ("{{ facts.list | join(' / ') }}", "a / b"),
        ("{{ facts.odd | title }}", "Tomorrow"),
    ],
)
def test_filters_say_it_for_people(text: str, words: str) -> None:
    facts = {"at": "2026-11-22T14:00:00.000000Z", "day": "2026-11-22", "odd": "tomorrow", "list": ["a", "b"]}
    assert body(text, facts) == words


@pytest.mark.parametrize("name", ["items", "keys", "values", "get", "pop", "copy", "update", "clear"])
def test_a_fact_may_be_called_like_a_method(name: str) -> None:
    assert body(f"{{{{ facts.order.{name} }}}}", {f"order.{name}": "two shoes"}) == "two shoes"
    with pytest.raises(RenderFailed):
        body(f"{{{{ facts.order.{name} }}}}", {"order.other": "x"})


def test_a_filter_that_cannot_work_with_a_value_makes_no_text() -> None:
    with pytest.raises(RenderFailed, match=r"templates/en/note\.md"):
        body("{{ facts.retold | join(', ') }}", {"retold": 3})


def test_names_that_are_a_fact_and_a_group_at_once_make_no_text() -> None:
    for facts in ({"a": "x", "a.b": "y"}, {"a.b": "y", "a": "x"}):
        with pytest.raises(RenderFailed, match="a fact and a group"):
            nested(facts)


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
    assert (made.text, made.language) == (words, language)


def test_a_template_is_read_and_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = bundle("Once: {{ case.id }}")
    render(made, "note", "en", context())

    def again(*_: object) -> Any:
        raise AssertionError("read again")

    monkeypatch.setattr("recovery.workflow.bundle.read_template", again)
    assert render(made, "note", "en", context()).text == "Once: 12"
