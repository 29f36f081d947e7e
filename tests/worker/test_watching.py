"""What a supervisor asks a worker, and what it is told."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from recovery.clock import ManualClock
from recovery.core.errors import EnvironmentFault, RecoveryError
from recovery.engine import Engine
from recovery.testing import Mailbox
from recovery.worker import pulse
from recovery.worker.listening import HERE, WAITING, Answer, address, listening, verdict
from recovery.worker.serving import Worker
from recovery.worker.telling import for_people
from recovery.worker.watching import watched

Ask = Callable[[str], httpx.Response]


@pytest.fixture
def worker(engine: Engine) -> Worker:
    return Worker(engine, Mailbox(), may_send=lambda: True, seal=lambda: None, tell=for_people(print))


@pytest.fixture
def ask(worker: Worker) -> Iterator[Ask]:
    """Asks the worker for a path."""
    with (
        watched(worker, lambda: True, ("mail",), (HERE, 0)) as port,
        httpx.Client(base_url=f"http://{HERE}:{port}", trust_env=False) as client,
    ):
        yield client.get


def test_a_worker_whose_loop_goes_on_is_alive_and_ready(ask: Ask) -> None:
    for path in ("/healthz", "/readyz"):
        answer = ask(path)
        assert (answer.status_code, answer.json()) == (200, {"ok": True, "why": []})


def test_a_loop_that_gives_no_sign_is_ill_and_not_ready(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    later = pulse.monotonic() + pulse.STUCK_SECONDS + 1
    monkeypatch.setattr(pulse, "monotonic", lambda: later)
    for path in ("/healthz", "/readyz"):
        answer = ask(path)
        assert answer.status_code == 503
        assert "no sign" in answer.json()["why"][0]


def test_without_a_database_it_is_alive_and_not_ready(engine: Engine, ask: Ask) -> None:
    engine.store.close()
    path = engine.store.path  # type: ignore[attr-defined]
    path.rename(path.with_suffix(".away"))
    assert ask("/healthz").status_code == 200
    answer = ask("/readyz")
    assert answer.status_code == 503
    assert len(answer.json()["why"]) == 1
    assert "recovery_database_up 0.0" in ask("/metrics").text


def test_where_another_installation_sends_it_is_not_ready(worker: Worker) -> None:
    with watched(worker, lambda: False, (), (HERE, 0)) as port:
        answer = httpx.get(f"http://{HERE}:{port}/readyz", trust_env=False)
    assert answer.status_code == 503
    assert "another installation" in answer.json()["why"][0]


def test_measurements_hold_nothing_of_a_customer(engine: Engine, worker: Worker, ask: Ask) -> None:
    engine.open_case("My secret lamp.", customer={"name": "Ana", "address": "ana@example.org"})
    worker.tick()
    page = ask("/metrics").text
    assert 'recovery_messages_total{end="delivered"} 1.0' in page
    assert 'recovery_channel_breaker{channel="mail"} 0.0' in page
    assert not {"ana", "Ana", "lamp", "@"} & set(page.replace('"', " ").split())
    assert "example.org" not in page


def test_what_waits_is_counted_once_for_all_who_ask_within_seconds(engine: Engine, ask: Ask) -> None:
    assert "recovery_messages_due 0.0" in ask("/metrics").text
    engine.open_case("It never came.")
    assert "recovery_messages_due 0.0" in ask("/metrics").text


def test_other_paths_are_not_there_and_nothing_can_be_sent_to_it(ask: Ask) -> None:
    answer = ask("/")
    assert (answer.status_code, answer.text) == (404, "There are /healthz, /metrics, /readyz.\n")
    assert httpx.post(str(answer.url), content=b"x", trust_env=False).status_code == 501
    assert httpx.head(str(answer.url.join("/healthz")), trust_env=False).content == b""


def test_a_page_that_fails_is_a_503_and_the_server_goes_on() -> None:
    def broken() -> Answer:
        raise KeyError("ana@example.org")

    with listening((HERE, 0), {"/broken": broken, "/well": lambda: verdict([])}) as port:
        answer = httpx.get(f"http://{HERE}:{port}/broken", trust_env=False)
        assert (answer.status_code, answer.json()["why"]) == (503, ["This is a bug: KeyError."])
        assert httpx.get(f"http://{HERE}:{port}/well", trust_env=False).status_code == 200


def test_clients_that_say_nothing_keep_no_more_than_their_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recovery.worker.listening._Handler.timeout", 0.2)
    with listening((HERE, 0), {"/well": lambda: verdict([])}) as port, ExitStack() as stack:
        for _ in range(WAITING + 4):
            stack.enter_context(socket.create_connection((HERE, port)))
        transport = httpx.HTTPTransport(retries=0)
        with httpx.Client(transport=transport, trust_env=False, timeout=10) as client:
            for _ in range(100):
                try:
                    assert client.get(f"http://{HERE}:{port}/well").status_code == 200
                    break
                except httpx.HTTPError:
                    continue
            else:
                pytest.fail("the silent ones were never let go")


def test_a_port_that_is_taken_is_said() -> None:
    with (
        listening((HERE, 0), {}) as port,
        pytest.raises(EnvironmentFault, match=f"{HERE}:{port} cannot be listened at"),
        listening((HERE, port), {}),
    ):
        pass


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("9464", (HERE, 9464)),
        ("127.0.0.1:9464", (HERE, 9464)),
        ("0.0.0.0:80", ("0.0.0.0", 80)),
        ("[::1]:9464", ("::1", 9464)),
        ("localhost:0", ("localhost", 0)),
    ],
)
def test_where_to_listen_is_a_port_or_an_address_with_one(text: str, found: tuple[str, int]) -> None:
    assert address(text) == found


@pytest.mark.parametrize("text", ["", ":9464", "localhost", "localhost:", "here:70000", "::1:9464", "a:-1"])
def test_anything_else_is_no_address(text: str) -> None:
    with pytest.raises(RecoveryError, match="no address to listen at"):
        address(text)


def test_a_second_tick_counts_on(engine: Engine, clock: ManualClock, worker: Worker, ask: Ask) -> None:
    for count in (1, 2):
        engine.open_case("It never came.", customer={"address": "ana@example.org"})
        worker.tick()
        page = ask("/metrics").text
        assert f'recovery_messages_total{{end="delivered"}} {count}.0' in page
        assert f'recovery_step_seconds_count{{part="messages"}} {count}.0' in page
