"""A message as mail: what a mail program reads, the same bytes each time, and nothing slipped in."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from recovery.delivery.mail import as_mail, mailbox, message_id, thread_id
from recovery.delivery.message import Sender, case_of_reply
from tests.delivery.channels.letters import SENDER, message, opened, words

CASES = Sender("care@example.org", "Example Shop", "care+{case}@example.org", b"a secret of sixteen")

SLIPPED = {
    "line ends": "a\r\nBcc: all@example.org\r\n\r\nHello",
    "a line end of Unicode": "a\u2028Bcc: all@example.org\x85\x0bb",
    "an encoded line end": "=?utf-8?q?a=0D=0ABcc:_all=40example.org=0D=0A=0D=0AHello?=",
    "an encoded line end in base64": "=?utf-8?b?YQ0KQmNjOiBhbGxAZXhhbXBsZS5vcmc=?=",
    "a line that would fold": "x" * 60 + " Bcc: all@example.org " + "y" * 900,
    "half a character": "a\ud800b",
    "Chinese with line ends": "您好\r\nBcc: all@example.org",
}


# --- what it says -------------------------------------------------------------------------------------------


def test_a_mail_says_who_it_is_from_and_to_and_what_about() -> None:
    found = opened(as_mail(message(), SENDER))
    assert found["from"] == "Example Shop <care@example.org>"
    assert (found["to"], found["reply-to"]) == ("ana@example.org", "care@example.org")
    assert found["date"].datetime == message().created_at
    assert found["content-language"] == "en"
    assert found["mime-version"] == "1.0"
    assert found.defects == []


def test_a_mail_has_the_words_as_plain_text_and_as_html() -> None:
    found = opened(as_mail(message(), SENDER))
    assert found.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in found.iter_parts()] == ["text/plain", "text/html"]
    assert words(found) == message().text
    assert words(found, "html").strip() == message().html


def test_a_message_without_html_is_plain_text() -> None:
    found = opened(as_mail(message(html=None), SENDER))
    assert found.get_content_type() == "text/plain"
    assert words(found) == message().text


@pytest.mark.parametrize(
    "text",
    [
        "王女士，您好：\n\n对不起，让您久等了。\n",
        "Dear Zoë,\n\nthat is – briefly – not right.\n",
        "a\r\nb\rc\nd\n",
        "x" * 5_000 + "\n",
        "From here\n.\n..\n--=_\nTo: x\n",
        "\u202eabc\u200d \x85 \u2028 \x0c 👨‍👩‍👧\n",
        "\x1b[31mred\x00\n",
        " \n",
    ],
    ids=["Chinese", "accents", "line ends", "a long line", "dots", "odd letters", "controls", "nothing"],
)
def test_any_text_arrives_as_it_was_written(text: str) -> None:
    data = as_mail(message(text=text, html=f"<p>{text}</p>"), SENDER)
    assert data.isascii()
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert re.search(rb"(?<!\r)\n|\r(?!\n)", data) is None
    meant = re.sub("\r\n|\r", "\n", text).rstrip() + "\n"
    assert words(opened(data)) == meant


def test_a_subject_in_chinese_arrives_as_it_was_written() -> None:
    subject = "关于您的订单：对不起，让您久等了，我们正在处理，今天下午三点以前给您回复。" * 2
    found = opened(as_mail(message(subject=subject, language="zh"), SENDER))
    assert found["subject"] == subject


def test_a_sender_may_have_a_name_in_any_letters() -> None:
    for name in ("示例商店", 'Shop "Ümlaut", Ltd.', ""):
        found = opened(as_mail(message(), Sender("care@example.org", name)))
        (address,) = found["from"].addresses
        assert (address.display_name, address.addr_spec) == (name, "care@example.org")


@pytest.mark.parametrize(("address", "name"), [("li", "li"), ("李雷", "李雷"), (None, "desk")])
def test_who_has_no_mail_address_is_named_and_gets_no_mail(address: str | None, name: str) -> None:
    found = opened(as_mail(message(address=address, channel="desk"), SENDER))
    (group,) = found["to"].groups
    assert (group.display_name, group.addresses) == (name, ())


# --- the same bytes, and one conversation -------------------------------------------------------------------


def test_the_same_message_gives_the_same_bytes() -> None:
    assert as_mail(message(), SENDER) == as_mail(replace(message()), SENDER)


def test_no_two_messages_have_the_same_id() -> None:
    ids = {message_id(message(effect, case), SENDER) for case in (1, 12) for effect in ("1.0", "1.1", "11.0")}
    assert len(ids) == 6
    elsewhere = replace(message(), key="other:default:12:3:0")
    assert message_id(elsewhere, SENDER) != message_id(message(), SENDER)


def test_all_mails_of_a_case_are_one_conversation_and_those_of_another_are_not() -> None:
    first, second = (opened(as_mail(message(effect), SENDER)) for effect in ("1.0", "3.0"))
    thread = thread_id(message(), SENDER)
    assert first["references"] == second["references"] == first["in-reply-to"] == thread
    assert first["message-id"] != second["message-id"]
    assert thread_id(message(case=13), SENDER) != thread


def test_an_answer_refers_to_the_mail_it_answers() -> None:
    theirs = "<CAF=4711@mail.example.net>"
    found = opened(as_mail(message(in_reply_to=theirs), SENDER))
    assert found["in-reply-to"] == theirs
    assert found["references"].split() == [thread_id(message(), SENDER), theirs]


@pytest.mark.parametrize(
    "theirs", ["<a b@c>", "nothing", "<a@b>\r\nBcc: x@example.org", "<" + "x" * 2_000 + ">"]
)
def test_an_id_that_is_none_is_not_referred_to(theirs: str) -> None:
    found = opened(as_mail(message(in_reply_to=theirs), SENDER))
    assert found["in-reply-to"] == thread_id(message(), SENDER)
    assert found["bcc"] is None


def test_mail_by_the_process_says_so_and_mail_by_a_person_does_not() -> None:
    def submitted(**more: object) -> str | None:
        return opened(as_mail(message(**more), SENDER))["auto-submitted"]

    assert submitted() == "auto-generated"
    assert submitted(purpose="acknowledgement") == "auto-replied"
    assert submitted(by_hand=True) is None


def test_only_what_serves_us_says_how_to_get_no_more_of_it() -> None:
    assert opened(as_mail(message(), SENDER))["list-unsubscribe"] is None
    asked = opened(as_mail(message(purpose="rating-ask"), CASES))
    (address,) = asked["reply-to"].addresses
    plain = asked["list-unsubscribe"].replace("%2B", "+")
    assert plain == f"<mailto:{address.addr_spec}?subject=unsubscribe>"


# --- replies ------------------------------------------------------------------------------------------------


def test_a_reply_finds_its_case() -> None:
    address = CASES.reply_to(message(case=17))
    assert re.fullmatch(r"care\+case-17-[a-z2-7]{16}@example\.org", address)
    assert case_of_reply(address, CASES, "1f2e:default") == 17
    assert case_of_reply(address.upper(), CASES, "1f2e:default") == 17


def test_an_address_that_was_made_up_finds_no_case() -> None:
    real = CASES.reply_to(message(case=17))
    forged = [
        real.replace("17", "18"),
        CASES.reply_to(replace(message(case=17), key="1f2e:other:17:3:0")),
        replace(CASES, secret=b"another secret of ours").reply_to(message(case=17)),
        "care@example.org",
        "care+case-17-@example.org",
        "care+case-0-aaaaaaaaaaaaaaaa@example.org",
        real + "\n",
        "",
    ]
    assert [case_of_reply(address, CASES, "1f2e:default") for address in forged] == [None] * len(forged)
    assert case_of_reply(real, SENDER, "1f2e:default") is None


def test_the_secret_of_replies_is_not_shown() -> None:
    assert "sixteen" not in repr(CASES)


# --- nothing slipped in -------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["subject", "address", "language", "text", "html", "template", "channel"])
@pytest.mark.parametrize("slipped", SLIPPED.values(), ids=SLIPPED.keys())
def test_nothing_that_is_filled_in_adds_a_header(part: str, slipped: str) -> None:
    made = message(**{part: slipped})
    if part == "channel":
        made = replace(made, address=None)
    found = opened(as_mail(made, SENDER))
    assert sorted(found.keys()) == sorted(opened(as_mail(message(), SENDER)).keys())
    assert found["bcc"] is None


def test_a_subject_that_looks_encoded_is_shown_as_it_was_written() -> None:
    subject = SLIPPED["an encoded line end"]
    assert opened(as_mail(message(subject=subject), SENDER))["subject"] == subject


def test_nobody_can_write_a_part_of_their_own() -> None:
    known = as_mail(message(), SENDER)
    (boundary,) = re.findall(rb'boundary="([^"]+)"', known)
    text = f"a\n--{boundary.decode()}\nContent-Type: text/html\n\n<b>mine</b>\n--{boundary.decode()}--\n"
    found = opened(as_mail(message(text=text), SENDER))
    assert words(found) == text
    assert len(list(found.iter_parts())) == 2


# --- addresses ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "over_the_wire"),
    [
        ("ana@example.org", "ana@example.org"),
        ("  ana@example.org ", "ana@example.org"),
        ("a.b+c'd_e=f@mail.example.org", "a.b+c'd_e=f@mail.example.org"),
        ("ana@localhost", "ana@localhost"),
        ("ana@faß.example", "ana@xn--fa-hia.example"),
        ("ana@例子.中国", "ana@xn--fsqu00a.xn--fiqs8s"),
        ("हिन्दी@example.org", "हिन्दी@example.org"),
        ("用户@例子.中国", "用户@xn--fsqu00a.xn--fiqs8s"),
    ],
)
def test_an_address_is_known(address: str, over_the_wire: str) -> None:
    assert mailbox(address) == over_the_wire


@pytest.mark.parametrize(
    "address",
    [
        *("", "li", "+49 30 1234", "@example.org", "ana@", "a b@example.org", "ana@example..org"),
        *(
            "Ana <ana@example.org>",
            "ana@example.org, all@example.org",
            "ana@example.org>",
            "<ana@example.org",
        ),
        *("ana@example.org\r\nRCPT TO:<all@example.org>", "ana\x00@example.org", "a@b@example.org"),
        *(
            "ana@-example.org",
            "ana@[127.0.0.1]",
            '"a b"@example.org',
            ".ana@example.org",
            "ana@exa\u2028mple.org",
        ),
        *("x" * 65 + "@example.org", "ana@" + "x" * 300, "ana@\ud800", "\ud800@example.org"),
    ],
)
def test_what_is_no_address_is_not_taken_for_one(address: str) -> None:
    assert mailbox(address) is None


def test_an_address_with_letters_beyond_ascii_stands_in_the_mail_as_it_is() -> None:
    data = as_mail(message(address="用户@例子.中国"), SENDER)
    assert "To: 用户@xn--fsqu00a.xn--fiqs8s\r\n".encode() in data
