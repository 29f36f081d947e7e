"""Taking a person out of a case, inside the transaction in which their erasure is put on record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from recovery.core.case import Case
from recovery.core.errors import Refusal
from recovery.core.events import PersonErased
from recovery.core.spec import Workflow
from recovery.store import erasing
from recovery.store.dialect import Cursor, Dialect

if TYPE_CHECKING:
    from recovery.store.unit import Unit


def take_out(unit: Unit, case: Case, event: PersonErased, workflow: Workflow) -> PersonErased | Refusal:
    """Take the person out of the rows of a case, which is to be read anew; gives the event with its digest.

    A message that somebody is sending just now would come back with their words: then nothing is done.
    """
    leaving = [key for key in case.awaiting if unit.outbox.is_leased(case.tenant, case.id, key)]
    if leaving:
        message = f"Message {leaving[0]} of case {case.id} is being sent just now."
        return Refusal("being_sent", message, "Erase it again in a minute.")
    kept = ""

    def work(cursor: Cursor, dialect: Dialect) -> None:
        nonlocal kept
        kept = erasing.take_out(cursor, dialect, case, workflow.facts)

    unit.beside(work, (case.tenant, case.id))
    return replace(event, kept=kept)


def take_out_beside(unit: Unit, tenant: str, cases: Mapping[int, Case]) -> None:
    """Take out what was kept beside cases, which are given as they were, by their numbers."""
    unit.beside(lambda cursor, dialect: erasing.take_out_beside(cursor, dialect, tenant, cases))
