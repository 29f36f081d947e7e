"""The page of pains: each has a proof that exists, each proof a pain."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from recovery.scenarios.running import scenario_files
from tests.real_data import ROOT

PAGE = ROOT / "docs" / "reference" / "pains.md"
FOLDER = ROOT / "tests" / "scenarios" / "pains"

PAINS = 25
"""How many there are in the list that the page is made from."""


def rows() -> dict[str, str]:
    """Each pain with what proves it."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[1:]]
    return {pain: proof for pain, _, proof in cells}


def proofs() -> list[str]:
    return [proof for cell in rows().values() for proof in re.findall(r"`([^`]+)`", cell)]


def functions_of(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_every_pain_of_the_list_has_a_row() -> None:
    assert len(rows()) == PAINS


@pytest.mark.parametrize("pain", rows())
def test_every_pain_has_a_proof(pain: str) -> None:
    assert re.fullmatch(r"`[^`]+`(, `[^`]+`)*", rows()[pain])


@pytest.mark.parametrize("proof", proofs())
def test_what_proves_a_pain_is_there(proof: str) -> None:
    file, _, test = proof.partition("::")
    assert (FOLDER / file).is_file()
    assert not test or test in functions_of(FOLDER / file)


def test_every_scenario_of_a_pain_is_named() -> None:
    files = {file.relative_to(FOLDER).as_posix() for file in scenario_files(ROOT, [FOLDER])}
    assert files == {proof for proof in proofs() if "::" not in proof}
