"""The command line: every command with its arguments, options and example, and the exit codes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from docs.generate.markdown import code, table
from recovery.cli.app import app
from recovery.cli.codes import EXIT_CODES


def command_sections() -> str:
    """A section for each command, in the order of the help."""
    return "\n\n".join(_section(name, command) for name, command in every_command())


def every_command() -> Iterator[tuple[str, Any]]:
    """Each command with its whole name, such as `recovery db verify`."""
    yield from _inside("recovery", typer.main.get_command(app))


def _inside(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    for part, inner in command.commands.items():
        if hasattr(inner, "commands"):
            yield from _inside(f"{name} {part}", inner)
        else:
            yield f"{name} {part}", inner


def _section(name: str, command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option"]
    usage = [name, *(["[OPTIONS]"] if options else []), *map(_shown, arguments)]
    parts = [f"## {name}", " ".join(inspect.cleandoc(command.help or "").split()), _block(" ".join(usage))]
    if arguments:
        rows = [[code(_shown(p)), str(p.help or "")] for p in arguments]
        parts.append(table(["argument", "meaning"], rows))
    if options:
        rows = [[_flags(p), _default(p), str(p.help or "")] for p in options]
        parts.append(table(["option", "default", "meaning"], rows))
    example = (command.epilog or "").removeprefix("Example: ")
    if example:
        parts += ["For example:", _block(example)]
    return "\n\n".join(parts)


def _block(text: str) -> str:
    return f"```text\n{text}\n```"


def _shown(argument: Any) -> str:
    name = str(argument.metavar or argument.name.upper())
    return name if argument.required or name.startswith("[") else f"[{name}]"


def _flags(option: Any) -> str:
    flags = ", ".join(code(flag) for flag in [*option.opts, *option.secondary_opts])
    return flags if option.is_flag else f"{flags} {option.metavar or _kind(option)}"


def _kind(option: Any) -> str:
    """What a value of the option is called where nobody has given it a name."""
    kind = option.type_descriptor.annotation
    return {int: "NUMBER", str: "TEXT", Path: "FILE"}[kind]


def _default(option: Any) -> str:
    if option.is_flag or option.default in (None, ""):
        return ""
    return code(option.default)


def exit_codes() -> str:
    """Every exit code and what it means."""
    return table(["code", "meaning"], [[code(number), words] for number, words in EXIT_CODES.items()])
