"""The reference says what the code has, all of it, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import pytest
import typer.main

from docs.generate import codes, commands, pages
from docs.generate.__main__ import main
from docs.generate.markdown import meanings, only
from recovery.cli.app import app
from recovery.cli.codes import EXIT_CODES
from recovery.core.events import EVENTS
from recovery.core.facts import KINDS
from recovery.core.guards import OPERATORS
from recovery.play.script import LINES
from recovery.project import SETTINGS
from recovery.store.problems import CODES
from recovery.workflow.rule_shapes import ACTIVE_VERBS
from tests.real_data import ROOT

REFERENCE = ROOT / "docs" / "reference"


def page(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text(encoding="utf-8")


def test_the_reference_is_as_the_code_has_it_now(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--check"])
    assert code == 0, capsys.readouterr().out


def test_every_block_the_code_can_fill_stands_in_a_page() -> None:
    assert pages.used() == set(pages.MAKERS)


def test_every_command_and_option_is_documented() -> None:
    text = page("command-line")
    found = dict(commands.every_command())
    assert len(found) > 15
    for name, command in found.items():
        section = text.partition(f"## {name}\n")[2].partition("\n## ")[0]
        missing = [flag for param in command.params for flag in param.opts if f"`{flag}`" not in section]
        missing = [flag for flag in missing if flag.startswith("--")]
        assert section, name
        assert not missing, f"{name}: {missing}"


def test_no_command_is_hidden_in_a_group_that_the_reference_does_not_enter() -> None:
    group = typer.main.get_command(app)
    assert {name.split()[1] for name, _ in commands.every_command()} == set(group.commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("command-line", lambda: EXIT_CODES),
        ("events", lambda: EVENTS),
        ("facts", lambda: KINDS),
        ("conditions", lambda: [*OPERATORS, "is known", "is unknown", "and", "or", "not"]),
        ("workflow-language", lambda: ACTIVE_VERBS),
        ("play-scripts", lambda: LINES),
        ("settings", lambda: [*SETTINGS, "RECOVERY_DATABASE", "RECOVERY_SEAL_KEY", "RECOVERY_DEBUG"]),
        ("refusals", codes.refusal_codes),
        ("findings", lambda: [*codes.finding_codes(), *CODES]),
    ],
)
def test_every_word_a_user_may_meet_stands_in_its_page(name: str, words: Callable[[], Iterable[str]]) -> None:
    text = page(name)
    found = list(words())
    assert found
    assert [word for word in found if f"`{word}`" not in text and f"### {word}\n" not in text] == []


def test_a_code_without_a_meaning_and_a_meaning_without_a_code_are_errors() -> None:
    written = set(meanings()["refusals"])
    with pytest.raises(LookupError, match="brand_new"):
        only("refusals", [*written, "brand_new"])
    with pytest.raises(LookupError, match="no_text"):
        only("refusals", written - {"no_text"})


def test_the_collector_sees_the_codes_that_the_shipped_refusals_and_findings_use() -> None:
    assert {"unknown_fact", "wrong_source", "key_reused", "unreadable"} <= set(codes.refusal_codes())
    assert {"unknown_key", "wrong_type", "duplicate_key", "unknown_zone"} <= set(codes.finding_codes())


def test_the_sub_keys_of_a_mapping_are_documented() -> None:
    text = page("mapping-language")
    for file in (ROOT / "recovery" / "imports").glob("*.py"):
        for found in re.findall(r"\.only\([^,]+, \(([^)]*)\)", file.read_text(encoding="utf-8")):
            for key in re.findall(r'"(\w+)"', found):
                assert f"`{key}`" in text or f"{key}:" in text, f"{file.name}: {key}"
