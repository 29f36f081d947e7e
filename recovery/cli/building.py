"""The commands as they are asked for: what a command line reads is built when it is used, and once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import copy
from functools import cache
from typing import Any

import typer
from typer.main import get_command, get_command_name, get_group
from typer.models import CommandInfo, TyperInfo

__all__ = ["command_line"]


@cache
def command_line() -> Any:
    """What reads the words of a command line.

    Typer would build each of all commands, with every option, for each line; one of them is meant.
    """
    from recovery.cli.app import app

    group: Any = get_command(_with(app))
    group.commands = _Commands(app)
    return group


def _with(app: typer.Typer, *parts: CommandInfo | TyperInfo) -> typer.Typer:
    """The same application with these commands and groups alone."""
    other = copy(app)
    other.registered_commands = [part for part in parts if isinstance(part, CommandInfo)]
    other.registered_groups = [part for part in parts if isinstance(part, TyperInfo)]
    return other


def _name(part: CommandInfo | TyperInfo) -> str:
    if isinstance(part, CommandInfo) and part.name is None:
        assert part.callback is not None
        return get_command_name(part.callback.__name__)
    return str(part.name)


class _Commands(Mapping[str, Any]):
    """The commands and groups of an application by their names, in the order of its help."""

    def __init__(self, app: typer.Typer) -> None:
        self._app = app
        parts: list[CommandInfo | TyperInfo] = [*app.registered_commands, *app.registered_groups]
        self._parts = {_name(part): part for part in parts}
        self._built: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._built:
            self._built |= get_group(_with(self._app, self._parts[name])).commands
        return self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)
