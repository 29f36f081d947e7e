"""Many seeds, one after the other: what they added up to, and the shortest history of one that failed."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.simulation.book import Counts
from tests.simulation.machine import simulated
from tests.simulation.place import Place, made
from tests.simulation.plan import plan_of
from tests.simulation.play import Result, Run
from tests.simulation.shrink import shortest


@dataclass
class Findings:
    """What came of many runs.

    Attributes:
        failed: seeds whose runs ended with a violation → what that was.
    """

    counts: Counts = field(default_factory=Counts)
    failed: dict[int, str] = field(default_factory=dict)

    @property
    def runs(self) -> int:
        """How many there were."""
        return self.counts.figures["runs"]

    def add(self, other: Findings) -> None:
        """Add those of others."""
        self.counts.add(other.counts)
        self.failed |= other.failed


def played(place: Place, seeds: Iterable[int], *, until_found: bool = False) -> Findings:
    """Play seeds; `until_found`: no more after one that fails."""
    found = Findings()
    for seed in seeds:
        with uncollected():
            result = Run(place, plan_of(seed)).result()
        found.counts.add(result.counts)
        if result.violation is not None:
            found.failed[seed] = str(result.violation)
            if until_found:
                break
    return found


@contextmanager
def uncollected() -> Iterator[None]:
    """Meanwhile nothing is searched for garbage, of which a run leaves little; it costs a tenth of one."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def explained(place: Place, seed: int, tell: Callable[[str], None]) -> Result:
    """Tell the shortest history found of a seed that fails."""
    result = Run(place, plan_of(seed)).result()
    assert result.violation is not None, f"seed {seed} fails no more"
    short = shortest(place, result.plan, result.violation.code)
    plan = short.plan
    before, now = len(result.plan.actions), len(plan.actions)
    tell(f"Seed {seed} fails. The shortest history found ({now} of {before} actions):")
    where = "on one machine" if plan.one_machine else "each on a machine of its own"
    tell(f"{plan.workers} workers {where}, {plan.senders} senders each, {plan.batch} messages a claim")
    for line in short.trace:
        tell(line)
    tell(str(short.violation))
    return short


def part(first: int, last: int) -> Findings:
    """Play the seeds from one to another, in a place of one's own."""
    with made() as place, simulated():
        return played(place, range(first, last))
