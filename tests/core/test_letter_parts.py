"""A letter that a law asks for, in a person's own words."""

from __future__ import annotations

from recovery.core import events as ev
from recovery.core.letter_parts import LetterPart
from recovery.core.spec import Send, Workflow
from tests.core.builders import Story, begun, step, workflow

PARTS = (
    LetterPart({"en": "the limit"}, {"en": ("within six months",), "zh": ("六个月内",)}),
    LetterPart({"en": "the website"}, {"": ("ombudsman.example",)}),
)


def lawful() -> Workflow:
    return workflow(step("one"), step("two"), say=("final",), letters={"final": PARTS}, order="free")


def story() -> Story:
    return begun(lawful(), customer={"address": "ana@example.org"})


def test_words_that_have_every_part_are_accepted() -> None:
    text = "You may go to **Ombudsman.example** within\nsix _months_."
    assert story().do(ev.MessageWritten, text=text, template="final").effects[0].template == "final"


def test_words_that_lack_a_part_are_refused_with_every_part_that_is_missing() -> None:
    refusal = story().refuse(ev.MessageWritten, text="We have looked at it.", template="final")
    assert (refusal.code, refusal.hint, refusal.details) == (
        "incomplete_letter",
        "Such as: within six months",
        ("the website",),
    )
    assert "the limit" in refusal.message


def test_each_language_has_wordings_of_its_own() -> None:
    text = "您可以在六个月内联系 ombudsman.example。"
    said = story().do(ev.MessageWritten, text=text, template="final", language="zh-CN")
    assert said.effects[0].language == "zh-CN"
    refusal = story().refuse(ev.MessageWritten, text=text, template="final", language="fr")
    assert refusal.hint == "Nobody has said how it is worded in fr."


def test_what_is_for_colleagues_or_from_no_template_may_be_anything() -> None:
    told = story()
    told.do(ev.MessageWritten, text="A draft.", template="final", to="supervisor")
    told.do(ev.MessageWritten, text="Something else.")


def test_letters_nobody_has_asked_anything_of_may_be_anything() -> None:
    free = workflow(
        step("one", on_enter=(Send("note"),)), say=("other",), letters={"final": PARTS}, order="free"
    )
    begun(free).do(ev.MessageWritten, text="Hello.", template="other")
