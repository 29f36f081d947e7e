"""Due holding messages of several cases of a customer become one (domain.md §3).

The first of them goes as the letter it is, and the others are added to it, each as the postscript of its
template. That is written down before the letter leaves, in one transaction: the letter keeps its words and
what it tells, and the others stay due, but wait for it. So every attempt sends the same, and each of the
others ends as the letter does: what is delivered was heard in its case, too. Should the letter come to an end
without them, because somebody took it back, they go by themselves.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from recovery.commands import Settlement
from recovery.core.conversation import WRITTEN
from recovery.core.errors import NotFound
from recovery.core.instants import from_text
from recovery.delivery.overtaken import overtaken
from recovery.delivery.render import RenderFailed
from recovery.delivery.wording import as_json, words_of
from recovery.engine import Engine
from recovery.store.records import TELLS, TOLD_IN
from recovery.workflow.bundle import template
from recovery.workflow.findings import BadFile
from recovery.workflow.templates import HOLDING

if TYPE_CHECKING:
    from recovery.store.records import OutboxRow

LOOKED_AFTER = timedelta(minutes=15)
"""How long a message waits for its letter until somebody looks what became of that."""

ENDS_ALIKE = frozenset({"delivered", "failed", "cancelled", "handed"})


def take_companions(engine: Engine, cases: Mapping[int, list[OutboxRow]]) -> dict[int, list[OutboxRow]]:
    """Take out what may be told in the letter of another case.

    Args:
        cases: the claimed messages of each case, in their order; those that are taken are gone from it.

    Returns:
        The case whose first message is the letter → what may be added to it. A message that is not alone is
        not added: messages of a case keep their order.
    """
    first: dict[tuple[str, str, str], int] = {}
    found: dict[int, list[OutboxRow]] = {}
    for id, rows in cases.items():
        if not _may_be_one_of_several(rows[0]) or not _has_postscript(engine, rows[0]):
            continue
        address = (rows[0].address or "").lower()
        letter = first.setdefault((address, rows[0].channel, rows[0].language), id)
        if letter != id and len(rows) == 1:
            found.setdefault(letter, []).append(rows.pop(0))
    return found


def joined(
    engine: Engine, row: OutboxRow, beside: Sequence[OutboxRow], moment: datetime
) -> tuple[Settlement, list[Settlement]] | None:
    """What is to be written down before a letter leaves that tells of other cases too.

    Args:
        moment: when (aware).

    Returns:
        The letter, given back with its words, and the others; None where there is nothing to add.
    """
    added = [other for other in beside if overtaken(engine, other) is None and _can_be_said(engine, other)]
    if not added:
        return None
    try:
        words = words_of(engine, row, added).rendered
    except (RenderFailed, NotFound):  # it may be too long together
        return None
    letter = Settlement(
        case=row.case,
        effect=row.effect,
        at=moment,
        end="untried",
        rendered=as_json(words, {TELLS: [[other.case, other.effect] for other in added]}),
        version=row.version,
        again_at=from_text(row.due_at),
    )
    return letter, [_told_in(engine, row, other, moment) for other in added]


def _told_in(engine: Engine, letter: OutboxRow, row: OutboxRow, moment: datetime) -> Settlement:
    words = words_of(engine, row).rendered
    return Settlement(
        case=row.case,
        effect=row.effect,
        at=moment,
        end="later",
        rendered=as_json(words, {TOLD_IN: [letter.case, letter.effect]}),
        reason=f"told in message {letter.effect} of case {letter.case}, which goes to the same customer",
        version=row.version,
        again_at=moment + LOOKED_AFTER,
        is_attempt=False,
        told_in=(letter.case, letter.effect, letter.version),
    )


def tells(row: OutboxRow) -> dict[str, Any]:
    """What is kept with a letter's words: the messages that it tells, where there are any."""
    kept = {} if row.rendered is None else json.loads(row.rendered)
    return {TELLS: kept[TELLS]} if TELLS in kept else {}


def told(row: OutboxRow, settled: Settlement) -> tuple[Settlement, ...]:
    """How the messages end that a letter tells: as the letter does. One that is tried again ends none."""
    if settled.end not in ENDS_ALIKE:
        return ()
    return tuple(
        [
            Settlement(
                case=case,
                effect=effect,
                at=settled.at,
                end=settled.end,
                reason=settled.reason,
                told_in=(row.case, row.effect, row.version),
            )
            for case, effect in tells(row).get(TELLS, ())
        ]
    )


def told_elsewhere(engine: Engine, row: OutboxRow, moment: datetime) -> Settlement | None:
    """What becomes of a message that waited for the letter of another case; None: it goes by itself.

    Args:
        moment: when (aware).
    """
    kept = {} if row.rendered is None else json.loads(row.rendered)
    if TOLD_IN not in kept:
        return None
    case, effect = kept[TOLD_IN]
    letters = engine.store.outbox(row.tenant, case=case)
    letter = next((one for one in letters if one.effect == effect and one.rendered is not None), None)
    if letter is None or [row.case, row.effect] not in tells(letter).get(TELLS, ()):
        return None
    if letter.status == "delivered":
        return Settlement(case=row.case, effect=row.effect, at=moment, version=row.version)
    if letter.status not in ("due", "held"):
        return None
    return Settlement(
        case=row.case,
        effect=row.effect,
        at=moment,
        end="later",
        version=row.version,
        again_at=max(from_text(letter.due_at), moment) + LOOKED_AFTER,
        is_attempt=False,
    )


def _may_be_one_of_several(row: OutboxRow) -> bool:
    """Whether it is a template's, to a customer who is known, and was surely never sent.

    One whose lease nobody gave back may have been sent by whoever died with it: it says the same again.
    """
    is_fresh = row.rendered is None and row.attempts == 0 and row.lease_owner is None
    return is_fresh and row.recipient == "customer" and row.address is not None and WRITTEN not in row.context


def _has_postscript(engine: Engine, row: OutboxRow) -> bool:
    try:
        made = template(engine.bundle(row.bundle), row.template, row.language)
    except (BadFile, NotFound):  # sending it says so
        return False
    return made.purpose == HOLDING and made.postscript is not None


def _can_be_said(engine: Engine, row: OutboxRow) -> bool:
    """Whether it could go by itself: what cannot be filled or must not be said fails alone."""
    try:
        words_of(engine, row)
    except (RenderFailed, NotFound):
        return False
    return True
