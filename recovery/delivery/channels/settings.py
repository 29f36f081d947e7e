"""`config/channels.yaml`: which of a case's channels is delivered how, and who sends.

Secrets never stand in it: a key that ends in `_from` names the environment variable that holds one. A finding
does not repeat what looks like a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from recovery.delivery.channels.shape import WAYS, ChannelsFile, Plain, SenderKeys, SmtpWay, Way
from recovery.delivery.mail import mailbox
from recovery.delivery.message import CASE
from recovery.workflow.findings import Finding, errors, guess, one_of, shown
from recovery.workflow.reader import Document, Path, read_yaml
from recovery.workflow.shape import check_shape

BUILT_IN: Mapping[str, Way] = {"portal": Plain(by="portal"), "desk": Plain(by="folder")}
"""Channels that every project has, unless it says otherwise."""

_SECRET = re.compile(r"password|passwd|secret|token|credentials|api_?key")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,99}")
_BRACES = re.compile(r"[^{}]*(?:\{case\}[^{}]*)?")
_HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """How messages leave.

    Attributes:
        ways: a case's channel → how it is delivered.
        sender: who mail comes from; None where no mail leaves.
        only_to: addresses and `@domains` that may be written to; None when anybody may.
    """

    ways: Mapping[str, Way] = field(default_factory=lambda: dict(BUILT_IN))
    sender: SenderKeys | None = None
    only_to: frozenset[str] | None = None


def read_channels(data: bytes, file: str) -> tuple[ChannelSettings, list[Finding]]:
    """The settings in a `config/channels.yaml`, and everything that is wrong with it.

    Args:
        file: its name in findings.
    """
    document, findings = read_yaml(data, file)
    if document is None or document.value is None:
        return ChannelSettings(), findings
    made, shape = check_shape(document, ChannelsFile)
    ways: dict[str, Way] = dict(BUILT_IN)
    named = document.get(("channels",))
    for name in named if isinstance(named, dict) else ():
        way, wrong = _way(document, name)
        shape += wrong
        if way is not None:
            ways[name] = way
    secrets = list(_secrets(document))
    covered = {(found.line, found.column) for found in secrets}
    findings += secrets + [found for found in shape if (found.line, found.column) not in covered]
    if made is None or errors(findings):
        return ChannelSettings(), findings
    findings += _meaning(document, made, ways)
    listed = None if made.only_to is None else frozenset(made.only_to)
    return ChannelSettings(ways, made.sender, listed), findings


def _way(document: Document, name: str) -> tuple[Way | None, list[Finding]]:
    """One channel, read as what it says it is."""
    path: Path = ("channels", name)
    value = document.get(path)
    if not isinstance(value, dict):
        hint = "Such as {by: folder}."
        return None, [document.finding(path, "wrong_type", f"{shown(value)} is not a mapping.", hint)]
    by = value.get("by")
    if by is None:
        message = f"{shown(name)} does not say how it is delivered (`by`)."
        return None, [document.finding(path, "missing_key", message, one_of(WAYS), key=True)]
    if not isinstance(by, str) or by not in WAYS:
        message = f"{shown(by)} is not a way to deliver."
        return None, [document.finding((*path, "by"), "wrong_value", message, guess(str(by), WAYS))]
    way, findings = check_shape(_part(document, path), WAYS[by])
    # What is checked is a part, which the findings take for the whole.
    return way, [
        replace(found, message=found.message.replace("The file has", f"{shown(name)} has"))
        for found in findings
    ]


def _part(document: Document, path: Path) -> Document:
    """What stands at a path as a document of its own, whose places are those of the whole."""
    size = len(path)
    keys = {found[size:]: place for found, place in document.keys.items() if found[:size] == path}
    values = {found[size:]: place for found, place in document.values.items() if found[:size] == path}
    return Document(document.file, document.get(path), keys, values)


# --- secrets ------------------------------------------------------------------------------------------------


def _secrets(document: Document) -> Iterator[Finding]:
    """Everything that looks like a secret, named by where it stands and never by what it is."""
    for path in document.keys:
        name, value = str(path[-1]), document.get(path)
        if name.endswith("_from"):
            if isinstance(value, str) and not _VARIABLE.fullmatch(value):
                message = f"{name} names an environment variable, in capitals; it is no secret itself."
                yield document.finding(path, "secret_in_file", message, f"Such as {name}: SMTP_PASSWORD.")
        elif _SECRET.search(name.lower()) and not (len(path) == 2 and path[0] == "channels"):
            message = f"A secret does not belong into this file ({name})."
            hint = f"Put it into an environment variable, and name that: {name}_from: SMTP_PASSWORD."
            yield document.finding(path, "secret_in_file", message, hint, key=True)
        elif name == "url" and isinstance(value, str) and "@" in value.partition("?")[0]:
            message = "A user or a password does not belong into an address."
            yield document.finding(path, "secret_in_file", message, "Posts are signed: leave it out.")


# --- meaning ------------------------------------------------------------------------------------------------


def _meaning(document: Document, made: ChannelsFile, ways: Mapping[str, Way]) -> list[Finding]:
    found: list[Finding] = []

    def say(path: Path, code: str, message: str, hint: str = "", *, key: bool = False) -> None:
        found.append(document.finding(path, code, message, hint, key=key))

    sender = made.sender
    for name, way in ways.items():
        if isinstance(way, SmtpWay):
            if sender is None:
                hint = "Write sender: {address: care@example.org}; customers answer to it."
                say(
                    ("channels", name),
                    "missing_key",
                    f"{shown(name)} is to send mail, and there is no sender.",
                    hint,
                    key=True,
                )
            _check_login(("channels", name), way, say)
        elif way.by == "webhook":
            _check_url(("channels", name, "url"), way.url, say)
    if sender is not None:
        _check_sender(sender, say)
    for number, entry in enumerate(made.only_to or ()):
        if mailbox(f"a{entry}" if entry.startswith("@") else entry) is None:
            hint = "An address such as ana@example.org, or all of a domain: @example.org."
            say(
                ("only_to", number),
                "wrong_value",
                f"{shown(entry)} is neither an address nor a domain.",
                hint,
            )
    return found


def _check_login(path: Path, way: SmtpWay, say: Any) -> None:
    if (way.user is None) != (way.password_from is None):
        message = "A login is a user and a password."
        say(path, "missing_key", message, "Write both user and password_from, or neither.", key=True)
    elif way.user is not None and way.tls == "none" and way.host not in _HERE:
        message = "A password would go over an open line."
        say((*path, "tls"), "wrong_value", message, "Write tls: starttls, or tls: tls.")


def _check_url(path: Path, url: str, say: Any) -> None:
    try:
        parts = urlsplit(url)
        sound = bool(parts.hostname) and url.isascii() and url.isprintable() and " " not in url
        host, _ = parts.hostname, parts.port
    except ValueError:
        sound, host = False, None
    if not sound or parts.scheme not in ("https", "http"):
        say(
            path,
            "wrong_value",
            f"{shown(url)} is no address to post to.",
            "Such as https://example.org/messages.",
        )
    elif parts.scheme == "http" and host not in _HERE:
        message = "What customers are told would go over an open line."
        say(path, "wrong_value", message, "Write https://; http:// is for this machine itself.")


def _check_sender(sender: SenderKeys, say: Any) -> None:
    if mailbox(sender.address) != sender.address or not sender.address.isascii():
        message = f"{shown(sender.address)} is no mail address in plain letters."
        say(("sender", "address"), "wrong_value", message, "Such as care@example.org.")
    if not sender.name.isprintable():
        say(("sender", "name"), "wrong_value", "A sender's name stands on one line.")
    if sender.replies is None:
        return
    example = sender.replies.replace(CASE, "case-1")
    if mailbox(example) != example or not example.isascii() or not _BRACES.fullmatch(sender.replies):
        message = f"{shown(sender.replies)} is no mail address for replies."
        say(("sender", "replies"), "wrong_value", message, "Such as care+{case}@example.org.")
    elif CASE in sender.replies and sender.secret_from is None:
        message = "An address for each case is signed, so that nobody can make one up."
        say(("sender", "replies"), "missing_key", message, "Add secret_from: REPLY_SECRET.")
