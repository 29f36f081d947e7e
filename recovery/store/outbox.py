"""What becomes of messages in the outbox, inside one transaction.

A message is *claimed* before it is sent: leased to one owner for a while, counted by `version`. Whoever comes
with the outcome of a lease that is no longer theirs is told so, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from recovery.core.case import Case, Change
from recovery.core.errors import NotFound
from recovery.core.instants import from_text, to_text
from recovery.core.letters import is_by_hand
from recovery.store import outbox_statements as sql
from recovery.store.codec import effect_key, read_effect_key
from recovery.store.compiling import Many, Statement
from recovery.store.dialect import Cursor, Dialect
from recovery.store.records import OutboxRow, outbox_row

OPEN_STATUSES = ("due", "held")
TRIED_STATUSES = ("delivered", "failed")
STATUSES = (*OPEN_STATUSES, "handed", *TRIED_STATUSES, "cancelled")
"""What can become of an effect; `handed`: a person has it, as a task."""

OF_MESSAGES = frozenset({"settled", "cancelled", "task", "retry"})
"""Changes that say what became of a message."""


class Outbox:
    """Settlements of one transaction, buffered; `flush` writes them. Claims and leases are asked at once."""

    def __init__(self, cursor: Cursor, dialect: Dialect) -> None:
        self._cursor = cursor
        self._dialect = dialect
        self._settlements: list[tuple[Many, tuple[Any, ...]]] = []

    # --- leases ---------------------------------------------------------------------------------------------

    def claim(
        self,
        tenant: str,
        owner: str,
        now: datetime,
        lasting: timedelta,
        limit: int,
        without_channels: Sequence[str] = (),
        without_workflows: Sequence[str] = (),
        *,
        installation: str,
    ) -> list[OutboxRow]:
        """Lease messages that may be sent now, in the order of each case, those of a case to one owner alone.

        Args:
            now: what is due by then (the engine's clock).
            lasting: how long the lease lasts, by the database's clock.
            installation: who sends; nothing is leased when that is another one.
        """
        self._dialect.claiming(self._cursor, tenant)
        if self._rows(sql.SENDING)[0][0] != installation:
            return []
        present = self._dialect.lease_now(self._cursor)
        items = self._dialect.items
        channels, workflows = items(without_channels), items(without_workflows)
        busy = to_text(present)
        found = self._rows(
            sql.CLAIMABLE, tenant, to_text(now), busy, channels, workflows, busy, channels, limit
        )
        taken: dict[int, int] = {}
        claimed = []
        for *row, ahead in found:
            one = outbox_row(row)
            if ahead <= taken.get(one.case, 0):  # not behind one that somebody else holds just now
                taken[one.case] = taken.get(one.case, 0) + 1
                claimed.append(one._replace(version=one.version + 1))
        until = to_text(present + lasting)
        leases = [
            (owner, until, tenant, one.case, *read_effect_key(one.effect), one.version - 1) for one in claimed
        ]
        if leases:
            self._dialect.many(self._cursor, sql.LEASE_EFFECT, leases)
        return claimed

    def renew(self, tenant: str, rows: Sequence[OutboxRow], lasting: timedelta) -> list[OutboxRow]:
        """Let leases last longer from now on; those that are somebody else's by now stay theirs.

        Returns:
            Those whose leases are lost: somebody else has leased them, settled them or taken them back. What
            was taken back may be on its way; so long as it is, its lease keeps back the rest of its case.
        """
        now = self.versions(tenant, [row.case for row in rows])
        until = to_text(self._dialect.lease_now(self._cursor) + lasting)
        leases = [(until, tenant, row.case, *read_effect_key(row.effect), row.version) for row in rows]
        self._dialect.many(self._cursor, sql.RENEW_LEASE, leases)
        return [row for row in rows if now.get((row.case, row.effect)) != row.version]

    def versions(self, tenant: str, cases: Iterable[int]) -> dict[tuple[int, str], int]:
        """How often each open effect of cases has been leased, by case and effect."""
        rows = self._rows(sql.LEASES, tenant, self._dialect.items(sorted(set(cases))))
        return {(case, effect_key(seq, n)): version for case, seq, n, version, *_ in rows}

    def is_leased(self, tenant: str, case: int, effect: str) -> bool:
        """Whether somebody has the right to send an effect just now."""
        rows = self._rows(sql.LEASES, tenant, self._dialect.items([case]))
        until = next((row[-1] for row in rows if effect_key(row[1], row[2]) == effect), None)
        return until is not None and from_text(until) > self._dialect.lease_now(self._cursor)

    # --- holding and letting go -----------------------------------------------------------------------------

    def hold(self, tenant: str, messages: Iterable[tuple[int, str]], note: str) -> dict[tuple[int, str], str]:
        """Keep due messages (case, effect) back until they are let go.

        Returns:
            Those that could not be held, with what they are: `leased` (on their way just now), another
            status, or nothing when they are settled.
        """
        return self._turn(tenant, messages, "due", sql.HOLD_EFFECT, note)

    def let_go(
        self, tenant: str, messages: Iterable[tuple[int, str]], note: str
    ) -> dict[tuple[int, str], str]:
        """Let held messages (case, effect) leave; gives those that were not held, as `hold` does."""
        return self._turn(tenant, messages, "held", sql.LET_GO, note)

    def _turn(
        self, tenant: str, messages: Iterable[tuple[int, str]], status: str, by: Many, note: str
    ) -> dict[tuple[int, str], str]:
        wanted = list(messages)
        present = to_text(self._dialect.lease_now(self._cursor))
        rows = self._rows(sql.LEASES, tenant, self._dialect.items(sorted({case for case, _ in wanted})))
        states = {
            (case, effect_key(seq, n)): "leased" if until is not None and until > present else state
            for case, seq, n, _, state, until in rows
        }
        turned = [
            (note, tenant, case, *read_effect_key(effect))
            for case, effect in wanted
            if states.get((case, effect)) == status
        ]
        if turned:
            self._dialect.many(self._cursor, by, turned)
        return {one: states.get(one, "") for one in wanted if states.get(one) != status}

    def hurry(self, tenant: str, case: int, at: str, reason: str) -> None:
        """Let messages of a case that wait for a reason (their note) be due at a moment (text instant)."""
        self._dialect.many(self._cursor, sql.HURRY, [(at, tenant, case, reason)])

    # --- settling -------------------------------------------------------------------------------------------

    def follow(self, case: Case, change: Change) -> None:
        """Take over what a change in the log says of a message."""
        match change:
            case ["settled", key, None]:
                self._close(case, key, "delivered", None)
            case ["settled", key, failure]:
                self._close(case, key, "failed", failure)
            case ["cancelled", key]:
                self._close(case, key, "cancelled", None)
            case ["task", key, kind, _] if is_by_hand(key, kind):
                self._close(case, key, "handed", None)
            case ["retry", key]:
                self._add(sql.RETRY_EFFECT, case.updated_at, case.tenant, case.id, *read_effect_key(key))

    def _close(self, case: Case, key: str, status: str, note: str | None) -> None:
        values = (status, case.updated_at, note, case.tenant, case.id, *read_effect_key(key))
        self._add(sql.CLOSE_EFFECT, *values)

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

        The log has the last word: `verify` wants the status that it says, and `due` or `held` where it says
        nothing.

        Raises:
            ValueError: no such status, not an effect's key, or a naive moment.
            NotFound: when written out: the outbox has no such effect.
        """
        if status not in STATUSES:
            raise ValueError(f"{status!r} is not one of {', '.join(STATUSES)}")
        settled_at = None if status in OPEN_STATUSES else to_text(at)
        tried = int(status in TRIED_STATUSES)
        key = read_effect_key(effect)
        self._add(sql.SETTLE_EFFECT, status, tried, rendered, settled_at, note, tenant, case, *key)

    def postpone(
        self,
        tenant: str,
        case: int,
        effect: str,
        version: int,
        again_at: datetime,
        *,
        tried: bool,
        rendered: str | None,
        note: str | None,
    ) -> None:
        """Give a leased effect back, to be tried at another time; `tried`: it counts as an attempt."""
        key = read_effect_key(effect)
        values = (to_text(again_at), int(tried), rendered, note, tenant, case, *key, version)
        self._add(sql.POSTPONE_EFFECT, *values)

    def release(self, tenant: str, case: int, effect: str, version: int) -> None:
        """Give a leased effect back as it was; one that was taken back on its way keeps nothing back now."""
        self._add(sql.RELEASE_EFFECT, tenant, case, *read_effect_key(effect), version)

    def _add(self, statement: Many, *values: Any) -> None:
        self._settlements.append((statement, values))

    def flush(self) -> None:
        """Write settlements in rounds: those of one effect stay in their order, and few statements run.

        Raises:
            NotFound: an effect that was settled does not exist.
        """
        rounds: list[dict[Many, list[tuple[Any, ...]]]] = []
        seen: dict[tuple[Any, ...], int] = {}
        for statement, values in self._settlements:
            effect = _effect_of(statement, values)
            turn = seen[effect] = seen.get(effect, -1) + 1
            if turn == len(rounds):
                rounds.append({})
            rounds[turn].setdefault(statement, []).append(values)
        self._settlements.clear()
        for one in rounds:
            for statement, rows in one.items():
                effects = [_effect_of(statement, values) for values in rows]
                changed = self._dialect.many(self._cursor, statement, rows)
                if changed != len(effects) and statement is sql.SETTLE_EFFECT:
                    raise self._unknown(effects)

    def _unknown(self, effects: list[tuple[Any, ...]]) -> NotFound:
        """Of the effects just settled, the first that does not exist."""
        for effect in effects:
            if not self._rows(sql.HAS_EFFECT, *effect):
                break
        return NotFound(f"Case {effect[1]} has no effect {effect_key(*effect[2:])}.")

    def forget_words(self, tenant: str, after: int, through: int, before: datetime) -> int:
        """Forget the words that left (see `recovery.store.keeping`), of rows in `(after, through]`."""
        self._run(sql.FORGET_WORDS, after, through, tenant, to_text(before))
        return self._cursor.rowcount

    # --- pauses ---------------------------------------------------------------------------------------------

    def pause(self, tenant: str, kind: str, name: str, by: str, reason: str, now: datetime) -> bool:
        """Send nothing of a kind for now; False when it was paused already."""
        row = (tenant, kind, name, by, reason, to_text(now))
        return self._dialect.many(self._cursor, sql.INSERT_PAUSE, [row]) == 1

    def resume(self, tenant: str, kind: str, name: str) -> bool:
        """Send it again; False when it was not paused."""
        self._run(sql.DELETE_PAUSE, tenant, kind, name)
        return self._cursor.rowcount == 1

    def _run(self, statement: Statement, *values: Any) -> None:
        self._cursor.execute(self._dialect.texts[statement], values)

    def _rows(self, statement: Statement, *values: Any) -> list[Any]:
        self._run(statement, *values)
        return self._cursor.fetchall()


def _effect_of(statement: Many, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Tenant, case, seq and n among the values of a settlement."""
    return values[-5:-1] if statement.values[-1] == "of_version" else values[-4:]
