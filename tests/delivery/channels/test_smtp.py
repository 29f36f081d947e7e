"""Mail over SMTP to a real server: what is taken, what is not, and what becomes of a message then."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recovery.delivery.channels.smtp import IDLE_SECONDS, SmtpChannel
from recovery.delivery.channels.smtp_line import Server, Waits
from recovery.delivery.mail import as_mail
from recovery.delivery.outcomes import Delivered, Outcome, OutOfOrder, Rejected, RetryLater
from tests.delivery.channels.letters import SENDER, message, opened, words
from tests.mailserver import DROP, HANG, SLOW, MailServer, Stage, certificate, mail_server

IMPATIENT = Waits(connect=0.3, answer=0.3, accept=0.3)
"""For answers that never come; whoever waits for one that does has the usual patience."""


def channel_to(server: MailServer, **more: Any) -> SmtpChannel:
    given: dict[str, Any] = {"host": "127.0.0.1", "port": server.port, "tls": "none", **more}
    return SmtpChannel(Server(**given), SENDER)


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as found:
        yield found


@pytest.fixture
def channel(server: MailServer) -> Iterator[SmtpChannel]:
    found = channel_to(server)
    yield found
    found.close()


# --- what is taken ------------------------------------------------------------------------------------------


def test_a_mail_arrives_byte_for_byte_and_the_receipt_is_what_the_server_said(
    server: MailServer, channel: SmtpChannel
) -> None:
    assert channel.deliver(message()) == Delivered("250 2.0.0 Taken as 4711")
    (letter,) = server.letters
    assert (letter.sender, letter.recipient) == ("care@example.org", "ana@example.org")
    assert letter.data == as_mail(message(), SENDER)


def test_one_connection_serves_one_message_after_the_other(server: MailServer, channel: SmtpChannel) -> None:
    for number in range(5):
        assert isinstance(channel.deliver(message(f"{number}.0")), Delivered)
    assert (server.connections, len(server.letters)) == (1, 5)
    assert "NOOP" not in server.commands


def test_lines_that_begin_with_a_dot_arrive(server: MailServer, channel: SmtpChannel) -> None:
    text = ".\n..\n.a\nend\n"
    channel.deliver(message(text=text, html=None))
    assert words(opened(server.letters[0].data)) == text


def test_threads_that_send_at_once_have_connections_of_their_own_and_leave_them_to_the_next(
    server: MailServer, channel: SmtpChannel
) -> None:
    threads = [
        threading.Thread(target=channel.deliver, args=(message(case=number),)) for number in range(1, 9)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({letter.data for letter in server.letters}) == 8
    opened = server.connections
    assert 1 <= opened <= 8
    for number in range(9, 20):
        channel.deliver(message(case=number))
    assert server.connections == opened


def test_a_slow_server_is_waited_for(server: MailServer, channel: SmtpChannel) -> None:
    stages: tuple[Stage, ...] = ("GREETING", "EHLO", "MAIL", "RCPT", "DATA", "TAKEN")
    for stage in stages:
        server.will(stage, SLOW)
    assert isinstance(channel.deliver(message()), Delivered)


# --- what is refused ----------------------------------------------------------------------------------------

LATER = RetryLater
NEVER = Rejected
DOWN = OutOfOrder


@pytest.mark.parametrize(
    ("stage", "answer", "outcome"),
    [
        ("GREETING", "554 5.7.1 Go away", DOWN),
        ("GREETING", "421 4.3.2 Closing", DOWN),
        ("GREETING", "SSH-2.0-OpenSSH_9.6", DOWN),
        ("GREETING", "220" + "x" * 9_000, DOWN),
        ("MAIL", "421 4.3.2 Closing", DOWN),
        ("MAIL", "450 4.7.1 Slow down", LATER),
        ("MAIL", "452 4.3.1 The disk is full", LATER),
        ("MAIL", "550 5.7.1 Not from you", DOWN),
        ("MAIL", "530 5.7.0 Log in", DOWN),
        ("MAIL", "552 5.3.4 Too big", NEVER),
        ("MAIL", "garbage", DOWN),
        ("RCPT", "450 4.2.1 Busy", LATER),
        ("RCPT", "451 4.7.1 Greylisted", LATER),
        ("RCPT", "452 4.2.2 The mailbox is full", LATER),
        ("RCPT", "421 4.7.0 Too many", LATER),
        ("RCPT", "550 5.1.1 There is nobody of that name", NEVER),
        ("RCPT", "552 5.2.2 The mailbox is full", NEVER),
        ("RCPT", "554 5.7.1 Relay access denied", NEVER),
        ("RCPT", "530 5.7.0 Log in", DOWN),
        ("RCPT", "garbage", LATER),
        ("DATA", "451 4.3.0 Not now", LATER),
        ("DATA", "554 5.5.1 No valid recipients", NEVER),
        ("TAKEN", "451 4.3.0 The filter is away", LATER),
        ("TAKEN", "421 4.7.0 Later", LATER),
        ("TAKEN", "550 5.7.1 It looks like spam", NEVER),
        ("TAKEN", "554 5.3.0 No", NEVER),
    ],
)
def test_an_answer_means_one_thing(
    server: MailServer, channel: SmtpChannel, stage: Stage, answer: str, outcome: type[Outcome]
) -> None:
    server.will(stage, answer)
    found = channel.deliver(message())
    assert type(found) is outcome
    assert isinstance(found, Rejected | RetryLater | OutOfOrder)
    if answer[:3].isdigit() and len(answer) < 100:
        assert answer in found.reason
    assert not getattr(found, "may_have_been_accepted", False)
    assert server.letters == []
    assert isinstance(channel.deliver(message()), Delivered), "the next attempt is not hurt by it"


def test_one_refused_recipient_does_not_cost_the_connection(server: MailServer, channel: SmtpChannel) -> None:
    server.will("RCPT", "550 5.1.1 There is nobody of that name", "450 4.2.1 Busy")
    outcomes = [channel.deliver(message(case=number)) for number in (1, 2, 3)]
    assert [type(found) for found in outcomes] == [Rejected, RetryLater, Delivered]
    assert server.connections == 1
    assert server.commands.count("RSET") == 2


def test_a_server_that_does_not_even_forget_is_left(server: MailServer, channel: SmtpChannel) -> None:
    server.will("RCPT", "450 4.2.1 Busy")
    server.will("RSET", "500 What?")
    channel.deliver(message())
    assert isinstance(channel.deliver(message()), Delivered)
    assert server.connections == 2


def test_a_long_and_odd_answer_is_cut_to_one_plain_line(server: MailServer, channel: SmtpChannel) -> None:
    server.will("RCPT", "550-5.1.1 \x1b[31mred\r\n550 " + "x" * 5_000)
    found = channel.deliver(message())
    assert isinstance(found, Rejected)
    assert found.reason.isprintable()
    assert len(found.reason) < 400


@pytest.mark.parametrize("address", [None, "li", "ana@", "a@example.org\r\nRCPT TO:<b@example.org>"])
def test_what_is_no_address_never_reaches_the_server(
    server: MailServer, channel: SmtpChannel, address: str | None
) -> None:
    assert isinstance(channel.deliver(message(address=address)), Rejected)
    assert server.connections == 0


def test_a_mail_that_is_too_big_is_not_begun() -> None:
    with mail_server(size=2_000) as server:
        channel = channel_to(server)
        found = channel.deliver(message(text="x\n" * 3_000))
        assert isinstance(found, Rejected)
        assert "2,000" in found.reason
        assert "MAIL" not in server.commands
        assert isinstance(channel.deliver(message()), Delivered)
        channel.close()


def test_an_address_beyond_ascii_goes_to_a_server_that_knows_it(
    server: MailServer, channel: SmtpChannel
) -> None:
    assert isinstance(channel.deliver(message(address="用户@例子.中国")), Delivered)
    assert server.letters[0].recipient == "用户@xn--fsqu00a.xn--fiqs8s"
    assert isinstance(channel.deliver(message()), Delivered), "the next one is plain again"


def test_an_address_beyond_ascii_is_refused_where_the_server_does_not_know_it() -> None:
    with mail_server(utf8=False) as server:
        channel = channel_to(server)
        found = channel.deliver(message(address="用户@example.org"))
        assert isinstance(found, Rejected)
        assert "SMTPUTF8" in found.reason
        assert isinstance(channel.deliver(message(address="ana@例子.中国")), Delivered)
        channel.close()


# --- connections that break ---------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [DROP, HANG])
@pytest.mark.parametrize(
    ("stage", "outcome", "uncertain"),
    [
        ("GREETING", OutOfOrder, False),
        ("EHLO", OutOfOrder, False),
        ("MAIL", OutOfOrder, False),
        ("RCPT", RetryLater, False),
        ("DATA", RetryLater, False),
        ("TAKEN", RetryLater, True),
    ],
)
def test_a_connection_that_breaks_says_what_is_known_of_the_message(
    server: MailServer,
    channel: SmtpChannel,
    stage: Stage,
    fault: str,
    outcome: type[Outcome],
    uncertain: bool,
) -> None:
    server.will(stage, fault)
    tried = channel_to(server, waits=IMPATIENT) if fault == HANG else channel
    found = tried.deliver(message())
    assert type(found) is outcome
    assert getattr(found, "may_have_been_accepted", False) is uncertain
    assert len(server.letters) == (1 if uncertain else 0)
    assert isinstance(channel.deliver(message()), Delivered)


def test_a_mail_whose_answer_was_lost_is_sent_again_with_the_same_bytes(
    server: MailServer, channel: SmtpChannel
) -> None:
    server.will("TAKEN", DROP)
    lost = channel.deliver(message())
    assert isinstance(lost, RetryLater)
    assert lost.may_have_been_accepted
    assert "after the whole mail was sent" in lost.reason
    assert isinstance(channel.deliver(message()), Delivered)
    first, second = server.letters
    assert first.data == second.data
    assert opened(first.data)["message-id"] == opened(second.data)["message-id"]


def test_a_big_mail_cut_off_in_the_middle_was_surely_not_taken(
    server: MailServer, channel: SmtpChannel
) -> None:
    server.will("BODY", DROP)
    found = channel.deliver(message(text="a line of words\n" * 1_000_000, html=None))
    assert isinstance(found, RetryLater)
    assert not found.may_have_been_accepted
    assert "before the whole mail was sent" in found.reason


def test_a_small_mail_cut_off_in_the_middle_may_have_been_taken(
    server: MailServer, channel: SmtpChannel
) -> None:
    """It has left this machine as a whole: how much of it the server read cannot be seen from here."""
    server.will("BODY", DROP)
    found = channel.deliver(message())
    assert isinstance(found, RetryLater)
    assert found.may_have_been_accepted


def test_an_answer_that_is_none_after_the_mail_leaves_it_uncertain(
    server: MailServer, channel: SmtpChannel
) -> None:
    server.will("TAKEN", "Thank you!")
    found = channel.deliver(message())
    assert isinstance(found, RetryLater)
    assert found.may_have_been_accepted


@pytest.mark.parametrize("fault", [DROP, "421 4.4.2 You were silent for too long"])
def test_a_connection_closed_while_it_rested_is_made_anew(
    server: MailServer, channel: SmtpChannel, fault: str
) -> None:
    channel.deliver(message())
    server.will("MAIL", fault)
    assert isinstance(channel.deliver(message("4.0")), Delivered)
    assert server.connections == 2
    assert len(server.letters) == 2


@pytest.mark.parametrize("fault", [None, DROP, "421 4.4.2 You were silent for too long"])
def test_a_connection_that_rested_long_is_asked_first(server: MailServer, fault: str | None) -> None:
    passed = iter([0.0, IDLE_SECONDS + 1, IDLE_SECONDS + 2, IDLE_SECONDS + 3])
    channel = SmtpChannel(Server("127.0.0.1", server.port, "none"), SENDER, ticks=lambda: next(passed))
    channel.deliver(message())
    if fault is not None:
        server.will("NOOP", fault)
    assert isinstance(channel.deliver(message("4.0")), Delivered)
    assert server.commands.count("NOOP") == 1
    assert server.connections == (1 if fault is None else 2)
    channel.close()


def test_a_server_that_is_not_there_is_out_of_order() -> None:
    with mail_server() as gone:
        pass
    found = channel_to(gone).deliver(message())
    assert isinstance(found, OutOfOrder)
    assert f"127.0.0.1:{gone.port}" in found.reason


def test_a_server_whose_name_nobody_knows_is_out_of_order(server: MailServer) -> None:
    found = channel_to(server, host="mail.invalid").deliver(message())
    assert isinstance(found, OutOfOrder)


def test_a_server_that_comes_back_is_used_again(server: MailServer, channel: SmtpChannel) -> None:
    server.will("GREETING", "554 5.3.2 Closed for today")
    assert isinstance(channel.deliver(message()), OutOfOrder)
    assert isinstance(channel.deliver(message()), Delivered)


def test_closing_takes_leave_and_is_not_the_end(server: MailServer, channel: SmtpChannel) -> None:
    channel.close()
    channel.deliver(message())
    channel.close()
    assert server.commands[-1] == "QUIT"
    assert isinstance(channel.deliver(message()), Delivered)


# --- encryption and login -----------------------------------------------------------------------------------


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A certificate for localhost that this machine trusts meanwhile."""
    context, authority = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    return context


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_mail_goes_over_an_encrypted_connection_with_a_login(trusted: Any, tls: Any) -> None:
    with mail_server(tls=tls, context=trusted, login=("care", "horse staple")) as server:
        channel = channel_to(server, host="localhost", tls=tls, user="care", password="horse staple")
        assert isinstance(channel.deliver(message()), Delivered)
        assert isinstance(channel.deliver(message("4.0")), Delivered)
        channel.close()
        assert server.connections == 1
        assert "AUTH" in server.commands


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_wrong_password_is_the_channels_trouble_and_is_not_repeated(trusted: Any, tls: Any) -> None:
    with mail_server(tls=tls, context=trusted, login=("care", "horse staple")) as server:
        found = channel_to(server, host="localhost", tls=tls, user="care", password="battery").deliver(
            message()
        )
        assert isinstance(found, OutOfOrder)
        assert "535" in found.reason
        assert "battery" not in found.reason


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_certificate_that_nobody_vouches_for_is_not_trusted(tmp_path: Path, tls: Any) -> None:
    context, _ = certificate(tmp_path)
    with mail_server(tls=tls, context=context) as server:
        found = channel_to(server, host="localhost", tls=tls).deliver(message())
        assert isinstance(found, OutOfOrder)
        assert "certificate is not trusted" in found.reason
        assert "MAIL" not in server.commands


def test_a_certificate_of_another_host_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, authority = certificate(tmp_path, "elsewhere.example.org")
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with mail_server(tls="tls", context=context) as server:
        found = channel_to(server, host="localhost", tls="tls").deliver(message())
        assert isinstance(found, OutOfOrder)
        assert "certificate is not trusted" in found.reason


def test_a_server_without_encryption_gets_no_mail_where_it_was_asked_for(server: MailServer) -> None:
    found = channel_to(server, tls="starttls", user="care", password="horse").deliver(message())
    assert isinstance(found, OutOfOrder)
    assert "STARTTLS" in found.reason
    assert {"AUTH", "MAIL"}.isdisjoint(server.commands)


def test_a_server_that_knows_no_login_is_out_of_order(server: MailServer) -> None:
    found = channel_to(server, user="care", password="horse").deliver(message())
    assert isinstance(found, OutOfOrder)


def test_a_password_is_not_shown() -> None:
    assert "horse" not in repr(Server("mail.example.org", 587, user="care", password="horse"))
