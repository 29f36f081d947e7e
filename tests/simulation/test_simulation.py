"""Workers, people, crashes and wrong clocks, interleaved by a seed: nothing lost, nothing twice.

`make simulation` plays 100,000 seeds; `make simulation ARGS="--seed 17"` plays one and tells its history.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulation.bugs import BUGS
from tests.simulation.machine import simulated
from tests.simulation.many import explained, played
from tests.simulation.money_bugs import MONEY_BUGS
from tests.simulation.place import Place, made
from tests.simulation.plan import plan_of
from tests.simulation.play import Run

SEEDS = 100
"""How many the short form plays."""

WITHIN = 2_000
"""Within how many seeds each mistake must be found."""


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """Where all of this takes place."""
    with made() as found, simulated():
        yield found


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_happens_twice_whatever_goes_wrong_in_between(place: Place) -> None:
    found = played(place, range(SEEDS))
    for seed in found.failed:
        lines: list[str] = []
        explained(place, seed, lines.append)
        pytest.fail("\n".join(lines))
    counts = found.counts
    assert counts.figures["crashes"] > SEEDS
    assert counts.figures["messages accepted twice"] > 0
    assert counts.twice["crash"] <= counts.figures["sends in flight at crashes"]
    assert counts.money["fulfilled"] > 0
    assert counts.money["approved"] > 0
    assert set(counts.fates) == {"taken", "slow", "lost", "busy", "refused", "down"}


def test_a_seed_replays_exactly(place: Place) -> None:
    first, second = (Run(place, plan_of(4), is_told=True).result() for _ in range(2))
    assert first.trace == second.trace
    assert len(first.trace) > 30
    assert first.counts == second.counts


@pytest.mark.parametrize("bug", BUGS)
def test_a_mistake_that_others_have_made_is_found_and_its_history_is_short(place: Place, bug: str) -> None:
    with BUGS[bug]():
        found = played(place, range(WITHIN), until_found=True)
        (seed,) = found.failed
        lines: list[str] = []
        short = explained(place, seed, lines.append)
    assert lines[0].startswith(f"Seed {seed} fails")
    assert len(short.plan.actions) <= 12
    assert short.violation is not None
    assert Run(place, short.plan).result().violation is None, "without the mistake it does not happen"


@pytest.mark.parametrize("bug", MONEY_BUGS)
def test_a_mistake_with_money_is_found(place: Place, bug: str) -> None:
    with MONEY_BUGS[bug]():
        found = played(place, range(WITHIN), until_found=True)
    assert len(found.failed) == 1
