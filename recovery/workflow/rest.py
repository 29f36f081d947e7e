"""What of a file has the right shape, so that the rest of it is checked in the same run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from recovery.workflow.findings import Finding
from recovery.workflow.reader import Document, Path, step_into
from recovery.workflow.shape import explain, not_a_mapping

ROUNDS = 8
"""How often something more is left out before the file is given up."""

S = TypeVar("S", bound=BaseModel)

StandIn = Callable[[Path], Any]
"""What stands at a path for a value that is missing or wrong; None: whatever is around it goes."""


@dataclass(frozen=True, slots=True)
class Rest(Generic[S]):
    """What is left of a document.

    Attributes:
        shape: None when too little is left.
        findings: everything that is wrong with the shape; `paths` where.
    """

    shape: S | None
    findings: list[Finding]
    paths: frozenset[Path] = frozenset()


def rest_of(
    document: Document, shape: type[S], stand_in: StandIn = lambda _: None, gone: Iterable[Path] = ()
) -> Rest[S]:
    """Check a document's shape, and leave out what is wrong.

    Args:
        gone: what is left out anyway; nothing within it is found.
    """
    if not isinstance(document.value, dict):
        return Rest(None, [not_a_mapping(document, shape)])
    places = list(gone)
    value = deepcopy(document.value)
    for path in places:
        _leave_out(value, path, None)
    findings: list[Finding] = []
    paths: frozenset[Path] = frozenset()
    for number in range(ROUNDS):
        try:
            return Rest(shape.model_validate(value), findings, paths)
        except ValidationError as error:
            problems = explain(document, shape, error)
        if number == 0:
            findings = [finding for _, finding in problems]
            paths = frozenset(path for path, _ in problems)
        left_out: list[Path] = []
        for path, _ in problems:
            if not any(path[: len(one)] == one for one in left_out):
                left_out.append(_leave_out(value, path, stand_in(path)))
        if () in left_out:
            break
    return Rest(None, findings, paths)


def _leave_out(value: Any, path: Path, instead: Any) -> Path:
    """Take away what is at a path, or the smallest thing around it that is there and has a name; gives its
    path, `()` where there is none."""
    for end in range(len(path), 0, -1):
        holder: Any = value
        for part in path[: end - 1]:
            _, holder = step_into(holder, part)
        last = path[end - 1]
        if isinstance(holder, dict) and instead is not None and end == len(path):
            holder[last] = instead
            return path
        if isinstance(holder, dict) and last in holder:
            del holder[last]
            return path[:end]
    return ()
