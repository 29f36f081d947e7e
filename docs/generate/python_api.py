"""The Python API: what `recovery` exports, with signatures and docstrings as they stand in the code."""

from __future__ import annotations

import inspect
import re
from dataclasses import is_dataclass
from typing import Any

import recovery
from docs.generate.markdown import attributes, described, table

LINE_AT_MOST = 100


def exports() -> str:
    """A section for each exported name, functions first, then classes, then errors."""
    named = [(name, getattr(recovery, name)) for name in recovery.__all__ if name != "__version__"]
    functions = [pair for pair in named if not inspect.isclass(pair[1])]
    errors = [pair for pair in named if inspect.isclass(pair[1]) and issubclass(pair[1], Exception)]
    classes = [pair for pair in named if pair not in functions and pair not in errors]
    return "\n\n".join(_section(name, thing) for name, thing in [*functions, *classes, *errors])


def _section(name: str, thing: Any) -> str:
    parts = [f"## {name}"]
    if not inspect.isclass(thing):
        return "\n\n".join([*parts, _signature(name, thing), *_document(thing)])
    if is_dataclass(thing):
        parts.append(_signature(name, thing))
    parts += _document(thing)
    for method, function in _members(thing).items():
        if inspect.isfunction(function) and not method.startswith("_") and not issubclass(thing, Exception):
            parts += [f"### {name}.{method}", _signature(method, function), *_document(function)]
    return "\n\n".join(parts)


def _members(thing: type) -> dict[str, Any]:
    """What a class and those it is made of in this package have, its own first."""
    found: dict[str, Any] = {}
    for base in thing.__mro__:
        if base.__module__.startswith("recovery."):
            found = {**found, **{name: it for name, it in vars(base).items() if name not in found}}
    return found


def _signature(name: str, thing: Any) -> str:
    """A signature with annotations as they are written in the source."""
    parameters: list[str] = []
    starred = False
    found = inspect.signature(thing)
    for parameter in found.parameters.values():
        if parameter.name == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            parameters.append("*")
            starred = True
        star = "**" if parameter.kind is parameter.VAR_KEYWORD else ""
        parameters.append(f"{star}{parameter.name}: {parameter.annotation}{_default(parameter)}")
    answer = f" -> {found.return_annotation}" if not inspect.isclass(thing) else ""
    line = f"{name}({', '.join(parameters)}){answer}"
    if len(line) > LINE_AT_MOST:
        line = f"{name}(\n    " + ",\n    ".join(parameters) + f",\n){answer}"
    return f"```python\n{line}\n```"


def _default(parameter: inspect.Parameter) -> str:
    if parameter.default is parameter.empty:
        return ""
    if callable(parameter.default):
        module = getattr(parameter.default, "__module__", "")
        return f" = {'os' if module == 'posix' else module}.{parameter.default.__name__}"
    if isinstance(parameter.default, str):
        return f' = "{parameter.default}"'
    plain = isinstance(parameter.default, int | float | tuple | None)
    return f" = {parameter.default!r}" if plain else " = …"


def _document(thing: Any) -> list[str]:
    parts = [described(thing)]
    for section, title in (("Attributes", "attribute"), ("Args", "argument"), ("Raises", "raises")):
        rows = [[f"`{name}`", words] for name, words in attributes(thing, section).items()]
        if rows:
            parts.append(table([title, "meaning"], rows))
    returns = re.search(r"\nReturns:\n((?:    .*\n?)*)", inspect.cleandoc(thing.__doc__ or "") + "\n")
    if returns:
        parts.append("Returns: " + " ".join(returns[1].split()))
    return parts
