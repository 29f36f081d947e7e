"""A host's own transaction with a coupon in it: both are kept, or neither; and everything can be awaited."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest
import sqlalchemy as sa

from recovery import AsyncEngine, EventRefused, NotFound
from tests.hosts.ground import Ground


@pytest.fixture(autouse=True)
def _codes_of_its_own(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests share a server's database and begin their entropy anew: each would draw the same codes."""
    monkeypatch.setattr(ground.engine.store, "_entropy", os.urandom)


def offered(ground: Ground) -> tuple[int, str]:
    """A case with a coupon, and its code."""
    case = ground.engine.open_case("It broke.").case
    ground.engine.offer_coupon(case, "goodwill", "10 USD", days=60, by="agent:li")
    return case, ground.engine.coupon_codes(case)["goodwill@1", 1]


def test_a_coupon_redeemed_in_a_hosts_transaction_is_kept_or_undone_with_it(ground: Ground) -> None:
    _, code = offered(ground)
    url = ground.url
    host = sa.create_engine(url)
    with host.connect() as lent:
        used = ground.engine.redeem(code, by="agent:till", connection=lent)
        assert ground.engine.coupon(code, connection=lent) == used
        with pytest.raises(EventRefused, match="redeemed by agent:till"):
            ground.engine.redeem(code, by="agent:other", connection=lent)
        lent.rollback()
        assert ground.engine.coupon(code).status == "issued"
        ground.engine.redeem(code, by="agent:till", connection=lent)
        lent.commit()
    host.dispose()
    assert ground.engine.coupon(code).status == "redeemed"


def test_every_command_and_question_about_coupons_can_be_awaited(ground: Ground) -> None:
    engine = AsyncEngine(ground.engine)

    async def story() -> None:
        case = (await engine.open_case("It broke.")).case
        more: dict[str, Any] = {"by": "agent:li"}
        await engine.offer_coupon(case, "goodwill", "10 USD", days=60, **more)
        await engine.reissue_coupon(case, "goodwill", reason="lost", **more)
        codes = await engine.coupon_codes(case)
        assert list(codes) == [("goodwill@1", 1), ("goodwill@1", 2)]
        assert (await engine.coupon(codes["goodwill@1", 2])).status == "issued"
        assert (await engine.redeem(codes["goodwill@1", 2], **more)).value == "10 USD"
        with pytest.raises(EventRefused):
            await engine.revoke_coupon(case, "goodwill", reason="too late", **more)
        with pytest.raises(NotFound):
            await engine.coupon("222222-222222-222222")
        page = await engine.list_coupons(case=case, status="revoked", limit=1)
        assert [coupon.serial for coupon in page.coupons] == [1]

    asyncio.run(story())
