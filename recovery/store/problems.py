"""What `verify` finds: problems, each with a stable code, and the report."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

KEPT = 1_000
"""How many problems a report names; further ones are counted."""

CODES = {
    "file_damaged": "SQLite finds the file itself damaged.",
    "unreadable": "A case's rows hold what this version never writes.",
    "case_missing": "A case's row is gone, with or without its log.",
    "event_changed": "An event is not as it was written.",
    "event_missing": "An event was removed: the first, one in the middle or the last.",
    "event_inserted": "An event is there that the seals do not know.",
    "log_rewritten": "A log holds together, but it is not the one that was sealed.",
    "snapshot_changed": "A case is not what its log adds up to.",
    "effect_missing": "The log asked for a message that the outbox does not have.",
    "effect_extra": "The outbox has a message that the log did not ask for.",
    "effect_changed": "A message in the outbox is not the one the log asked for.",
    "effect_status": "The outbox and the log disagree on what became of a message.",
    "coupon_missing": "The log issued a coupon that the table of coupons does not have.",
    "coupon_extra": "There is a coupon that the log did not issue.",
    "coupon_changed": "A coupon is not the one that the log issued, or its code not that of its message.",
    "coupon_status": "The table of coupons and the log disagree on what became of a coupon.",
    "ledger_missing": "The log writes a line that the ledger does not have.",
    "ledger_extra": "The ledger has a line that the log does not write.",
    "ledger_changed": "A line of the ledger is not as the log writes it.",
    "ledger_unbalanced": "The lines of an event do not sum to zero in a currency.",
    "seal_changed": "A seal is not as it was made, or was not made with the key.",
    "seal_missing": "A seal was removed: the first, one in the middle or the last.",
    "version_missing": "A version of a workflow that cases run on is gone.",
    "version_changed": "A version's files are not those its hash was made of.",
    "wrong_key": "No seal was made with the key that was given.",
    "no_key": "There are seals, but no key was given.",
}
"""Every code, and what it means."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it should be.

    Attributes:
        code: one of `CODES`.
        case: the case it concerns, if any; `seq` the event of it.
    """

    code: str
    message: str
    tenant: str | None = None
    case: int | None = None
    seq: int | None = None


@dataclass(slots=True)
class Report:
    """What was looked at, and what was found.

    Attributes:
        erased: events of which nothing is left that tells of a person.
        unsealed: events after the last seal, which nothing protects from being rewritten altogether.
        problems: at most `KEPT`; `more` counts those beyond.
    """

    cases: int = 0
    events: int = 0
    seals: int = 0
    unsealed: int = 0
    erased: int = 0
    problems: list[Problem] = field(default_factory=list)
    more: int = 0

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.problems

    def add(
        self,
        code: str,
        message: str,
        tenant: Any = None,
        case: Any = None,
        seq: int | None = None,
    ) -> None:
        """Keep a problem, or count it when there are too many already. Tenant and case may be anything."""
        if len(self.problems) < KEPT:
            of = None if tenant is None else _printable(str(tenant))
            number = case if isinstance(case, int) else None
            self.problems.append(Problem(code, _printable(message), of, number, seq))
        else:
            self.more += 1

    def as_dict(self) -> dict[str, Any]:
        """The report as plain data, for JSON."""
        return {"ok": self.ok, **asdict(self)}


def _printable(text: str) -> str:
    """The text with escapes for what is no text: it may come from bytes that somebody changed."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
