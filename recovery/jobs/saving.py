"""Set money aside for recoveries that fail, month by month, as a project asks for with `fund`."""

from __future__ import annotations

from datetime import datetime

from recovery.core.calendars.schedule import Schedule
from recovery.engine import Engine
from recovery.jobs.job import Job, Moment
from recovery.project import Project

MONTHLY = Schedule("0 0 1 * *", "UTC")


def saving(project: Project) -> list[Job]:
    """The monthly job, where the project says how much."""
    amount = project.fund
    if amount is None:
        return []

    def work(engine: Engine, moment: Moment) -> None:
        """Every month that was missed is made up for; each is set aside once."""
        at: datetime | None = moment.due_at
        while at is not None and at <= moment.now:
            engine.set_aside(amount, by="engine", at=at)
            at = MONTHLY.after(at)

    return [Job("fund", MONTHLY, work)]
