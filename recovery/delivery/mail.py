"""A message as mail: RFC 5322, plain text with an HTML alternative, the same bytes on every attempt.

Header values are encoded here and never parsed. `email.message.EmailMessage` reads a value that it is given
as it would read one from the wire, so that a subject such as `=?utf-8?q?a=0D=0ABcc:_x=40y.example?=` becomes
a header of its own; customers write subjects.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from email.header import Header
from email.quoprimime import body_encode
from email.utils import format_datetime, formataddr
from urllib.parse import quote

import idna

from recovery.core.contact import UNASKED
from recovery.delivery.message import ANSWERING, Message, Sender

LINE_AT_MOST = 998
"""Octets of a line as it stands (RFC 5322, 2.1.1); a text with a longer one is encoded."""

HEADER_AT_MOST = 76
"""Characters of a header on one line, with its name; longer ones are folded."""

ADDRESS_AT_MOST = 254
"""Characters of an address (RFC 5321, 4.5.3.1, as its errata read it)."""

_CRLF = "\r\n"
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_BEYOND_ASCII = bytes(range(0x80, 0x100))
_LINE_END = re.compile("\r\n|\r|\n")
_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_OURS = re.compile(r"<case-[0-9]+\.([0-9]{1,18}\.[0-9]{1,18})\.([0-9a-f]{20})@[^<>\s]+>")
_PHRASE = re.compile(r"[A-Za-z0-9 !#$%&'*+/^_`{|}~-]+")
_ATOM = r"[^\x00-\x20\x7f\"(),.:;<>@\[\\\]]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*", re.IGNORECASE)


def mailbox(address: str) -> str | None:
    """An address as it goes over the wire, its domain in ASCII; None when it is not one.

    Letters beyond ASCII before the `@` stay: such mail needs a server with SMTPUTF8 (RFC 6531). Quoted
    local parts, comments and addresses with a name are not accepted.
    """
    local, at, domain = address.strip().rpartition("@")
    if (
        not at
        or len(local.encode("utf-8", "replace")) > 64
        or not _LOCAL.fullmatch(local)
        or not local.isprintable()
    ):
        return None
    try:
        host = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except (idna.IDNAError, UnicodeError):
        return None
    found = f"{local}@{host}"
    return found if len(found) <= ADDRESS_AT_MOST and _HOST.fullmatch(host) else None


def message_id(message: Message, sender: Sender) -> str:
    """The Message-ID, made from the key: a receiver can tell a second delivery by it."""
    return f"<case-{message.case}.{message.effect}.{_digest('message', message.key)}@{_domain(sender)}>"


def answered(id: str, thread: str) -> str | None:
    """The effect whose mail bears a Message-ID; None when it is no mail of this case.

    Args:
        thread: `installation:tenant:case`.
    """
    found = _OURS.fullmatch(id)
    if found is None:
        return None
    effect = found[1]
    key = f"{thread}:{effect.replace('.', ':')}"
    return effect if hmac.compare_digest(_digest("message", key), found[2]) else None


def thread_id(message: Message, sender: Sender) -> str:
    """What every mail of a case refers to, so that mail programs show them as one conversation."""
    return f"<case-{message.case}.{_digest('thread', message.thread)}@{_domain(sender)}>"


def as_mail(message: Message, sender: Sender) -> bytes:
    """The mail, ready to be sent: lines ended by CRLF, and 7 bits wide.

    Only an address with letters beyond ASCII before its `@` is written as it is, in UTF-8 (RFC 6532).
    """
    lines = [f"{name}: {value}{_CRLF}" for name, value in _headers(message, sender)]
    return ("".join(lines) + _content(message)).encode()


def _headers(message: Message, sender: Sender) -> list[tuple[str, str]]:
    refers = [thread_id(message, sender)]
    if message.in_reply_to is not None and _ID.fullmatch(message.in_reply_to):
        refers.append(message.in_reply_to)
    reply_to = sender.reply_to(message)
    found = [
        ("From", formataddr((sender.name, sender.address))),
        ("To", _to(message)),
        ("Reply-To", reply_to),
        ("Subject", _words("Subject", message.subject)),
        ("Date", format_datetime(message.created_at)),
        ("Message-ID", message_id(message, sender)),
        ("In-Reply-To", refers[-1]),
        ("References", f"{_CRLF} ".join(refers)),
        ("Content-Language", _words("Content-Language", message.language)),
    ]
    if not message.by_hand:
        kind = "auto-replied" if message.purpose in ANSWERING else "auto-generated"
        found.append(("Auto-Submitted", kind))
    if message.purpose in UNASKED:
        found.append(("List-Unsubscribe", f"<mailto:{quote(reply_to, safe='@')}?subject=unsubscribe>"))
    return found


def _to(message: Message) -> str:
    """The address; where there is none that a mail could go to, an empty group of that name."""
    address = mailbox(message.address or "")
    if address is not None:
        return address
    name = " ".join(_UNSEEN.sub(" ", message.address or message.channel).split())
    plain = _PHRASE.fullmatch(name) is not None
    return f"{name if plain else Header(name, 'utf-8', header_name='To').encode(linesep=_CRLF)}:;"


def _words(name: str, value: str) -> str:
    """A header's text on one line, encoded unless it is plain ASCII that nobody could read as encoded."""
    line = " ".join(_UNSEEN.sub(" ", value).split())
    plain = line.isascii() and "=?" not in line
    if plain and len(name) + len(line) < HEADER_AT_MOST:
        return line
    return Header(line, "us-ascii" if plain else "utf-8", header_name=name).encode(linesep=_CRLF)


def _content(message: Message) -> str:
    """The parts of a mail with their own headers, which are the last of the whole."""
    text = _part(message.text, "plain")
    if message.html is None:
        return f"MIME-Version: 1.0{_CRLF}{text}"
    # Nobody can write a text that holds the boundary which is made from that text.
    boundary = f"=_{_digest('boundary', message.key, message.text, message.html)}"
    lines = [
        "MIME-Version: 1.0",
        f'Content-Type: multipart/alternative; boundary="{boundary}"',
        "",
        f"--{boundary}",
        text,
        f"--{boundary}",
        _part(message.html, "html"),
        f"--{boundary}--",
        "",
    ]
    return _CRLF.join(lines)


def _part(text: str, kind: str) -> str:
    lines = _LINE_END.split(text.encode("utf-8", "replace").decode().rstrip())
    if text.isascii() and not _ODD.search(text) and max(map(len, lines)) <= LINE_AT_MOST:
        charset, encoding, body = "us-ascii", "7bit", _CRLF.join([*lines, ""])
    else:
        charset, encoding, body = "utf-8", *_encoded("\n".join([*lines, ""]).encode())
    return _CRLF.join(
        [
            f'Content-Type: text/{kind}; charset="{charset}"',
            f"Content-Transfer-Encoding: {encoding}",
            "",
            body,
        ]
    )


def _encoded(data: bytes) -> tuple[str, str]:
    """Text in 7 bits, the shorter way: one makes three bytes of each beyond ASCII, one four of any three."""
    beyond = len(data) - len(data.translate(None, _BEYOND_ASCII))
    if 6 * beyond < len(data):
        return "quoted-printable", body_encode(data.decode("latin-1"), eol=_CRLF)
    return "base64", base64.encodebytes(data).decode().replace("\n", _CRLF)


def _digest(*parts: str) -> str:
    text = "\0".join(parts).encode("utf-8", "replace")
    return hashlib.sha256(text).hexdigest()[:20]


def _domain(sender: Sender) -> str:
    return sender.address.rpartition("@")[2]
