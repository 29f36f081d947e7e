"""`config/channels.yaml`: what it may say, and where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from recovery.checking import check_paths
from recovery.core.errors import EnvironmentFault
from recovery.delivery.channels.building import built
from recovery.delivery.channels.settings import ChannelSettings, read_channels
from recovery.delivery.channels.shape import Plain, SmtpWay, WaitsKeys, WebhookWay
from recovery.delivery.outcomes import Cancelled, Delivered, Handed, Rejected
from recovery.project import CHANNELS, starter_root
from tests.delivery.channels.letters import message, opened
from tests.delivery.channels.test_webhook import NOW, SECRET
from tests.mailserver import mail_server
from tests.webhooks import receiver

SENDER = "sender: {address: care@example.org, name: Example Shop}\n"


def read(text: str) -> ChannelSettings:
    settings, findings = read_channels(text.encode(), "channels.yaml")
    assert findings == []
    return settings


def wrong(text: str) -> list[str]:
    """Each finding as `line:column code message hint`."""
    _, findings = read_channels(text.encode(), "channels.yaml")
    assert all(found.file == "channels.yaml" for found in findings)
    return [f"{one.line}:{one.column} {one.code} {one.message} {one.hint}".strip() for one in findings]


# --- what it may say ----------------------------------------------------------------------------------------


def test_a_channel_is_read_with_all_it_says() -> None:
    settings = read(
        SENDER + "only_to: ['@example.org', bob@example.net]\n"
        "channels:\n"
        "  mail: {by: smtp, host: mail.example.org, port: 2525, tls: tls,"
        " user: care, password_from: SMTP_PASSWORD, waits: {accept: 300}}\n"
        "  sms: {by: webhook, url: 'https://example.org/sms', secret_from: SMS_SECRET}\n"
        "  phone: {by: phone_task}\n"
    )
    assert settings.ways["mail"] == SmtpWay(
        by="smtp",
        host="mail.example.org",
        port=2525,
        tls="tls",
        user="care",
        password_from="SMTP_PASSWORD",
        waits=WaitsKeys(accept=300),
    )
    assert settings.ways["sms"] == WebhookWay(
        by="webhook", url="https://example.org/sms", secret_from="SMS_SECRET"
    )
    assert settings.ways["phone"] == Plain(by="phone_task")
    assert settings.only_to == {"@example.org", "bob@example.net"}
    assert settings.sender is not None
    assert settings.sender.address == "care@example.org"


@pytest.mark.parametrize("text", ["", "channels: {}\n", "# nothing yet\n"])
def test_portal_and_desk_are_always_there(text: str) -> None:
    assert read(text).ways == {"portal": Plain(by="portal"), "desk": Plain(by="folder")}


def test_portal_and_desk_may_be_delivered_otherwise() -> None:
    assert read("channels: {desk: {by: console}}\n").ways["desk"] == Plain(by="console")


def test_the_file_that_every_project_begins_with_is_right() -> None:
    settings = read((starter_root() / CHANNELS).read_text("utf-8"))
    assert settings.ways.keys() == {"mail", "phone", "letter", "portal", "desk", "payment"}


# --- what is wrong ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("chanels: {}", "1:1 unknown_key `chanels` is not a key that is known here. Did you mean channels?"),
        ("[mail]", "1:1 wrong_type It must be a mapping. Begin with `sender: …`."),
        ("channels: [mail]", "1:11 wrong_type a list is not a mapping."),
        ("channels:\n  mail: smtp", "2:9 wrong_type `smtp` is not a mapping. Such as {by: folder}."),
        (
            "channels:\n  mail: {host: a}",
            "2:3 missing_key `mail` does not say how it is delivered (`by`). One of folder, console, portal, "
            "phone_task, letter_task, payment_task, smtp, webhook.",
        ),
        (
            "channels:\n  mail: {by: smpt}",
            "2:14 wrong_value `smpt` is not a way to deliver. Did you mean smtp?",
        ),
        (
            "channels:\n  mail: {by: folder, host: a}",
            "2:22 unknown_key `host` is not a key that is known here. One of by.",
        ),
        (SENDER + "channels:\n  mail: {by: smtp}", "3:3 missing_key `mail` has no `host`."),
        (
            SENDER + "channels:\n  mail: {by: smtp, host: a, tls: ssl}",
            "3:34 wrong_value `ssl` is not accepted here. One of none, starttls, tls.",
        ),
        (
            SENDER + "channels:\n  mail: {by: smtp, host: a, port: 99999}",
            "3:35 wrong_value `99999`: it must be less than or equal to 65535.",
        ),
        (
            SENDER + "channels:\n  mail: {by: smtp, host: a, waits: {connect: 1.5}}",
            "3:46 wrong_type `1.5` is not a whole number.",
        ),
        (
            SENDER + "channels:\n  mail: {by: smtp, host: a, user: b}",
            "3:3 missing_key A login is a user and a password. "
            "Write both user and password_from, or neither.",
        ),
        (
            SENDER + "channels:\n  mail: {by: smtp, host: a, tls: none, user: b, password_from: PASSWORD}",
            "3:34 wrong_value A password would go over an open line. Write tls: starttls, or tls: tls.",
        ),
        (
            "channels:\n  mail: {by: smtp, host: a}",
            "2:3 missing_key `mail` is to send mail, and there is no sender. "
            "Write sender: {address: care@example.org}; customers answer to it.",
        ),
        (
            "channels:\n  sms: {by: webhook, url: 'http://example.org/', secret_from: SMS}",
            "2:27 wrong_value What customers are told would go over an open line. "
            "Write https://; http:// is for this machine itself.",
        ),
        (
            "channels:\n  sms: {by: webhook, url: 'ftp://example.org/', secret_from: SMS}",
            "2:27 wrong_value `ftp://example.org/` is no address to post to. Such as https://example.org/messages.",
        ),
        (
            "channels:\n  sms: {by: webhook, url: 'https://example.org:x/', secret_from: SMS}",
            "2:27 wrong_value `https://example.org:x/` is no address to post to. "
            "Such as https://example.org/messages.",
        ),
        (
            "sender: {address: care}",
            "1:19 wrong_value `care` is no mail address in plain letters. Such as care@example.org.",
        ),
        (
            'sender: {address: care@example.org, name: "a\\nb"}',
            "1:43 wrong_value A sender's name stands on one line.",
        ),
        (
            "sender:\n  address: care@example.org\n  replies: care+{case@example.org",
            "3:12 wrong_value `care+{case@example.org` is no mail address for replies. "
            "Such as care+{case}@example.org.",
        ),
        (
            "sender:\n  address: care@example.org\n  replies: care+{case}@example.org",
            "3:12 missing_key An address for each case is signed, so that nobody can make one up. "
            "Add secret_from: REPLY_SECRET.",
        ),
        (
            "only_to: [example.org]",
            "1:11 wrong_value `example.org` is neither an address nor a domain. "
            "An address such as ana@example.org, or all of a domain: @example.org.",
        ),
        ("channels:\n  Mail Box: {by: folder}", "2:3 bad_name `Mail Box` is not a name."),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_what_would_be_accepted(text: str, finding: str) -> None:
    (found,) = wrong(text)
    assert found.startswith(finding)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (SENDER + "channels:\n  mail: {by: smtp, host: a, user: b, password: hunter2}", "3:38"),
        (SENDER + "channels:\n  mail: {by: smtp, host: a, user: b, password_from: hunter2}", "3:53"),
        ("channels:\n  sms: {by: webhook, url: 'https://example.org/', secret: hunter2}", "2:51"),
        ("channels:\n  sms: {by: webhook, url: 'https://a:hunter2@example.org/', secret_from: SMS}", "2:27"),
        (
            "channels:\n  sms: {by: webhook, url: 'https://example.org/', secret_from: SMS, token: hunter2}",
            "2:69",
        ),
        ("sender: {address: care@example.org, secret_from: hunter2}", "1:50"),
        ("password: hunter2", "1:1"),
    ],
)
def test_a_secret_in_the_file_is_found_and_not_repeated(text: str, place: str) -> None:
    found = wrong(text)
    assert found[0].startswith(f"{place} secret_in_file")
    assert "hunter2" not in "".join(found)


def test_all_that_is_wrong_is_said_at_once() -> None:
    found = wrong(
        "only_to: 3\nchannels:\n  a: {by: nothing}\n  b: {by: folder, x: 1}\n  c: {by: smtp, password: p}\n"
    )
    assert sorted(one.split(" ")[0] for one in found) == ["1:10", "3:11", "4:19", "5:17", "5:3"]
    found = wrong("channels:\n  a: {by: nothing}\n  b: {by: folder, x: 1}\n  c: {by: webhook}\n")
    assert [one.split(" ")[0] for one in found] == ["2:11", "3:19", "4:3", "4:3"]


def test_the_checker_reads_it_with_everything_else(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "workflows").mkdir()
    (tmp_path / CHANNELS).write_text("channels: {mail: {by: smpt}}\n", "utf-8")
    for paths in ((), (tmp_path / CHANNELS,)):
        (found,) = check_paths(tmp_path, paths)
        assert found.file.endswith("config/channels.yaml")
        assert (found.line, found.column, found.code) == (1, 23, "wrong_value")


# --- from settings to channels ------------------------------------------------------------------------------


def test_each_channel_does_what_its_settings_say(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        "sender: {address: care@example.org, replies: 'care+{case}@example.org', secret_from: REPLY_SECRET}\n"
        "channels:\n"
        "  mail: {by: smtp, host: 127.0.0.1, port: MAIL, tls: none}\n"
        "  sms: {by: webhook, url: 'http://localhost:HOOK/sms', secret_from: SMS_SECRET}\n"
        "  phone: {by: phone_task}\n"
        "  letter: {by: letter_task}\n"
        "  chat: {by: console}\n"
        "  payment: {by: payment_task}\n"
    )
    secrets = {"REPLY_SECRET": "sixteen or more letters", "SMS_SECRET": SECRET}
    with mail_server() as server, receiver() as service:
        settings = read(text.replace("MAIL", str(server.port)).replace("HOOK", str(service.port)))
        with built(settings, tmp_path, secrets, lambda: NOW) as channels:
            for number, name in enumerate(("mail", "sms", "phone", "letter", "chat", "portal", "desk")):
                done = channels.deliver(message(f"{number}.0", channel=name))
                assert isinstance(done, Handed if name in ("phone", "letter") else Delivered), name
            order = message("9.0", channel="payment", address=None, payment={"amount": "40 USD"})
            assert channels.deliver(order) == Handed("payment")
        assert server.commands[-1] == "QUIT"
    reply_to = opened(server.letters[0].data)["reply-to"]
    assert reply_to.startswith("care+case-12-")
    assert len(service.posts) == 1
    assert "--- chat to ana@example.org" in capsys.readouterr().out
    written = sorted(path.name for path in tmp_path.rglob("*.*"))
    tasks = ["2.0-apology.phone_task.txt", "3.0-apology.letter_task.txt", "9.0-apology.payment_task.txt"]
    assert sorted(written) == sorted([*tasks, "6.0-apology.eml"])
    assert opened((tmp_path / "case-000012/6.0-apology.eml").read_bytes())["reply-to"] == reply_to


def test_the_list_of_those_who_may_be_written_to_holds_for_whatever_reaches_people(tmp_path: Path) -> None:
    text = (
        "only_to: ['@example.net']\n" + SENDER + "channels:\n"
        "  mail: {by: smtp, host: 127.0.0.1, port: 9, tls: none}\n"
        "  sms: {by: webhook, url: 'http://127.0.0.1:9/', secret_from: SMS_SECRET}\n"
        "  phone: {by: phone_task}\n"
        "  letter: {by: letter_task}\n"
        "  chat: {by: folder}\n"
    )
    with built(read(text), tmp_path, {"SMS_SECRET": SECRET}, lambda: NOW) as channels:
        for name in ("mail", "sms", "phone", "letter"):
            assert isinstance(channels.deliver(message(channel=name)), Cancelled), name
        for name in ("chat", "portal", "desk"):
            assert isinstance(channels.deliver(message(channel=name)), Delivered), name
        assert isinstance(channels.deliver(message(channel="pigeon")), Rejected)


@pytest.mark.parametrize("secret", [None, "", " ", "two\nlines", "pässword"])
def test_a_secret_that_the_environment_lacks_is_named(tmp_path: Path, secret: str | None) -> None:
    settings = read(
        SENDER + "channels:\n  mail: {by: smtp, host: a, user: b, password_from: SMTP_PASSWORD}\n"
    )
    given = {} if secret is None else {"SMTP_PASSWORD": secret}
    with (
        pytest.raises(EnvironmentFault, match="SMTP_PASSWORD") as failed,
        built(settings, tmp_path, given, lambda: NOW),
    ):
        pass
    assert "pässword" not in str(failed.value)


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ("channels:\n  sms: {by: webhook, url: 'https://example.org/', secret_from: SHORT}\n", "SHORT"),
        (
            "sender:\n  address: a@example.org\n  replies: b+{case}@example.org\n  secret_from: SHORT\n",
            "SHORT",
        ),
    ],
)
def test_a_secret_that_is_too_short_is_refused(tmp_path: Path, text: str, variable: str) -> None:
    with (
        pytest.raises(EnvironmentFault, match=variable),
        built(read(text), tmp_path, {"SHORT": "abc"}, lambda: NOW),
    ):
        pass
