"""Where the demo's complaints come from: the set written for this project, or somebody's own file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recovery.core.errors import RecoveryError
from recovery.core.events import ComplaintReceived
from recovery.demo import words

if TYPE_CHECKING:
    from recovery.engine import Engine

NOT_YET = datetime(1970, 1, 1, tzinfo=UTC)
"""The moment of a complaint before the demo has said when it arrives."""

PRODUCT = "origin.product"
CATEGORY = "problem.category"


@dataclass(frozen=True, slots=True)
class Complaint:
    """One complaint as it will arrive, and what its customer has in mind.

    Attributes:
        event: the complaint itself; the demo sets when it happens.
        category, driver: what an agent will see in it.
        restated: the problem as an agent says it back.
        wanted: what the customer would like to be done.
    """

    event: ComplaintReceived
    category: str
    driver: str
    restated: str
    wanted: str

    @property
    def name(self) -> str:
        """What the complaint is known by."""
        return self.event.external_id or ""


@dataclass(frozen=True, slots=True)
class Supply:
    """The complaints of one demo. `rejected` rows of a file could not be used."""

    complaints: list[Complaint]
    rejected: int = 0
    duplicates: int = 0


@cache
def _written() -> tuple[Mapping[str, str], ...]:
    lines = Path(__file__).with_name("complaints.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(json.loads(line) for line in lines)


def built_in(limit: int) -> Supply:
    """So many complaints of the set written for this project, English and Chinese by turns.

    Beyond the set its texts come again, from other customers.
    """
    by_language: dict[str, list[Mapping[str, str]]] = {}
    for row in _written():
        by_language.setdefault(row["language"], []).append(row)
    sets = list(by_language.values())
    complaints = []
    for number in range(limit):
        rows = sets[number % len(sets)]
        turn, at = divmod(number // len(sets), len(rows))
        complaints.append(_from_row(rows[at], rows[(at + 7 * turn) % len(rows)], turn))
    return Supply(complaints)


def _from_row(row: Mapping[str, str], who: Mapping[str, str], turn: int) -> Complaint:
    mailbox, _, host = who["address"].partition("@")
    event = ComplaintReceived(
        by="customer",
        occurred_at=NOT_YET,
        text=row["text"],
        customer={"name": who["name"], "address": f"{mailbox}{turn + 1 if turn else ''}@{host}"},
        language=row["language"],
        subject=row["subject"],
        external_id=f"{row['external_id']}.{turn + 1}" if turn else row["external_id"],
    )
    return Complaint(event, row["category"], row["driver"], row["restated"], row["wanted"])


def from_file(engine: Engine, root: Path, source: Path, mapping: str | None, limit: int) -> Supply:
    """The first rows of a file as complaints that arrive now. Their own dates are not used.

    Raises:
        NotFound, EnvironmentFault, BadFile: the file or the mapping cannot be read.
        RecoveryError: the file holds no complaint, or the mapping is of another kind.
    """
    from recovery.imports.loading import load_mapping
    from recovery.imports.mapping import find_mapping
    from recovery.imports.rows import BadRow, Rows
    from recovery.imports.rules import BadValue, identity

    found = load_mapping(find_mapping(root, mapping, source), engine.current)
    if found.external_id is None or found.workflow != engine.default_workflow:
        raise RecoveryError(
            f"The mapping {found.name} does not make complaints of workflow {engine.default_workflow}.",
            hint="Name one with --map whose mode is complaints.",
        )
    known: dict[str, Complaint] = {}
    rejected = duplicates = 0
    with Rows(source, found.required, found.columns()) as rows:
        for row in rows:
            if len(known) == limit:
                break
            if isinstance(row, BadRow):
                rejected += 1
                continue
            try:
                id = identity(found.external_id, row.cells)
                event = found.complaint(row.cells, id, NOT_YET, live=True, hold=False)
            except BadValue:
                rejected += 1
                continue
            if event.text is None:
                rejected += 1
            elif id in known:
                duplicates += 1
            else:
                known[id] = _read(event)
    if not known:
        raise RecoveryError(f"{source} holds no complaint that could be read.", hint="Try `recovery import`.")
    return Supply(list(known.values()), rejected, duplicates)


def _read(event: ComplaintReceived) -> Complaint:
    """A real complaint, with what an agent makes of it."""
    text, language = event.text or "", event.language
    category = str(event.facts.get(CATEGORY) or words.categorise(text, language))
    product = str(
        event.facts.get(PRODUCT) or event.subject or ("这次服务" if language == "zh" else "our service")
    )
    return Complaint(
        event,
        category,
        words.about(category)["driver"],
        words.restated(language, product, text),
        words.of_category(category, language)["wanted"],
    )


def written_again(complaint: Complaint, earlier: Complaint, opening: str) -> Complaint:
    """A complaint that the customer of an earlier one sends once more, under its own name."""
    event = replace(
        earlier.event,
        external_id=complaint.event.external_id,
        text=opening + (earlier.event.text or ""),
    )
    return replace(earlier, event=event)


def with_form(complaint: Complaint, facts: Mapping[str, Any]) -> Complaint:
    """The complaint with facts the customer gave at once, as a form asks for them."""
    event = replace(complaint.event, facts={**complaint.event.facts, **facts})
    return replace(complaint, event=event)
