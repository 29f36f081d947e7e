"""One database, its receivers and its workers, and what must hold of all of it in the end."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from recovery.bootstrap import open_engine
from recovery.clock import Clock
from recovery.core.empowerment.postings import COMPENSATION
from recovery.core.instants import to_text
from recovery.engine import Engine
from recovery.project import Project
from recovery.store.records import Record
from recovery.store.verify import verify
from tests.crash.project import AGE, EFFECTS, SEAL_KEY, complain, made, published
from tests.crash.register import Key, Register
from tests.crash.workers import SECONDS, Nursery, WorkerProcess

LOOK_SECONDS = 0.1
"""How often is looked whether anything waits still."""

CODE = re.compile(rb"(?:[2-9A-HJKMNP-Z]{6}-){2}[2-9A-HJKMNP-Z]{6}")


@dataclass
class Figures:
    """What was counted; everything from `timers_lost` on must be nothing.

    Attributes:
        kills: workers killed with -9, by where they were.
        in_flight: sends that had begun and were not known to be settled, at all kills together.
        twice: messages taken once more than once is enough, counted each time.
        overran: sends of living workers that took longer than their lease.
        unexplained: of `twice`, those that were neither in flight at a kill nor overran their lease.
    """

    cases: int = 0
    messages: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    twice: int = 0
    overran: int = 0
    timers_lost: int = 0
    timers_twice: int = 0
    effects_lost: int = 0
    coupons_lost: int = 0
    coupons_twice: int = 0
    refunds_lost: int = 0
    refunds_twice: int = 0
    unexplained: int = 0
    overlaps: int = 0
    altered: int = 0
    problems: int = 0

    def add(self, other: Figures) -> None:
        """Count another house's too."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))

    def wrong(self) -> dict[str, int]:
        """Whatever is not nothing and must be."""
        names = [one.name for one in fields(self)]
        return {name: found for name in names[names.index("timers_lost") :] if (found := getattr(self, name))}


@dataclass
class House:
    """A project with an engine of the tests' own, to open cases and to look at."""

    project: Project
    engine: Engine
    register: Register
    nursery: Nursery
    lease: float = 2.0
    killed: Counter[str] = field(default_factory=Counter)
    may_repeat: Counter[Key] = field(default_factory=Counter)
    overran: Counter[Key] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def folder(self) -> Path:
        return self.project.root

    def complain(self, cases: int, age: timedelta = AGE) -> None:
        """Open cases, each with `EFFECTS` messages to come; `age`: how long ago somebody complained."""
        with self._lock:
            for case in complain(self.engine, cases, after=len(self.register.cases), age=age):
                self.register.cases[f"customer-{len(self.register.cases)}@example.org"] = case

    @property
    def expected(self) -> int:
        """How many messages there are to be."""
        return EFFECTS * len(self.register.cases)

    def worker(self, *words: str, **more: Any) -> WorkerProcess:
        """Start a worker (see `Nursery.start`)."""
        return self.nursery.start(self.folder, *words, **{"lease": self.lease, **more})

    def kill(self, worker: WorkerProcess, where: str) -> Counter[Key]:
        """Kill a worker with -9, and remember what it was sending."""
        flying = worker.kill()
        with self._lock:
            self.killed[where] += 1
            self.may_repeat += flying
            self.overran += worker.lost()
        return flying

    def waits(self) -> bool:
        """Whether anything is due, or will be when a lease ends."""
        store, tenant = self.engine.store, self.engine.tenant
        next_at = store.next_due(tenant)
        is_due = next_at is not None and next_at <= to_text(self.engine.clock.now())
        return is_due or bool(store.outbox_counts(tenant).get("due"))

    def drain(self, worker: WorkerProcess | None = None, seconds: float = SECONDS) -> None:
        """Let a worker, a fresh one where none is given, do all there is, and stop it."""
        worker = worker or self.worker()
        self.finish(worker, seconds)
        assert worker.stop() == 0
        self.overran += worker.lost()

    def finish(self, worker: WorkerProcess, seconds: float = SECONDS) -> None:
        """Wait until nothing waits any more; looked at again and again while a worker is at work."""
        until = monotonic() + seconds
        while self.waits():
            worker.wait_until(lambda: worker.is_over, LOOK_SECONDS)
            assert not worker.is_over, worker.lines[-5:]
            assert monotonic() < until, f"nothing is done any more: {worker.lines[-5:]}"

    # --- what must hold -------------------------------------------------------------------------------------

    def figures(self) -> Figures:
        """Count everything, once all is done."""
        tenant = self.engine.tenant
        cases = set(self.register.cases.values())
        accepted = self.register.accepted()
        rows = list(self.engine.store.outbox(tenant))
        delivered = {(row.case, row.effect) for row in rows if row.status == "delivered"}
        fired = Counter(one.case for one in self.engine.store.logs(tenant) if one.kind == "TimerFired")
        given = Counter(one.case for one in self._coupons())
        paid = Counter(one.case for one in self.engine.store.logs(tenant) if _is_refund(one))
        again = accepted - Counter(dict.fromkeys(accepted, 1))
        return Figures(
            cases=len(cases),
            messages=len(rows),
            kills=self.killed.copy(),
            in_flight=self.may_repeat.total(),
            twice=again.total(),
            overran=self.overran.total(),
            timers_lost=len(cases - fired.keys()),
            timers_twice=sum(times - 1 for times in fired.values()),
            effects_lost=self.expected - len(delivered & accepted.keys()),
            coupons_lost=len(cases - given.keys()),
            coupons_twice=sum(times - 1 for times in given.values()) + self._other_codes(),
            refunds_lost=len(cases - (paid & self.register.payments()).keys()),
            refunds_twice=sum(times - 1 for times in (paid | self.register.payments()).values()),
            unexplained=(again - self.may_repeat - self.overran).total(),
            overlaps=len(self.register.overlaps()),
            altered=len(self.register.altered()),
            problems=len(verify(self.engine.store, SEAL_KEY.encode()).problems),
        )

    def assert_sound(self) -> Figures:
        """Nothing lost, nothing twice but what was in flight, nothing side by side; gives the figures."""
        found = self.figures()
        assert found.wrong() == {}, found
        return found

    def _coupons(self) -> Iterator[Any]:
        page = self.engine.list_coupons(limit=500)
        while True:
            yield from page.coupons
            if page.cursor is None:
                return
            page = self.engine.list_coupons(limit=500, cursor=page.cursor)

    def _other_codes(self) -> int:
        """Letters with a code that is not the one of their case."""
        letters = [one for one in self.register.deliveries if one.taken and one.key is not None]
        codes = [(one.key[0], code) for one in letters if (code := CODE.search(one.data))]  # type: ignore[index]
        known = {case: set(self.engine.coupon_codes(case).values()) for case, _ in codes}
        return sum(code[0].decode() not in known[case] for case, code in codes)


def _is_refund(record: Record) -> bool:
    """Whether whoever pays has paid, by the log."""
    if record.kind != "EffectDelivered":
        return False
    return any(change[0] == COMPENSATION and "paid" in change[3] for change in record.changes)


@contextmanager
def house(
    folder: Path, database: str, register: Register, nursery: Nursery, clock: Clock | None = None
) -> Iterator[House]:
    """A house on an empty database; its workers are killed at the end."""
    project = made(folder, database, mail=register.mail.port, hook=register.hook.url)
    engine = open_engine(project, clock=clock)
    try:
        yield House(project, published(engine, project), register, nursery)
    finally:
        nursery.kill_all()
        engine.store.close()
