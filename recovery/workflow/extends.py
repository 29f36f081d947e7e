"""Overlays: a workflow file that says `extends: NAME` and only what is different from that workflow.

A merge of documents, before anything is known about what they mean. Mappings merge key by key and the overlay
wins; a list, a text or a number replaces what stood there. What the overlay wants to be rid of stands under
`without`, as names with dots (`steps.big_picture`, `clocks.silence`): in this language a key without a value
says something (any value, the built-in title), so it cannot mean "away". `without` comes first: what is taken
away and written anew is replaced as a whole. Steps keep the order of the base, and a new step says
`after: STEP`.

Every key and value of the merged document keeps the place and the file it was written in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from recovery.workflow.findings import Finding, guess, shown
from recovery.workflow.model import WORKFLOW_ID
from recovery.workflow.reader import Document, Path, decode, read_yaml

EXTENDS, WITHOUT, AFTER = "extends", "without", "after"

FILES_AT_MOST = 5
"""How many files may stand one upon the other, the first and the last counted."""

Reads = Callable[[str], tuple[bytes | None, str]]
"""Reads another workflow of the same folder: its name → its bytes (None: not there), its file in findings."""

_OWN = ("workflow", EXTENDS, WITHOUT)
"""What an overlay does not take over."""


@dataclass(slots=True)
class Unfolded:
    """A document with everything that it extends.

    Attributes:
        document: None when a file that it extends is missing or cannot be read.
        texts: each file it stands upon, with its text (`\\n` line ends).
    """

    document: Document | None
    findings: list[Finding] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)


def unfold(document: Document, read: Reads, names: Sequence[str] = ()) -> Unfolded:
    """Put an overlay over what it extends; a document that extends nothing stays as it is.

    Args:
        names: the workflows that are there, for the hint when one is not.
    """
    made = Unfolded(document)
    files = [document]
    while (name := _extends(files[-1])) is not None:
        base = _base(files, name, read, names, made)
        if base is None:
            made.document = None
            return made
        files.append(base)
    made.findings += _alone(files[-1])
    whole = files.pop()
    while files:
        whole = _over(whole, files.pop(), made.findings)
    made.document = whole
    return made


def _extends(document: Document) -> str | None:
    """The name of what a document extends; a value that is no name is the shape's to report."""
    name = document.value.get(EXTENDS) if isinstance(document.value, dict) else None
    return name if isinstance(name, str) and name else None


def _base(
    files: list[Document], name: str, read: Reads, names: Sequence[str], made: Unfolded
) -> Document | None:
    over = files[-1]

    def refuse(code: str, message: str, hint: str) -> None:
        made.findings.append(over.finding((EXTENDS,), code, message, hint))

    if not re.fullmatch(WORKFLOW_ID, name):
        refuse("bad_name", f"{shown(name)} is not the name of a workflow.", guess(name, names))
        return None
    if name in (PurePosixPath(one.file).stem for one in files):
        chain = " → ".join([*(PurePosixPath(one.file).stem for one in files), name])
        refuse("extends_itself", f"The workflow extends itself: {chain}.", "Let one of them stand alone.")
        return None
    if len(files) == FILES_AT_MOST:
        message = f"More than {FILES_AT_MOST} files stand one upon the other."
        refuse("extends_too_deep", message, "Extend one that stands nearer to the first.")
        return None
    data, file = read(name)
    if data is None:
        refuse("unknown_workflow", f"There is no workflow {shown(name)} to extend.", guess(name, names))
        return None
    base, findings = read_yaml(data, file)
    made.findings += findings
    if base is not None and not isinstance(base.value, dict):
        made.findings.append(base.finding((), "wrong_type", "A workflow to extend must be a mapping."))
        return None
    made.texts[file] = decode(data, file)[0] or ""
    return base


def _alone(document: Document) -> Iterator[Finding]:
    """What only an overlay may say, in a document that is none."""
    if not isinstance(document.value, dict) or EXTENDS in document.value:
        return
    steps = document.value.get("steps")
    said: list[Path] = [(WITHOUT,)] if WITHOUT in document.value else []
    if isinstance(steps, dict):
        said += [
            ("steps", name, AFTER) for name, step in steps.items() if isinstance(step, dict) and AFTER in step
        ]
    for path in said:
        message = f"`{path[-1]}` is for a workflow that `{EXTENDS}` another."
        yield document.finding(path, "no_overlay", message, "Remove it, or name what is extended.", key=True)


def _over(base: Document, over: Document, findings: list[Finding]) -> Document:
    """The merged document: everything of the overlay, and what it leaves standing of the base."""
    gone: set[Path] = {(key,) for key in _OWN}
    value = _without(base, over, gone, findings)
    merged = _joined(value, over.value, (), gone)
    if isinstance(over.value.get("steps"), dict) and isinstance(value.get("steps"), dict):
        merged["steps"] = _in_order(value["steps"], merged["steps"], over, findings)
    kept = [path for path in base.values if not any(path[:end] in gone for end in range(1, len(path) + 1))]
    return Document(
        over.file,
        merged,
        {**{path: base.keys[path] for path in kept if path in base.keys}, **over.keys},
        {**{path: base.values[path] for path in kept}, **over.values},
        {**{path: base.file_of(path) for path in kept if path not in over.values}},
    )


def _without(base: Document, over: Document, gone: set[Path], findings: list[Finding]) -> dict[str, Any]:
    """The base's value without what the overlay takes away."""
    value = {key: inner for key, inner in base.value.items() if key not in _OWN}
    names = over.value.get(WITHOUT)
    for number, name in enumerate(names if isinstance(names, list) else ()):
        path = _named(value, str(name))
        if path is None:
            message = f"{shown(name)} is nothing that stands in {base.file}."
            hint = guess(str(name), list(_names(value)))
            findings.append(over.finding((WITHOUT, number), "unknown_part", message, hint))
        else:
            value = _removed(value, path)
            gone.add(path)
    return value


def _named(value: Any, name: str) -> Path | None:
    """The path of a name with dots; keys may hold dots themselves, as the names of facts do."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if name == key:
                return (key,)
            if name.startswith(f"{key}."):
                rest = _named(inner, name.removeprefix(f"{key}."))
                if rest is not None:
                    return (key, *rest)
    return None


def _names(value: Any, before: str = "", depth: int = 3) -> Iterator[str]:
    if isinstance(value, dict) and depth:
        for key, inner in value.items():
            yield f"{before}{key}"
            yield from _names(inner, f"{before}{key}.", depth - 1)


def _removed(value: Any, path: Path) -> Any:
    first, *rest = path
    if not rest:
        return {key: inner for key, inner in value.items() if key != first}
    return {key: _removed(inner, tuple(rest)) if key == first else inner for key, inner in value.items()}


def _joined(base: Any, over: Any, path: Path, gone: set[Path]) -> Any:
    """Both values in one; `gone` gathers the paths of the base under which nothing of it is left."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        gone.add(path)
        return over
    merged = dict(base)
    for key, value in over.items():
        merged[key] = _joined(base[key], value, (*path, key), gone) if key in base else value
    return merged


def _in_order(
    base: dict[str, Any], merged: dict[str, Any], over: Document, findings: list[Finding]
) -> dict[str, Any]:
    """The steps of the base in their order, each new one after the step it names."""
    order = [name for name in merged if name in base]
    for name, step in merged.items():
        path = ("steps", name)
        after = step.get(AFTER) if isinstance(over.get((*path, AFTER)), str) else None
        if name in base:
            if after is not None:
                message = f"{name} is a step of what is extended, and keeps its place."
                findings.append(
                    over.finding((*path, AFTER), "not_new", message, f"Leave `{AFTER}` out.", key=True)
                )
        elif after in order:
            order.insert(order.index(after) + 1, name)
        else:
            order.append(name)
            if isinstance(step, dict):
                at = (*path, AFTER) if after is not None else path
                message = f"The new step {name} does not say which step it comes after."
                hint = f"Add `{AFTER}: {order[0]}`, or whichever it follows."
                if after is not None:
                    message, hint = f"{shown(after)} is no step before {name}.", guess(after, order[:-1])
                findings.append(over.finding(at, "unknown_step", message, hint, key=after is None))
    return {name: merged[name] for name in order}
