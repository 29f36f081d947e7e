"""Workers killed with -9: nothing is lost, and nothing is done twice but what was being sent just then.

`make kills` kills a thousand and prints what it counted; docs/reports/kills.md keeps such a report.
"""

from __future__ import annotations

from tests.crash.boundaries import BOUNDARIES
from tests.crash.campaign import PLACES, Campaign
from tests.crash.house import House


def test_a_worker_killed_at_each_boundary_loses_nothing_and_repeats_only_what_it_was_sending(
    here: House,
) -> None:
    places = [*PLACES, "any moment"]
    Campaign(here, places.copy(), 1).run(workers=1)
    here.drain()
    found = here.assert_sound()
    assert found.kills.total() >= len(places)
    assert found.kills.keys() >= BOUNDARIES.keys() | {"sending mail", "sending post"}, found.kills
    assert found.twice <= found.in_flight


def test_four_workers_of_which_one_after_the_other_is_killed_do_all_there_is_once(here: House) -> None:
    places = [*PLACES, "any moment"]
    Campaign(here, places.copy(), 2).run(workers=4)
    here.drain()
    found = here.assert_sound()
    assert found.kills.total() >= len(places)
    assert found.twice <= found.in_flight + found.overran
