"""A thousand offers, uses, losses and retries in any order: what was paid was paid once."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import Any

import pytest

from recovery.core.errors import EventRefused
from recovery.engine import Engine
from tests.support import verified

STEPS = 1_000
CASES = 120
EXPECTED = {
    "already_offered",
    "not_offered",
    "coupon_redeemed",
    "coupon_revoked",
    "coupon_replaced",
    "key_reused",
}


class _Cut(Exception):
    """The power went before the commit."""


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_case_never_pays_the_same_offer_twice_whatever_is_retried(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    rng = random.Random(seed)
    cases = [engine.open_case("It broke.").case for _ in range(CASES)]
    seen: set[str] = set()
    done: list[tuple[Any, dict[str, Any], Any]] = []
    met: set[str] = set()
    paid: dict[int, set[tuple[int, str]]] = defaultdict(set)

    def attempt(work: Any, **more: Any) -> Any:
        """Do it; now and then the power goes before the commit and it is done again."""
        if rng.random() < 0.1:
            with monkeypatch.context() as patch:
                patch.setattr("recovery.store.coupons.Coupons.flush", _cut)
                with pytest.raises((_Cut, EventRefused)):
                    work(**more)
        try:
            answer = work(**more)
        except EventRefused as refused:
            met.add(refused.refusal.code)
            return None
        done.append((work, more, answer))
        return answer

    for number in range(STEPS):
        case = rng.choice(cases)
        by, key = f"agent:{rng.choice('abc')}", f"k-{number}"
        match rng.choice(["offer", "redeem", "redeem", "revoke", "reissue", "reissue", "retry"]):
            case "offer":
                attempt(
                    engine.offer_coupon, case=case, offer="goodwill", value="10 USD", days=9, by=by, key=key
                )
            case "redeem" if seen:
                used = attempt(engine.redeem, code=rng.choice(sorted(seen)), by=by, key=key)
                if used is not None:
                    paid[used.case].add((used.serial, str(used.settled_by)))
            case "revoke":
                attempt(engine.revoke_coupon, case=case, offer="goodwill", reason="x", by=by, key=key)
            case "reissue":
                attempt(engine.reissue_coupon, case=case, offer="goodwill", reason="x", by=by, key=key)
            case "retry" if done:
                work, more, answer = rng.choice(done)
                again = work(**more)
                assert again == answer or (again.seq, again.effects) == (answer.seq, answer.effects)
        seen.update(engine.coupon_codes(case).values())
    assert met <= EXPECTED
    rows = engine.list_coupons(limit=500).coupons
    for case in cases:
        mine = [row for row in rows if row.case == case]
        redeemed = [row for row in mine if row.status == "redeemed"]
        assert len(redeemed) == len(paid[case]) <= 1
        assert sum(row.status == "issued" for row in mine) <= 1
        assert not (redeemed and any(row.status == "issued" for row in mine))
        assert sorted(row.serial for row in mine) == list(range(1, len(mine) + 1))
    assert {row.status for row in rows} == {"issued", "redeemed", "revoked"}
    assert verified(engine).ok


def _cut(*_: object) -> None:
    raise _Cut
