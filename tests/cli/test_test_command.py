"""`recovery test`: scenarios from the command line."""

from __future__ import annotations

import xml.etree.ElementTree as Xml
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said

Cli = Callable[..., Said]

STORY = """scenario: {name}
workflow: online-shop
story:
  - at: Fri 2026-11-20 10:00
    complaint: The cup is cracked.
    expect: {{step: {step}}}
"""


@pytest.fixture
def stories(home: Path) -> Path:
    """Two scenarios, of which one fails."""
    folder = home / "scenarios" / "cups"
    folder.mkdir(parents=True)
    (folder / "good.yaml").write_text(STORY.format(name="A cup is heard", step="hear"))
    (folder / "bad.yaml").write_text(STORY.format(name="A cup is settled", step="happy_again"))
    return folder


def test_what_fails_is_said_with_its_place_and_the_exit_code_is_1(cli: Cli, stories: Path) -> None:
    said = cli("test")
    assert said.code == 1
    assert said.out.startswith(
        "Failed: A cup is settled\n"
        "  scenarios/cups/bad.yaml:6:20: step: expected happy_again, but was hear, which "
        "needs trouble, wish.\n"
        "  What had happened:\n"
    )
    assert "1 passed, 1 failed, in " in said.out
    assert "A cup is heard" not in said.out


def test_when_all_is_as_expected_the_exit_code_is_0(cli: Cli, stories: Path) -> None:
    assert cli("test", "scenarios/cups/good.yaml").code == 0
    assert cli("test", "-k", "HEARD").code == 0
    assert cli("test", "-k", "good.yaml").out.startswith("1 passed, 0 failed")


def test_a_file_that_cannot_be_read_fails_and_the_others_run(cli: Cli, stories: Path) -> None:
    (stories / "broken.yaml").write_text("scenario: Broken\nstory: [")
    said = cli("test")
    assert "1 passed, 2 failed" in said.out
    assert "  scenarios/cups/broken.yaml:2:" in said.out


def test_a_workflow_with_errors_fails_its_scenarios_with_its_findings(cli: Cli, stories: Path) -> None:
    (stories / "ten.yaml").write_text(
        STORY.format(name="Ten", step="identify").replace("online-shop", "ten-step")
    )
    shop = Path("workflows/online-shop.yaml")
    shop.write_text(shop.read_text().replace("title: {en: Hear them out", "titel: {en: Hear them out"))
    said = cli("test")
    assert "1 passed, 2 failed" in said.out
    assert "  workflows/online-shop.yaml:26:5: `titel` is not a key" in said.out


def test_json_has_every_scenario_in_the_order_of_the_files(cli: Cli, stories: Path) -> None:
    data = cli("test", "--json").data
    assert (data["passed"], data["failed"]) == (1, 1)
    assert [(one["name"], one["file"], one["ok"]) for one in data["scenarios"]] == [
        ("A cup is settled", "scenarios/cups/bad.yaml", False),
        ("A cup is heard", "scenarios/cups/good.yaml", True),
    ]
    assert "coverage" not in data


def test_junit_is_written_too(cli: Cli, stories: Path, tmp_path: Path) -> None:
    file = tmp_path / "results.xml"
    assert cli("test", "--junit", file).code == 1
    assert [case.get("name") for case in Xml.parse(file).getroot()] == ["A cup is settled", "A cup is heard"]


def test_results_that_cannot_be_written_are_a_fault_of_the_environment(cli: Cli, stories: Path) -> None:
    said = cli("test", "--junit", "nowhere/results.xml")
    assert said.code == 4
    assert "nowhere/results.xml" in said.err


def test_coverage_lists_what_no_scenario_comes_to(cli: Cli, stories: Path) -> None:
    said = cli("test", "--coverage").out
    assert "ten-step: no scenario\n" in said
    assert "online-shop: 2 of " in said
    assert "    make_good\n" in said


def test_what_is_not_there_is_said(cli: Cli, stories: Path) -> None:
    assert (cli("test", "nowhere").code, cli("test", "-k", "saucer").code) == (2, 2)
    assert "There is no nowhere." in cli("test", "nowhere").err
    assert "There is no scenario with 'saucer' in its name or file." in cli("test", "-k", "saucer").err


def test_a_project_without_scenarios_is_told_where_they_go(cli: Cli, home: Path) -> None:
    said = cli("test")
    assert said.code == 2
    assert "scenarios/" in said.err


def test_nothing_is_written_into_the_project(cli: Cli, stories: Path, home: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    cli("test", "--jobs", "2")
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before
