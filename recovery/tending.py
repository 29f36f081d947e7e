"""What people do about messages and tasks: see what waits, hold it, let it go, take it back, try it again."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from recovery.asking import MOST, Asking, position, require_whole
from recovery.clock import Clock
from recovery.commands import Command, Outcome, usable
from recovery.core.errors import EventRefused, RecoveryError, Refusal
from recovery.core.events import EffectCancelled, EffectRetried, Event, TaskDone
from recovery.core.facts import shown
from recovery.core.instants import to_text
from recovery.core.shape import problem
from recovery.store.choosing import Messages
from recovery.store.records import OutboxRow, Pause
from recovery.tended import (
    NotTended,
    OutboxPage,
    Task,
    TaskPage,
    Tended,
    require_reason,
    require_usable,
)

if TYPE_CHECKING:
    from recovery.store.lending import Lendable

BATCH = 50
"""Messages tended to in one transaction: few, for whoever else writes waits that long (SQLite)."""

FIRST = 5
"""How many messages a dry run shows."""

PAUSABLE = ("channel", "workflow", "tenant")


class Tending(Asking):
    """The part of the engine that looks after the outbox."""

    clock: Clock

    @abstractmethod
    def handle(
        self,
        event: Event,
        case: int | None = None,
        *,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Let one event into its case."""

    @abstractmethod
    def handle_many(
        self, commands: Sequence[Command], *, connection: Lendable | None = None
    ) -> list[Outcome | Refusal]:
        """Let many events in."""

    # --- looking --------------------------------------------------------------------------------------------

    def list_outbox(
        self,
        which: Messages = Messages(),  # noqa: B008 - frozen
        *,
        cursor: str | None = None,
        limit: int = 50,
        connection: Lendable | None = None,
    ) -> OutboxPage:
        """Messages, in the order they were asked for, a page at a time.

        Args:
            cursor: the `cursor` of the page before; None for the first page.
            limit: 1 to 500.

        Raises:
            RecoveryError: a condition, the cursor or the limit cannot be used, or the lent connection cannot.
        """
        require_whole(limit, "a limit", 1, MOST)
        require_usable(which)
        statuses = (which.status,) if which.status else ()
        with self.store.reading(connection) as reading:
            rows = reading.chosen(self.tenant, which, statuses, position(cursor) or 0, limit + 1)
        return OutboxPage(
            [row for _, row in rows[:limit]], str(rows[limit - 1][0]) if len(rows) > limit else None
        )

    def pauses(self) -> list[Pause]:
        """What sends nothing for now."""
        return self.store.pauses(self.tenant)

    def tasks(
        self,
        *,
        owner: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
        connection: Lendable | None = None,
    ) -> TaskPage:
        """What waits for people, case by case, a page at a time.

        Args:
            owner: only in cases of this owner.
            limit: the number of cases, 1 to 500.

        Raises:
            RecoveryError: the owner, the cursor or the limit cannot be used, or the lent connection cannot.
        """
        require_whole(limit, "a limit", 1, MOST)
        if owner is not None and not usable(owner):
            raise RecoveryError(f"{shown(owner)} is no owner.", hint="Give a short text.")
        with self.store.reading(connection) as reading:
            cases = reading.cases_with_tasks(self.tenant, owner, position(cursor) or 0, limit + 1)
            more = len(cases) > limit
            cases = cases[:limit]
            rows = reading.messages_of(self.tenant, [case.id for case in cases])
        messages = {(row.case, row.effect): row for row in rows}
        found = [
            Task(
                case.id,
                case.external_id,
                task,
                kind,
                template,
                case.owner,
                case.undelivered[task][1] if task in case.undelivered else None,
                messages.get((case.id, task)),
            )
            for case in cases
            for task, (kind, template) in case.tasks.items()
        ]
        return TaskPage(found, str(cases[-1].id) if more else None)

    # --- doing ----------------------------------------------------------------------------------------------

    def release(
        self, which: Messages, *, by: str, reason: str | None = None, dry_run: bool = False
    ) -> Tended:
        """Let held messages leave.

        Args:
            which: the messages meant; of these, the held ones.
            dry_run: only say what would be done.

        Raises:
            RecoveryError: a condition cannot be used, or asks for messages that are not held.
            EventRefused: `by` names nobody.
            EnvironmentFault: the database cannot be used; batches before stay done.
        """
        note = self._note("released", by, reason)
        return self._tend(which, ("held",), dry_run, lambda rows: self._turned(rows, note, "let_go"))

    def hold(self, which: Messages, *, by: str, reason: str, dry_run: bool = False) -> Tended:
        """Keep due messages back until they are released; later ones of their cases may overtake them.

        Raises:
            RecoveryError, EventRefused, EnvironmentFault: see `release`.
        """
        note = self._note("held", by, reason)
        return self._tend(which, ("due",), dry_run, lambda rows: self._turned(rows, note, "hold"))

    def cancel(self, which: Messages, *, by: str, reason: str, dry_run: bool = False) -> Tended:
        """Take messages back: due and held ones, or `handed` or `failed` ones when those are asked for.

        Raises:
            RecoveryError, EventRefused, EnvironmentFault: see `release`.
        """
        now = self.clock.now()

        require_reason(reason)

        def event(row: OutboxRow) -> Event:
            return EffectCancelled(by=by, occurred_at=now, effect=row.effect, reason=reason)

        self._require_by(by)
        return self._tend(
            which, ("due", "held"), dry_run, lambda rows: self._told(rows, event), also=("handed", "failed")
        )

    def resend(self, which: Messages, *, by: str, dry_run: bool = False) -> Tended:
        """Try messages again that could not be delivered, as often as new ones, with the same words.

        Raises:
            RecoveryError, EventRefused, EnvironmentFault: see `release`.
        """
        now = self.clock.now()

        def event(row: OutboxRow) -> Event:
            return EffectRetried(by=by, occurred_at=now, effect=row.effect)

        self._require_by(by)
        return self._tend(which, ("failed",), dry_run, lambda rows: self._told(rows, event))

    def pause(self, kind: str, name: str | None = None, *, by: str, reason: str) -> bool:
        """Send nothing of a `channel` or `workflow`, or of the whole `tenant`, until it is resumed.

        Messages that a worker has leased already, 50 at most, still leave.

        Returns:
            False when it was paused already.

        Raises:
            RecoveryError: nothing of this kind can be paused, or its name cannot be used.
            EventRefused: `by` names nobody.
        """
        self._require_by(by)
        require_reason(reason)
        what = self._pausable(kind, name)
        with self.store.write() as unit:
            return unit.outbox.pause(self.tenant, kind, what, by, reason, self.clock.now())

    def resume(self, kind: str, name: str | None = None) -> bool:
        """Send it again; False when it was not paused.

        Raises:
            RecoveryError: see `pause`.
        """
        what = self._pausable(kind, name)
        with self.store.write() as unit:
            return unit.outbox.resume(self.tenant, kind, what)

    def task_done(
        self,
        case: int,
        task: str,
        *,
        by: str,
        note: str | None = None,
        key: str | None = None,
        connection: Lendable | None = None,
    ) -> Outcome:
        """Say that a person did what a task asked; a call or a letter is delivered by it.

        Raises:
            EventRefused: see `Engine.handle`.
        """
        event = TaskDone(by=by, occurred_at=self.clock.now(), task=task, note=note)
        return self.handle(event, case, key=key, connection=connection)

    # --- how ------------------------------------------------------------------------------------------------

    def _require_by(self, by: str) -> None:
        """Make sure that `by` is written as in every event.

        Raises:
            EventRefused: it names nobody.
        """
        wrong = problem(EffectRetried(by=by, occurred_at=self.clock.now(), effect="1.0"))
        if wrong is not None:
            raise EventRefused(wrong)

    def _pausable(self, kind: str, name: str | None) -> str:
        if kind not in PAUSABLE:
            raise RecoveryError(f"{shown(kind)} cannot be paused.", hint=f"One of {', '.join(PAUSABLE)}.")
        if kind == "tenant" and name is None:
            return self.tenant
        if not usable(name) or (kind == "tenant" and name != self.tenant):
            raise RecoveryError(f"{shown(name)} is no {kind} of this engine.", hint="Give its name.")
        return name

    def _note(self, what: str, by: str, reason: str | None) -> str:
        self._require_by(by)
        if reason is not None:
            require_reason(reason)
        return f"{what} by {by} at {to_text(self.clock.now())}" + (f": {reason}" if reason else "")

    def _tend(
        self,
        which: Messages,
        statuses: tuple[str, ...],
        dry_run: bool,
        act: Callable[[list[OutboxRow]], list[Refusal | None]],
        also: tuple[str, ...] = (),
    ) -> Tended:
        """Do something to messages, batch by batch, each in a transaction of its own.

        Args:
            also: statuses it can be done to when they are asked for.
        """
        require_usable(which)
        if which.status is not None:
            if which.status not in (*statuses, *also):
                hint = f"Only to those that are {' or '.join((*statuses, *also))}."
                raise RecoveryError(f"This cannot be done to messages that are {which.status}.", hint=hint)
            statuses = (which.status,)
        first = [row for _, row in self.store.chosen(self.tenant, which, statuses, 0, FIRST)]
        if dry_run:
            return Tended(self.store.count_chosen(self.tenant, which, statuses), 0, [], first)
        found, after = 0, 0
        refused: list[NotTended] = []
        while rows := self.store.chosen(self.tenant, which, statuses, after, BATCH):
            after = rows[-1][0]
            found += len(rows)
            answers = act([row for _, row in rows])
            refused += [
                NotTended(row.case, row.effect, answer)
                for (_, row), answer in zip(rows, answers, strict=True)
                if answer is not None
            ]
            self.store.give_way()
        return Tended(found, found - len(refused), refused, first)

    def _told(self, rows: list[OutboxRow], event: Callable[[OutboxRow], Event]) -> list[Refusal | None]:
        answers = self.handle_many([Command(event(row), row.case) for row in rows])
        return [answer if isinstance(answer, Refusal) else None for answer in answers]

    def _turned(self, rows: list[OutboxRow], note: str, how: str) -> list[Refusal | None]:
        with self.store.write() as unit:
            turn = unit.outbox.hold if how == "hold" else unit.outbox.let_go
            left = turn(self.tenant, [(row.case, row.effect) for row in rows], note)
        return [
            _left(row, left[row.case, row.effect]) if (row.case, row.effect) in left else None for row in rows
        ]


def _left(row: OutboxRow, state: str) -> Refusal:
    if state == "leased":
        message = f"Message {row.effect} of case {row.case} is being sent just now."
        return Refusal("being_sent", message, "See what became of it.")
    message = f"Message {row.effect} of case {row.case} is no longer {row.status}."
    return Refusal("changed_meanwhile", message, "See what became of it.")
