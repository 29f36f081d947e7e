"""Logs: each row is one event of a case, with its original time.

An event asks for the transition its activity stands for. Where no rule allows it, it happened all the same:
it is put on record as a forced move into the state the activity leads to, counted and listed. Every row has
a key made of its case and contents, and of how often the same row came before in its case, so that rows
which are equal stay two events, and a run that is repeated records none twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from recovery.commands import Command, Outcome
from recovery.core.case import Case
from recovery.core.errors import Refusal
from recovery.core.events import ComplaintReceived, MoveForced, MoveRequested
from recovery.core.instants import from_text, to_text
from recovery.core.spec import SAME, Workflow
from recovery.imports.complaints import BATCH, refused
from recovery.imports.report import IllegalMove
from recovery.imports.rows import BadRow, Row, bad
from recovery.imports.rules import BadValue, Log, identity
from recovery.imports.sorting import Entry, by_case

if TYPE_CHECKING:
    from recovery.imports.run import Run


@dataclass(slots=True)
class _Ticket:
    """One case of the log while its rows go by.

    Attributes:
        id: its number in the store; 0 until it is opened.
        step: where it stood after the last row, as far as the answers say.
        seen: how often an event came, by its contents.
    """

    name: str
    id: int = 0
    step: str = ""
    seen: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Move:
    """One event on its way into the engine; asked for another one when the case refuses it."""

    ticket: _Ticket
    row: Row
    activity: str
    transition: str
    by: str
    at: datetime
    key: str
    to: str
    hold: bool
    origin: str = ""

    def command(self) -> Command:
        event = MoveRequested(
            by=self.by, occurred_at=self.at, hold=self.hold, transition=self.transition, source="import"
        )
        return Command(event, self.ticket.id, self.key, otherwise=self.force)

    def force(self, refusal: Refusal, case: Case) -> MoveForced | None:
        """What to record where no rule allows the move."""
        if refusal.code in ("quarantined", "wrong_field"):
            return None
        self.origin = case.step
        reason = f"history: {self.activity} by {self.by} is no move from {case.step} ({refusal.code})"
        to = case.step if self.to == SAME else self.to
        return MoveForced(by="import", occurred_at=self.at, hold=self.hold, to=to, reason=reason)

    def illegal(self, answer: Outcome, before: str) -> IllegalMove:
        return IllegalMove(
            self.ticket.name,
            self.row.number,
            self.activity,
            self.origin or before,
            answer.step,
            to_text(self.at),
            self.by,
            answer.instead,
        )


def import_log(run: Run, rows: Iterable[Row | BadRow]) -> None:
    """Put every event of a log into its case.

    Raises:
        EnvironmentFault: see `run_import`.
    """
    log = run.mapping.log
    assert log is not None, "a mapping of a log says how a row becomes an event"
    _Import(run, log).work(rows)


class _Import:
    """The work on one log."""

    def __init__(self, run: Run, log: Log) -> None:
        self._run = run
        self._log = log
        self._columns = run.mapping.columns()
        workflow = run.engine.current(run.mapping.workflow)
        self._start = workflow.start
        self._leads_to = _destinations(workflow)
        self._tickets: dict[str, _Ticket] = {}

    def work(self, rows: Iterable[Row | BadRow]) -> None:
        batch: list[Entry] = []
        last = ""
        for entry in by_case(self._dated(rows), self._columns):
            if entry.case != last:
                self._run.report.cases += 1
                last = entry.case
            batch.append(entry)
            if len(batch) >= BATCH:
                self._record(batch)
                self._tickets = {last: self._tickets[last]} if last in self._tickets else {}
                batch = []
        self._record(batch)

    def _dated(self, rows: Iterable[Row | BadRow]) -> Iterator[tuple[str, str, Row]]:
        """Rows with their case and moment; those that have none are rejected."""
        now = self._run.engine.clock.now()
        for row in rows:
            if isinstance(row, BadRow):
                self._run.reject([row])
                continue
            try:
                case = identity(self._log.case, row.cells)
                at = self._log.at.read(row.cells, now)
            except BadValue as error:
                self._run.reject([bad(row, error.reason, error.field)])
                continue
            yield case, to_text(at), row

    def _record(self, batch: list[Entry]) -> None:
        """Open the batch's new cases in one transaction, then record its events in another."""
        rejected: list[BadRow] = []
        events = self._moves(self._opened(batch, rejected), rejected)
        answers = self._run.engine.handle_many([event.command() for event in events]) if events else []
        self._run.engine.store.give_way()
        illegal: list[IllegalMove] = []
        report = self._run.report
        for event, answer in zip(events, answers, strict=True):
            if isinstance(answer, Refusal):
                rejected.append(refused(event.row, answer))
                continue
            if answer.repeated:
                report.duplicates += 1
            else:
                report.events += 1
            if answer.instead:
                illegal.append(event.illegal(answer, event.ticket.step))
            event.ticket.step = answer.step
        self._run.note_illegal(illegal)
        self._run.reject(sorted(rejected, key=lambda row: row.number))
        self._run.progress(report.events + report.duplicates + report.rejected)

    def _opened(self, batch: list[Entry], rejected: list[BadRow]) -> list[tuple[_Ticket, Entry]]:
        """The entries whose cases are open now. A case is opened by the first of its rows that can."""
        complaints: dict[str, tuple[Row, ComplaintReceived]] = {}
        wanted: list[Entry] = []
        for entry in batch:
            if entry.case not in self._tickets and entry.case not in complaints:
                row = entry.row(self._columns)
                try:
                    complaints[entry.case] = row, self._complaint(entry, row)
                except BadValue as error:
                    rejected.append(bad(row, error.reason, error.field))
                    continue
            wanted.append(entry)
        self._open(complaints, rejected)
        found = []
        for entry in wanted:
            ticket = self._tickets.get(entry.case)
            if ticket is not None:
                found.append((ticket, entry))
            elif complaints[entry.case][0].number != entry.number:
                row = entry.row(self._columns)
                rejected.append(bad(row, f"Its case could not be opened; see row {entry.first}."))
        return found

    def _complaint(self, entry: Entry, row: Row) -> ComplaintReceived:
        run = self._run
        at = from_text(entry.at)
        return run.mapping.complaint(row.cells, entry.case, at, live=run.live, hold=run.hold)

    def _open(self, complaints: dict[str, tuple[Row, ComplaintReceived]], rejected: list[BadRow]) -> None:
        if not complaints:
            return
        workflow = self._run.mapping.workflow
        commands = [Command(event, None, None, workflow) for _, event in complaints.values()]
        answers = self._run.engine.handle_many(commands)
        self._run.engine.store.give_way()
        for (name, (row, _)), answer in zip(complaints.items(), answers, strict=True):
            if isinstance(answer, Refusal):
                rejected.append(refused(row, answer))
                continue
            if not answer.repeated:
                self._run.report.opened += 1
            step = self._start if answer.repeated else answer.step
            self._tickets[name] = _Ticket(name.removeprefix(self._log.case.prefix), answer.case, step)

    def _moves(self, entries: list[tuple[_Ticket, Entry]], rejected: list[BadRow]) -> list[_Move]:
        found = []
        for ticket, entry in entries:
            row = entry.row(self._columns)
            try:
                found.append(self._move(ticket, entry, row))
            except BadValue as error:
                rejected.append(bad(row, error.reason, error.field))
        return found

    def _move(self, ticket: _Ticket, entry: Entry, row: Row) -> _Move:
        log = self._log
        transition = log.activity.read(row.cells)
        if transition is None:
            raise BadValue(log.activity.name, "It is empty. What happened is not said.")
        activity = row.cells[log.activity.name].strip()
        by = (log.by.read(row.cells) if log.by is not None else None) or "import"
        contents = hashlib.sha256("\x1f".join((activity, entry.at, by)).encode()).hexdigest()[:24]
        ordinal = ticket.seen[contents] = ticket.seen.get(contents, 0) + 1
        return _Move(
            ticket=ticket,
            row=row,
            activity=activity,
            transition=transition,
            by=by,
            at=from_text(entry.at),
            key=f"import:{entry.case}:{contents}:{ordinal}",
            to=self._leads_to[transition],
            hold=self._run.hold,
        )


def _destinations(workflow: Workflow) -> dict[str, str]:
    """Where each transition leads to; of several with one name, where the first does."""
    found: dict[str, str] = {}
    for transition in workflow.transitions:
        found.setdefault(transition.name, transition.to)
    return found
