"""Emptying the outbox into a channel: in order, once, and nothing lost when the channel fails."""

from __future__ import annotations

import json
import sqlite3
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from recovery.clock import ManualClock
from recovery.core.errors import EnvironmentFault, EventRefused
from recovery.core.explain import explain
from recovery.delivery import outbox
from recovery.delivery.channels import FolderChannel, Message
from recovery.delivery.outbox import deliver_due
from recovery.delivery.outcomes import Cancelled, Outcome, OutOfOrder, Rejected, RetryLater
from recovery.engine import Engine
from recovery.testing import Mailbox
from tests.support import NOT_WANTED, case_of, owned, verified


def statuses(engine: Engine) -> list[str]:
    return [row.status for row in engine.store.outbox(engine.tenant)]


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def apology_due(engine: Engine, **more: Any) -> int:
    case = owned(engine, **more)
    engine.record(case, {"emotion.level": 1, "emotion.heard": True}, by="agent:li")
    return case


def test_what_is_due_is_delivered_in_the_order_of_its_case(engine: Engine) -> None:
    case = apology_due(engine)
    mailbox = Mailbox()
    done = deliver_due(engine, mailbox)
    assert mailbox.templates == ["acknowledgement", "assurance", "apology"]
    assert (done.delivered, done.failed) == (3, 0)
    assert case_of(engine, case).step == "resolve"
    assert verified(engine).ok


def test_what_a_delivery_brings_about_is_delivered_too(engine: Engine) -> None:
    case = apology_due(engine)
    mailbox = Mailbox()
    deliver_due(engine, mailbox)
    assert case_of(engine, case).step == "resolve"
    solved = {"resolution.kind": "redelivery", "resolution.done_at": "2026-11-20T10:00:00Z"}
    engine.record(case, solved, by="agent:li")
    engine.record(case, {"resolution.accepted": True}, by="agent:li", source="customer")
    more = {"recurrence.checked": True, "recurrence.recurrent": False, "recovery_cause": "none"}
    engine.record(case, {**more, "followup.unreachable": True}, by="agent:li")
    engine.do(case, "send_goodwill", by="agent:li", facts={"goodwill.kind": "apology_letter"})
    deliver_due(engine, mailbox)
    assert mailbox.templates[-1] == "apology-letter"
    assert case_of(engine, case).step == "closed"


def test_a_message_says_to_whom_about_what_and_under_which_key(engine: Engine) -> None:
    case = owned(engine, external_id="web-17")
    mailbox = Mailbox()
    deliver_due(engine, mailbox)
    message = mailbox.messages[0]
    installation = engine.store.installation_id()
    assert message.key == f"{installation}:default:{case}:1:0"
    assert (message.address, message.channel, message.language) == ("ana@example.org", "mail", "en")
    row = next(iter(engine.store.outbox(engine.tenant)))
    kept = json.loads(row.rendered or "")
    assert (kept["subject"], kept["text"], kept["language"]) == (message.subject, message.text, "en")
    assert kept["html"].lower().startswith("<!doctype html>")


def test_a_message_nobody_will_take_is_given_up_and_the_case_says_so(engine: Engine) -> None:
    case = owned(engine)
    done = deliver_due(engine, Mailbox(NOT_WANTED))
    assert (done.delivered, done.failed) == (0, 2)
    found = case_of(engine, case)
    told = explain(engine.workflow(found.bundle), found)["undelivered"]
    assert [row["reason"] for row in told] == ["The address does not exist."] * 2
    assert statuses(engine) == ["failed", "failed"]
    assert deliver_due(engine, Mailbox()).delivered == 0
    assert verified(engine).ok


def test_a_broken_template_never_refuses_a_complaint_and_the_case_says_what_is_wrong(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = engine.bundle(engine.current().bundle)
    broken = {
        **bundle.files,
        "templates/en/acknowledgement.md": "---\npurpose: x\nsubject: y\n---\n{{ owner }}",
    }
    monkeypatch.setattr(type(bundle), "files", property(lambda _: broken))
    case = engine.open_case("It never came.").case
    mailbox = Mailbox()
    assert deliver_due(engine, mailbox).failed == 1
    found = case_of(engine, case)
    (told,) = explain(engine.workflow(found.bundle), found)["undelivered"]
    assert told["template"] == "acknowledgement"
    assert "templates/en/acknowledgement.md" in told["reason"]
    assert mailbox.messages == []
    assert verified(engine).ok


def test_a_channel_that_is_out_of_order_leaves_everything_due(engine: Engine) -> None:
    owned(engine)
    done = deliver_due(engine, Mailbox(OutOfOrder("no route to the mail server")))
    with pytest.raises(EnvironmentFault, match="no route"):
        done.require_channels()
    assert statuses(engine) == ["due", "due"]
    mailbox = Mailbox()
    assert deliver_due(engine, mailbox).delivered == 2


def test_what_was_delivered_before_the_channel_failed_is_settled(engine: Engine) -> None:
    owned(engine)

    class Failing(Mailbox):
        def deliver(self, message: Message) -> Outcome:
            if self.messages:
                return OutOfOrder("no route to the mail server")
            return super().deliver(message)

    with pytest.raises(EnvironmentFault, match="no route"):
        deliver_due(engine, Failing()).require_channels()
    assert statuses(engine) == ["delivered", "due"]


def test_one_message_nobody_takes_does_not_hold_up_the_next(engine: Engine) -> None:
    first, second = owned(engine), owned(engine)

    class Picky(Mailbox):
        def deliver(self, message: Message) -> Outcome:
            if message.case == first:
                return Rejected("The mailbox is full.")
            return super().deliver(message)

    mailbox = Picky()
    deliver_due(engine, mailbox)
    assert {message.case for message in mailbox.messages} == {second}


def test_a_message_to_be_tried_later_stays_due_with_all_that_follow_in_its_case(
    engine: Engine, clock: ManualClock
) -> None:
    first, second = owned(engine), owned(engine)

    class Busy(Mailbox):
        def deliver(self, message: Message) -> Outcome:
            if message.case == first:
                return RetryLater("The mailbox is busy.")
            return super().deliver(message)

    mailbox = Busy()
    deliver_due(engine, mailbox)
    assert {message.case for message in mailbox.messages} == {second}
    assert statuses(engine) == ["due", "due", "delivered", "delivered"]
    again = Mailbox()
    assert deliver_due(engine, again).delivered == 0
    clock.advance(timedelta(minutes=2))
    assert deliver_due(engine, again).delivered == 2
    assert {message.case for message in again.messages} == {first}


def test_a_message_that_a_rule_keeps_back_is_not_sent_and_the_case_says_why(engine: Engine) -> None:
    case = engine.open_case("It never came.").case
    assert deliver_due(engine, Mailbox(Cancelled("Not on the list."))).delivered == 0
    assert "acknowledgement cancelled: Not on the list." in engine.store.log(engine.tenant, case)[-1].why
    assert statuses(engine) == ["cancelled"]


def test_a_held_message_waits_for_somebody(engine: Engine) -> None:
    engine.open_case("It never came.", hold=True)
    assert deliver_due(engine, Mailbox()).delivered == 0
    assert engine.store.outbox_counts(engine.tenant) == {"held": 1}


def test_a_history_sends_nothing(engine: Engine) -> None:
    engine.open_case("It never came.", mode="history")
    assert engine.store.outbox_counts(engine.tenant) == {}


def test_deliveries_of_a_play_bear_the_moment_they_were_asked_for(engine: Engine, clock: ManualClock) -> None:
    owned(engine)
    clock.advance(timedelta(days=1))
    deliver_due(engine, Mailbox(), at_due_time=True)
    assert {row.settled_at for row in engine.store.outbox(engine.tenant)} == {"2026-11-20T09:00:00.000000Z"}


def test_a_host_is_told_how_far_it_is(engine: Engine) -> None:
    owned(engine)
    told: list[int] = []
    deliver_due(engine, Mailbox(), progress=told.append)
    assert told == [2]


# --- a crash between delivering and settling ----------------------------------------------------------------


def test_a_crash_before_settling_delivers_the_same_file_again_and_nothing_else(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owned(engine)
    channel = FolderChannel(tmp_path / "out")
    with monkeypatch.context() as patch:
        patch.setattr(engine, "settle_many", _crash)
        with pytest.raises(RuntimeError, match="power"):
            deliver_due(engine, channel)
    written = files(tmp_path / "out")
    assert len(written) == 2
    assert statuses(engine) == ["due", "due"]
    assert deliver_due(engine, channel).delivered == 0
    end_leases(engine)
    deliver_due(engine, channel)
    assert files(tmp_path / "out") == written
    assert statuses(engine) == ["delivered", "delivered"]
    assert verified(engine).ok


def end_leases(engine: Engine) -> None:
    """As if so much time had passed that leases ended."""
    with sqlite3.connect(engine.store.path) as outside:
        outside.execute("update recovery_effect set lease_until = '' where lease_until is not null")


def test_a_message_whose_lease_is_over_is_leased_anew_before_it_is_begun(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    owned(engine)
    seconds = [0.0]
    monkeypatch.setattr(outbox, "monotonic", lambda: seconds[0])

    class Dreaming(Mailbox):
        def deliver(self, message: Message) -> Outcome:
            seconds[0] += 61
            return super().deliver(message)

    assert deliver_due(engine, Dreaming()).delivered == 2
    assert [row.version for row in engine.store.outbox(engine.tenant)] == [1, 2]


def test_what_somebody_else_has_leased_meanwhile_is_not_begun_though_the_rest_is_renewed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    owned(engine)
    monkeypatch.setattr(outbox, "RENEWED_AFTER", 0)
    monkeypatch.setattr(outbox, "LOOK_SECONDS", 0.01)
    begun, renewed = threading.Event(), threading.Event()
    renew, me = engine.store.renew, engine.store.sender_id()

    class Asleep(Mailbox):
        def deliver(self, message: Message) -> Outcome:
            begun.set()
            assert renewed.wait(30)
            return super().deliver(message)

    def renewing(*values: Any) -> list[Any]:
        assert begun.wait(30)
        if not renewed.is_set():
            end_leases(engine)
            engine.store.claim(engine.tenant, "other", timedelta(hours=1), 9, installation=me)
        lost = renew(*values)
        renewed.set()
        return lost

    monkeypatch.setattr(engine.store, "renew", renewing)
    mailbox = Asleep()
    done = deliver_due(engine, mailbox, senders=1)
    assert (len(mailbox.messages), done.lost, done.delivered) == (1, 1, 0)
    assert statuses(engine) == ["due", "due"]


def test_what_was_leased_when_the_database_went_away_is_not_begun(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        owned(engine)
    first, gone = threading.Event(), threading.Event()
    sent: list[Message] = []

    class Slow(Mailbox):
        def deliver(self, message: Message) -> Outcome:
            sent.append(message)
            first.set()
            gone.wait(30)
            return super().deliver(message)

    def renewing(*_: object) -> None:
        assert first.wait(30)
        gone.set()
        raise EnvironmentFault("the database is gone")

    monkeypatch.setattr(outbox, "RENEWED_AFTER", 0)
    monkeypatch.setattr(outbox, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(engine.store, "renew", renewing)
    with pytest.raises(EnvironmentFault, match="is gone"):
        deliver_due(engine, Slow(), senders=1)
    assert len(sent) <= 2
    assert statuses(engine).count("delivered") == len(sent)


def test_what_is_being_sent_keeps_its_lease_though_the_database_was_away_for_a_while(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    owned(engine)
    begun, renewed = threading.Event(), threading.Event()
    renew, faults = engine.store.renew, [EnvironmentFault("somebody keeps it locked")]

    class Slow(Mailbox):
        def deliver(self, message: Message) -> Outcome:
            begun.set()
            assert renewed.wait(30), "nobody renews its lease"
            return super().deliver(message)

    def renewing(*values: Any) -> list[Any]:
        assert begun.wait(30)
        if faults:
            raise faults.pop()
        lost = renew(*values)
        renewed.set()
        return lost

    monkeypatch.setattr(outbox, "RENEWED_AFTER", 0)
    monkeypatch.setattr(outbox, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(engine.store, "renew", renewing)
    with pytest.raises(EnvironmentFault, match="locked"):
        deliver_due(engine, Slow(), senders=1)
    assert statuses(engine) == ["delivered", "due"]


def _crash(*_: object) -> None:
    raise RuntimeError("power cut")


@pytest.mark.parametrize("context", ["{", "[]", "{}", '{"facts": 3}'])
def test_a_message_whose_words_were_made_unreadable_does_not_stop_the_others(
    engine: Engine, context: str
) -> None:
    first, second = owned(engine), owned(engine)
    with sqlite3.connect(engine.store.path) as outside:
        outside.execute("update recovery_effect set context = ? where case_id = ?", (context, first))
    mailbox = Mailbox()
    deliver_due(engine, mailbox)
    assert {message.case for message in mailbox.messages} == {second}
    failed = case_of(engine, first).undelivered.values()
    assert all("cannot be read from the outbox" in reason for _, reason, _ in failed)


def test_a_version_whose_files_were_changed_is_not_worked_with(engine: Engine) -> None:
    case = owned(engine)
    with sqlite3.connect(engine.store.path) as outside:
        outside.execute("update recovery_bundle set files = replace(files, 'customer', 'agent')")
    engine._bundles.clear()
    engine._workflows.clear()
    with pytest.raises(EventRefused, match="no longer what was published") as refused:
        engine.record(case, {"emotion.level": 1}, by="agent:li")
    assert refused.value.refusal.code == "no_version"


def test_a_message_is_settled_while_the_next_of_its_case_is_on_its_way(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    owned(engine)
    monkeypatch.setattr(outbox, "LOOK_SECONDS", 0.01)
    settled = threading.Event()

    class Waiting(Mailbox):
        def deliver(self, message: Message) -> Outcome:
            if self.messages:
                assert settled.wait(30), "the first one was not settled meanwhile"
            return super().deliver(message)

    assert deliver_due(engine, Waiting(), senders=1, told=lambda *_: settled.set()).delivered == 2
