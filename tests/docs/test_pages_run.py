"""What the pages tell a reader to do works, and prints what they say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import recovery
from tests.docs.shell import Command, Shell, says, steps
from tests.real_data import ROOT
from tests.warm.client import Warm

PAGES = [
    page.relative_to(ROOT)
    for page in [ROOT / "README.md", ROOT / "docs" / "tutorial.md", *(ROOT / "docs" / "how-to").glob("*.md")]
    if any(True for _ in steps(page))
]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=str)
def test_a_page_can_be_followed_word_by_word(page: Path, tmp_path: Path, warm: Warm) -> None:
    shell = Shell(tmp_path, warm)
    for step in steps(ROOT / page):
        said = shell.do(step)
        if isinstance(step, Command) and step.printed.strip():
            assert says(step.printed, said), (
                f"$ {step.words}\nthe page:\n{step.printed}\nthe command:\n{said}"
            )


def test_the_installed_command_runs() -> None:
    command = [Path(sys.executable).with_name("recovery"), "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said == f"service-recovery {recovery.__version__}\n"


def test_the_pages_to_follow_are_found() -> None:
    assert {"README.md", "docs/tutorial.md", "docs/how-to/write-a-workflow.md"} <= set(map(str, PAGES))


@pytest.mark.parametrize(
    ("printed", "said", "fits"),
    [
        ("Case 1 stands in own.", "Case 1 stands\nin own.\n", True),
        ("Case … own.", "Case 17 stands in own.", True),
        ("Case 1 stands in own.", "Case 1 stands in own. And more.", False),
        ("a.b", "axb", False),
    ],
)
def test_what_a_page_prints_is_compared_as_words(printed: str, said: str, fits: bool) -> None:
    assert says(printed, said) is fits
