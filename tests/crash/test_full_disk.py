"""A disk that is full, again and again, wherever that strikes: said, waited for, and nothing is sent twice.

SQLite's own limit of pages stands for the disk: what a write hears is the same, `SQLITE_FULL`.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from recovery.bootstrap import channels_of, seal
from recovery.installation import may_send
from recovery.worker.serving import Worker
from tests.crash.house import house
from tests.crash.register import Register
from tests.crash.workers import Nursery

CASES = 12
NO_LIMIT = 2**30


def test_a_disk_that_is_full_is_waited_for_and_nothing_is_sent_twice(
    tmp_path: Path, register: Register, nursery: Nursery, crash_environment: None
) -> None:
    said: list[tuple[str, str]] = []

    def tell(event: str, _: str = "", /, **values: Any) -> None:
        said.append((event, str(values.get("reason", ""))))

    with (
        house(tmp_path, f"sqlite:///{tmp_path / 'recovery.db'}", register, nursery) as here,
        channels_of(here.project) as channels,
    ):
        worker = Worker(
            here.engine,
            channels,
            may_send=partial(may_send, here.engine, here.project),
            seal=partial(seal, here.engine, here.project),
            tell=tell,
        )
        writer = here.engine.store._writer()
        worker.turn()
        here.complain(CASES)
        outages = 0
        for more in range(100):  # each time there is room for some pages more, and then again for none
            (pages,) = writer.execute("pragma page_count").fetchone()
            writer.execute(f"pragma max_page_count = {pages + more % 4}")
            seen = 0
            while worker.turn() is None and worker.pulse.database_out:
                if len(register.deliveries) == seen:
                    break
                seen = len(register.deliveries)
            outages += worker.pulse.database_out is not None
            if not here.waits():
                break
        writer.execute(f"pragma max_page_count = {NO_LIMIT}")
        worker.turn()
        assert outages > 3
        assert all("disk is full" in reason for event, reason in said if event == "outage")
        assert [event for event, _ in said if event in ("outage", "works_again")][-1] == "works_again"
        assert not here.waits()
        assert here.assert_sound().twice == 0
