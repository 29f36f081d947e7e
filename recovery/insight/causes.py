"""What made a recovery harder than it had to be: the five causes, each with what shows it (domain.md §7).

A proposal for the agent, never a verdict: signals are about the recovery, and name nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from recovery.core.case import Case
from recovery.core.people import Directory
from recovery.core.spec import Workflow
from recovery.insight.praise import is_praised
from recovery.store.records import Record

CAUSES = (
    "wrong_person",
    "weak_support_systems",
    "insufficient_training",
    "too_little_discretion",
    "no_recognition",
)


class Proposed(NamedTuple):
    """A cause, and what in the record speaks for it: each signal by its name, with how often."""

    cause: str
    signals: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """It as plain data."""
        return {"cause": self.cause, "signals": self.signals}


def causes(
    workflow: Workflow, case: Case, log: Sequence[Record], directory: Directory | None = None
) -> list[Proposed]:
    """The causes that a case's record speaks for, the strongest first; none where nothing speaks for any.

    Args:
        log: every event of the case, in order.
        directory: who works here, for whether the owner knows how to mend such a trouble.
    """
    found = [
        Proposed(cause, {name: count for name, count in signals if count})
        for cause, signals in (
            ("wrong_person", list(_wrong_person(case, log, directory))),
            ("weak_support_systems", list(_systems(case, log))),
            ("insufficient_training", list(_training(log))),
            ("too_little_discretion", list(_discretion(case))),
            ("no_recognition", [("praised", int(is_praised(workflow, case) and not case.praise))]),
        )
    ]
    speaking = [one for one in found if one.signals]
    return sorted(speaking, key=lambda one: (-sum(one.signals.values()), CAUSES.index(one.cause)))


def _wrong_person(
    case: Case, log: Sequence[Record], directory: Directory | None
) -> Iterator[tuple[str, int]]:
    """Hand-offs from two on, those that were refused or not answered, an owner without the skill."""
    changed = sum(record.kind in ("HandOffAccepted", "HandOffForced") for record in log)
    yield "handed_off", changed if changed > 1 else 0
    yield "refused", sum(record.kind == "HandOffDeclined" for record in log)
    yield "unanswered", sum(record.kind == "TimerFired" and _took_back(record) for record in log)
    owner = None if directory is None else directory.people.get(case.owner or "")
    category = case.facts.get("problem.category")
    lacks = owner is not None and owner.skills and category is not None and category not in owner.skills
    yield "owner_lacks_skill", int(bool(lacks))


def _took_back(record: Record) -> bool:
    return ["set", "offered_to", None] in [list(change) for change in record.changes]


def _systems(case: Case, log: Sequence[Record]) -> Iterator[tuple[str, int]]:
    """Messages that could not be delivered, a customer waited for, the story told again."""
    yield "undelivered", sum(record.kind == "EffectFailed" for record in log)
    yield "set_aside", sum(record.kind == "CaseQuarantined" for record in log)
    retold = case.facts.get("retold")
    yield "retold", retold if isinstance(retold, int) else 0
    yield (
        "promises_broken",
        sum(
            (one.kept_at or "9") > one.by_when
            for one in case.promises.values()
            if one.released_at is None and (one.kept_at is not None or case.closed_at is not None)
        ),
    )


def _training(log: Sequence[Record]) -> Iterator[tuple[str, int]]:
    """What the phrase guard found in words that were sent, moves that no rule led to, facts taken back."""
    yield (
        "guarded",
        sum(record.kind == "MessageWritten" and bool(record.event.get("doubts")) for record in log),
    )
    yield "forced", sum(record.kind == "MoveForced" for record in log)
    yield "retracted", sum(record.kind == "FactRetracted" for record in log)


def _discretion(case: Case) -> Iterator[tuple[str, int]]:
    """Approvals that were asked, and those that came only from the level above."""
    asked = [one for one in case.compensations.values() if one.over is not None]
    yield "approvals", len(asked)
    yield "approvals_refused", sum(one.status == "refused" for one in asked)
