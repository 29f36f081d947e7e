"""The letter that hands a coupon over, and a code that ends before it has left."""

from __future__ import annotations

import pytest

from recovery.delivery.outbox import deliver_due
from recovery.engine import Engine
from recovery.testing import Mailbox
from tests.engine.test_coupons import offered, sound
from tests.support import case_of


@pytest.mark.parametrize("again", [False, True], ids=["revoked", "reissued"])
def test_a_letter_whose_code_is_worth_nothing_by_now_does_not_leave(engine: Engine, again: bool) -> None:
    case = offered(engine)
    end = engine.reissue_coupon if again else engine.revoke_coupon
    end(case, "goodwill", by="agent:li", reason="the wrong person")
    box = Mailbox()
    deliver_due(engine, box)
    letters = [message.text for message in box.messages if message.template == "coupon-note"]
    assert ["takes the place" in text for text in letters] == [True] * again
    assert ("goodwill.sent" in case_of(engine, case).facts) is again
    assert sound(engine)
