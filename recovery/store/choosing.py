"""Which messages of the outbox somebody means, and the statements that find them and count them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, select

from recovery.core.instants import to_text
from recovery.store.codec import read_effect_key
from recovery.store.compiling import Among, Statement
from recovery.store.outbox_statements import effect
from recovery.store.statements import case, first, value


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """Messages with all of these.

    Attributes:
        status: `due`, `held`, `handed`, `delivered`, `failed` or `cancelled`.
        case: the number of their case.
        effect: `seq.n` within the case.
        workflow: the workflow their case runs in.
        asked_before: asked for before this moment (aware).
        note: words in what is noted of them: why they failed, or why they are held. Whether ASCII letters are
            capitals does not matter.
    """

    status: str | None = None
    channel: str | None = None
    template: str | None = None
    case: int | None = None
    effect: str | None = None
    workflow: str | None = None
    asked_before: datetime | None = None
    note: str | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing is said that a message could lack."""
        return all(getattr(self, field.name) is None for field in fields(self))


_COLUMNS: dict[str, ColumnElement[Any]] = {
    "channel": effect.c.channel,
    "template": effect.c.template,
    "case": effect.c.case_id,
    "workflow": case.c.workflow,
}


def values(which: Messages) -> dict[str, Any]:
    """What is looked for, by the name of its condition.

    Raises:
        ValueError: `effect` is no effect's key, or `asked_before` is naive.
    """
    found = {name: getattr(which, name) for name in _COLUMNS if getattr(which, name) is not None}
    if which.effect is not None:
        found["of_seq"], found["of_n"] = read_effect_key(which.effect)
    if which.asked_before is not None:
        found["asked_before"] = to_text(which.asked_before)
    if which.note is not None:
        literally = which.note.lower().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        found["note"] = f"%{literally}%"
    return found


def _terms(conditions: Sequence[str], statuses: Sequence[str]) -> list[ColumnElement[bool]]:
    """Statuses are written into the text, for they are few."""
    terms = [effect.c.tenant_id == value("tenant")]
    if statuses:
        terms.append(effect.c.status.in_([literal_column(f"'{status}'") for status in statuses]))
    more: dict[str, ColumnElement[bool]] = {
        "of_seq": effect.c.seq == value("of_seq"),
        "of_n": effect.c.n == value("of_n"),
        "asked_before": effect.c.asked_at < value("asked_before"),
        "note": func.lower(effect.c.note).like(value("note"), escape="\\"),
    }
    return terms + [_COLUMNS[name] == value(name) if name in _COLUMNS else more[name] for name in conditions]


_of_case = (case.c.tenant_id == effect.c.tenant_id) & (case.c.id == effect.c.case_id)


@cache
def found(conditions: tuple[str, ...], statuses: tuple[str, ...]) -> Statement:
    """Messages after a row of the table, in the order they were asked for."""
    clause = (
        select(effect, case.c.bundle)
        .join(case, _of_case)
        .where(*_terms(conditions, statuses), effect.c.id > value("after"))
        .order_by(effect.c.id)
    )
    return Statement(first(clause, value("limit")), "tenant", *conditions, "after", "limit")


@cache
def counted(conditions: tuple[str, ...], statuses: tuple[str, ...]) -> Statement:
    """How many messages those are."""
    clause = (
        select(func.count()).select_from(effect).join(case, _of_case).where(*_terms(conditions, statuses))
    )
    return Statement(clause, "tenant", *conditions)


OF_CASES = Statement(
    select(effect, case.c.bundle)
    .join(case, _of_case)
    .where(effect.c.tenant_id == value("tenant"), Among(effect.c.case_id, "ids"))
    .order_by(effect.c.id),
    "tenant",
    "ids",
)

NEXT_MESSAGE = Statement(
    first(
        select(effect.c.due_at)
        .where(
            effect.c.status == literal_column("'due'"),
            effect.c.tenant_id == value("tenant"),
            effect.c.due_at > value("after"),
        )
        .order_by(effect.c.due_at, effect.c.id),
        literal_column("1"),
    ),
    "tenant",
    "after",
)

OLDEST_DUE = Statement(
    first(
        select(effect.c.due_at)
        .where(effect.c.status == literal_column("'due'"), effect.c.tenant_id == value("tenant"))
        .order_by(effect.c.due_at, effect.c.id),
        literal_column("1"),
    ),
    "tenant",
)


@cache
def cases_with_tasks(of_owner: bool) -> Statement:
    """Cases in which something waits for a person, through the index of those alone."""
    clause = (
        select(case)
        .where(
            case.c.tenant_id == value("tenant"),
            case.c.open_tasks > literal_column("0"),
            *([case.c.owner == value("owner")] if of_owner else []),
            case.c.id > value("after"),
        )
        .order_by(case.c.id)
    )
    return Statement(
        first(clause, value("limit")), "tenant", *(["owner"] if of_owner else []), "after", "limit"
    )
