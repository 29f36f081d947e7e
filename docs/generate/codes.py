"""The codes that programs rely on, collected from the source: of refusals, findings and broken databases."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from docs.generate.markdown import code, meaning, only, table

PACKAGE = Path(__file__).parents[2] / "recovery"

REFUSING = ("Refused", "Refusal")
FINDING = (
    *("Finding", "finding", "notice", "_say", "say", "wrong", "refuse"),
    *("_Stop", "Stop", "_Bad", "Bad", "Problem"),
)
FOUND_IN = ("workflow", "imports", "delivery", "scenarios", "project.py", "checking.py")

PATTERNS_AT_MOST = 3

_CODE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


def refusals() -> str:
    """Every refusal code with its meaning and what is said with it."""
    return _table("refusals", refusal_codes())


def findings() -> str:
    """Every code of a finding."""
    return _table("findings", finding_codes())


def problems() -> str:
    """Every code of a problem that `recovery db verify` names."""
    from recovery.store.problems import CODES

    return table(["code", "what was found"], [[code(name), words] for name, words in CODES.items()])


def _table(part: str, found: dict[str, list[str]]) -> str:
    only(part, found)
    rows = [
        [code(name), meaning(part, name), "<br>".join(found[name][:PATTERNS_AT_MOST])]
        for name in sorted(found)
    ]
    return table(["code", "meaning", "says, for example"], rows)


@cache
def refusal_codes() -> dict[str, list[str]]:
    """Code → the messages it comes with, expressions shown as `…`.

    Raises:
        LookupError: a refusal is made in a way that cannot be read here.
    """
    found: dict[str, list[str]] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        for call, function in _calls(file, REFUSING):
            name = call.args[0] if call.args else None
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                _add(found, name.value, call.args[1:2], function)
            elif not isinstance(name, ast.Attribute | ast.Name):
                raise LookupError(f"{file}:{call.lineno}: a refusal's code must be a plain text.")
    return found


@cache
def finding_codes() -> dict[str, list[str]]:
    """Code → the messages it comes with."""
    found: dict[str, list[str]] = {}
    for file in _files(FOUND_IN):
        for call, function in _calls(file, FINDING):
            for at, argument in enumerate(call.args):
                if _is_code(argument) and at + 1 < len(call.args):
                    _add(found, argument.value, call.args[at + 1 : at + 2], function)  # type: ignore[attr-defined]
                    break
        for name, message in _answered(file):
            _add(found, name, [message], None)
    return found


def _files(parts: Sequence[str]) -> list[Path]:
    paths = [PACKAGE / part for part in parts]
    inside = [file for path in paths if path.is_dir() for file in path.rglob("*.py")]
    return sorted([*inside, *(path for path in paths if path.is_file())])


def _calls(file: Path, names: Sequence[str]) -> Iterator[tuple[ast.Call, ast.AST]]:
    """Calls of functions with these names, each with the function it stands in."""
    text = file.read_text(encoding="utf-8")
    if any(f"{name}(" in text for name in names):
        tree = ast.parse(text)
        yield from _within(tree, tree, names)


def _within(node: ast.AST, function: ast.AST, names: Sequence[str]) -> Iterator[tuple[ast.Call, ast.AST]]:
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.Call):
            called = (
                inner.func.attr if isinstance(inner.func, ast.Attribute) else getattr(inner.func, "id", "")
            )
            if called in names:
                yield inner, function
        place = inner if isinstance(inner, ast.FunctionDef) else function
        yield from _within(inner, place, names)


def _answered(file: Path) -> Iterator[tuple[str, ast.expr]]:
    """`return "code", "message", …` and its like, which a caller makes a finding of."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Return) and node.value is not None:
            for inner in ast.walk(node.value):
                if (
                    isinstance(inner, ast.Tuple)
                    and len(inner.elts) >= 3
                    and _is_code(inner.elts[0])
                    and _pattern(inner.elts[1], None).endswith(".")
                ):
                    yield inner.elts[0].value, inner.elts[1]  # type: ignore[attr-defined]


def _is_code(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and _CODE.fullmatch(node.value) is not None
    )


def _add(found: dict[str, list[str]], name: str, said: Sequence[ast.expr], function: ast.AST | None) -> None:
    patterns = found.setdefault(name, [])
    for node in said:
        pattern = _pattern(node, function)
        if pattern.strip("…. :") and pattern not in patterns:
            patterns.append(pattern)


def _pattern(node: ast.expr, function: ast.AST | None) -> str:
    """A message with `…` for whatever is put into it; empty when it cannot be told."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    if isinstance(node, ast.BinOp):
        return _pattern(node.left, function) + _pattern(node.right, function)
    if isinstance(node, ast.Name) and function is not None:
        assigned = [
            inner
            for inner in ast.walk(function)
            if isinstance(inner, ast.Assign)
            and inner.lineno < node.lineno
            and any(isinstance(target, ast.Name) and target.id == node.id for target in inner.targets)
        ]
        return _pattern(max(assigned, key=lambda one: one.lineno).value, None) if assigned else ""
    return ""
