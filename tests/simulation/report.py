"""What the long form writes down: `docs/reports/simulation.md`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tests.simulation.kept import Part, spans, still_failing, together
from tests.simulation.plan import BOUNDARIES

LONG = 100_000
"""How many seeds the long form plays when nothing else is asked for."""

HEAD = """\
# What the simulation has seen

`make simulation` plays seeds: workers, people at two desks, receivers, crashes, lost answers, processes
that stand still, clocks that are set forward by a day or back by an hour, interleaved by one hand in one
process, on a real SQLite file, with the real engine, outbox, clocks and worker. `tests/simulation` says how;
this page is what `--report` wrote the last time.

"""

_LOOKED_AT = """\
While a run goes on:

- nobody sends without a lease, or what is held back; no two send for one case at the same time;
- a message is claimed by one at a time, and an outcome that comes in under a lost lease changes nothing;
- every attempt at a message shows the same words;
- no limit is exceeded, and nothing is given back to one twice, at any commit.

In the end, twenty quiet days later:

- `recovery db verify` is clean: log, hashes, seals, outbox, coupons, ledger;
- no clock that was due is still due, and none ran out twice; no case was set aside;
- no message is still due; what is said to be delivered was accepted, and what was accepted is on record;
- what was accepted twice has a reason (below); the messages of a case came in order;
- what is told in another case's letter is told there, and nowhere else;
- whatever was answered to people is on record, once, also where they asked again;
- no coupon is good twice, or was paid twice;
- whoever pays, told by an order, and people with their own hands paid each compensation once in all, and none
  that was taken back; what they paid is on record, or its receipt is waited for;
- no compensation, no offer and no receipt was paid twice; what people were told of one is in the log; nothing
  is kept for an offer that has ended; every account comes to what the cases say, and all of them to zero.
"""

_FOUND = """\
Seeds that failed, what it was, and what was done:

- 6213: while a message was being sent, somebody kept the database locked; the worker renewed the lease no
  more, and a second one sent it at the same time. It is renewed now for as long as the sending takes.
- 63228: a letter was tried, and told of another case at the next attempt. Nothing had arrived here, but where
  its sender dies something may have: such a letter says the same again now.
- 3540: a worker that stood still told whoever pays of an order that they had
  refused to another worker, and a person had paid since. An answer to a key has to stand: the reference says
  so now.
- 49424, 70782, 81825, 87186: a message was taken back while it was being sent, and the next one of its case
  left beside it. That one waits now until the sending is over.
- 7808, 66894, 56644: mistakes of the simulation, which took a lease for one that had not ended, let workers
  end without settling, and took the renewal of a lease for an outcome on record.

Some of them come from earlier runs. What failed in this one was mended, and played again together with the
seeds around it.

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


def written(parts: Sequence[Part]) -> str:
    """The report of parts in Markdown."""
    found = together(parts)
    counts, figures = found.counts, found.counts.figures
    failing = still_failing(parts)
    failed = "none fails" if not failing else f"{len(failing):,} fail: {failing[:20]}"
    cpu = sum(part.cpu for part in parts)
    wall = sum(part.wall for part in parts)
    desks = sum(times for at, times in counts.crashes.items() if at.startswith("desk"))
    lines = [
        f"{len(set().union(*(range(part.first, part.last) for part in parts))):,} seeds of"
        f" the {LONG:,} of the long form: **{failed}**.",
        "",
        *_states(parts),
        "",
        f"A seed took {1000 * cpu / max(found.runs, 1):.0f} ms of processor time, all of them"
        f" {cpu / 60:,.0f} minutes. With whatever else the machine did meanwhile that was {wall / 60:,.0f}"
        " minutes of one process.",
        "",
        "## What was looked at",
        "",
        _LOOKED_AT,
        "## What it has found",
        "",
        _FOUND + "## What happened",
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


def _states(parts: Sequence[Part]) -> Iterator[str]:
    """Which seeds were played on which state of the code."""
    for commit in dict.fromkeys(part.commit for part in parts):
        mine = [part for part in parts if part.commit == commit]
        seeds = ", ".join(f"{first:,} to {last:,}" for first, last in spans(mine))
        on = f"commit {commit}" if commit else "files that are in no commit"
        failed = sorted(seed for part in mine for seed in part.failed)
        yield f"- on {on}: seeds {seeds}" + (f"; {failed} failed there" if failed else "")


def _at(who: str, crashes: Counter[str]) -> dict[str, int]:
    """The boundaries first, in their order, then wherever else it was."""
    found = {at.removeprefix(who): times for at, times in crashes.items() if at.startswith(who)}
    return {at: found.get(at, 0) for at in (*BOUNDARIES, *sorted(set(found) - set(BOUNDARIES)))}


def _table(head: str, rows: Mapping[str, int]) -> list[str]:
    order = rows if not isinstance(rows, Counter) else dict(sorted(rows.items()))
    return [f"| {head} | how often |", "|---|---:|", *(f"| {what} | {n:,} |" for what, n in order.items())]
