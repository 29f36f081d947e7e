"""Coupons on both databases: drawn once, redeemed once, replaced when lost, and told to nobody else."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from recovery.bootstrap import upgrade_database
from recovery.clock import ManualClock
from recovery.core.errors import EventRefused, NotFound, RecoveryError
from recovery.couponing import STATUSES
from recovery.delivery.outbox import deliver_due
from recovery.engine import Engine
from recovery.project import Project, starter_root
from recovery.sealing import KEY_VARIABLE
from recovery.store import codes
from recovery.store.verify import verify
from recovery.testing import Mailbox
from tests.postgres import new_database, postgres_server
from tests.support import START, case_of, engine_on
from tests.support import new_database as new_file
from tests.warm.client import Warm

__all__ = ["postgres_server"]

CODE = re.compile(r"(?:[2-9A-HJKMNP-Z]{6}-){2}[2-9A-HJKMNP-Z]{6}")
EXPIRED = START + timedelta(days=70)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def house(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Project]:
    """The starter project on an empty database of each kind."""
    if request.param == "sqlite":
        yield new_file(tmp_path, tmp_path_factory.mktemp("made"))
        return
    monkeypatch.setenv(KEY_VARIABLE, "a key from the environment")
    with new_database(request.getfixturevalue("postgres_server"), "recovery_coupons") as url:
        project = Project(starter_root(), url, outbox=tmp_path / "outbox")
        upgrade_database(project)
        with engine_on(project, make=True):
            pass
        yield project


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def engine(house: Project, clock: ManualClock) -> Iterator[Engine]:
    with engine_on(house, clock) as made:
        yield made


def offered(engine: Engine, value: str = "10 USD") -> int:
    """A case whose customer was just offered a coupon by hand."""
    case = engine.open_case("It broke.", customer={"name": "Ana", "address": "ana@example.org"}).case
    engine.offer_coupon(case, "goodwill", value, days=60, by="agent:li")
    return case


def code_of(engine: Engine, case: int, serial: int = 1, offer: str = "goodwill@1") -> str:
    return engine.coupon_codes(case)[offer, serial]


def refused(work: Any, *args: Any, **more: Any) -> str:
    """The code of the refusal that a command meets."""
    with pytest.raises(EventRefused) as caught:
        work(*args, **more)
    return caught.value.refusal.code


def sound(engine: Engine) -> bool:
    return verify(engine.store, None).problems == []


# --- drawn --------------------------------------------------------------------------------------------------


def test_the_customer_reads_the_code_in_the_letter_and_it_can_be_redeemed(engine: Engine) -> None:
    case = offered(engine)
    box = Mailbox()
    deliver_due(engine, box)
    (letter,) = [message for message in box.messages if message.template == "coupon-note"]
    (code,) = set(CODE.findall(letter.text))
    assert "$10.00" in letter.text
    assert "January 19, 2027" in letter.text
    coupon = engine.redeem(code, by="agent:till", reference="order 7")
    assert (coupon.case, coupon.offer, coupon.serial, coupon.value) == (case, "goodwill@1", 1, "10 USD")
    assert (coupon.status, coupon.settled_by, coupon.note) == ("redeemed", "agent:till", "order 7")
    assert engine.coupon(code) == coupon
    assert sound(engine)


def test_the_same_offer_is_refused_and_the_same_key_answers_again(engine: Engine) -> None:
    case = engine.open_case("It broke.").case
    first = engine.offer_coupon(case, "goodwill", "10 USD", days=60, by="agent:li", key="k-1")
    again = engine.offer_coupon(case, "goodwill", "10 USD", days=60, by="agent:li", key="k-1")
    assert (again.seq, again.repeated, again.effects) == (first.seq, True, first.effects)
    assert (
        refused(engine.offer_coupon, case, "goodwill", "10 USD", days=60, by="agent:li") == "already_offered"
    )
    assert len(engine.list_coupons().coupons) == len(engine.coupon_codes(case)) == 1


def test_a_crash_before_the_commit_leaves_no_coupon_and_one_behind_it_only_one(
    house: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    with engine_on(house) as engine:
        case = engine.open_case("It broke.").case
        with monkeypatch.context() as patch:
            patch.setattr("recovery.store.outbox.Outbox.flush", _crash)
            with pytest.raises(RuntimeError, match="power"):
                engine.offer_coupon(case, "goodwill", "10 USD", days=60, by="agent:li", key="k-1")
        assert engine.list_coupons().coupons == []
        lost = engine.offer_coupon(case, "goodwill", "10 USD", days=60, by="agent:li", key="k-1")
        code = code_of(engine, case)
    with engine_on(house) as engine:
        again = engine.offer_coupon(case, "goodwill", "10 USD", days=60, by="agent:li", key="k-1")
        assert (again.seq, again.repeated) == (lost.seq, True)
        assert code_of(engine, case) == code
        redeemed = engine.redeem(code, by="customer", key="k-2")
    with engine_on(house) as engine:
        assert engine.redeem(code, by="customer", key="k-2") == redeemed
        assert refused(engine.redeem, code, by="customer", key="k-3") == "coupon_redeemed"
        assert sound(engine)


@pytest.mark.parametrize("value", ["10.005 USD", "1.5 JPY", "5 XQX", "0.0001 KWD"])
def test_an_amount_nobody_can_pay_is_refused(engine: Engine, value: str) -> None:
    case = engine.open_case("It broke.").case
    assert refused(engine.offer_coupon, case, "goodwill", value, days=60, by="agent:li") == "wrong_value"
    assert engine.list_coupons().coupons == []


@pytest.mark.parametrize("value", ["10.05 USD", "150 JPY", "1.005 KWD", "0.50 CNY"])
def test_an_amount_in_a_currencys_own_decimals_is_paid_to_the_last_digit(engine: Engine, value: str) -> None:
    case = offered(engine, value)
    assert engine.redeem(code_of(engine, case), by="customer").value == value


# --- redeemed -----------------------------------------------------------------------------------------------


def test_of_many_who_redeem_one_code_at_the_same_time_one_wins_and_the_rest_hear_who_and_when(
    engine: Engine,
) -> None:
    code = code_of(engine, offered(engine))
    together = threading.Barrier(6)
    won: list[str] = []
    lost: list[EventRefused] = []

    def redeem(name: str) -> None:
        together.wait()
        try:
            engine.redeem(code, by=f"agent:{name}")
            won.append(f"agent:{name}")
        except EventRefused as error:
            lost.append(error)

    threads = [threading.Thread(target=redeem, args=(f"till-{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 5)
    assert {error.refusal.code for error in lost} == {"coupon_redeemed"}
    at = engine.coupon(code).settled_at
    assert all(f"by {won[0]} at {at}" in error.message for error in lost)
    assert sound(engine)


def test_of_two_who_redeem_with_the_same_key_at_the_same_time_both_get_the_same_answer(
    engine: Engine,
) -> None:
    code = code_of(engine, offered(engine))
    together = threading.Barrier(2)
    answers: list[Any] = []

    def redeem() -> None:
        together.wait()
        answers.append(engine.redeem(code, by="agent:till", reference="7", key="k-1"))

    threads = [threading.Thread(target=redeem) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 2
    assert answers[0] == answers[1] == engine.coupon(code)


def test_a_code_may_be_typed_as_people_type(engine: Engine) -> None:
    code = code_of(engine, offered(engine))
    for typed in (code.lower(), code.replace("-", ""), code.replace("-", " "), f"  {code}\n", _wide(code)):
        assert engine.coupon(typed).status == "issued"
    assert engine.redeem(code.lower().replace("-", "–"), by="customer").status == "redeemed"


def test_a_mistake_in_typing_is_told_from_a_code_that_was_never_drawn(engine: Engine) -> None:
    code = code_of(engine, offered(engine))
    wrong = ("A" if code[0] != "A" else "B") + code[1:]
    never = codes.draw(lambda n: bytes(range(n)))
    for typed in (wrong, code[:-1], "", "0" * 18, code * 20, 7):
        assert refused(engine.redeem, typed, by="customer") == "mistyped_code"
        with pytest.raises(RecoveryError, match="typing mistake"):
            engine.coupon(typed)  # type: ignore[arg-type]
    assert refused(engine.redeem, never, by="customer") == "unknown_code"
    with pytest.raises(NotFound, match="No coupon"):
        engine.coupon(never)


def test_a_coupon_that_nobody_used_in_time_is_refused_with_its_day(
    engine: Engine, clock: ManualClock
) -> None:
    code = code_of(engine, offered(engine))
    clock.advance(timedelta(days=70))
    with pytest.raises(EventRefused, match="was good until 2027-01-19"):
        engine.redeem(code, by="customer")
    assert engine.coupon(code).status == "expired"


# --- lost ---------------------------------------------------------------------------------------------------


def test_a_lost_code_is_revoked_and_reissued_never_duplicated(engine: Engine) -> None:
    case = offered(engine)
    old = code_of(engine, case)
    box = Mailbox()
    deliver_due(engine, box)
    engine.reissue_coupon(case, "goodwill", by="agent:li", reason="the mail is gone", serial=1)
    new = code_of(engine, case, 2)
    assert refused(engine.reissue_coupon, case, "goodwill", by="agent:li", reason="again", serial=1) == (
        "coupon_replaced"
    )
    assert refused(engine.redeem, old, by="customer") == "coupon_replaced"
    assert [(c.serial, c.status) for c in engine.list_coupons(case=case).coupons] == [
        (1, "revoked"),
        (2, "issued"),
    ]
    deliver_due(engine, box)
    letters = [message.text for message in box.messages if message.template == "coupon-note"]
    assert ["takes the place" in text for text in letters] == [False, True]
    engine.redeem(new, by="customer")
    assert sound(engine)


def test_a_revoked_coupon_is_worth_nothing(engine: Engine) -> None:
    case = offered(engine)
    engine.revoke_coupon(case, "goodwill@1", by="supervisor:pat", reason="the wrong person")
    assert refused(engine.redeem, code_of(engine, case), by="customer") == "coupon_revoked"
    (coupon,) = engine.list_coupons(status="revoked").coupons
    assert (coupon.settled_by, coupon.note) == ("supervisor:pat", "the wrong person")


# --- listed -------------------------------------------------------------------------------------------------


def test_coupons_are_listed_by_case_status_and_expiry_page_by_page(
    engine: Engine, clock: ManualClock
) -> None:
    cases = [offered(engine) for _ in range(4)]
    engine.redeem(code_of(engine, cases[0]), by="customer")
    engine.revoke_coupon(cases[1], "goodwill", by="agent:li", reason="an error")
    by_status = {status: [c.case for c in engine.list_coupons(status=status).coupons] for status in STATUSES}
    assert by_status == {"issued": cases[2:], "redeemed": [cases[0]], "revoked": [cases[1]], "expired": []}
    soon = engine.list_coupons(status="issued", expires_before=EXPIRED)
    assert [coupon.case for coupon in soon.coupons] == cases[2:]
    assert engine.list_coupons(expires_before=START).coupons == []
    clock.advance(timedelta(days=70))
    assert [c.case for c in engine.list_coupons(status="expired").coupons] == cases[2:]
    assert engine.list_coupons(status="issued").coupons == []
    seen, cursor = [], None
    while True:
        page = engine.list_coupons(limit=1, cursor=cursor)
        seen += [coupon.case for coupon in page.coupons]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == cases


@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "lost"},
        {"cursor": "x"},
        {"cursor": "1 a x"},
        {"limit": 0},
        {"case": "1"},
        {"expires_before": 7},
    ],
)
def test_a_list_that_cannot_be_made_says_what_could(engine: Engine, wrong: dict[str, Any]) -> None:
    with pytest.raises(RecoveryError) as caught:
        engine.list_coupons(**wrong)
    assert caught.value.hint


# --- told to nobody -----------------------------------------------------------------------------------------


def test_a_code_stands_in_its_message_and_nowhere_else(engine: Engine, house: Project) -> None:
    case = offered(engine)
    code = code_of(engine, case)
    errors = [_said(engine, code), _said(engine, code)]
    bare = code.replace("-", "")
    found = {}
    host = sa.create_engine(house.url)
    with host.connect() as connection:
        for name in sa.inspect(host).get_table_names():
            rows = connection.execute(sa.text(f'select * from "{name}"')).all()
            found[name] = sum(bare in str(row).replace("-", "") for row in rows)
    host.dispose()
    assert {name for name, times in found.items() if times} == {"recovery_effect"}
    assert bare not in "".join(errors).replace("-", "")
    assert code not in repr(engine.list_coupons()) + repr(engine.coupon(code)) + repr(case_of(engine, case))
    assert code not in repr(engine.explain(case)) + repr(engine.changes(0, 100))


def _said(engine: Engine, code: str) -> str:
    """What an engine says of a code: first that it is redeemed, then that it was."""
    try:
        return repr(engine.redeem(code, by="agent:till"))
    except EventRefused as error:
        return f"{error} {error!r} {error.refusal}"


def _wide(code: str) -> str:
    """A code in full-width letters, as an input method for Chinese may give it."""
    return "".join(chr(ord(letter) + 0xFEE0) for letter in code if letter != "-")


def _crash(*_: object) -> None:
    raise RuntimeError("power cut")


SCRIPT = """
import sys
from recovery.bootstrap import open_engine
from recovery.core.errors import EventRefused
from recovery.project import Project, starter_root

engine = open_engine(Project(starter_root(), sys.argv[1]), synchronous="NORMAL")
code = sys.stdin.readline()
print("ready", flush=True)
sys.stdin.readline()
try:
    print("won", engine.redeem(code, by=f"agent:{sys.argv[2]}").settled_by)
except EventRefused as refused:
    print("lost", refused.refusal.code, refused)
"""


def test_of_two_processes_that_redeem_one_code_one_wins(warm: Warm, house: Project, tmp_path: Path) -> None:
    with engine_on(house) as engine:
        code = code_of(engine, offered(engine))
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    tills = [warm.talk(["python", str(script), house.url, name], tmp_path) for name in ("a", "b")]
    for till in tills:
        till.tell(code)
        assert till.said.readline() == "ready\n"
    for till in tills:
        till.tell("")
    lost, won = sorted(till.end()[1] for till in tills)
    winner = won.split()[1]
    assert lost.startswith(f"lost coupon_redeemed goodwill@1 was redeemed by {winner} at ")
