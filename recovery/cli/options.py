"""Options and arguments that several commands share, and how they are read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from recovery.core.facts import FactType
    from recovery.core.spec import Workflow
    from recovery.engine import Engine
    from recovery.project import Project

Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME (default: the project's).",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def _somebody(by: str) -> str:
    """Whoever sits at a command line is a person; the engine and imports speak for themselves."""
    from recovery.core.events import INSIDE, role

    if role(by) in INSIDE:
        raise typer.BadParameter(f"{by} is the program itself. Name who does it, such as agent:li.")
    return by


By = Annotated[
    str,
    typer.Option("--by", metavar="ROLE:NAME", help="Who does it, such as agent:li.", callback=_somebody),
]
Key = Annotated[
    str | None,
    typer.Option("--key", help="An idempotency key: the same key again does nothing twice."),
]
Source = Annotated[
    str, typer.Option("--source", help="Who it comes from: customer, agent, engine or import.")
]
CaseName = Annotated[str, typer.Argument(metavar="CASE", help="A case's number or external id.")]


def project(database: str | None) -> Project:
    """The project of the working directory."""
    from recovery.project import find_project

    return find_project(Path.cwd(), database)


def find_case(engine: Engine, name: str) -> int:
    """The number of a case named by its number or its external id.

    Raises:
        NotFound: there is no such case.
    """
    from recovery.commands import usable
    from recovery.core.errors import NotFound

    found = engine.store.find_cases(engine.tenant, [name]).get(name) if usable(name) else None
    if found is None and name.isascii() and name.isdigit() and len(name) < 19:
        found = int(name) if engine.store.case(engine.tenant, int(name)) is not None else None
    if found is None:
        raise NotFound(f"There is no case {name}.", hint="`recovery list` shows the cases there are.")
    return found


def first_of_day(day: str | None) -> str:
    """The moment a day begins (UTC) as a text instant; empty for none.

    Raises:
        BadParameter: that is no day.
    """
    from datetime import UTC, date, datetime

    from recovery.core.instants import to_text

    try:
        found = None if day is None else date.fromisoformat(day)
    except ValueError:
        raise typer.BadParameter(f"{day!r} is no day; such as 2026-11-01.") from None
    return "" if found is None else to_text(datetime(found.year, found.month, found.day, tzinfo=UTC))


def read_facts(workflow: Workflow, pairs: Iterable[str]) -> dict[str, Any]:
    """`name=value` words as typed facts; a list fact may be named several times.

    Raises:
        RecoveryError: a word has no `=`, or a fact that is no list is given twice.
    """
    from recovery.core.errors import RecoveryError

    facts: dict[str, Any] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name:
            raise RecoveryError(f"{pair!r} is not a fact.", hint="Write name=value, such as owner=li.")
        kind = workflow.facts.get(name)
        if kind is not None and kind.kind == "list":
            facts.setdefault(name, []).append(text)
        elif name in facts:
            raise RecoveryError(f"{name} is given twice.", hint="Give it once.")
        else:
            facts[name] = _typed(kind, text)
    return facts


def _typed(kind: FactType | None, text: str) -> Any:
    """A word as the fact's type wants it; what does not fit is left for the engine to refuse."""
    if kind is None:
        return text
    if kind.kind == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if kind.kind == "integer":
        try:
            return int(text)
        except ValueError:
            return text
    return text
