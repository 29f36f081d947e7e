"""What the long form writes down: `docs/reports/simulation.md`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from tests.simulation.many import Findings
from tests.simulation.plan import BOUNDARIES

HEAD = """\
# What the simulation has seen

`make simulation` plays seeds: workers, people at two desks, receivers, crashes, lost answers, processes
that stand still, clocks that are set forward by a day or back by an hour, interleaved by one hand in one
process, on a real SQLite file, with the real engine, outbox, clocks and worker. After each run all that was
due must have been done, once, and the log must verify clean. `tests/simulation` says how; this page is what
`--report` wrote the last time.

"""

_KILLED = """\
A process is killed with everything it has in hand; a worker has up to four tasks, each counted by itself.
People's processes were killed at {desks:,} places of their own.
"""

_TWICE = """\
Under the same key and with the same bytes, each for one of these reasons and no other. *crash*: its
worker was killed after the receiver had taken it and before that was on record; of sendings that were under
way at a crash there were {flying:,}. *answer lost*: the receiver took it and could not say so. *lease lost*:
the worker stood still, or the clock that leases are measured by was set forward, for longer than the lease.
"""

_MONEY = """\
Offered, given, approved, taken back and paid by two desks at once, within limits for each person and day
and for each case; every second of these commands without a key. The world keeps a ledger of its own, line by
line as they are committed: at no moment was a limit exceeded, and in the end the ledger, the log and the
cases come to the same. {paid:,} were paid, each once: by its number, by its offer and by its receipt.
"""


def written(found: Findings, first: int, seconds: float) -> str:
    """The report in Markdown.

    Args:
        first: the first seed.
        seconds: of processor time, for one seed.
    """
    counts, figures = found.counts, found.counts.figures
    failed = (
        "none failed" if not found.failed else f"{len(found.failed):,} failed: {sorted(found.failed)[:20]}"
    )
    last, cost = first + found.runs - 1, 1000 * seconds
    desks = sum(times for at, times in counts.crashes.items() if at.startswith("desk"))
    lines = [
        f"{found.runs:,} seeds, {first:,} to {last:,}: **{failed}**.",
        f"A seed took {cost:.0f} ms of processor time.",
        "",
        *_table("what", figures),
        "",
        "## Where processes were killed",
        "",
        _KILLED.format(desks=desks),
        *_table("worker, at", _at("worker: ", counts.crashes)),
        "",
        "## What became of sendings",
        "",
        *_table("the receiver", counts.fates),
        "",
        "## Messages accepted twice",
        "",
        _TWICE.format(flying=figures["sends in flight at crashes"]),
        *_table("why", counts.twice),
        "",
        "## What became of money",
        "",
        _MONEY.format(paid=counts.money["fulfilled"]),
        *_table("compensations", counts.money),
        "",
        "## What people asked for",
        "",
        *_table("what", counts.commands),
        "",
    ]
    return HEAD + "\n".join(lines)


def _at(who: str, crashes: Counter[str]) -> dict[str, int]:
    """The boundaries first, in their order, then wherever else it was."""
    found = {at.removeprefix(who): times for at, times in crashes.items() if at.startswith(who)}
    return {at: found.get(at, 0) for at in (*BOUNDARIES, *sorted(set(found) - set(BOUNDARIES)))}


def _table(head: str, rows: Mapping[str, int]) -> list[str]:
    order = rows if not isinstance(rows, Counter) else dict(sorted(rows.items()))
    return [f"| {head} | how often |", "|---|---:|", *(f"| {what} | {n:,} |" for what, n in order.items())]
