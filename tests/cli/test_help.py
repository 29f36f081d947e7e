"""Help: quick, complete, and with an example for every command."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import typer

from recovery.cli.app import app
from recovery.cli.building import command_line
from recovery.cli.codes import EXIT_CODES
from tests.cli.conftest import Said

Cli = Callable[..., Said]

HEAVY = ("sqlmodel", "pydantic", "sqlalchemy", "alembic", "ruamel", "jinja2", "apscheduler", "transitions")


def commands() -> Iterator[tuple[str, ...]]:
    """Every command there is."""
    for command in app.registered_commands:
        assert command.callback is not None
        yield (command.name or command.callback.__name__.strip("_"),)
    for group in app.registered_groups:
        assert group.typer_instance is not None
        for command in group.typer_instance.registered_commands:
            assert command.callback is not None
            yield str(group.name), command.name or command.callback.__name__.strip("_")


COMMANDS = sorted(commands())


def test_the_commands_of_the_first_release_are_there() -> None:
    names = "init check publish demo play import open list show record do explain doctor worker".split()
    assert {(name,) for name in names} | {("db", "upgrade"), ("db", "verify")} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_says_what_it_does_and_gives_an_example(cli: Cli, command: tuple[str, ...]) -> None:
    said = cli(*command, "--help")
    assert said.code == 0
    assert said.err == ""
    assert re.search(r"Example: .*recovery " + " ".join(command), " ".join(said.out.split()))
    assert "--json" in said.out


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_that_touches_a_database_can_be_told_which(cli: Cli, command: tuple[str, ...]) -> None:
    without = [("init",), ("check",), ("demo",), ("bench",), ("guard",), ("test",), ("clv",)]
    touches = command not in without and command[0] != "calendar"
    assert ("--database" in cli(*command, "--help").out) is touches


def test_the_help_names_the_exit_codes(cli: Cli) -> None:
    words = " ".join(cli("--help").out.split())
    assert "0 done · 1 problems found · 2 wrong usage · 3 refused · 4 environment · 5 bug" in words
    assert set(EXIT_CODES) == {0, 1, 2, 3, 4, 5, 130}


def test_the_version_can_be_asked_for(cli: Cli) -> None:
    assert re.fullmatch(r"service-recovery \d+\.\d+\.\d+\n", cli("--version").out)


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (["--help"], set()),
        (["--version"], {"pydantic"}),
        (["open", "--help"], {"pydantic"}),
        (["db", "--help"], {"pydantic"}),
    ],
)
def test_help_does_not_load_what_only_work_needs(words: list[str], allowed: set[str]) -> None:
    """Typer itself takes pydantic to read the options of a command."""
    heavy = sorted(set(HEAVY) - allowed)
    script = (
        "import sys; from recovery.cli.run import run; code = run(sys.argv[1:]); "
        f"print('loaded:', [name for name in {heavy!r} if name in sys.modules]); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *words], capture_output=True, text=True, encoding="utf-8", check=True
    )
    assert done.stdout.endswith("loaded: []\n")


def test_the_command_line_is_a_typer_app_a_host_may_mount() -> None:
    assert isinstance(app, typer.Typer)


def test_a_command_that_is_built_when_it_is_asked_for_is_that_of_the_app() -> None:
    def told(command: Any) -> Any:
        parts = getattr(command, "commands", {})
        params = [(param.name, param.opts, param.default, param.required) for param in command.params]
        return command.name, command.help, command.epilog, params, [told(part) for part in parts.values()]

    assert told(command_line()) == told(typer.main.get_command(app))


# --- wrong usage --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["opne"], "No such command 'opne'"),
        (["show"], "Missing argument 'CASE'"),
        (["list", "--limit", "many"], "Invalid value for '--limit'"),
        (["list", "--limit", "0"], "Invalid value for '--limit'"),
        (["list", "--limit", "10001"], "Invalid value for '--limit'"),
        (["list", "--before", "9" * 30], "Invalid value for '--before'"),
        (["list", "--colour"], "No such option"),
        (["db", "downgrade"], "No such command 'downgrade'"),
        (["open", "a", "b"], "unexpected extra argument"),
    ],
)
def test_a_command_written_wrongly_is_answered_with_how_it_is_written(
    cli: Cli, words: list[str], part: str
) -> None:
    said = cli(*words)
    assert (said.code, said.out) == (2, "")
    assert part in said.err
    assert "Usage: recovery" in said.err
    as_json = cli(*words, "--json")
    assert as_json.code == 2
    assert part in as_json.data["error"]
    assert as_json.data["fault"] == "caller"


@pytest.mark.parametrize("words", [[], ["db"], ["report"]])
def test_a_group_without_a_command_shows_its_help(cli: Cli, words: list[str]) -> None:
    said = cli(*words)
    assert said.code == 2
    assert "Commands:" in said.out + said.err
