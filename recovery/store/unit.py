"""A unit of work: everything one transaction loads and writes.

Reads are one query for many and are remembered, absences too; writes are buffered and go out together. The
unit neither begins nor commits: its maker does, so that it can work inside a transaction it does not own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from operator import itemgetter
from typing import Any

import msgspec

from recovery.core.case import Case
from recovery.core.decision import Decision
from recovery.core.empowerment.postings import COMPENSATION
from recovery.core.errors import EngineFault, NotFound
from recovery.core.instants import to_text
from recovery.store import statements as sql
from recovery.store.chain import BEGINNING, SALT_BYTES
from recovery.store.codec import CaseValues, answer_of, case_values, read_answer, read_case
from recovery.store.compiling import Many, Statement
from recovery.store.coupons import ENDING, Coupons
from recovery.store.dialect import Cursor, Dialect
from recovery.store.entries import entry
from recovery.store.faults import LostRace, external_ids_taken, lost_race
from recovery.store.ledger import Ledger
from recovery.store.outbox import OF_MESSAGES, Outbox
from recovery.store.outbox_statements import INSERT_EFFECT
from recovery.store.people import People
from recovery.store.records import Remembered

CHUNK = 500
"""How many cases, external ids or keys one query asks for."""

BUFFER = 1_000
"""How many events are held before they are written out."""

FOLLOWED = OF_MESSAGES | {ENDING, COMPENSATION}
"""Changes that say what became of a message, a coupon or a compensation."""

_moving = itemgetter(*(sql.CASE_COLUMNS.index(name) for name in (*sql.MOVING, "tenant_id", "id")))
_stepping = itemgetter(*(sql.CASE_COLUMNS.index(name) for name in (*sql.STEPPING, "tenant_id", "id")))
_staying = itemgetter(*(sql.CASE_COLUMNS.index(name) for name in (*sql.STAYING, "tenant_id", "id")))
_timing = itemgetter(*(sql.CASE_COLUMNS.index(name) for name in (*sql.TIMING, "tenant_id", "id")))
_settled = itemgetter(*(sql.CASE_COLUMNS.index(name) for name in sql.MOVING if name not in sql.TIMING))
_due_at, _step, _seq = map(sql.CASE_COLUMNS.index, ("due_at", "step", "seq"))


class _Known(msgspec.Struct, gc=False):
    """A case in this unit: its newest snapshot and head, and what the database has of it (`was` 0: none)."""

    case: Case
    head: str
    was: int
    step: str
    due_at: str | None
    settled: tuple[Any, ...]


class Unit:
    """One transaction's reads and writes. `Store.write` makes it, writes it out and commits.

    Attributes:
        outbox: what becomes of messages in this transaction.
        coupons, ledger: what becomes of coupons and of compensations.
        asks: whether messages were asked for.
    """

    asks = False

    def __init__(
        self,
        cursor: Cursor,
        dialect: Dialect,
        clock: Callable[[], datetime],
        entropy: Callable[[int], bytes],
    ) -> None:
        self._cursor = cursor
        self._dialect = dialect
        self._clock = clock
        self.outbox = Outbox(cursor, dialect)
        self.coupons = Coupons(cursor, dialect, entropy)
        self.ledger = Ledger(cursor, dialect)
        self._entropy = entropy
        self._cases: dict[tuple[str, int], _Known | CaseValues | None] = {}
        self._external: dict[tuple[str, str], int | None] = {}
        self._commands: dict[tuple[str, str], Remembered | None] = {}
        self._absent: set[tuple[str, str]] = set()
        self._numbers: list[int] = []
        self._changed: dict[tuple[str, int], _Known] = {}
        self._decided: list[tuple[_Known, Decision, dict[str, Any] | None]] = []
        self._remembered: list[tuple[str, str, Remembered, bool]] = []

    # --- reading --------------------------------------------------------------------------------------------

    def load(self, tenant: str, ids: Iterable[int]) -> None:
        """Fetch cases that will be asked for, with one query. Nobody else can change them until the end.

        Each is read when it is asked for: what is worked on one after the other then stays close at hand.
        """
        cases = self._cases
        missing = sorted({id for id in ids if (tenant, id) not in cases})
        for id in missing:
            cases[tenant, id] = None
        for row in self._each(sql.LOCK_CASES, tenant, missing, sql.LOCK_CASE):
            cases[tenant, row[1]] = row

    def lock_due(self, tenant: str, until: datetime, limit: int) -> list[int]:
        """Cases of which something is due by then, those that have waited longest first.

        Nobody else sees to them before this unit ends; those that somebody else has just now are left out.
        """
        self._run(sql.LOCK_DUE, tenant, to_text(until), limit)
        found = []
        for row in self._cursor.fetchall():
            self._cases.setdefault((tenant, row[1]), row)
            found.append(row[1])
        return found

    def case(self, tenant: str, id: int) -> Case | None:
        """The newest snapshot of a case, decided in this unit or not; None for an unknown number."""
        known = self._find(tenant, id)
        return None if known is None else known.case

    def _find(self, tenant: str, id: int) -> _Known | None:
        key = (tenant, id)
        if key not in self._cases:
            self.load(tenant, (id,))
        known = self._cases[key]
        if known is None or isinstance(known, _Known):
            return known
        case, head = read_case(known)
        known = self._cases[key] = _Known(case, head, case.seq, case.step, known[_due_at], _settled(known))
        return known

    def find(self, tenant: str, external_ids: Iterable[str]) -> dict[str, int]:
        """The cases with these external ids, those opened in this unit included."""
        wanted = list(external_ids)
        missing = [name for name in wanted if (tenant, name) not in self._external]
        for name, id in self._each(sql.FIND_CASES, tenant, missing):
            self._external[tenant, name] = id
        for name in missing:
            if self._external.setdefault((tenant, name), None) is None:
                self._absent.add((tenant, name))
        return {name: id for name in wanted if (id := self._external[tenant, name]) is not None}

    def recall(self, tenant: str, keys: Iterable[str]) -> dict[str, Remembered]:
        """The commands done before under these keys, those of this unit included."""
        wanted = list(keys)
        commands = self._commands
        missing = [key for key in wanted if (tenant, key) not in commands]
        for key in missing:
            commands[tenant, key] = None
        for key, fingerprint, *answer in self._each(sql.RECALL_COMMANDS, tenant, missing, sql.RECALL_COMMAND):
            commands[tenant, key] = Remembered(fingerprint, read_answer(*answer))
        return {key: found for key in wanted if (found := commands[tenant, key]) is not None}

    def answer(self, tenant: str, key: str) -> Remembered | None:
        """One of these commands; None when none was done under this key."""
        if (tenant, key) not in self._commands:
            self.recall(tenant, (key,))
        return self._commands[tenant, key]

    def _each(
        self, statement: Statement, tenant: str, items: list[Any], alone: Statement | None = None
    ) -> Iterator[Any]:
        """The rows for items, with few statements; `alone` is the statement for a single one."""
        if alone is not None and len(items) == 1:
            self._run(alone, tenant, items[0])
            yield from self._cursor.fetchall()
            return
        for start in range(0, len(items), CHUNK):
            self._run(statement, tenant, self._dialect.items(items[start : start + CHUNK]))
            yield from self._cursor.fetchall()

    def _run(self, statement: Statement, *values: Any) -> None:
        self._cursor.execute(self._dialect.texts[statement], values)

    # --- writing --------------------------------------------------------------------------------------------

    def reserve(self, n: int) -> None:
        """Draw numbers for `n` new cases at once, for `new_ids`; those left over go back where they can."""
        if n > len(self._numbers):
            self._numbers += self._dialect.numbers(self._cursor, n - len(self._numbers))

    def new_ids(self, n: int) -> list[int]:
        """Numbers for `n` new cases, never given before and never again once this unit is committed."""
        self.reserve(n)
        given = self._numbers[:n]
        del self._numbers[:n]
        return given

    def add(self, decision: Decision, told: dict[str, Any] | None = None) -> None:
        """Take a decision into this unit: the case, its event in the log, and its effects.

        Args:
            told: the event's `payload`, where it is at hand.

        Raises:
            LostRace: the case is no longer as the decision found it.
            ExternalIdTaken: another case has this external id.
            NotFound: the case does not exist.
        """
        case = decision.case
        key = case.tenant, case.id
        known = self._cases.get(key)
        if not isinstance(known, _Known) or known.case.seq != case.seq - 1:
            known = self._known(case)
        if known is None:
            known = self._cases[key] = _Known(case, BEGINNING, 0, "", None, ())
            if case.external_id is not None:
                self._external[case.tenant, case.external_id] = case.id
        else:
            known.case = case
        self._changed[key] = known
        if decision.draws:
            decision = self.coupons.fill(decision)
        self._decided.append((known, decision, told))
        for change in decision.changes:
            if change[0] in FOLLOWED:
                if change[0] == ENDING:
                    self.coupons.follow(case, change, decision.event.by)
                elif change[0] == COMPENSATION:
                    self.ledger.follow(case, change)
                else:
                    self.outbox.follow(case, change)
        if len(self._decided) >= BUFFER:
            self.flush()

    def _known(self, case: Case) -> _Known | None:
        """What is known of the case before this decision; None for a new one."""
        is_new = case.seq == 1 and (case.tenant, case.id) not in self._cases
        known = None if is_new else self._find(case.tenant, case.id)
        if known is None and case.seq > 1:
            raise NotFound(f"There is no case {case.id}.")
        if known is not None and known.case.seq != case.seq - 1:
            raise lost_race([case.id])
        if known is None and case.external_id is not None:
            taken = self._external.get((case.tenant, case.external_id))
            if taken is not None:
                raise external_ids_taken({case.external_id: taken})
        return known

    def keep_attachment(self, tenant: str, sha256: str, content: bytes) -> None:
        """Keep a file's content; one that is kept already stays."""
        row = (tenant, sha256, content, to_text(self._clock()))
        self._dialect.many(self._cursor, sql.INSERT_ATTACHMENT, [row])

    def has_attachment(self, tenant: str, sha256: str) -> bool:
        """Whether a file's content is kept."""
        self._run(sql.HAS_ATTACHMENT, tenant, sha256)
        return self._cursor.fetchone() is not None

    def remember(
        self, tenant: str, key: str, fingerprint: str, answer: dict[str, Any], logged: bool = False
    ) -> None:
        """Keep the answer to a command, so that the same key gets the same answer.

        Args:
            answer: JSON-native, with at least `case` and `seq`.
            logged: its `effects` and `why` are those of that event in the log, and are not kept twice.
        """
        known = self._commands[tenant, key] = Remembered(fingerprint, answer)
        self._remembered.append((tenant, key, known, logged))

    def beside(self, work: Callable[[Cursor, Dialect], None], *cases: tuple[str, int]) -> None:
        """Let others work in this transaction too; `cases` (tenant, number) are read anew."""
        self.flush()
        work(self._cursor, self._dialect)
        self._cases = {key: known for key, known in self._cases.items() if key not in cases}

    def people(self, tenant: str) -> People:
        """Who works here, in this transaction."""
        return People(self._cursor, self._dialect, tenant)

    def flush(self) -> None:
        """Write out what is buffered, without committing.

        Raises:
            LostRace: a case was changed by somebody else; or, while this unit was open, a case was opened for
                the same external id, or a command done under the same key.
            ExternalIdTaken: an external id is another case's, and this unit had not looked it up.
            NotFound: an effect that was settled does not exist.
            TypeError, UnicodeEncodeError: a decision or an answer cannot be written as JSON.
        """
        if self._numbers:
            self._dialect.give_back(self._cursor, self._numbers)
            self._numbers = []
        events, effects = self._entries()
        self._flush_cases()
        self._many(sql.INSERT_EVENT, events)
        self.asks |= bool(effects)
        self._many(INSERT_EFFECT, effects)
        self.outbox.flush()
        self.coupons.flush()
        self.ledger.flush()
        asked_for = len(commands := self._answers())
        if self._many(sql.INSERT_COMMAND, commands) != asked_for:
            raise LostRace(
                "A command was done by somebody else in the meantime, under the same key.",
                hint="Nothing was written. Send it again: the same key gives its answer.",
            )

    def _entries(self) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """The rows of the log and of the outbox, of what has been decided."""
        events = []
        effects: list[tuple[Any, ...]] = []
        salts = self._entropy(SALT_BYTES * len(self._decided)).hex() if self._decided else ""
        for n, (known, decision, told) in enumerate(self._decided):
            salt = salts[2 * SALT_BYTES * n : 2 * SALT_BYTES * (n + 1)]
            known.head, event, asked = entry(decision, told, known.head, salt)
            events.append(event)
            effects += asked
        self._decided.clear()
        return events, effects

    def _answers(self) -> list[tuple[Any, ...]]:
        """The rows of what is to be remembered."""
        if not self._remembered:
            return []
        now = to_text(self._clock())
        rows = []
        for tenant, key, known, logged in self._remembered:
            answer = known.answer
            text = answer_of(answer, logged)
            rows.append((tenant, key, known.fingerprint, answer["case"], answer["seq"], text, now))
        self._remembered.clear()
        return rows

    def _flush_cases(self) -> None:
        rows: list[list[tuple[Any, ...]]] = [[] for _ in range(5)]
        new, moving, timing, stepping, staying = rows
        for known in self._changed.values():
            values = case_values(known.case, known.head)
            settled = _settled(values)
            if known.was == 0:
                new.append(values)
            elif settled != known.settled:
                moving.append((*_moving(values), known.was))
            elif values[_due_at] != known.due_at:
                timing.append((*_timing(values), known.was))
            elif values[_step] != known.step:
                stepping.append((*_stepping(values), known.was))
            else:
                staying.append((*_staying(values), known.was))
            known.was = known.case.seq
            known.step = known.case.step
            known.due_at = values[_due_at]
            known.settled = settled
        changed = list(self._changed)
        self._changed.clear()
        opened = list(new)
        if self._many(sql.INSERT_CASE, new) != len(opened):
            raise self._refused(opened)
        wanted = sum(map(len, (moving, timing, stepping, staying)))
        updated = self._many(sql.UPDATE_MOVING, moving)
        updated += self._many(sql.UPDATE_TIMING, timing)
        updated += self._many(sql.UPDATE_STEPPING, stepping)
        updated += self._many(sql.UPDATE_STAYING, staying)
        if updated != wanted:
            raise lost_race(self._losers(changed))

    def _many(self, statement: Many, rows: list[tuple[Any, ...]]) -> int:
        if not rows:
            return 0
        changed = self._dialect.many(self._cursor, statement, rows)
        rows.clear()
        return changed

    def _losers(self, changed: list[tuple[str, int]]) -> list[int]:
        """Of the cases just written, those whose row is not as we wrote it."""
        losers = []
        for tenant in {tenant for tenant, _ in changed}:
            ids = [id for of, id in changed if of == tenant]
            written = {row[1]: row[_seq] for row in self._each(sql.LOAD_CASES, tenant, ids)}
            for id in ids:
                known = self._find(tenant, id)
                if known is None or written.get(id) != known.case.seq:
                    losers.append(id)
        return losers

    def _refused(self, new: list[CaseValues]) -> Exception:
        """Why new cases were refused: an external id or a number that exists already."""
        ours = {(row[0], row[4]): row[1] for row in new if row[4] is not None}
        taken = {}
        for tenant in {tenant for tenant, _ in ours}:
            names = [name for of, name in ours if of == tenant]
            for name, id in self._each(sql.FIND_CASES, tenant, names):
                if id != ours[tenant, name]:
                    taken[tenant, name] = id
        if taken.keys() & self._absent:
            return lost_race(list(taken.values()))
        if taken:
            return external_ids_taken({name: id for (_, name), id in taken.items()})
        ids = ", ".join(str(row[1]) for row in new[:10])
        return EngineFault(f"Case numbers were used twice, among them one of {ids}.")
