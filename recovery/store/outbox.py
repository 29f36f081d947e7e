"""What becomes of messages in the outbox, inside one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from recovery.core.case import Case
from recovery.core.errors import NotFound
from recovery.core.instants import to_text
from recovery.store import statements as sql
from recovery.store.codec import effect_key, read_effect_key
from recovery.store.compiling import Many
from recovery.store.dialect import Cursor, Dialect

OPEN_STATUSES = ("due", "held")
TRIED_STATUSES = ("delivered", "failed")
STATUSES = (*OPEN_STATUSES, *TRIED_STATUSES, "cancelled")
"""What can become of an effect."""


class Outbox:
    """Settlements of one transaction, buffered; `flush` writes them."""

    def __init__(self, cursor: Cursor, dialect: Dialect) -> None:
        self._cursor = cursor
        self._dialect = dialect
        self._settlements: list[tuple[Many, tuple[Any, ...]]] = []

    def close(self, case: Case, key: str, failure: str | None) -> None:
        """Take over what the log says of an effect; one that was settled already stays as it is."""
        status = "delivered" if failure is None else "failed"
        values = (status, case.updated_at, failure, case.tenant, case.id, *read_effect_key(key))
        self._settlements.append((sql.CLOSE_EFFECT, values))

    def settle(
        self,
        tenant: str,
        case: int,
        effect: str,
        status: str,
        at: datetime,
        rendered: str | None = None,
        note: str | None = None,
    ) -> None:
        """Say what became of an effect. `due` releases a held one; `rendered` and `note` stay when None.

        The log has the last word: `verify` wants `delivered` where it has `EffectDelivered`, `failed` or
        `cancelled` where it has `EffectFailed`, and `due` or `held` where it has neither.

        Raises:
            ValueError: no such status, not an effect's key, or a naive moment.
            NotFound: when written out: the outbox has no such effect.
        """
        if status not in STATUSES:
            raise ValueError(f"{status!r} is not one of {', '.join(STATUSES)}")
        settled_at = None if status in OPEN_STATUSES else to_text(at)
        tried = int(status in TRIED_STATUSES)
        key = read_effect_key(effect)
        self._settlements.append(
            (sql.SETTLE_EFFECT, (status, tried, rendered, settled_at, note, tenant, case, *key))
        )

    def flush(self) -> None:
        """Write settlements in rounds: those of one effect stay in their order, and few statements run.

        Raises:
            NotFound: an effect that was settled does not exist.
        """
        rounds: list[dict[Many, list[tuple[Any, ...]]]] = []
        seen: dict[tuple[Any, ...], int] = {}
        for statement, values in self._settlements:
            turn = seen[values[-4:]] = seen.get(values[-4:], -1) + 1
            if turn == len(rounds):
                rounds.append({})
            rounds[turn].setdefault(statement, []).append(values)
        self._settlements.clear()
        for one in rounds:
            for statement, rows in one.items():
                effects = [values[-4:] for values in rows]
                changed = self._dialect.many(self._cursor, statement, rows)
                if changed != len(effects) and statement is sql.SETTLE_EFFECT:
                    raise self._unknown(effects)

    def _unknown(self, effects: list[tuple[Any, ...]]) -> NotFound:
        """Of the effects just settled, the first that does not exist."""
        for effect in effects:
            self._cursor.execute(self._dialect.texts[sql.HAS_EFFECT], effect)
            if self._cursor.fetchone() is None:
                break
        return NotFound(f"Case {effect[1]} has no effect {effect_key(*effect[2:])}.")
