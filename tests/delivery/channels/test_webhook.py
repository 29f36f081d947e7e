"""Messages posted to a real receiver: signed, the same at every attempt, and what each answer means."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from recovery.clock import SystemClock
from recovery.delivery.channels.webhook import ANSWER_AT_MOST, PAUSE_AT_MOST, WebhookChannel, pause, payload
from recovery.delivery.outcomes import Delivered, Outcome, OutOfOrder, Rejected, RetryLater
from tests.delivery.channels.letters import message
from tests.webhooks import Answer, Receiver, certificate, receiver

SECRET = "whsec_" + base64.b64encode(b"twenty-four bytes, secret").decode()
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def channel_to(url: str, now: Callable[[], datetime] = lambda: NOW) -> WebhookChannel:
    return WebhookChannel(url, SECRET, now)


def impatient(url: str) -> WebhookChannel:
    """For answers that never come."""
    return WebhookChannel(url, SECRET, lambda: NOW, connect=0.3, answer=0.3)


@pytest.fixture(scope="module")
def running() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


@pytest.fixture
def service(running: Receiver) -> Receiver:
    """A receiver that has heard nothing yet."""
    running.posts.clear()
    running.answers.clear()
    return running


@pytest.fixture
def channel(service: Receiver) -> Iterator[WebhookChannel]:
    found = channel_to(service.url)
    yield found
    found.close()


# --- what is posted -----------------------------------------------------------------------------------------


def test_a_message_is_posted_with_all_that_is_known_of_it(service: Receiver, channel: WebhookChannel) -> None:
    assert channel.deliver(message(in_reply_to="<a@b>")) == Delivered('200 {"ok": true}')
    (post,) = service.posts
    assert post.path == "/messages"
    assert post.headers["content-type"] == "application/json"
    body = json.loads(post.body)
    assert (body["type"], body["timestamp"]) == ("message.send", "2026-11-20T09:00:00+00:00")
    assert body["data"] == {
        "key": "1f2e:default:12:3:0",
        "thread": "1f2e:default:12",
        "case": 12,
        "effect": "3.0",
        "template": "apology",
        "purpose": "apology",
        "channel": "mail",
        "address": "ana@example.org",
        "language": "en",
        "subject": "I am sorry",
        "text": message().text,
        "html": message().html,
        "in_reply_to": "<a@b>",
        "by_hand": False,
    }


PAYMENT = {"compensation": "1", "kind": "refund", "amount": "40 USD", "currency": "USD", "units": 4000}


@pytest.mark.parametrize(
    ("said", "paid_as"),
    [
        (b'{"receipt": " T-7104 "}', "T-7104"),
        (b'{"ok": true}', None),
        (b'{"receipt": 7104}', None),
        (b'{"receipt": ""}', None),
        (b'{"receipt": "a\\nb"}', None),
        (b'["T-7104"]', None),
        (b"thank you", None),
        (b"\xff\xfe", None),
        (b'{"receipt": "' + b"x" * 300 + b'"}', None),
    ],
)
def test_a_payment_order_is_posted_as_one_and_the_answer_may_say_its_receipt(
    service: Receiver, channel: WebhookChannel, said: bytes, paid_as: str | None
) -> None:
    service.answers.append(Answer(body=said))
    outcome = channel.deliver(message(channel="payment", payment=PAYMENT))
    assert isinstance(outcome, Delivered)
    assert outcome.paid_as == paid_as
    (post,) = service.posts
    body = json.loads(post.body)
    assert (body["type"], body["data"]["payment"]) == ("payment.order", PAYMENT)
    assert post.headers["idempotency-key"] == post.headers["webhook-id"] == "1f2e:default:12:3:0"


def test_what_is_no_payment_has_no_receipt(service: Receiver, channel: WebhookChannel) -> None:
    service.answers.append(Answer(body=b'{"receipt": "T-7104"}'))
    assert channel.deliver(message()) == Delivered('200 {"receipt": "T-7104"}')
    assert "idempotency-key" not in service.posts[0].headers


def test_the_receiver_can_verify_who_posted_and_when(service: Receiver) -> None:
    channel = channel_to(service.url, SystemClock().now)
    channel.deliver(message())
    (post,) = service.posts
    assert Webhook(SECRET).verify(post.body, post.headers)["data"]["case"] == 12
    channel.close()


def test_a_repetition_has_the_same_id_and_the_same_body(service: Receiver) -> None:
    moments = iter([NOW, NOW + timedelta(minutes=10)])
    channel = channel_to(service.url, lambda: next(moments))
    service.answers.append(Answer(503))
    assert isinstance(channel.deliver(message()), RetryLater)
    assert isinstance(channel.deliver(message()), Delivered)
    first, second = service.posts
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == message().key
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
    channel.close()


def test_a_tenant_may_be_called_anything(service: Receiver, channel: WebhookChannel) -> None:
    odd = message(key="1f2e:商店\r\nx-admin: 1:12:3:0")
    assert isinstance(channel.deliver(odd), Delivered)
    (post,) = service.posts
    assert "x-admin" not in post.headers
    assert json.loads(post.body)["data"]["key"] == odd.key


@pytest.mark.parametrize("text", ["您好", "half a \ud800 character", "\x00\u2028"])
def test_any_text_is_posted(service: Receiver, channel: WebhookChannel, text: str) -> None:
    assert isinstance(channel.deliver(message(text=text)), Delivered)
    assert json.loads(service.posts[0].body)["data"]["text"] == text


# --- what is answered ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        *((code, Delivered) for code in (200, 201, 202, 204)),
        *((code, RetryLater) for code in (408, 425, 429, 500, 502, 503, 504, 507)),
        *((code, OutOfOrder) for code in (301, 302, 307, 308, 401, 403, 404, 405, 407)),
        *((code, Rejected) for code in (400, 409, 410, 413, 418, 422)),
    ],
)
def test_a_status_means_one_thing(
    service: Receiver, channel: WebhookChannel, status: int, outcome: type[Outcome]
) -> None:
    service.answers.append(Answer(status, body=b"" if status == 204 else b"because"))
    found = channel.deliver(message())
    assert type(found) is outcome
    assert str(status) in (found.receipt if isinstance(found, Delivered) else found.reason)  # type: ignore[union-attr]
    assert not getattr(found, "may_have_been_accepted", False)


def test_a_redirect_is_not_followed(service: Receiver, channel: WebhookChannel) -> None:
    service.answers.append(Answer(307, {"location": f"http://localhost:{service.port}/elsewhere"}))
    found = channel.deliver(message())
    assert isinstance(found, OutOfOrder)
    assert [post.path for post in service.posts] == ["/messages"]


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("120", timedelta(minutes=2)),
        ("Fri, 20 Nov 2026 09:05:00 GMT", timedelta(minutes=5)),
        ("Fri, 20 Nov 2026 08:00:00 GMT", timedelta()),
        ("99999999999999999999999", PAUSE_AT_MOST),
        ("Fri, 20 Nov 2099 09:00:00 GMT", PAUSE_AT_MOST),
        ("0", timedelta()),
        ("-5", None),
        ("soon", None),
        ("１２", None),
        ("", None),
        (None, None),
    ],
)
def test_a_pause_that_was_asked_for_is_kept_within_bounds(asked: str | None, given: timedelta | None) -> None:
    assert pause(asked, NOW) == given


def test_a_busy_receiver_says_when_to_come_back(service: Receiver, channel: WebhookChannel) -> None:
    service.answers.append(Answer(429, {"retry-after": "90"}))
    found = channel.deliver(message())
    assert isinstance(found, RetryLater)
    assert found.after == timedelta(seconds=90)


def test_a_long_and_odd_answer_is_cut_to_one_plain_line(service: Receiver, channel: WebhookChannel) -> None:
    service.answers.append(Answer(400, body=b"\x1b[31m\xff\r\n" + b"x" * (4 * ANSWER_AT_MOST)))
    found = channel.deliver(message())
    assert isinstance(found, Rejected)
    assert found.reason.isprintable()
    assert len(found.reason) < 300


# --- connections that break ---------------------------------------------------------------------------------


def test_a_receiver_that_says_nothing_may_have_taken_it(service: Receiver, channel: WebhookChannel) -> None:
    service.answers.append(Answer(hangs=True))
    found = impatient(service.url).deliver(message())
    assert isinstance(found, RetryLater)
    assert found.may_have_been_accepted
    assert isinstance(channel.deliver(message()), Delivered)


def test_an_answer_that_never_ends_counts_by_how_it_began(service: Receiver) -> None:
    service.answers.append(Answer(202, never_ends=True))
    assert isinstance(impatient(service.url).deliver(message()), Delivered)


@pytest.mark.parametrize("said", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200"])
def test_a_connection_that_breaks_leaves_it_uncertain(said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            with listening.accept()[0] as connection:
                connection.recv(65_536)
                connection.sendall(said)

        thread = threading.Thread(target=answer)
        thread.start()
        found = channel_to(f"http://127.0.0.1:{listening.getsockname()[1]}/").deliver(message())
        thread.join()
    assert isinstance(found, RetryLater)
    assert found.may_have_been_accepted


def test_a_receiver_that_is_not_there_is_out_of_order() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/", "https://nowhere.invalid/"):
        assert isinstance(channel_to(url).deliver(message()), OutOfOrder)


def test_a_proxy_of_the_environment_is_not_asked(
    service: Receiver, channel: WebhookChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    found = channel_to(service.url)
    assert isinstance(found.deliver(message()), Delivered)
    found.close()


def test_only_a_trusted_certificate_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, authority = certificate(tmp_path)
    with receiver(files) as service:
        assert isinstance(channel_to(service.url).deliver(message()), OutOfOrder)
        assert service.posts == []
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        channel = channel_to(service.url)
        assert isinstance(channel.deliver(message()), Delivered)
        channel.close()


@pytest.mark.parametrize("secret", ["", "whsec_", "not base64!", base64.b64encode(b"too short").decode()])
def test_a_secret_that_protects_nothing_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match=r"24 bytes|base64|padding|characters|alphabet"):
        WebhookChannel("https://example.org", secret, lambda: NOW)


def test_what_is_posted_depends_on_the_message_alone() -> None:
    assert payload(message()) == payload(message())
