"""Every job there is. A new one is a module of its own and a word here."""

from __future__ import annotations

from collections.abc import Callable

from recovery.jobs.forgetting import forgetting
from recovery.jobs.job import Job
from recovery.jobs.lining_up import lining_up
from recovery.jobs.saving import saving
from recovery.project import Project

MAKERS: tuple[Callable[[Project], list[Job]], ...] = (forgetting, saving, lining_up)
"""Each gives the jobs that a project's configuration asks for: none, one, or one for each team."""


def jobs_of(project: Project) -> list[Job]:
    """The jobs of a project.

    Raises:
        BadFile, RecoveryError: what one of them reads is wrong.
    """
    return [job for make in MAKERS for job in make(project)]
