"""What of a case is a person's: it is judged of every kind of change, and taking it out is the same twice."""

from __future__ import annotations

import pytest

from recovery.core.case import APPLY
from recovery.core.empowerment.state import CompensationState, Hold
from recovery.core.erasing import ERASED, PLAIN_CHANGES, Eraser, is_personal, mentions, without_person
from recovery.core.errors import EngineFault
from recovery.core.facts import FactType

KINDS = {
    kind.name: kind
    for kind in (
        FactType("said", "text"),
        FactType("refs", "list"),
        FactType("owner", "person"),
        FactType("friend", "person"),
        FactType("kind", "choice", ("a", "b")),
        FactType("product", "text", personal=False),
        FactType("born", "date", personal=True),
    )
}
ANA = {"name": "Ana Silva", "address": "ana@example.org"}

_COMPENSATION = CompensationState(
    *("refund", "refund@1", "4 USD", 400, "Ana", "agent:li", "t", 2, "fulfilled"),
    holds=(Hold("limit", "2026-11-30 guest:0f0f", "USD", 400),),
    receipt="for Ana",
    note="Ana was angry",
)
_LEFT = _COMPENSATION._replace(
    to=ERASED,
    holds=(Hold("limit", f"2026-11-30 guest:{ERASED}", "USD", 400),),
    receipt=ERASED,
    note=ERASED,
)

MENDED = [
    (
        ["open", "w", "b", {"step": "s", "customer": ANA, "subject": "x", "external_id": "HD-1", "new": "x"}],
        ["open", "w", "b", {"step": "s", "external_id": "HD-1", "subject": None, "customer": {}}],
    ),
    (["facts", {"said": "x", "kind": "a"}, "agent"], ["facts", {"said": ERASED, "kind": "a"}, "agent"]),
    (["fact", "said", "x", "agent", "customer:ana"], ["fact", "said", ERASED, "agent", "customer"]),
    (["effect", "1.0", "t", "", {"said": "x"}], ["effect", "1.0", "t", "", {"said": ERASED}]),
    (["settled", "1.0", "no such mailbox ana"], ["settled", "1.0", ERASED]),
    (["settled", "1.0", None], ["settled", "1.0", None]),
    (["set", "quarantine", "ana"], ["set", "quarantine", ERASED]),
    (
        ["attach", "0f", "ana.pdf", "application/pdf", 7],
        ["attach", f"{ERASED} 3", ERASED, "application/pdf", 7],
    ),
    (["coupon_ended", "g@1", 1, "redeemed", "order 7"], ["coupon_ended", "g@1", 1, "redeemed", ERASED]),
    (
        ["promise", "1", ["to call", "t", "Ana", "agent:li", "t", 2, None, False, None, None, "told"]],
        ["promise", "1", [ERASED, "t", ERASED, "agent:li", "t", 2, None, False, None, None, ERASED]],
    ),
    (["task", "c1", "payment", "refund 4 USD to Ana"], ["task", "c1", "payment", ERASED]),
    (
        ["collaboration", "1", ["pat", "ask Ana", "t", "agent:li", "t", "t", "she said"]],
        ["collaboration", "1", ["pat", ERASED, "t", "agent:li", "t", "t", ERASED]],
    ),
    (
        ["compensation", "1", _COMPENSATION.row(), ["reserved"]],
        ["compensation", "1", _LEFT.row(), ["reserved"]],
    ),
    (
        ["story", "1", ["agent:li", "t", 3, "Ana wept", "glad", "lunch", "redo", ["1"]]],
        ["story", "1", ["agent:li", "t", 3, ERASED, ERASED, ERASED, "redo", ["1"]]],
    ),
    (
        ["praise", "1", ["li", "Ana thanks you", True, "agent:bo", "t", 3, "5 USD"]],
        ["praise", "1", ["li", ERASED, True, "agent:bo", "t", 3, "5 USD"]],
    ),
    (["move", "a", "b", "forced by supervisor: Ana", True], ["move", "a", "b", "forced", True]),
]


@pytest.mark.parametrize(("change", "left"), MENDED)
def test_what_is_left_of_a_change(change: list, left: list) -> None:
    eraser = Eraser(KINDS, ANA)
    assert eraser.change(change, "MoveForced", 3) == left
    assert eraser.change(left, "MoveForced", 3) == left


def test_every_kind_of_change_has_been_judged() -> None:
    assert {change[0] for change, _ in MENDED} | PLAIN_CHANGES == {"open", *APPLY}
    with pytest.raises(EngineFault):
        Eraser({}, ANA).change(["of a later version", "x"], "MoveForced", 3)


def test_a_fact_is_personal_by_its_type_unless_the_workflow_says() -> None:
    personal = {name for name, kind in KINDS.items() if is_personal(kind)}
    assert personal == {"said", "refs", "friend", "born"}
    eraser = Eraser(KINDS, ANA)
    given = {
        "said": "x",
        "refs": ["x", "y"],
        "owner": "li",
        "kind": "a",
        "product": "lamp",
        "born": "1990-01-01",
    }
    left = {"said": ERASED, "refs": [ERASED, ERASED], "owner": "li", "kind": "a", "product": "lamp"}
    assert eraser.facts({**given, "gone": "x", "count": 3}) == {**left, "gone": ERASED}


def test_a_field_nobody_knows_is_taken_for_words() -> None:
    told = {"text": "x", "hint": "x", "wait": 60, "names": {"a": "b"}, "external_id": "ana@example.org 1"}
    assert Eraser(KINDS, ANA).event("MessageWritten", told) == {"text": ERASED, "hint": ERASED, "wait": 60}


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        ("request of ANA today", "Ana", True),
        ("banana", "Ana", False),
        ("王芳的请求", "王芳", True),
        ("anything", " ", False),
    ],
)
def test_a_text_mentions_a_value_as_a_word(text: str, value: str, found: bool) -> None:
    assert mentions(text, value) is found


def test_a_colleague_keeps_the_name_and_a_customer_does_not() -> None:
    assert (without_person("agent:li"), without_person("customer:ana")) == ("agent:li", "customer")
