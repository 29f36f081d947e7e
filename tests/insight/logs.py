"""Logs for tests of reading: events let into the core, kept as the store gives them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from recovery.core import events as ev
from recovery.core.case import Case, Change
from recovery.core.decide import decide, open_case
from recovery.core.decision import Decision
from recovery.core.instants import to_text
from recovery.core.payloads import payload
from recovery.core.spec import Workflow
from recovery.store.records import Record
from tests.core.builders import START

HOUR = timedelta(hours=1)


class Log:
    """One case and its log; every event comes an hour after the one before unless `after` says otherwise."""

    def __init__(self, workflow: Workflow, id: int = 1, at: datetime = START, **complaint: Any) -> None:
        self.workflow = workflow
        self.now = at
        self.records: list[Record] = []
        event = ev.ComplaintReceived(
            by="customer", occurred_at=at, **{"text": "My parcel never came.", **complaint}
        )
        self.case = self._keep(open_case(workflow, "default", id, event, at))

    def let(self, cls: type[ev.Event], by: str = "agent:li", after: timedelta = HOUR, **fields: Any) -> Log:
        """Let an event in; it must be accepted."""
        self.now += after
        event = cls(by=by, occurred_at=self.now, **fields)
        self.case = self._keep(decide(self.workflow, self.case, event, self.now))
        return self

    def note(self, by: str = "agent:li", source: str = "agent", after: timedelta = HOUR, **facts: Any) -> Log:
        """Record facts; `problem_category` stands for `problem.category`."""
        named = {name.replace("__", "."): value for name, value in facts.items()}
        return self.let(ev.FactsRecorded, by, after, facts=named, source=source)

    def do(self, transition: str, by: str = "customer", after: timedelta = HOUR, **facts: Any) -> Log:
        """Ask for a transition."""
        named = {name.replace("__", "."): value for name, value in facts.items()}
        return self.let(ev.MoveRequested, by, after, transition=transition, facts=named)

    def deliver(self) -> Log:
        """Let every message on its way arrive at once."""
        for effect in list(self.case.awaiting):
            self.let(ev.EffectDelivered, "engine", timedelta(0), effect=effect)
        return self

    def _keep(self, decision: Any) -> Case:
        assert isinstance(decision, Decision), decision
        case, event = decision.case, decision.event
        self.records.append(
            Record(
                position=len(self.records) + 1,
                tenant=case.tenant,
                case=case.id,
                seq=case.seq,
                kind=type(event).__name__,
                by=event.by,
                occurred_at=to_text(event.occurred_at),
                recorded_at=case.updated_at,
                event=payload(event),
                changes=decision.changes,
                effects=tuple(effect.key for effect in decision.effects),
                why=decision.why,
                hash="",
            )
        )
        return case


def without(records: Sequence[Record], *kinds: str) -> list[Record]:
    """A log that somebody took changes out of: those whose first words are `kinds` (`fact owner`)."""
    return [replace(one, changes=[*_without(one.changes, kinds)]) for one in records]


def _without(changes: Iterable[Change], kinds: Sequence[str]) -> Iterator[Change]:
    for change in changes:
        if change[0] == "facts":
            left = {name: value for name, value in change[1].items() if f"fact {name}" not in kinds}
            if left:
                yield [change[0], left, change[2]]
        elif " ".join(map(str, change[:2])) not in kinds:
            yield change
