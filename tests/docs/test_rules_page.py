"""The page of rules: each has a proof that exists, or says that it has none yet."""

from __future__ import annotations

import re

import pytest

from tests.docs.test_pains_page import functions_of
from tests.real_data import ROOT

PAGE = ROOT / "docs" / "reference" / "rules.md"
SCENARIOS = ROOT / "tests" / "scenarios" / "domain"

RULES = {"1": 16, "2": 3, "3": 6, "4": 8, "5": 1, "7": 2}
"""How many rules each part of the domain has here."""


def rows() -> list[tuple[str, str, str]]:
    """Part, rule, and what proves it."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]
    return [(part, rule, proof) for part, rule, proof in cells]


def proofs() -> list[str]:
    return [proof for *_, cell in rows() for proof in re.findall(r"`([^`]+)`", cell)]


def test_every_part_has_its_rules() -> None:
    parts = [part for part, *_ in rows()]
    assert {part: parts.count(part) for part in parts} == RULES
    assert len({rule for _, rule, _ in rows()}) == len(parts)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[1][:40])
def test_a_rule_has_proofs_or_says_not_yet(row: tuple[str, str, str]) -> None:
    assert row[2] == "not yet" or re.fullmatch(r"`[^`]+`(, `[^`]+`)*", row[2])


@pytest.mark.parametrize("proof", proofs())
def test_what_proves_a_rule_is_there(proof: str) -> None:
    file, _, test = proof.partition("::")
    place = ROOT / "tests" / file if test else SCENARIOS / file
    assert place.is_file()
    assert not test or test in functions_of(place)
