"""Webhook: a message posted as JSON to a service of the house or of a provider, signed (Standard Webhooks).

The receiver knows a repetition by `webhook-id`, which is the message's key: it is safe to post again. The
address is the operator's own, so it may lie in a private network; redirects are never followed, so a receiver
cannot send us anywhere else.
"""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Any
from urllib.parse import quote

import httpx
from standardwebhooks import Webhook

from recovery.delivery.message import Message
from recovery.delivery.outcomes import Delivered, Outcome, OutOfOrder, Rejected, RetryLater

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 15.0
ANSWER_AT_MOST = 64 * 1024
"""Bytes of an answer that are read."""

KEY_AT_LEAST = 24
"""Bytes of a secret (Standard Webhooks, 1.0.0)."""

WORDS_AT_MOST = 200
PAUSE_AT_MOST = timedelta(days=1)
"""The longest pause a receiver may ask for."""

_AGAIN = frozenset((408, 425, 429))
_NOT_THIS_WAY = frozenset((401, 403, 404, 405, 407))
"""The receiver does not know us, or is not there: every message would hear the same."""


class WebhookChannel:
    """Posts each message to one address. Safe to share between threads."""

    def __init__(
        self,
        url: str,
        secret: str,
        now: Callable[[], datetime],
        *,
        connect: float = CONNECT_SECONDS,
        answer: float = ANSWER_SECONDS,
    ) -> None:
        """Nothing is opened before the first message.

        Args:
            secret: what the posts are signed with, base64, with or without `whsec_`.
            now: the present moment, which is signed with them; receivers refuse what is too old.
            connect, answer: how long is waited, in seconds, for a connection and for an answer.

        Raises:
            ValueError: the secret is not base64 of at least 24 bytes.
        """
        self._url = url
        self._signer = Webhook(_key(secret))
        self._now = now
        self._answer = answer
        waits = httpx.Timeout(answer, connect=connect)
        # Proxies and passwords that stand in the environment are for other programs.
        self._client = httpx.Client(
            timeout=waits, follow_redirects=False, trust_env=False, verify=ssl.create_default_context()
        )

    def deliver(self, message: Message) -> Outcome:
        """Post one message (see `Channel.deliver`)."""
        body = payload(message)
        key = quote(message.key, safe=":")  # a header takes ASCII; tenants may be called anything
        moment = self._now()
        headers = {
            "content-type": "application/json",
            "webhook-id": key,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": self._signer.sign(key, moment, body),
        }
        if message.payment is not None:
            headers["idempotency-key"] = key
        try:
            with self._client.stream("POST", self._url, content=body.encode(), headers=headers) as answer:
                said = self._read(answer)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            return OutOfOrder(f"The receiver cannot be reached: {_why(error)}")
        except httpx.HTTPError as error:
            reason = f"The connection to the receiver broke: {_why(error)}"
            return RetryLater(reason, may_have_been_accepted=True)
        outcome = answered(answer.status_code, _words(said), answer.headers.get("retry-after"), moment)
        if isinstance(outcome, Delivered) and message.payment is not None:
            return Delivered(outcome.receipt, paid_as(said))
        return outcome

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def _read(self, answer: httpx.Response) -> bytes:
        """The beginning of what a receiver says; no more is read than a sound one would say."""
        found = bytearray()
        until = monotonic() + self._answer
        with suppress(httpx.HTTPError):  # the status has been given, and it alone counts
            for part in answer.iter_raw(4096):
                found += part
                if len(found) > ANSWER_AT_MOST or monotonic() > until:
                    break
        return bytes(found)


def _words(said: bytes) -> str:
    """An answer on one line, to be shown."""
    text = said[: 4 * WORDS_AT_MOST].decode("utf-8", "replace")
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:WORDS_AT_MOST]


def paid_as(said: bytes) -> str | None:
    """The `receipt` of an answer, a JSON object; None where whoever pays has not said one yet.

    One that no log can keep is none: then a person puts it on record.
    """
    try:
        receipt = json.loads(said).get("receipt")
    except (ValueError, AttributeError, RecursionError):
        return None
    if not isinstance(receipt, str) or len(receipt) > WORDS_AT_MOST or not receipt.isprintable():
        return None
    return receipt.strip() or None


def payload(message: Message) -> str:
    """What is posted: the same text on every attempt. Its fields are documented with the settings."""
    data: dict[str, Any] = {
        "key": message.key,
        "thread": message.thread,
        "case": message.case,
        "effect": message.effect,
        "template": message.template,
        "purpose": message.purpose,
        "channel": message.channel,
        "address": message.address,
        "language": message.language,
        "subject": message.subject,
        "text": message.text,
        "html": message.html,
        "in_reply_to": message.in_reply_to,
        "by_hand": message.by_hand,
    }
    if message.payment is not None:
        data["payment"] = dict(message.payment)
    moment = message.created_at.astimezone(UTC).isoformat(timespec="seconds")
    kind = "message.send" if message.payment is None else "payment.order"
    return json.dumps({"type": kind, "timestamp": moment, "data": data})


def answered(status: int, words: str, retry_after: str | None, now: datetime) -> Outcome:
    """What a receiver's answer means for a message.

    2xx: delivered. 408, 425, 429 and 5xx: again, after the pause it asked for. Redirects and 401, 403, 404,
    405, 407: it is not the message, we are at the wrong place or not known. Any other 4xx, 410 among them:
    never.
    """
    said = f"{status} {words}".strip()
    if 200 <= status < 300:
        return Delivered(said)
    if status in _AGAIN or status >= 500:
        return RetryLater(f"The receiver does not take it now: {said}", pause(retry_after, now))
    if 300 <= status < 400:
        return OutOfOrder(f"The receiver has moved, and redirects are not followed: {said}")
    if status in _NOT_THIS_WAY:
        return OutOfOrder(f"The receiver does not let us in: {said}")
    return Rejected(f"The receiver will not take it: {said}")


def pause(retry_after: str | None, now: datetime) -> timedelta | None:
    """The pause that a `Retry-After` asks for (RFC 9110, 10.2.3): seconds, or a date; at most a day."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), PAUSE_AT_MOST)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        return None
    aware = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(aware - now, timedelta()), PAUSE_AT_MOST)


def _key(secret: str) -> bytes:
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    if len(key) < KEY_AT_LEAST:
        raise ValueError(f"a secret has at least {KEY_AT_LEAST} bytes")
    return key


def _why(error: Exception) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__
