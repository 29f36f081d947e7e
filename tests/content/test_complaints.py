"""The demo's complaints: complete, in both languages, and addressed to nobody real."""

from __future__ import annotations

import json
from collections import Counter

from tests.content.reading import ROOT, workflow

COMPLAINTS = [
    json.loads(line)
    for line in (ROOT / "recovery/demo/complaints.jsonl").read_text(encoding="utf-8").splitlines()
]
FIELDS = [
    "external_id", "name", "address", "language", "subject", "text",
    "category", "driver", "restated", "wanted",
]  # fmt: skip


def test_there_are_twenty_in_each_language_and_none_twice() -> None:
    assert Counter(one["language"] for one in COMPLAINTS) == {"en": 20, "zh": 20}
    for field in ("external_id", "address", "text"):
        assert len({one[field] for one in COMPLAINTS}) == len(COMPLAINTS)


def test_each_has_every_field_and_none_is_empty() -> None:
    for one in COMPLAINTS:
        assert list(one) == FIELDS
        assert all(isinstance(value, str) and value.strip() for value in one.values())


def test_nobody_real_can_be_written_to() -> None:
    for one in COMPLAINTS:
        assert one["address"].split("@")[1] in ("example.org", "example.com")


def test_categories_and_drivers_are_those_of_the_ten_steps() -> None:
    facts = workflow("ten-step").facts
    for one in COMPLAINTS:
        assert one["category"] in facts["problem.category"].choices
        assert one["driver"] in facts["problem.driver"].choices


def test_they_are_varied() -> None:
    assert len({one["category"] for one in COMPLAINTS}) >= 12
    assert len({one["driver"] for one in COMPLAINTS}) == 5


def test_a_few_hold_what_a_careless_program_would_execute_or_garble() -> None:
    texts = [one["text"] + one["subject"] for one in COMPLAINTS]
    assert sum("{{" in text for text in texts) == 1
    assert sum(any(ord(character) > 0xFFFF for character in text) for text in texts) == 1
