"""Refunds given by processes that are killed with -9 and begin again: each is in the ledger once."""

from __future__ import annotations

from collections import Counter

from tests.crash.house import House

CASES = 9


def test_a_refund_is_given_once_however_often_its_clerk_is_killed(here: House) -> None:
    here.complain(CASES)
    tenant = here.engine.tenant
    for boundary, times in (("giving", 1), ("given", 2), ("giving", 3), ("given", 2)):
        clerk = here.nursery.start(here.folder, boundary=boundary, times=times, refunds=CASES)
        clerk.wait_for("held")
        clerk.kill()
    clerk = here.nursery.start(here.folder, refunds=CASES)
    clerk.wait_for("ended", code=0)
    said = [line["repeated"] for line in clerk.lines if line["event"] == "given"]
    assert len(said) == CASES
    assert 0 < sum(said) < CASES, "some had been given, and some had not"
    here.drain()
    here.assert_sound()
    spent = Counter(one.case for one in here.engine.store.logs(tenant) if one.kind == "CompensationSpent")
    assert spent == Counter(list(here.register.cases.values()) * 2), "one by the clerk, one by whoever pays"
    for case in spent:
        paid = [line.units for line in here.engine.ledger(case) if line.account == "paid"]
        assert paid == [-4000, -4000]
