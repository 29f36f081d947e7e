"""Channels without a server, and who may be written to at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from recovery.delivery.channels.folder import FolderChannel
from recovery.delivery.channels.routing import Channels, OnlyTo
from recovery.delivery.channels.simple import ConsoleChannel, PortalChannel, TaskChannel
from recovery.delivery.outcomes import Cancelled, Delivered, Handed, OutOfOrder, Rejected
from recovery.testing import Mailbox
from tests.delivery.channels.letters import message


def test_the_portal_takes_everything_and_sends_nothing() -> None:
    assert isinstance(PortalChannel().deliver(message(channel="portal", address=None)), Delivered)


def test_the_terminal_shows_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    assert ConsoleChannel().deliver(message()) == Delivered("printed")
    assert capsys.readouterr().out == (
        "--- mail to ana@example.org: I am sorry\n\nDear Ana,\n\nI am sorry.\n\n"
    )


def test_the_terminal_obeys_nothing_in_a_message(capsys: pytest.CaptureFixture[str]) -> None:
    ConsoleChannel().deliver(
        message(text="\x1b[2Jgone \u202eabc 👨‍👩‍👧\r\nnext", subject="a\nb", address=None)
    )
    said = capsys.readouterr().out
    assert said == "--- mail to nobody by name: a\\nb\n\n\\x1b[2Jgone \\u202eabc 👨‍👩‍👧\\r\nnext\n"


def test_a_terminal_that_is_gone_is_out_of_order(monkeypatch: pytest.MonkeyPatch) -> None:
    read, write = os.pipe()
    os.close(read)
    gone = os.fdopen(write, "w")
    monkeypatch.setattr("sys.stdout", gone)
    assert isinstance(ConsoleChannel().deliver(message()), OutOfOrder)
    monkeypatch.undo()
    with pytest.raises(BrokenPipeError):  # what it still holds goes nowhere
        gone.close()


@pytest.mark.parametrize(
    ("kind", "first"),
    [
        ("phone_task", "Call +49 30 1234 about case 12, and say in your own words:"),
        ("letter_task", "Send a letter to +49 30 1234 about case 12, with these words:"),
    ],
)
def test_a_task_says_whom_to_reach_and_with_which_words(tmp_path: Path, kind: str, first: str) -> None:
    done = TaskChannel(tmp_path, kind).deliver(message(address="+49 30 1234"))
    assert done == Handed(kind.removesuffix("_task"))
    (task,) = (path for path in tmp_path.rglob("*") if path.is_file())
    assert task.relative_to(tmp_path).as_posix() == f"case-000012/3.0-apology.{kind}.txt"
    assert task.read_text("utf-8") == f"{first}\n\nI am sorry\n\nDear Ana,\n\nI am sorry.\n"


def test_a_payment_is_a_task_of_its_own_kind(tmp_path: Path) -> None:
    order = message(address=None, channel="payment", payment={"amount": "40 USD"})
    assert TaskChannel(tmp_path, "payment_task").deliver(order) == Handed("payment")
    (task,) = tmp_path.rglob("*.txt")
    assert task.name == "3.0-apology.payment_task.txt"
    assert task.read_text("utf-8").startswith("Pay what case 12 owes, and put the receipt on record:\n")
    assert isinstance(TaskChannel(tmp_path, "payment_task").deliver(message()), Rejected)


def test_where_nobody_pays_a_person_does(tmp_path: Path) -> None:
    order = message(address=None, channel="payment", payment={"amount": "40 USD"})
    assert Channels({}).deliver(order) == Handed("payment")
    assert FolderChannel(tmp_path).deliver(order) == Handed("payment")
    assert [file.suffix for file in tmp_path.rglob("*.eml")] == [".eml"]


def test_a_task_for_a_customer_whom_nobody_can_reach_is_refused(tmp_path: Path) -> None:
    done = TaskChannel(tmp_path, "phone_task").deliver(message(address=None))
    assert isinstance(done, Rejected)
    assert "no address" in done.reason


def test_a_task_that_cannot_be_written_down_is_out_of_order(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file, no folder")
    assert isinstance(TaskChannel(tmp_path / "out", "phone_task").deliver(message()), OutOfOrder)


# --- which channel, and to whom -----------------------------------------------------------------------------


def test_a_message_goes_by_its_cases_channel() -> None:
    mail, phone = Mailbox(), Mailbox()
    channels = Channels({"mail": mail, "phone": phone})
    channels.deliver(message())
    channels.deliver(message("4.0", channel="phone"))
    assert [one.effect for one in mail.messages] == ["3.0"]
    assert [one.effect for one in phone.messages] == ["4.0"]


def test_a_channel_that_is_not_set_up_takes_nothing_and_says_so() -> None:
    done = Channels({"mail": Mailbox(), "desk": Mailbox()}).deliver(message(channel="chat"))
    assert done == Rejected("config/channels.yaml has no channel chat; it has desk, mail")


ALLOWED = frozenset({"@example.org", "@例子.中国", "Bob@example.net", "+49 30 1234"})


@pytest.mark.parametrize(
    "address",
    [
        *("ana@example.org", "ANA@Example.ORG", " ana@example.org ", "bob@example.net", "+49 30 1234"),
        *("ana@例子.中国", "ana@xn--fsqu00a.xn--fiqs8s"),
    ],
)
def test_those_on_the_list_are_written_to(address: str) -> None:
    mailbox = Mailbox()
    assert isinstance(OnlyTo(mailbox, ALLOWED).deliver(message(address=address)), Delivered)
    assert len(mailbox.messages) == 1


@pytest.mark.parametrize(
    "address",
    [
        *(
            "eve@example.net",
            "ana@example.org.evil.example",
            "ana@mail.example.org",
            "example.org",
            "@example.org",
        ),
        *("ana@example.org, eve@example.net", "eve@example.net, ana@example.org", None, "", "@", "a@"),
    ],
)
def test_nobody_else_is(address: str | None) -> None:
    mailbox = Mailbox()
    found = OnlyTo(mailbox, ALLOWED).deliver(message(address=address))
    assert isinstance(found, Cancelled)
    assert "only_to" in found.reason
    assert mailbox.messages == []
