"""What happens inside one transaction when attempts to deliver messages have ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from recovery.applying import Applying
from recovery.commands import Command, Outcome, Settlement
from recovery.core.errors import Refusal
from recovery.core.events import EffectCancelled, EffectDelivered, EffectFailed, EffectHanded, Event

if TYPE_CHECKING:
    from recovery.store.unit import Unit

UNTRIED = "untried"


def settle_all(
    unit: Unit, applying: Applying, settlements: Sequence[Settlement]
) -> list[Outcome | Refusal | None]:
    """Close effects in their order and let their cases know.

    Returns:
        An answer for each: what its event led to, the refusal it met, or None where the case learns nothing
        (`later`, `untried`).
    """
    tenant = applying.tenant
    cases = {settled.case for settled in settlements}
    unit.load(tenant, cases)
    leased = [settled.case for settled in settlements if settled.version is not None]
    leased += [settled.told_in[0] for settled in settlements if settled.told_in is not None]
    versions = unit.outbox.versions(tenant, leased) if leased else {}
    answers: list[Outcome | Refusal | None] = []
    for settled in settlements:
        is_told = _is_told(settled, versions)
        is_ours = settled.version is None or versions.get((settled.case, settled.effect)) == settled.version
        if not is_ours or (settled.version is None and not is_told):
            message = f"The lease on {settled.effect} of case {settled.case} is no longer this sender's."
            answers.append(Refusal("lost_lease", message, "Somebody else sends it; nothing was changed."))
            if settled.version is not None:
                unit.outbox.release(tenant, settled.case, settled.effect, settled.version)
        elif settled.end in ("later", UNTRIED):
            _give_back(unit, tenant, settled, is_told=is_told)
            answers.append(None)
        else:
            answers.append(_settle(unit, applying, settled))
    return answers


def _is_told(settled: Settlement, versions: dict[tuple[int, str], int]) -> bool:
    """Whether the letter that tells it, where there is one, is surely this sender's still."""
    if settled.told_in is None:
        return True
    case, effect, version = settled.told_in
    return versions.get((case, effect)) == version


def _give_back(unit: Unit, tenant: str, settled: Settlement, *, is_told: bool) -> None:
    case, effect, version = settled.case, settled.effect, settled.version
    if version is None:
        raise ValueError("only a leased effect can be given back")
    if not is_told or (settled.end == UNTRIED and settled.rendered is None):
        unit.outbox.release(tenant, case, effect, version)
        return
    again_at = settled.again_at or settled.at
    unit.outbox.postpone(
        tenant,
        case,
        effect,
        version,
        again_at,
        tried=settled.end == "later" and settled.is_attempt,
        rendered=settled.rendered,
        note=settled.reason,
    )


def _settle(unit: Unit, applying: Applying, settled: Settlement) -> Outcome | Refusal:
    """Let the case know. What was sent was sent: a case that cannot take note of it has it as a failure."""
    case, effect, at = settled.case, settled.effect, settled.at
    status, reason = settled.end, settled.reason
    answer = applying.apply(Command(_event(settled), case), at)
    if isinstance(answer, Refusal):
        if answer.code == "not_awaited":  # somebody else settled it first, and their word stands
            return answer
        why = f"It was sent, but the case could not take note of it: {answer.message}"
        failed = EffectFailed(by="engine", occurred_at=at, effect=effect, reason=why)
        if isinstance(applying.apply(Command(failed, case), at), Outcome):
            status, reason = "failed", why
    unit.outbox.settle(applying.tenant, case, effect, status, at, settled.rendered, reason)
    return answer


def _event(settled: Settlement) -> Event:
    at, effect, reason = settled.at, settled.effect, settled.reason or ""
    match settled.end:
        case "delivered":
            return EffectDelivered(by="engine", occurred_at=at, effect=effect, receipt=settled.receipt)
        case "handed":
            return EffectHanded(by="engine", occurred_at=at, effect=effect, task=reason)
        case "cancelled":
            return EffectCancelled(by="engine", occurred_at=at, effect=effect, reason=reason)
        case _:
            return EffectFailed(by="engine", occurred_at=at, effect=effect, reason=reason)
