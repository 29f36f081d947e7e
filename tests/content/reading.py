"""Reading the repository's own workflows, templates and mappings, for tests about what stands in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from recovery.bootstrap import collect_all
from recovery.core import events as ev
from recovery.core.case import Case
from recovery.core.decide import decide, open_case
from recovery.core.decision import Decision
from recovery.core.errors import Refusal
from recovery.core.instants import from_text
from recovery.core.spec import Workflow
from recovery.workflow.bundle import Bundle, load
from recovery.workflow.findings import errors

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / "workflows").glob("*.yaml"))
LANGUAGES = ("en", "zh")

_MORNING = datetime(2026, 11, 20, 9, tzinfo=UTC)


def plain(path: Path) -> Any:
    """A YAML file as plain data."""
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


@cache
def bundles() -> dict[str, Bundle]:
    """The repository's own workflows by name, as `publish` would make them."""
    found, findings = collect_all(ROOT)
    assert errors(findings) == [], "\n".join(map(str, errors(findings)))
    return {bundle.workflow_id: bundle for bundle in found}


@cache
def workflow(name: str) -> Workflow:
    """One of the repository's workflows, as `publish` would make it."""
    return load(bundles()[name])


def texts(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every text for people in a workflow's plain data, with where it stands."""
    if isinstance(value, dict):
        for key, inner in value.items():
            here = f"{path}/{key}"
            if key == "sources":  # titles of other people's texts are in their own language
                continue
            if key in ("title", "purpose", "worth", "ask", "note"):
                yield here, inner
            elif key in ("do", "never"):
                yield from ((f"{here}/{number}", one) for number, one in enumerate(inner))
            else:
                yield from texts(inner, here)
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from texts(one, f"{path}/{number}")


def templates_sent(value: Any) -> Iterator[str]:
    """The template of every `send`, `pay` and `late` in a workflow's plain data."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "send" or (key in ("late", "pay") and isinstance(inner, str)):
                yield from inner if isinstance(inner, list) else [inner]
            else:
                yield from templates_sent(inner)
    elif isinstance(value, list):
        for one in value:
            yield from templates_sent(one)


class Story:
    """One case of a workflow, told step by step; everything sent is kept in `sent`."""

    def __init__(self, name: str, text: str = "It never came.", **facts: Any) -> None:
        self.workflow = workflow(name)
        self.now = _MORNING
        self.sent: list[str] = []
        opened = open_case(
            self.workflow,
            "here",
            1,
            ev.ComplaintReceived(
                by="customer",
                occurred_at=self.now,
                text=text,
                customer={"name": "Ana", "address": "ana@example.org"},
                facts=facts,
            ),
            self.now,
        )
        assert isinstance(opened, Decision), opened
        self.case: Case = opened.case
        self._keep(opened)

    def _keep(self, decision: Decision) -> None:
        self.case = decision.case
        self.sent += [effect.template for effect in decision.effects]

    def tell(self, kind: type[ev.Event], **fields: Any) -> Decision | Refusal:
        """Handle one event; a refusal is given back and changes nothing."""
        self.now += timedelta(hours=1)
        answer = decide(self.workflow, self.case, kind(occurred_at=self.now, **fields), self.now)
        if isinstance(answer, Decision):
            self._keep(answer)
        return answer

    def record(self, source: str, **facts: Any) -> Story:
        """Record facts; a name's double underscore stands for its dot."""
        named = {name.replace("__", "."): value for name, value in facts.items()}
        answer = self.tell(ev.FactsRecorded, by=f"{source}:ana", facts=named, source=source)
        assert isinstance(answer, Decision), answer
        return self

    def do(self, transition: str, by: str = "agent:li", **facts: Any) -> Story:
        """Ask for a transition that must be open."""
        answer = self.ask(transition, by, **facts)
        assert isinstance(answer, Decision), answer
        return self

    def ask(self, transition: str, by: str = "agent:li", **facts: Any) -> Decision | Refusal:
        """Ask for a transition, whatever the answer."""
        named = {name.replace("__", "."): value for name, value in facts.items()}
        return self.tell(ev.MoveRequested, by=by, transition=transition, facts=named)

    def wait(self, **span: float) -> Story:
        """Let time pass; what clocks ask for happens at its moment."""
        until = self.now + timedelta(**span)
        while (due_at := self.case.due_at) is not None and from_text(due_at) <= until:
            self.now = max(self.now, from_text(due_at)) - timedelta(hours=1)
            answer = self.tell(ev.TimerFired, by="engine", due_at=from_text(due_at))
            assert isinstance(answer, Decision), answer
        self.now = until
        return self

    def deliver(self) -> Story:
        """Everything that has been sent arrives."""
        while self.case.awaiting:
            answer = self.tell(ev.EffectDelivered, by="engine", effect=next(iter(self.case.awaiting)))
            assert isinstance(answer, Decision), answer
        return self
