"""Everything that is measured. A new subject is a module of its own and a word here."""

from __future__ import annotations

from recovery.bench.deadlines import DEADLINE, DEADLINE_LONG
from recovery.bench.deciding import DECIDE
from recovery.bench.fairness import STORM_POSTGRES, STORM_SQLITE
from recovery.bench.importing import IMPORT_SQLITE
from recovery.bench.lateness import LATENESS
from recovery.bench.mail import SMTP
from recovery.bench.memory import MEMORY
from recovery.bench.phrases import GUARD
from recovery.bench.rendering import RENDER
from recovery.bench.scale import SCALE
from recovery.bench.stepping import STEP_POSTGRES, STEP_SQLITE
from recovery.bench.subject import Line, Subject
from recovery.bench.timers import PENDING, TIMERS
from recovery.bench.working import EFFECTS_POSTGRES, TIMERS_POSTGRES
from recovery.core.errors import NotFound, closest, sentence

SUBJECTS = (
    *(STEP_SQLITE, STEP_POSTGRES, IMPORT_SQLITE, DECIDE, SMTP, RENDER, GUARD),
    *(DEADLINE, DEADLINE_LONG, TIMERS, TIMERS_POSTGRES, EFFECTS_POSTGRES, LATENESS),
    *(STORM_SQLITE, STORM_POSTGRES, PENDING, MEMORY, SCALE),
)


def chosen(only: list[str]) -> list[Subject]:
    """The subjects with these names; without any, all that do not take long.

    Raises:
        NotFound: there is no such subject.
    """
    known = {subject.name: subject for subject in SUBJECTS}
    for name in only:
        if name not in known:
            hint = sentence(closest(name, list(known))) or f"There are {', '.join(known)}."
            raise NotFound(f"Nothing called {name} is measured.", hint=hint)
    return [one for one in SUBJECTS if (one.name in only if only else not one.alone)]


def lines() -> dict[str, Line]:
    """Every line of a whole report, in order."""
    return {name: line for subject in SUBJECTS for name, line in subject.lines.items()}
