"""The moves every case has, beside the transitions of its workflow, as events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from recovery.core import events as ev
from recovery.core.errors import RecoveryError

if TYPE_CHECKING:
    from recovery.engine import Engine


def event_for(
    engine: Engine,
    what: str,
    *,
    by: str,
    facts: Mapping[str, Any],
    source: str,
    to: str | None,
    reason: str | None,
) -> ev.Event:
    """The event a `recovery do CASE WHAT` stands for; what is no built-in move is a transition's name.

    Raises:
        RecoveryError: an option the move needs is missing.
        NotFound: the case to merge into does not exist.
    """
    from recovery.cli.options import find_case

    now = engine.clock.now()
    if what == "hand_off":
        return ev.HandOffOffered(by=by, occurred_at=now, to=_need(what, "--to PERSON", to), reason=reason)
    if what == "give":
        who, why = _need(what, "--to PERSON", to), _need(what, "--reason WHY", reason)
        return ev.HandOffForced(by=by, occurred_at=now, to=who, reason=why)
    if what == "accept":
        return ev.HandOffAccepted(by=by, occurred_at=now)
    if what == "decline":
        return ev.HandOffDeclined(by=by, occurred_at=now, reason=reason)
    if what == "retract":
        return ev.FactRetracted(
            by=by,
            occurred_at=now,
            fact=_need(what, "--to FACT", to),
            reason=_need(what, "--reason WHY", reason),
        )
    if what == "merge":
        return ev.CaseMerged(by=by, occurred_at=now, into=find_case(engine, _need(what, "--to CASE", to)))
    if what == "unmerge":
        return ev.MergeUndone(by=by, occurred_at=now)
    if what == "force":
        return ev.MoveForced(
            by=by,
            occurred_at=now,
            to=_need(what, "--to STEP", to),
            reason=_need(what, "--reason WHY", reason),
        )
    if what == "lift":
        return ev.QuarantineLifted(by=by, occurred_at=now, reason=_need(what, "--reason WHY", reason))
    return ev.MoveRequested(by=by, occurred_at=now, transition=what, facts=facts, source=source)


def _need(what: str, option: str, value: str | None) -> str:
    if not value:
        raise RecoveryError(f"{what} needs {option}.")
    return value
