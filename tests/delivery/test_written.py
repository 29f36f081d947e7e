"""A person's own words as a letter: greeted, signed, laid out, and never more than words."""

from __future__ import annotations

from typing import Any

import pytest

from recovery.core.conversation import WORDS_AT_MOST
from recovery.delivery.render import Rendered
from recovery.delivery.written import letter_of


def letter(text: str, *, to: str = "customer", language: str = "en", **more: Any) -> Rendered:
    """A letter to Ana, whose case bo owns, by li."""
    said = {"subject": None, "text": text, "by": "agent:li", "free": True, "in_reply_to": None}
    case = {"id": 7, "subject": more.pop("about", None)}
    customer = {"name": more.pop("name", "ana")}
    context = {"case": case, "customer": customer, "owner": "bo", "written": {**said, **more}}
    return letter_of(context, to, language)


def body(made: Rendered) -> str:
    return made.html.partition('class="mark"')[2]


def test_free_words_are_greeted_and_signed_with_the_name_of_whoever_wrote_them() -> None:
    assert letter("We found it.").text == "Dear ana,\n\nWe found it.\n\nWith kind regards,\nLi\n"
    assert letter("找到了。", language="zh").text == "ana，您好：\n\n找到了。\n\n祝好\nLi\n"
    assert letter("We found it.", by="agent").text.endswith("With kind regards,\nBo\n")
    assert letter("找到了。", language="zh-CN", name="").text.startswith("尊敬的顾客，您好：\n")


@pytest.mark.parametrize(
    "text",
    [
        "Dear Ana,\n\nIt is here.\n\nYours,\nLi",
        "Hello Ana\n\nIt is here.\n\nLi Wang",
        "Ana,\nIt is here. Li",
    ],
)
def test_words_that_are_a_letter_already_stay_as_they_are(text: str) -> None:
    assert letter(text).text == f"{text}\n"


def test_words_in_a_language_whose_manners_nobody_knows_stand_by_themselves() -> None:
    assert letter("Nous l'avons.", language="fr").text == "Nous l'avons.\n"


def test_words_from_a_template_and_words_to_colleagues_are_sent_as_they_are() -> None:
    assert letter("I am sorry.", free=False).text == "I am sorry.\n"
    assert letter("Call her today.", to="owner").text == "Call her today.\n"


def test_paragraphs_lists_quotations_and_emphasis_are_laid_out() -> None:
    made = letter("First.\nSecond.\n\n- one\n- **two**\n\n1. a\n2. b\n\n> You said so.")
    for piece in ("First.<br>\nSecond.", "<strong>two</strong>", "<ol", "<blockquote"):
        assert piece in body(made)
    assert "- one\n- two\n\n1. a\n2. b\n\n> You said so.\n" in made.text


@pytest.mark.parametrize(
    "words",
    [
        "[click](https://evil.example)",
        "![x](https://evil.example/x.png)",
        "<b>loud</b>",
        "<script>alert(1)</script>",
        "<https://evil.example>",
        "# shouting",
        "[a]: https://evil.example",
        "`code`",
        "&amp;",
        "{{ customer.name }}",
        "https://shop.example/track?a=1&b=2",
    ],
)
def test_everything_else_stays_as_it_is_written(words: str) -> None:
    made = letter(f"You wrote {words} to us.")
    assert f"You wrote {words} to us." in made.text
    for sign in ("<a", "<img", "<b>", "<script", "<h1", "<code"):
        assert sign not in body(made)
    assert words in letter(words).text


def test_what_cannot_be_seen_and_what_stands_for_values_is_left_out() -> None:
    made = letter("a\u202eb\u200bc \ue0000\ue001 d")
    assert "abc 0 d" in made.text
    assert letter("\u200b").text == "Dear ana,\n\nWith kind regards,\nLi\n"


def test_a_subject_is_one_line_whoever_chose_it() -> None:
    assert letter("x").subject == "Your complaint (case 7)"
    assert letter("x", about="late\r\nBcc: all@example.org").subject == "Re: late Bcc: all@example.org"
    assert letter("x", language="zh").subject == "关于您的反馈（编号 7）"
    assert letter("x", subject="Your\nparcel").subject == "Your parcel"
    assert len(letter("x", subject="y" * 900).subject) == 200


@pytest.mark.parametrize(
    "part", ["*a ", "> ", "- ", "**a", "*", "\n- a", "_*", "- a\n  ", "*a_ ", "\n> a", "> - ", "\n- - - -"]
)
def test_the_longest_message_is_laid_out_however_it_is_made(part: str) -> None:
    made = letter((part * WORDS_AT_MOST)[:WORDS_AT_MOST])
    assert made.text.endswith("With kind regards,\nLi\n")
