"""What clocks wait for has to be able to happen: a message that nobody sends starts and stops nothing."""

from __future__ import annotations

from recovery.core.clocks.model import Anchor
from recovery.core.clocks.state import SENT
from recovery.workflow.build import Built
from recovery.workflow.findings import Finding, guess
from recovery.workflow.reader import Path


def check_clocks(built: Built) -> list[Finding]:
    """Clocks that start or stop by a message that no rule sends and nobody can write."""
    workflow, document = built.workflow, built.document
    templates = sorted({*(send.template for send in workflow.sends()), *workflow.say})
    found = []
    for clock in workflow.clocks.values():
        here: Path = ("clocks", clock.name)
        several = isinstance(document.get((*here, "stops")), list)
        anchors: list[tuple[Path, Anchor | None]] = [
            ((*here, "starts"), clock.starts),
            ((*here, "restarts"), clock.restarts),
        ]
        for number, anchor in enumerate(clock.stops):
            anchors.append(((*here, "stops", number) if several else (*here, "stops"), anchor))
        for path, one in anchors:
            if one is None or one.kind != "mark" or not one.name.startswith(SENT):
                continue
            name = one.name.removeprefix(SENT)
            if name not in templates:
                message = f"Nothing sends {name}: no rule does, and it is not among what people `say`."
                found.append(document.finding(path, "unknown_template", message, guess(name, templates)))
    return found
