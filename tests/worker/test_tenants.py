"""A storm of one tenant starves no other: whoever shares the database waits for a batch at most."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta

import pytest

from recovery.bootstrap import open_engine
from recovery.clock import ManualClock
from recovery.commands import Command
from recovery.core.events import ComplaintReceived
from recovery.delivery.channels import Message
from recovery.delivery.outbox import BATCH, deliver_due
from recovery.delivery.outcomes import Outcome
from recovery.engine import Engine
from recovery.project import Project
from recovery.testing import Mailbox
from recovery.ticking import BATCH as CASES
from recovery.ticking import fire_due
from tests.postgres import new_database, postgres_server
from tests.support import START, entropy
from tests.support import new_database as new_file

__all__ = ["postgres_server"]

SECONDS = 60


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An engine on a new database of each kind."""
    folder = tmp_path_factory.mktemp("tenants")
    with ExitStack() as stack:
        project = new_file(folder, tmp_path_factory.getbasetemp())
        if request.param == "postgres":
            server = request.getfixturevalue("postgres_server")
            url = stack.enter_context(new_database(server, "recovery_tenants"))
            project = Project(project.root, url)
        clock = ManualClock(START)
        engine = open_engine(project, clock=clock, entropy=entropy(), make=True, synchronous="NORMAL")
        yield engine
        engine.store.close()


@pytest.fixture
def tenants(shared: Engine, request: pytest.FixtureRequest) -> tuple[Engine, Engine]:
    """Two tenants of one database, under one clock, without cases."""
    store, clock = shared.store, shared.clock
    hash = shared.current().bundle
    files = shared.bundle(hash).files
    loud, quiet = (
        Engine(store, clock, tenant=f"{name} of {request.node.name}") for name in ("loud", "quiet")
    )
    for engine in (loud, quiet):
        store.publish(engine.tenant, hash, engine.default_workflow, files)
    return loud, quiet


def complain(engine: Engine, times: int) -> None:
    events = [
        ComplaintReceived(
            by="customer",
            occurred_at=engine.clock.now(),
            text="It never came.",
            customer={"address": f"customer-{number}@example.org"},
        )
        for number in range(times)
    ]
    engine.handle_many([Command(event) for event in events])


class Interrupted(Mailbox):
    """Lets somebody else do something, to the end, before the first message is taken."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__()
        self._meanwhile = meanwhile
        self.had_taken: int | None = None

    def deliver(self, message: Message) -> Outcome:
        if self.had_taken is None:
            self.had_taken = len(self.messages)
            with ThreadPoolExecutor(1) as other:
                other.submit(self._meanwhile).result(SECONDS)
        return super().deliver(message)


def test_one_message_leaves_while_another_tenant_s_storm_has_just_begun(
    tenants: tuple[Engine, Engine],
) -> None:
    loud, quiet = tenants
    complain(loud, 3 * BATCH)
    complain(quiet, 1)
    mailbox = Mailbox()
    storm = Interrupted(lambda: deliver_due(quiet, mailbox).require_channels())
    assert deliver_due(loud, storm).delivered == 3 * BATCH
    assert len(mailbox.messages) == 1
    assert storm.had_taken == 0


def test_one_clock_runs_out_between_two_batches_of_another_tenant_s_storm(
    tenants: tuple[Engine, Engine],
) -> None:
    loud, quiet = tenants
    complain(loud, 2 * CASES + 1)
    complain(quiet, 1)
    assert isinstance(loud.clock, ManualClock)
    loud.clock.advance(timedelta(days=30))
    assert fire_due(loud) == CASES
    assert fire_due(quiet) == 1
    assert fire_due(loud) == CASES
