"""What a budget is: plain frozen data, made by `recovery.workflow.budgets` from YAML (domain.md §4)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

from recovery.core.instants import from_text, to_text

if TYPE_CHECKING:
    from recovery.core.calendars.calendar import Calendar
    from recovery.core.calendars.spans import Span
    from recovery.core.spec import Send

Period = Literal["day", "week", "month", "case", "incident"]
"""What a limit is for: a local day, week (from Monday) or month, a case, or one failure of it (a cycle)."""

Subject = Literal["person", "team", "case", "guest"]
"""Whose it is: who spends, their team, the case's, or the customer's, whoever spends."""

HOLDS_FOR, ANSWER_WITHIN = timedelta(days=14), timedelta(hours=4)
TOLD_WITHIN = timedelta(days=1)
"""How long an offer stands, how long an approval is waited for, and a story, where a budget does not say."""


class Stories(NamedTuple):
    """How whoever spends is asked for the story.

    Attributes:
        within: how long after they gave something; None: `TOLD_WITHIN`.
        send: the templates by which they are asked.
        block_at: in so many cases asked for and not told, they may give nothing more; None: never.
    """

    within: Span | None = None
    send: tuple[str, ...] = ()
    block_at: int | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """A limit that holds whoever spends at the same time.

    Attributes:
        limits: role → the most, in the currency's smallest coin; a role that is not in it has that of the
            next one below it, or the least of all.
        decimals: how many the currency has.
        ask: the role that approves what is above a limit; None: nobody does.
        ask_with: the templates that ask it.
        answer_within: until the role above is asked; `hold_for`: until an offer ends. None: as above.
        calendar: by which the two are counted; its zone says when a day is over where nobody's own does.
        late_with: the template that tells the owner of a payment that is late.
        pay_with: the template that tells whoever pays what is due; None: it waits for a person, as a task.
        stories: how whoever spends is asked for the story; None: nobody asks.
    """

    name: str
    currency: str
    decimals: int
    limits: Mapping[str, int]
    per: Period = "day"
    subject: Subject = "person"
    ask: str | None = None
    ask_with: tuple[str, ...] = ()
    answer_within: Span | None = None
    hold_for: Span | None = None
    calendar: Calendar | None = None
    late_with: str | None = None
    pay_with: str | None = None
    stories: Stories | None = None

    def limit(self, role: str, escalation: Sequence[str]) -> int:
        """The most that somebody of a role may use up of it."""
        below = escalation[: escalation.index(role) + 1] if role in escalation else ()
        for one in reversed(below):
            if one in self.limits:
                return self.limits[one]
        return min(self.limits.values())

    def answer_by(self, asked_at: str) -> str:
        """When an approval has been waited for long enough."""
        return self._after(asked_at, self.answer_within, ANSWER_WITHIN)

    def expires_at(self, offered_at: str) -> str:
        """When an offer ends that nobody accepts."""
        return self._after(offered_at, self.hold_for, HOLDS_FOR)

    def story_by(self, given_at: str) -> str:
        """When whoever spent is asked for the story."""
        return self._after(given_at, None if self.stories is None else self.stories.within, TOLD_WITHIN)

    def sends(self) -> Iterator[Send]:
        """Every message it may lead to."""
        from recovery.core.spec import Send

        yield from (Send(name, once="always", to="supervisor") for name in self.ask_with)
        if self.late_with is not None:
            yield Send(self.late_with, once="always", to="owner")
        for name in () if self.stories is None else self.stories.send:
            yield Send(name, once="always", to="teller")

    def _after(self, start: str, span: Span | None, otherwise: timedelta) -> str:
        begun = from_text(start)
        if span is None or self.calendar is None:
            return to_text(begun + otherwise)
        return to_text(span.due(begun, self.calendar))


def default_budgets(escalation: Sequence[str]) -> dict[str, Budget]:
    """What holds where a workflow declares no budget: 2,000 US dollars per person and local day; ten times as
    much for each level of escalation above."""
    limits = {role: 2_000_00 * 10**level for level, role in enumerate(escalation[:4])}
    ask = escalation[1] if len(escalation) > 1 else None
    return {"empowerment": Budget("empowerment", "USD", 2, limits, ask=ask)}
