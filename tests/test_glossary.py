"""The glossary is the authority on names, so it has to be complete and easy to look things up in."""

from __future__ import annotations

import re

import pytest

from tests.real_data import ROOT

GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
ENTRY = re.compile(
    r"^### (?P<term>[A-Z][A-Za-z -]*) · (?P<chinese>[\u4e00-\u9fffA-Z]+)\n(?P<meaning>\S[^#]*)", re.MULTILINE
)

NAMES_OF_THE_HOUSE = (
    "case, complaint, step, transition, fact, deadline, timer, promise, effect, outbox, brief, owner, "
    "hand-off, escalation, compensation, budget, story, follow-up, recurrence, root cause"
).split(", ")


def terms() -> list[str]:
    return [entry["term"] for entry in ENTRY.finditer(GLOSSARY)]


@pytest.mark.parametrize("name", NAMES_OF_THE_HOUSE)
def test_every_name_of_the_house_is_defined(name: str) -> None:
    assert name in {term.lower() for term in terms()}


def test_every_entry_has_a_chinese_term_and_a_meaning() -> None:
    assert len(terms()) == len(re.findall(r"^### ", GLOSSARY, re.MULTILINE))


def test_terms_are_in_alphabetical_order_under_their_letter_and_come_once() -> None:
    assert terms() == sorted(set(terms()), key=str.casefold)
    letter = ""
    for line in GLOSSARY.splitlines():
        if line.startswith("## "):
            letter = line[3:]
        elif line.startswith("### "):
            assert line[4] == letter, f"{line} stands under {letter}"
