"""Who plays: the agents and supervisors of the desk, and what is on somebody's mind about one case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, Protocol

from recovery.core import events as ev
from recovery.core.case import Case
from recovery.core.spec import Workflow
from recovery.demo import words
from recovery.demo.complaints import Complaint
from recovery.demo.hours import minutes
from recovery.demo.quotas import Character

TEAMS = {
    "en": ("ana", "ben", "chidi", "dora", "emil", "farah"),
    "zh": ("li", "chen", "zhou", "xu"),
}
SUPERVISORS = {"en": "sam", "zh": "mei"}

Pause = tuple[float, float]
"""From so many to so many minutes."""

SOON: Pause = (3, 20)
REPLY: Pause = (15, 150)
"""How long one takes to go on, and to answer the other side."""


@dataclass(slots=True, eq=False)
class Mind:
    """One case as its people carry it: what they want, how they are, and what they have done already.

    Attributes:
        number: its place in the order of arrival.
        case: the case's number once it is open.
        done: names of turns taken, each of which is taken once.
        arrived: the step and cycle the case was last seen to arrive in.
        host: for a complaint that was sent twice, the mind of the first one.
        step: where the case stood when it was last heard of.
    """

    number: int
    complaint: Complaint
    character: Character
    rng: Random
    agent: str
    case: int | None = None
    done: set[str] = field(default_factory=set)
    arrived: tuple[str, int] = ("", 0)
    host: Mind | None = None
    step: str = ""
    turns: int = 0


@dataclass(frozen=True, slots=True)
class Act:
    """Something somebody does: an event, what to remember, and how long until the case is looked at again."""

    event: ev.Event
    pause: Pause = REPLY
    done: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do for a while."""

    pause: Pause


class Office(Protocol):
    """What the desk knows beyond one case."""

    def host_for(self, mind: Mind) -> int | None:
        """An open case that could be the same trouble as this mind's, or None."""

    def recurs(self, category: str) -> bool:
        """Whether this kind of trouble has come up often of late."""


@dataclass(slots=True)
class View:
    """One case as it lies before somebody: the snapshot, what it waits for, and the moment.

    Attributes:
        told: `core.explain.explain` of the case.
    """

    workflow: Workflow
    case: Case
    told: Mapping[str, Any]
    mind: Mind
    now: datetime
    office: Office

    @property
    def character(self) -> Character:
        """How this case goes."""
        return self.mind.character

    @property
    def rng(self) -> Random:
        """This case's own source of chance."""
        return self.mind.rng

    @property
    def agent(self) -> str:
        """Who works on the case now: its owner, or whoever picked it up."""
        return f"agent:{self.case.owner or self.mind.agent}"

    @property
    def supervisor(self) -> str:
        """Who is asked when an agent may not."""
        return f"supervisor:{SUPERVISORS[words.language_of(self.case.language)]}"

    def at_or_past(self, step: str) -> bool:
        """Whether the case stands in this step or a later one, not in an end."""
        index = self.workflow.index
        return index.get(self.case.step, -1) >= index.get(step, len(index))

    def before(self, step: str) -> bool:
        """Whether the case stands in a step before this one."""
        index = self.workflow.index
        return index.get(self.case.step, len(index)) < index.get(step, -1)

    def is_open(self, transition: str) -> bool:
        """Whether a transition can be asked for from here."""
        return any(row["name"] == transition and row["open"] for row in self.told["transitions"])

    def say(self, what: str) -> str:
        """Words for an occasion in the customer's language."""
        return words.say(self.case.language, what, self.rng)

    def has(self, *turns: str) -> bool:
        """Whether any of these turns has been taken."""
        return not self.mind.done.isdisjoint(turns)

    # --- what people do -------------------------------------------------------------------------------------

    def note(self, facts: Mapping[str, Any], pause: Pause = REPLY, done: str = "") -> Act:
        """The agent writes down facts."""
        event = ev.FactsRecorded(
            by=self.agent, occurred_at=self.now, facts=self._known(facts), source="agent"
        )
        return Act(event, pause, done)

    def answer(self, facts: Mapping[str, Any], pause: Pause = SOON, done: str = "") -> Act:
        """The customer says something; on the telephone the agent writes it down."""
        by = self.agent if self.character.conversation else "customer"
        event = ev.FactsRecorded(by=by, occurred_at=self.now, facts=self._known(facts), source="customer")
        return Act(event, pause, done)

    def _known(self, facts: Mapping[str, Any]) -> Mapping[str, Any]:
        """Those facts that the workflow, which somebody may have changed, still has a place for."""
        return {name: value for name, value in facts.items() if name in self.workflow.facts}

    def write(self, what: str, done: str, pause: Pause = SOON) -> Act:
        """The customer writes to us."""
        event = ev.MessageReceived(by="customer", occurred_at=self.now, text=self.say(what))
        return Act(event, pause, done)

    def move(
        self,
        transition: str,
        by: str,
        done: str,
        facts: Mapping[str, Any] | None = None,
        pause: Pause = REPLY,
    ) -> Act:
        """Somebody asks for a transition."""
        source = "customer" if by == "customer" else "agent"
        event = ev.MoveRequested(
            by=by, occurred_at=self.now, transition=transition, facts=facts or {}, source=source
        )
        return Act(event, pause, done)


def later(moment: datetime, pause: Pause, rng: Random) -> datetime:
    """A moment after a pause, at least a second later."""
    return moment + max(minutes(rng, *pause), timedelta(seconds=1))
