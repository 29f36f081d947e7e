"""A message as mail: RFC 5322, plain text with an HTML alternative, the same bytes on every attempt.

Header values are encoded here and never parsed. `email.message.EmailMessage` reads a value that it is given
as it would read one from the wire, so that a subject such as `=?utf-8?q?a=0D=0ABcc:_x=40y.example?=` becomes
a header of its own; customers write subjects.
"""

from __future__ import annotations

import hashlib
import re
from email.charset import BASE64, QP, Charset
from email.header import Header
from email.message import Message as Part
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import compat32
from email.utils import format_datetime, formataddr
from urllib.parse import quote

import idna

from recovery.delivery.message import ANSWERING, UNASKED, Message, Sender

LINE_AT_MOST = 998
"""Octets of a line as it stands (RFC 5322, 2.1.1); a text with a longer one is encoded."""

ADDRESS_AT_MOST = 254
"""Characters of an address (RFC 5321, 4.5.3.1, as its errata read it)."""

_CRLF = "\r\n"
_POLICY = compat32.clone(linesep=_CRLF, max_line_length=78)
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")
_BEYOND_ASCII = re.compile("[^\x00-\x7f]+")
_LINE_END = re.compile("\r\n|\r|\n")
_ID = re.compile(r"<[!-;=?-~]{1,900}>")
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


def thread_id(message: Message, sender: Sender) -> str:
    """What every mail of a case refers to, so that mail programs show them as one conversation."""
    return f"<case-{message.case}.{_digest('thread', message.thread)}@{_domain(sender)}>"


def as_mail(message: Message, sender: Sender) -> bytes:
    """The mail, ready to be sent: lines ended by CRLF, and 7 bits wide.

    Only an address with letters beyond ASCII before its `@` is written as it is, in UTF-8 (RFC 6532).
    """
    lines = [f"{name}: {value}{_CRLF}" for name, value in _headers(message, sender)]
    return "".join(lines).encode("utf-8") + _content(message).as_bytes(policy=_POLICY)


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
    return Header(line, "us-ascii" if plain else "utf-8", header_name=name).encode(linesep=_CRLF)


def _content(message: Message) -> Part:
    text = _part(message.text, "plain")
    if message.html is None:
        return text
    parts = [text, _part(message.html, "html")]
    # Nobody can write a text that holds the boundary which is made from that text.
    boundary = f"=_{_digest('boundary', message.key, message.text, message.html)}"
    return MIMEMultipart("alternative", boundary, parts, policy=_POLICY)


def _part(text: str, kind: str) -> MIMEText:
    lines = _LINE_END.split(text.encode("utf-8", "replace").decode().rstrip())
    text = "\n".join(lines) + "\n"
    if text.isascii() and not _ODD.search(text) and max(map(len, lines)) <= LINE_AT_MOST:
        return MIMEText(text, kind, "us-ascii", policy=_POLICY)
    dear = 2 * sum(map(len, _BEYOND_ASCII.findall(text)))  # quoted-printable writes each as six or more
    charset = Charset("utf-8")
    charset.body_encoding = QP if 6 * dear < len(text) else BASE64
    return MIMEText(text, kind, charset, policy=_POLICY)  # type: ignore[arg-type]


def _digest(*parts: str) -> str:
    text = "\0".join(parts).encode("utf-8", "replace")
    return hashlib.sha256(text).hexdigest()[:20]


def _domain(sender: Sender) -> str:
    return sender.address.rpartition("@")[2]
