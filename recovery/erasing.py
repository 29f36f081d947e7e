"""Erasing a person from every case of theirs (design.md §4)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from recovery.asking import Asking
from recovery.commands import Command, Outcome, is_number, usable
from recovery.core.errors import EventRefused, RecoveryError, Refusal
from recovery.core.events import PersonErased
from recovery.core.facts import shown
from recovery.core.shape import problem
from recovery.store.persons import Erasure, erasures, first_hashes, of_person, ways_to_find
from recovery.tended import require_reason

if TYPE_CHECKING:
    from recovery.core.case import Case
    from recovery.store.lending import Lendable

BATCH = 20
"""Cases in one transaction: few, for whoever else writes waits that long (SQLite)."""


class NotErased(NamedTuple):
    """A case that was left as it was, and why."""

    case: int
    refusal: Refusal


class Erased(NamedTuple):
    """What became of the cases somebody meant.

    Attributes:
        found: their numbers, in order.
        done: those from which the person was taken out; none in a dry run.
        refused: those that were left as they were.
    """

    found: list[int]
    done: list[int]
    refused: list[NotErased]


class Erasing(Asking):
    """The part of the engine that erases persons."""

    @abstractmethod
    def handle_many(
        self, commands: Sequence[Command], *, connection: Lendable | None = None
    ) -> list[Outcome | Refusal]:
        """Let many events in."""

    def erase(
        self,
        who: str | None = None,
        *,
        case: int | None = None,
        by: str,
        reason: str,
        despite: str | None = None,
        dry_run: bool = False,
        progress: Callable[[int], None] | None = None,
    ) -> Erased:
        """Take a person out of every case of theirs: words, names, addresses, files, messages.

        What stays, and counts as before: steps, times, categories, amounts, marks, how clocks and promises
        went. Each case has it on record who asked for it, when and why. Cases are done in batches; whatever
        ends one, done again it goes on where it was.

        Args:
            who: an address, or an id that customers have in your systems.
            case: or a case of theirs; the others are found by its customer's id, else by the address.
            reason: kept on record; nothing that tells who they were, such as the number of the request.
            despite: why it must be now although a case is still needed (open, owed, under a legal clock).
            dry_run: only find the cases and say which would be refused.
            progress: told how many cases were done so far.

        Raises:
            NotFound: there is no such case.
            RecoveryError: neither or both were given, or a reason has no words.
            EventRefused: `by` names nobody.
            EnvironmentFault: the database cannot be used; batches before stay done.
        """
        require_reason(reason)
        event = PersonErased(by=by, occurred_at=self.clock.now(), reason=reason, despite=despite)
        self._require_sound(event)
        found = self._cases_of(who, case)
        if dry_run:
            refused = [
                NotErased(id, refusal) for id in found if (refusal := self._judged(id, event)) is not None
            ]
            return Erased(sorted(found), [], refused)
        return self._erase_all(((id, event) for id in found), progress)

    def erased(self) -> Iterator[Erasure]:
        """Every erasure there was, in order; for `erase_again`, in a copy of the database from before."""
        return erasures(self.store, self.tenant)

    def erase_again(self, rows: Iterable[Erasure], progress: Callable[[int], None] | None = None) -> Erased:
        """Erase anew what was erased before this database was restored from an older copy.

        A case that is another one here, or that the copy is too old to have, is left out.

        Raises:
            EventRefused: who asked for one of them is nobody.
            EnvironmentFault: see `erase`.
        """
        return self._erase_all(self._again(rows), progress)

    # --- how ------------------------------------------------------------------------------------------------

    def _again(self, rows: Iterable[Erasure]) -> Iterator[tuple[int, PersonErased]]:
        every = iter(rows)
        while some := list(islice(every, BATCH)):
            hashes = first_hashes(self.store, self.tenant, [row.case for row in some])
            cases = self.store.cases(self.tenant, [row.case for row in some])
            for row in some:
                is_done = hashes.get(row.case) != row.first or cases[row.case].erased_at is not None
                if not is_done:
                    why = row.despite or f"erased at {row.at}, before this copy was restored"
                    event = PersonErased(
                        by=row.by, occurred_at=self.clock.now(), reason=row.reason, despite=why
                    )
                    self._require_sound(event)
                    yield row.case, event

    def _erase_all(
        self, wanted: Iterator[tuple[int, PersonErased]], progress: Callable[[int], None] | None
    ) -> Erased:
        found, done, refused = [], [], []
        while batch := list(islice(wanted, BATCH)):
            answers = self.handle_many([Command(event, id) for id, event in batch])
            for (id, _), answer in zip(batch, answers, strict=True):
                found.append(id)
                if isinstance(answer, Refusal):
                    refused.append(NotErased(id, answer))
                else:
                    done.append(id)
            if progress is not None:
                progress(len(found))
            self.store.give_way()
        self.store.leave_no_trace()
        return Erased(sorted(found), sorted(done), refused)

    def _judged(self, id: int, event: PersonErased) -> Refusal | None:
        from recovery.core.decide import decide

        found = self.case(id)
        answer = decide(self.workflow(found.bundle), found, event, self.clock.now())
        return answer if isinstance(answer, Refusal) else None

    def _cases_of(self, who: str | None, case: int | None) -> list[int]:
        """The numbers of a person's cases that are not erased yet; the one that was named last, so that
        the others are found again by it."""
        if (who is None) == (case is None):
            raise RecoveryError("Who is meant?", hint="Give an address or an id, or else a case.")
        named: Case | None = None
        ways: Mapping[str, Any]
        if case is not None:
            named = self.case(case)
            ways = ways_to_find(named.customer)
        else:
            if not usable(who) or not who.strip():
                raise RecoveryError(f"{shown(who)} names nobody.", hint="Give an address or an id.")
            ways = {"": who.strip()}
        found = of_person(self.store, self.tenant, ways.values())
        if named is None:
            return found
        return [*(id for id in found if id != named.id), *([named.id] if named.erased_at is None else [])]

    def _require_sound(self, event: PersonErased) -> None:
        wrong = problem(event)
        if wrong is not None:
            raise EventRefused(wrong)


def read_erasure(row: Any) -> Erasure:
    """A line of a list of erasures, taken apart.

    Raises:
        RecoveryError: it is none.
    """
    names = Erasure._fields
    if (
        not isinstance(row, dict)
        or row.keys() != set(names)
        or not is_number(row["case"])
        or not all(isinstance(row[name], str) for name in names if name not in ("case", "despite"))
        or not isinstance(row["despite"], str | None)
    ):
        raise RecoveryError(
            f"{shown(row)} is no erasure.", hint="Give a file that `recovery erase --list` wrote."
        )
    return Erasure(**row)
