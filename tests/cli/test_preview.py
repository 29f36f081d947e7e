"""`preview`: what a message looks like before anybody gets it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.cli.conftest import Said
from tests.cli.test_project import spoil

Cli = Callable[..., Said]


def test_a_template_is_shown_with_an_example(cli: Cli, home: Path) -> None:
    said = cli("preview", "apology")
    assert said.code == 0
    assert said.out.startswith("Subject: I am sorry\n\nDear Maya,\n\n")
    assert "\n> The sofa was promised" in said.out
    assert not (home / "outbox").exists() or not any((home / "outbox").iterdir())


def test_it_is_shown_in_the_language_that_was_asked_for(cli: Cli, home: Path) -> None:
    assert "晓雯，您好：" in cli("preview", "apology", "--language", "zh").out
    assert cli("preview", "apology", "--language", "fr", "--json").data["language"] == "en"


def test_it_is_shown_from_the_files_as_they_are_now(cli: Cli, home: Path) -> None:
    spoil(home / "templates" / "en" / "apology.md", "I am sorry", "I am so sorry")
    assert cli("preview", "apology").out.startswith("Subject: I am so sorry\n")


def test_it_is_filled_with_a_case(cli: Cli, home: Path) -> None:
    cli("open", "It never came.", "--external-id", "shop-1", "--json")
    cli("record", "shop-1", "problem.restated=The parcel is late.", "--by", "agent:li")
    said = cli("preview", "apology", "--case", "shop-1")
    assert "> The parcel is late." in said.out
    assert "With kind regards,\nYour Customer Care Team" in said.out


def test_what_the_case_does_not_know_is_named(cli: Cli, home: Path) -> None:
    cli("open", "It never came.", "--external-id", "shop-1")
    said = cli("preview", "resolution", "--case", "shop-1")
    assert said.code == 2
    assert "resolution.done_at, which the case does not know" in said.err


def test_the_page_is_written_into_a_file(cli: Cli, home: Path) -> None:
    said = cli("preview", "apology", "--html", home / "apology.html")
    page = (home / "apology.html").read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert "apology.html" in said.err
    assert cli("preview", "apology", "--json").data["html"] == page


def test_a_template_of_another_workflow_is_shown_when_it_is_named(cli: Cli, home: Path) -> None:
    assert cli("preview", "shop-sorry", "--workflow", "online-shop").code == 0
    said = cli("preview", "shop-sorry")
    assert said.code == 2
    assert "The workflow ten-step has no template shop-sorry." in said.err
    assert "Did you mean apology?" in cli("preview", "apolgy").err


def test_what_is_wrong_with_the_files_is_said_where_it_stands(cli: Cli, home: Path) -> None:
    spoil(home / "templates" / "en" / "apology.md", "Dear {{ customer.name", "Dear {{ customer.nam")
    said = cli("preview", "apology")
    assert said.code == 1
    assert "templates/en/apology.md:6:9: `customer.nam` is nothing a template can say." in said.out
    (finding,) = cli("preview", "apology", "--json").data["findings"]
    assert finding["code"] == "unknown_name"


def test_what_a_customer_wrote_does_nothing_to_the_terminal(cli: Cli, home: Path) -> None:
    cli("open", "x", "--external-id", "shop-1")
    cli("record", "shop-1", "problem.restated=\x1b[31mred\u202e", "--by", "agent:li")
    assert not {"\x1b", "\u202e"} & set(cli("preview", "apology", "--case", "shop-1").out)
