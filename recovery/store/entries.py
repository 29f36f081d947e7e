"""A decision as rows: its event in the log and the messages it asks for.

Rows are made for all decisions of a unit together, at its end: whoever does the same small work a hundred
times in a row does it in half the time.
"""

from __future__ import annotations

from typing import Any

from recovery.core.decision import Decision
from recovery.core.instants import to_text
from recovery.core.payloads import payload
from recovery.store.chain import commitment, effect_digest, link
from recovery.store.codec import body_of, encode


def entry(
    decision: Decision, told: dict[str, Any] | None, before: str, salt: str
) -> tuple[str, tuple[Any, ...], list[tuple[Any, ...]]]:
    """The rows of a decision.

    Args:
        told: the event's `payload`, where it is at hand.
        before: the hash of the case's event before this one.
        salt: a fresh one, in hexadecimal.

    Returns:
        The hash of its event; its row, in the order of `statements.EVENT_COLUMNS`; the rows of its effects,
        in the order of `outbox_statements.EFFECT_COLUMNS`.

    Raises:
        TypeError, UnicodeEncodeError: something in it cannot be written as JSON.
    """
    case, event, changes, decided, why, *_ = decision
    tenant, id, seq, recorded_at = case.tenant, case.id, case.seq, case.updated_at
    effects = []
    digests = {}
    for key, n, template, to, address, channel, language, about, held, later in decided:
        context = encode(about)
        digests[key] = effect_digest(template, to, address, channel, language, context)
        status = "held" if held else "due"
        effects.append(
            (
                tenant,
                id,
                seq,
                n,
                template,
                to,
                address,
                channel,
                language,
                context,
                status,
                later or recorded_at,
                recorded_at,
            )
        )
    kind = type(event).__name__
    by = event.by
    occurred_at = to_text(event.occurred_at)
    body = body_of(payload(event) if told is None else told, changes, digests, why)
    head = link(before, tenant, id, seq, kind, occurred_at, recorded_at, commitment(salt, by, body))
    return head, (tenant, id, seq, kind, by, occurred_at, recorded_at, body, salt, head), effects
