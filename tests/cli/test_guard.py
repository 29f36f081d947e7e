"""`recovery guard`: what a text should not say, before anybody sends it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said, Spawn

Cli = Callable[..., Said]


def test_a_letter_is_told_where_why_and_what_to_say_instead(cli: Cli, home: Path) -> None:
    Path("letter.md").write_text("Dear Ana,\n\nI know: it’s the courier’s fault.\n", encoding="utf-8")
    said = cli("guard", "letter.md")
    assert said.code == 1
    first, why, instead, total = said.out.splitlines()
    assert first == "letter.md:3:9: blocked, blame/others: it’s the courier’s fault"
    assert why.startswith("  Why: ")
    assert instead.startswith("  Say instead: ")
    assert total == "1 found, 1 of them blocked."


def test_what_is_found_can_be_read_by_programs(cli: Cli, home: Path) -> None:
    Path("letter.md").write_text("Please calm down. We have refunded you.", encoding="utf-8")
    said = cli("guard", "letter.md", "--json")
    assert said.code == 1
    assert {key: said.data[key] for key in ("language", "kind", "blocked")} == {
        "language": "en",
        "kind": "message",
        "blocked": True,
    }
    first, second = said.data["hits"]
    assert (first["class"], first["level"], first["line"], first["column"]) == (
        "defensiveness",
        "block",
        1,
        8,
    )
    assert (second["class"], second["level"], second["overridable"]) == ("untruth", "annotate", False)
    assert second["lacks"] == ["update.news or account_given or resolution.done_at or goodwill.sent"]


def test_claims_are_held_against_the_facts_that_are_named(cli: Cli, home: Path) -> None:
    Path("a.md").write_text("We have refunded you.", encoding="utf-8")
    assert cli("guard", "a.md").code == 0
    assert cli("guard", "a.md", "--fact", "owner=li").code == 1
    assert cli("guard", "a.md", "--fact", "update.news=It is on its way.").code == 1, "news are no refund"
    facts = ("--fact", "resolution.kind=refund", "--fact", "resolution.done_at")
    assert cli("guard", "a.md", *facts).out == "Nothing found.\n"


def test_the_language_is_told_or_seen(spawn: Spawn, home: Path) -> None:
    said = spawn("guard", "-", cwd=home, stdin="请您冷静一下。")
    assert (said.code, said.out.splitlines()[0]) == (1, "-:1:1: blocked, defensiveness/soothing: 请您冷静")
    assert spawn("guard", "-", "--language", "en", cwd=home, stdin="请您冷静一下。").code == 0


def test_the_kind_of_text_decides_which_rules_hold(cli: Cli, home: Path) -> None:
    Path("a.md").write_text("What happened?", encoding="utf-8")
    assert cli("guard", "a.md").code == 0
    assert cli("guard", "a.md", "--kind", "follow_up").code == 1


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (("nowhere.md",), 2, "There is no file nowhere.md."),
        (("a.md", "--kind", "followup"), 2, "Did you mean follow_up?"),
        (("a.md", "--language", "fr"), 2, "There are rules for de, en, zh."),
        (("bad.md",), 1, "is not UTF-8"),
        (("a.md", "--language", "de"), 1, "config/phrases.de.yaml:1:1:"),
    ],
)
def test_what_cannot_be_read_is_said(
    cli: Cli, home: Path, words: tuple[str, ...], code: int, part: str
) -> None:
    Path("a.md").write_text("Hello.", encoding="utf-8")
    Path("bad.md").write_bytes(b"\xff")
    Path("config/phrases.de.yaml").write_text("language: de\n")
    said = cli("guard", *words)
    assert said.code == code
    assert part in said.err


def test_check_reads_the_rules_and_holds_templates_against_them(cli: Cli, home: Path) -> None:
    assert "phrases" not in cli("check").out
    path = Path("templates/en/holding.md")
    path.write_text(path.read_text(encoding="utf-8") + "\nThis happens a lot.\n", encoding="utf-8")
    said = cli("check")
    assert said.code == 1
    assert "templates/en/holding.md:" in said.out
    assert "`This happens a lot` is normalising" in said.out
    rules = Path("config/phrases.en.yaml")
    rules.write_text(rules.read_text(encoding="utf-8").replace("- calm down", "- (calm down") + "    x: 1\n")
    assert "config/phrases.en.yaml:" in cli("check", "config/phrases.en.yaml").out
