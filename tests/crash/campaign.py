"""Killing workers again and again, at every boundary and at any moment, while there is work."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Iterator

from tests.crash.boundaries import BOUNDARIES
from tests.crash.house import House
from tests.crash.workers import WorkerProcess

PLACES = (*BOUNDARIES, "sending mail", "sending post", "any moment")
"""Where workers are killed."""

CASES_A_KILL = 3
"""Cases opened before each worker is started, so that there is something to do when it is killed."""

SHARING = {"recovery.delivery.outbox.BATCH": 6}
"""Messages a worker claims at once where several are at work, so that each of them finds some."""

OFTEN = ("rendered", "sent", "settling", "settled")
"""Boundaries that a worker comes to several times while there is anything to do."""


class Campaign:
    """Kills workers of a house until it has been enough, some of them side by side.

    Attributes:
        left: where the workers to come are to be killed.
    """

    def __init__(
        self, house: House, places: Iterable[str], seed: int, patience: float, *, again: bool = False
    ) -> None:
        """Nothing is done before `run`.

        Args:
            patience: seconds to wait until a worker comes where it is to be killed; others may have taken
                what there was to do.
            again: some are killed when they come there for the second or third time.
        """
        self.house = house
        self.left = list(places)
        self._patience = patience
        self._again = again
        self._settings: dict[str, int] = {}
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._alive: list[WorkerProcess] = []
        self._wrong: list[BaseException] = []

    def run(self, workers: int) -> None:
        """Kill them all, so many at work at once; in the end nobody is."""
        self._settings = SHARING if workers > 1 else {}
        slots = [threading.Thread(target=self._slot) for _ in range(workers)]
        for slot in slots:
            slot.start()
        for slot in slots:
            slot.join()
        self.house.register.calm()
        if self._wrong:
            raise self._wrong[0]

    def _slot(self) -> None:
        try:
            for place in self._places():
                self._one(place)
        except BaseException as error:
            self._wrong.append(error)

    def _places(self) -> Iterator[str]:
        while not self._wrong:
            with self._lock:
                if not self.left:
                    return
                place = self.left.pop(0)
            yield place

    def _one(self, place: str) -> None:
        """Start a worker and kill it at its place, or wherever it is when it does not come there."""
        with self._lock:
            times = self._random.randint(1, 3) if self._again and place in OFTEN else 1
            lines, more = self._random.randint(1, 80), self._random.random() / 20
        self.house.complain(CASES_A_KILL)
        if place.startswith("sending "):
            self.house.register.hang_once(place.removeprefix("sending "))
        boundary = place if place in BOUNDARIES else None
        worker = self.house.worker(boundary=boundary, times=times, settings=self._settings)
        with self._lock:
            self._alive.append(worker)
        where = place
        if boundary is not None:
            if not worker.wait_until(lambda: _is_held(worker) or worker.is_over, self._patience):
                where = "any moment"
        elif place.startswith("sending "):
            self._kill_who_hangs(place)
            where = "any moment"
        else:
            worker.wait_until(lambda: len(worker.lines) >= lines or worker.is_over, self._patience)
            worker.wait_until(lambda: worker.is_over, more)
        self._kill(worker, where)

    def _kill_who_hangs(self, place: str) -> None:
        """Kill the worker whose message hangs, which may be anybody's."""
        case = self.house.register.hanging(self._patience)
        if case is None:
            return
        with self._lock:
            alive = list(self._alive)
        for worker in alive:
            if worker.is_sending(case):
                self._kill(worker, place)

    def _kill(self, worker: WorkerProcess, where: str) -> None:
        with self._lock:
            if worker not in self._alive:
                return
            self._alive.remove(worker)
        self.house.kill(worker, where)


def _is_held(worker: WorkerProcess) -> bool:
    return any(line["event"] == "held" for line in worker.lines)
