"""Forget the words of messages that left long ago, as a project asks for with `forget_words_after`."""

from __future__ import annotations

from collections.abc import Iterator

from recovery.core.calendars.schedule import Schedule
from recovery.engine import Engine
from recovery.jobs.job import Job, Moment
from recovery.project import Project
from recovery.store.keeping import forgetting_words

NIGHTLY = "30 3 * * *"


def forgetting(project: Project) -> list[Job]:
    """The nightly job, where the project says after how long."""
    after = project.forget_words_after
    if after is None:
        return []

    def work(engine: Engine, moment: Moment) -> Iterator[None]:
        for _ in forgetting_words(engine.store, engine.tenant, moment.now - after):
            yield

    return [Job("forget-words", Schedule(NIGHTLY, "UTC"), work)]
