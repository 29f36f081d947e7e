"""`brief`: a case on a page, for people and for programs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.conftest import Said

Cli = Callable[..., Said]

pytestmark = pytest.mark.usefixtures("home")


def test_a_case_is_told_on_a_page(cli: Cli) -> None:
    cli("open", "My order never came.", "--from", "ana@example.org")
    english, chinese = cli("brief", 1), cli("brief", 1, "--language", "zh")
    assert english.out.startswith("Brief: case 1\n\nThe problem, in the customer's own words\n")
    assert "  | My order never came." in english.out
    assert "问题（顾客的原话）" in chinese.out
    assert "  | My order never came." in chinese.out


def test_programs_read_it_with_a_case(cli: Cli) -> None:
    cli("open", "My order never came.", "--from", "ana@example.org")
    told = cli("brief", 1, "--json").data
    assert told["sections"][0]["lines"] == [{"text": "", "quote": "My order never came."}]
    assert cli("show", 1, "--json").data["brief"] == told
