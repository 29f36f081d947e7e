"""Due holding messages of several cases of a customer become one letter (domain.md §3)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from recovery.clock import ManualClock
from recovery.commands import Settlement
from recovery.core.errors import Refusal
from recovery.core.events import EffectCancelled
from recovery.core.instants import to_text
from recovery.delivery.message import Message
from recovery.delivery.outbox import deliver_due
from recovery.delivery.outcomes import Delivered, Handed, Outcome, Rejected, RetryLater
from recovery.engine import Engine
from recovery.store.choosing import Messages
from recovery.store.records import OutboxRow
from recovery.ticking import fire_due, pass_time
from recovery.workflow.templates import read_template
from tests.delivery.test_outbox import end_leases
from tests.delivery.test_patience import DUE, MONDAY, MORNING
from tests.support import clock, engine, project, verified

__all__ = ["clock", "engine", "project"]

ANA = {"address": "ana@example.org", "name": "Ana"}


class Mailbox:
    """Takes holding messages, or says what it was told to say, and keeps everything it was given."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.outcome: Outcome = Delivered("taken")

    def deliver(self, message: Message) -> Outcome:
        if message.template != "holding":
            return Delivered("taken")
        self.got.append(message)
        return self.outcome


@pytest.fixture
def mailbox(clock: ManualClock) -> Mailbox:
    clock.set(MONDAY)
    return Mailbox()


def case_with_news(engine: Engine, news: str, **customer: str) -> int:
    case = engine.open_case("It broke.", customer={**ANA, **customer}).case
    engine.record(case, {"owner": "li", "update.news": news}, by="agent:li")
    return case


def let_it_be_due(engine: Engine, clock: ManualClock, mailbox: Mailbox) -> None:
    """News of every case is due to be told, and nothing else is."""
    pass_time(engine, clock, DUE - timedelta(minutes=1), mailbox)
    clock.set(DUE)
    fire_due(engine)


def holding(engine: Engine) -> dict[int, OutboxRow]:
    return {row.case: row for row in engine.store.outbox(engine.tenant) if row.template == "holding"}


@pytest.mark.parametrize("senders", [0, 4])
def test_they_become_one_letter_that_tells_the_news_of_each(
    engine: Engine, clock: ManualClock, mailbox: Mailbox, senders: int
) -> None:
    one, two, three = (case_with_news(engine, f"Part {part} has come.") for part in "ABC")
    let_it_be_due(engine, clock, mailbox)
    deliver_due(engine, mailbox, senders=senders)
    (letter,) = mailbox.got
    assert letter.case == one
    for words in (letter.text, letter.html or ""):
        places = [words.index(f"Part {part} has come.") for part in "ABC"]
        assert places == sorted(places)
        assert words.count("Dear Ana") == 1
    assert {case: row.status for case, row in holding(engine).items()} == dict.fromkeys(
        (one, two, three), "delivered"
    )
    assert all(not engine.case(case).awaiting for case in (one, two, three))


def test_each_of_the_others_has_on_record_where_it_is_told(
    engine: Engine, clock: ManualClock, mailbox: Mailbox
) -> None:
    one, two = (case_with_news(engine, f"Part {part} has come.") for part in "AB")
    let_it_be_due(engine, clock, mailbox)
    deliver_due(engine, mailbox)
    told = f"told in message {holding(engine)[one].effect} of case {one}, which goes to the same customer"
    assert holding(engine)[two].note == told
    assert "Part B has come." in json.loads(holding(engine)[two].rendered or "")["text"]


def test_what_a_letter_tells_of_is_the_same_at_every_attempt(
    engine: Engine, clock: ManualClock, mailbox: Mailbox
) -> None:
    case_with_news(engine, "Part A has come.")
    case_with_news(engine, "Part B has come.")
    let_it_be_due(engine, clock, mailbox)
    mailbox.outcome = RetryLater("busy")
    deliver_due(engine, mailbox)
    mailbox.outcome = Delivered("taken")
    clock.set(MORNING)
    deliver_due(engine, mailbox)
    first, second = mailbox.got
    assert first == second
    assert "Part B" in second.text


def test_one_that_a_dead_sender_may_have_sent_says_the_same_again_and_tells_of_no_other(
    engine: Engine, clock: ManualClock, mailbox: Mailbox
) -> None:
    _, two = (case_with_news(engine, f"Part {part} has come.") for part in "AB")
    let_it_be_due(engine, clock, mailbox)
    engine.hold(Messages(case=two), by="agent:li", reason="Wait.")

    class Dies(Mailbox):
        def deliver(self, message: Message) -> Outcome:
            super().deliver(message)
            raise KeyboardInterrupt

    dies = Dies()
    with pytest.raises(KeyboardInterrupt):
        deliver_due(engine, dies)
    engine.release(Messages(case=two), by="agent:li")
    end_leases(engine)
    deliver_due(engine, mailbox)
    again, other = mailbox.got
    assert dies.got == [again]
    assert "Part B" not in again.text
    assert other.case == two


def test_what_stands_on_paper_is_sent_by_whoever_comes_next(
    engine: Engine, clock: ManualClock, mailbox: Mailbox
) -> None:
    one, two = (case_with_news(engine, f"Part {part} has come.") for part in "AB")
    let_it_be_due(engine, clock, mailbox)

    class Dies(Mailbox):
        def deliver(self, message: Message) -> Outcome:
            if message.template == "holding":
                raise KeyboardInterrupt
            return Delivered("taken")

    with pytest.raises(KeyboardInterrupt):
        deliver_due(engine, Dies())
    assert {row.status for row in holding(engine).values()} == {"due"}
    end_leases(engine)
    deliver_due(engine, mailbox)
    (letter,) = mailbox.got
    assert (letter.case, "Part B has come." in letter.text) == (one, True)
    assert holding(engine)[two].status == "delivered"


@pytest.mark.parametrize(
    ("outcome", "status"), [(Rejected("no such address"), "failed"), (Handed("letter"), "handed")]
)
def test_what_a_letter_tells_ends_as_the_letter_does(
    engine: Engine, clock: ManualClock, mailbox: Mailbox, outcome: Outcome, status: str
) -> None:
    cases = [case_with_news(engine, f"Part {part} has come.") for part in "AB"]
    let_it_be_due(engine, clock, mailbox)
    mailbox.outcome = outcome
    deliver_due(engine, mailbox)
    assert {row.status for row in holding(engine).values()} == {status}
    assert all(engine.case(case).tasks for case in cases)


def test_whose_letter_was_taken_back_goes_by_itself(
    engine: Engine, clock: ManualClock, mailbox: Mailbox
) -> None:
    one, two = (case_with_news(engine, f"Part {part} has come.") for part in "AB")
    let_it_be_due(engine, clock, mailbox)
    mailbox.outcome = RetryLater("busy", timedelta(days=1))
    deliver_due(engine, mailbox)
    mailbox.outcome = Delivered("taken")
    mailbox.got.clear()
    clock.set(DUE + timedelta(minutes=1))
    deliver_due(engine, mailbox)
    assert mailbox.got == [], "it waits for its letter"
    taken_back = EffectCancelled(
        by="supervisor:eva", occurred_at=clock.now(), effect=holding(engine)[one].effect, reason="not now"
    )
    engine.handle(taken_back, one)
    clock.set(MORNING)
    deliver_due(engine, mailbox)
    assert [(letter.case, "Part A" in letter.text) for letter in mailbox.got] == [(two, False)]


def test_who_is_erased_stands_in_no_letter_of_another_case(
    engine: Engine, clock: ManualClock, mailbox: Mailbox
) -> None:
    one, two = (case_with_news(engine, f"Part {part} has come.", id=f"C-{part}") for part in "AB")
    let_it_be_due(engine, clock, mailbox)
    deliver_due(engine, mailbox)
    erased = engine.erase(case=two, by="supervisor:eva", reason="request 7", despite="the case is done")
    assert erased.done == [two]
    assert "Part B" not in repr(list(engine.store.outbox(engine.tenant)))
    assert engine.case(one).customer["id"] == "C-A"
    assert verified(engine).ok


@pytest.mark.parametrize(
    "other", [{"address": "bo@example.org"}, {"address": "ana@example.org", "channel": "portal"}]
)
def test_what_goes_elsewhere_stays_a_letter_of_its_own(
    engine: Engine, clock: ManualClock, mailbox: Mailbox, other: dict[str, str]
) -> None:
    channel = other.pop("channel", None)
    case_with_news(engine, "Part A has come.")
    more = {} if channel is None else {"channel": channel}
    case = engine.open_case("It broke.", customer={**ANA, **other}, **more).case
    engine.record(case, {"owner": "li", "update.news": "Part B has come."}, by="agent:li")
    let_it_be_due(engine, clock, mailbox)
    deliver_due(engine, mailbox)
    assert len(mailbox.got) == 2


def test_what_must_not_be_said_keeps_no_other_from_being_told(
    engine: Engine, clock: ManualClock, mailbox: Mailbox
) -> None:
    one = case_with_news(engine, "Part A has come.")
    bad = case_with_news(engine, "Part B has come.", name="Calm down, Ana")
    three = case_with_news(engine, "Part C has come.")
    let_it_be_due(engine, clock, mailbox)
    deliver_due(engine, mailbox)
    (letter,) = mailbox.got
    assert "Part C" in letter.text
    assert "Part B" not in letter.text
    ends = {case: row.status for case, row in holding(engine).items()}
    assert ends == {one: "delivered", bad: "failed", three: "delivered"}


def test_where_somebody_else_has_the_letter_by_now_the_other_is_given_back(
    engine: Engine, clock: ManualClock, mailbox: Mailbox
) -> None:
    one, two = (case_with_news(engine, f"Part {part} has come.") for part in "AB")
    let_it_be_due(engine, clock, mailbox)
    rows = {
        row.case: row
        for row in engine.store.claim(
            engine.tenant, "me", timedelta(minutes=1), 50, installation=engine.store.sender_id()
        )
        if row.template == "holding"
    }
    letter, other = rows[one], rows[two]
    told = Settlement(
        case=two,
        effect=other.effect,
        at=DUE,
        end="later",
        again_at=MORNING,
        reason="told elsewhere",
        version=other.version,
        told_in=(one, letter.effect, letter.version - 1),
    )
    (answer,) = engine.settle_many([told])
    assert not isinstance(answer, Refusal)
    assert holding(engine)[two].due_at < to_text(MORNING)


def test_only_a_holding_message_has_a_postscript() -> None:
    text = "---\npurpose: apology\nsubject: Sorry\npostscript: Sorry for this, too.\n---\nSorry.\n"
    _, (finding,) = read_template(text.encode(), "t.md")
    assert (finding.code, finding.line) == ("postscript_not_holding", 4)


@pytest.mark.parametrize(
    ("postscript", "code"),
    [("{{ owner + owner }}", "template_syntax"), ("![a](https://example.org/a.png)", "template_markdown")],
)
def test_a_postscript_is_held_to_what_every_text_is_held_to(postscript: str, code: str) -> None:
    text = f"---\npurpose: holding\nsubject: News\npostscript: '{postscript}'\n---\nNews.\n"
    _, findings = read_template(text.encode(), "t.md")
    assert [finding.line for finding in findings] == [4]
    assert findings[0].code == code or findings[0].code.startswith("template")
