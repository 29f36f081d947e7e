"""What is read piece by piece and remembered says what the plain reading of the whole text says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recovery.bench.phrases import messages
from recovery.core.phrases import guard as guards
from recovery.core.phrases.guard import Guard
from recovery.core.phrases.rules import KINDS, RuleSet
from recovery.project import starter_root
from recovery.workflow.phrases import phrase_files, read_phrases
from tests.phrases import plain
from tests.phrases.guards import shipped, small
from tests.phrases.labelled import LANGUAGES, sentences

LINES = [" ", "\n", "\n\n", "\n  \n", "\r\n", "\n> ", "\n- ", "\n1. ", "\t> "]
STOPS = [". ", "! ", "? ", "?!", "…", "。", "？", ", ", "，", "；", " - ", " (", ") "]
QUOTES = ['"', "'", "“", "”", "’", "「", "」", "``", "''"]
WORDS = ["\u200b", "é", "Ａ", "½", "⑴", " n't ", " it's ", " dont ", " 20 % ", " word" * 501]
JOINTS = [*LINES, *STOPS, *QUOTES, *WORDS]
TELLING = [
    "calm down",
    " was it solved",
    " our policy",
    " you wrote that",
    " called",
    " not",
    " here is what",
    " if",
]
JOINED = [" and", " ", "“", "”", '"', "'", ". ", "? ", "?", "\n", "\n> ", "\n\n", ", ", "’s", " n't", "½"]
CROWDED = """
language: en
negations: [not]
quoting: ["you wrote [that]"]
mentions: [called]
new_clause: [and]
rules:
  - {rule: blame, blocks: [calm ...2 down, calm], warns: [down calm], why: It hurts., say_instead: Better.}
  - {rule: asking, blocks: [was it solved ?], even_negated: true, why: It hurts., say_instead: Better.}
  - {rule: defensiveness, blocks: [our policy $], unless_text: [here is what], unless_before: [if], why: It
      hurts., say_instead: Better.}
"""
MARKS = ['""', "''", "“”", "‘’", "「」"]


@cache
def rules(language: str) -> RuleSet:
    """The shipped rules of a language, or the few of `CROWDED`."""
    path = phrase_files(starter_root()).get(language)
    made, findings = read_phrases(path.read_bytes() if path else CROWDED.encode(), "test.yaml")
    assert made is not None, findings
    return made


@cache
def parts(language: str) -> list[str]:
    """Labelled sentences, and paragraphs of the project's own letters."""
    paragraphs = {part for text in messages(language) for part in text.split("\n\n")}
    return [*(one.text for one in sentences(language)), *sorted(paragraphs)]


@st.composite
def mixtures(draw: st.DrawFn, language: str) -> tuple[str, dict[str, Any]]:
    """A text of sentences, quotations and fillings in any order; what is known, and what was said."""
    made: list[str] = []
    quotes: list[str] = []
    for _ in range(draw(st.integers(1, 6))):
        part = draw(st.sampled_from(parts(language)))
        start, end = sorted((draw(st.integers(0, len(part))), draw(st.integers(0, len(part)))))
        how = draw(st.sampled_from(["whole", "whole", "cut", "marked", "joined", "repeated"]))
        if how == "cut":
            part = part[start:end]
        elif how == "marked":
            marks = draw(st.sampled_from(MARKS))
            part = part[:start] + marks[0] + part[start:end] + marks[1] + part[end:]
        elif how == "joined":
            part = part[:start] + draw(st.sampled_from(JOINTS)) + part[start:]
        elif how == "repeated":
            quotes.append(part[start:end])
        made += [part, draw(st.sampled_from(JOINTS))]
    known = draw(st.sampled_from([None, {}, {"contact.attempted": True, "resolution.kind": "refund"}]))
    return "".join(made), {"kind": draw(st.sampled_from(KINDS)), "quotes": quotes, "facts": known}


@st.composite
def crowds(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A short text in which nearly everything bears on what stands beside it."""
    made = draw(st.lists(st.sampled_from(TELLING) | st.sampled_from(JOINED), min_size=3, max_size=15))
    return "".join(made), {"quotes": draw(st.sampled_from([[], ["".join(made[1:3])]]))}


@pytest.mark.parametrize(
    ("name", "texts", "examples"),
    [("en", mixtures("en"), 40), ("zh", mixtures("zh"), 40), ("crowded", crowds(), 600)],
)
def test_every_text_is_judged_as_if_it_were_read_whole(name: str, texts: Any, examples: int) -> None:
    guard = Guard(rules(name))

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(texts)
    def judge(drawn: tuple[str, dict[str, Any]]) -> None:
        text, more = drawn
        wanted = plain.check(rules(name), text, **more)
        assert guard.check(text, **more) == wanted
        assert guard.check(text, **more) == wanted

    judge()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_guard_that_forgets_says_the_same(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "PIECES_KEPT", 2)
    forgetful, whole = Guard(rules(language)), "\n".join(parts(language)[:150])
    kept = shipped(language).check(whole)
    assert forgetful.check(whole) == forgetful.check(whole) == kept != []
    forgetful.forget()
    assert forgetful.check(whole) == kept


def test_only_short_texts_are_remembered_and_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "PIECES_KEPT", 10)
    guard = small("calm down")
    for number in range(30):
        assert guard.check(f"Letter {number}. Calm down.") != []
    assert guard.forget() == 2 * 10  # paragraphs and sentences
    guard.check("word " * guards.LETTERS_KEPT)
    guard.check("\"a\" 'b' " * guards.LETTERS_KEPT)
    assert guard.forget() == 0


def test_many_threads_may_ask_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guards, "PIECES_KEPT", 20)
    asked, texts = Guard(rules("en")), parts("en")[:200]
    wanted = [shipped("en").check(text) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        rounds = list(pool.map(lambda _: [asked.check(text) for text in texts], range(4)))
    assert rounds == [wanted] * 4


@pytest.mark.parametrize("text", ["It is n't so.", "n't", "Is n’t it?"])
def test_a_contraction_that_stands_apart_is_a_negation(text: str) -> None:
    assert small("so").check(text + " So.")[-1].matched == "So"
    assert small("not").check(text)[0].matched in ("n't", "n’t")
