"""What the tests of the core build with: small workflows, cases that know some facts, a case's story."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from recovery.core import events as ev
from recovery.core.case import Case
from recovery.core.changes import fold
from recovery.core.decide import decide, open_case
from recovery.core.decision import Decision
from recovery.core.errors import Refusal
from recovery.core.facts import FactType
from recovery.core.instants import to_text
from recovery.core.spec import End, Rule, Step, Transition, Workflow

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NAIVE = datetime.fromisoformat("2026-11-20T09:00:00")
"""A moment that does not say its zone."""

ROLES = frozenset({"customer", "agent"})


def texts(*names: str) -> dict[str, FactType]:
    """Fact types for these names, all texts."""
    return {name: FactType(name, "text") for name in names}


def step(id: str, *needs: Any, on_enter: Iterable[Any] = (), on_leave: Iterable[Any] = ()) -> Step:
    """A step; rules may be given as bare actions, which always fire."""
    return Step(id, {"en": id}, needs=needs, on_enter=rules(on_enter), on_leave=rules(on_leave))


def as_read(value: Any) -> Any:
    """The same words, but not the same objects: as they come out of a file or a database."""
    if isinstance(value, Mapping):
        return {as_read(name): one for name, one in value.items()}
    if isinstance(value, tuple):
        return tuple(as_read(one) for one in value)
    return "".join(list(value)) if isinstance(value, str) else value


def rules(given: Iterable[Any]) -> tuple[Rule, ...]:
    """Rules as they are, and bare actions as rules without a condition."""
    return tuple(one if isinstance(one, Rule) else Rule((one,)) for one in given)


def transition(name: str, sources: str, to: str, *, by: Iterable[str] = ROLES, **more: Any) -> Transition:
    """A transition; `sources` are separated by blanks, `then` may hold bare actions."""
    more["then"] = rules(more.get("then", ()))
    more["forget"] = as_read(more.get("forget"))
    return Transition(name, frozenset(sources.split()), as_read(to), frozenset(by), **more)


def workflow(
    *steps: Step,
    facts: Mapping[str, FactType] | None = None,
    ends: Iterable[str] = ("closed", "withdrawn", "merged"),
    transitions: Iterable[Transition] = (),
    **more: Any,
) -> Workflow:
    """A workflow with these steps; the first end is the main one."""
    return Workflow(
        "small",
        "bundle-1",
        {"en": "Small"},
        {one.id: one for one in steps},
        {as_read(end): End(end, {"en": end}) for end in ends},
        facts or {},
        tuple(transitions),
        **{name: as_read(value) for name, value in more.items()},
    )


def case_with(facts: Mapping[str, Any] | None = None, **more: Any) -> Case:
    """A case that knows these facts."""
    known = dict(facts or {})
    said = {"1 agent agent:li": ("", "", known)} if known else {}
    return Case("default", 1, "small", "bundle-1", more.pop("step", "one"), facts=known, said=said, **more)


class Story:
    """One case and its log, kept as a store would. After every event the log must fold to the case."""

    def __init__(self, workflow: Workflow, id: int = 1) -> None:
        self.workflow = workflow
        self.id = id
        self.now = START
        self.log: list[dict[str, Any]] = []
        self.decisions: list[Decision] = []
        self._case: Case | None = None

    @property
    def case(self) -> Case:
        """The case as it stands."""
        assert self._case is not None, "the story has not begun"
        return self._case

    @property
    def begun(self) -> bool:
        """Whether the case is open."""
        return self._case is not None

    def handle(self, event: ev.Event) -> Decision | Refusal:
        """Let an event in, as the engine does."""
        before = copy.deepcopy(self._case)
        if self._case is None:
            assert isinstance(event, ev.ComplaintReceived)
            answer = open_case(self.workflow, "default", self.id, event, self.now)
        else:
            answer = decide(self.workflow, self._case, event, self.now)
        assert self._case == before, "deciding changed the case it decided about"
        if isinstance(answer, Refusal):
            assert answer.code, answer
            assert answer.message.strip(), answer
            return answer
        self._keep(answer)
        return answer

    def _keep(self, decision: Decision) -> None:
        record = {
            "tenant": "default",
            "case": self.id,
            "seq": decision.case.seq,
            "by": decision.event.by,
            "occurred_at": to_text(decision.event.occurred_at),
            "recorded_at": to_text(self.now),
            "changes": decision.changes,
        }
        assert fold(copy.deepcopy(self._case), [record]) == decision.case
        self.log.append(record)
        read_back = fold(None, json.loads(json.dumps(self.log)))
        assert read_back == decision.case
        self.decisions.append(decision)
        self._case = read_back
        self.now += timedelta(minutes=1)

    def do(self, kind: type[ev.Event], /, **fields: Any) -> Decision:
        """Let an event in that must be accepted."""
        answer = self.handle(self._event(kind, fields))
        assert isinstance(answer, Decision), answer
        return answer

    def refuse(self, kind: type[ev.Event], /, **fields: Any) -> Refusal:
        """Let an event in that must be refused."""
        answer = self.handle(self._event(kind, fields))
        assert isinstance(answer, Refusal), answer.why
        return answer

    def _event(self, kind: type[ev.Event], fields: dict[str, Any]) -> ev.Event:
        said = {"by": "agent:li", "occurred_at": self.now, **fields}
        return kind(**{name: as_read(value) for name, value in said.items()})

    # --- the usual events -----------------------------------------------------------------------------------

    def open(self, text: str | None = "My order never came.", **fields: Any) -> Decision:
        """A complaint opens the case."""
        return self.do(ev.ComplaintReceived, **{"by": "customer", "text": text, **fields})

    def record(self, facts: Mapping[str, Any], **fields: Any) -> Decision:
        """Facts become known."""
        return self.do(ev.FactsRecorded, facts=facts, **fields)

    def ask(self, transition: str, **fields: Any) -> Decision:
        """Somebody asks for a transition."""
        return self.do(ev.MoveRequested, transition=transition, **fields)


def begun(workflow: Workflow, **fields: Any) -> Story:
    """A story whose case has just been opened."""
    story = Story(workflow)
    story.open(**fields)
    return story


def moves_of(decision: Decision) -> list[str]:
    """Where a decision moved the case, in order."""
    return [change[2] for change in decision.changes if change[0] == "move"]


def sent_by(decision: Decision) -> list[str]:
    """The templates a decision asked to be sent, in order."""
    return [effect.template for effect in decision.effects]
