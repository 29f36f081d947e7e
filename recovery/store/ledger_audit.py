"""A case's lines of the ledger under `verify`: what its log writes, what there is, sums of zero."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from recovery.core.case import Change
from recovery.core.empowerment.postings import postings
from recovery.core.empowerment.state import read_compensation

Lines = dict[tuple[int, int], tuple[Any, ...]]
"""What the log says, by event and number within it."""


def add_up(said: Lines, change: Change, seq: int, recorded_at: str) -> None:
    """Take over what a change of the log writes."""
    n = sum(1 for of, _ in said if of == seq)
    by = read_compensation(change[2]).spent_by
    for number, line in enumerate(postings(change), start=n):
        said[seq, number] = (change[1], *line, by, recorded_at)


def compare(
    said: Lines, rows: Sequence[Any], case: int, report: Callable[[str, str, int | None], None]
) -> None:
    """Report where the ledger and the log disagree, line by line, and what does not sum to zero.

    Args:
        rows: tenant, case, event, number within it, and the rest of the columns.
        report: takes a code, a message and the number of the event it concerns.
    """
    missing = dict(said)
    sums: Counter[tuple[int, str]] = Counter()
    for _, _, seq, n, *line in rows:
        known = missing.pop((seq, n), None)
        sums[seq, str(line[2])] += line[3]
        if known is None:
            message = f"The ledger has line {n} of event {seq} of case {case}, which the log does not write."
            report("ledger_extra", message, seq)
        elif tuple(line) != known:
            message = f"Line {n} of event {seq} of case {case} is not as the log writes it: {line[1]}."
            report("ledger_changed", message, seq)
    for (seq, n), known in missing.items():
        message = f"Line {n} of event {seq} of case {case} is gone from the ledger: {known[1]}."
        report("ledger_missing", message, seq)
    for (seq, currency), units in sums.items():
        if units:
            message = f"What event {seq} of case {case} moved does not sum to zero: {units} of {currency}."
            report("ledger_unbalanced", message, seq)
