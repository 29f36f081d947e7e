"""Telling stories, and asking for those that are missing (domain.md §4: *who spends shares the story*).

Somebody owes a story as long as a case has something that they gave, that costs money, and that no story of
theirs tells of. When the budget asks for stories (`stories`), they are reminded after a while; from then on
it is a task of theirs, which the supervisor sees.
"""

from __future__ import annotations

from typing import Any

from recovery.core.conversation import in_the_house, not_merged
from recovery.core.draft import Draft, Refused
from recovery.core.empowerment.budgets import Budget
from recovery.core.empowerment.postings import COMPENSATION
from recovery.core.empowerment.state import LIVE, CompensationState
from recovery.core.event import known_as, person, role
from recovery.core.facts import is_blank
from recovery.core.instants import from_text
from recovery.core.money import read_money
from recovery.core.spec import Send
from recovery.core.stories.events import PraiseGiven, StoryTold
from recovery.core.stories.state import PraiseState, StoryState, UntoldState

STORY = "story"
"""The kind of the task: somebody is to tell one."""

WORDS_AT_MOST = 4_000
"""Characters of each part of a story: it is read aloud."""

HAPPENED = ("problem.restated", "problem.statement")
REMEDY = "resolution.kind"

GIVEN = frozenset({"due", "fulfilled"})


def told(draft: Draft, event: StoryTold) -> None:
    """Somebody tells the story of what they did."""
    in_the_house(draft, event.by, "tell stories")
    not_merged(draft)
    facts = draft.case.facts
    happened = event.happened or next((str(facts[name]) for name in HAPPENED if name in facts), "")
    _said(event.felt, "how the customer felt")
    _said(happened, "what happened")
    if event.done is not None:
        _said(event.done, "what was done")
    who = name_of(event.by)
    given = tuple(n for n, one in draft.case.compensations.items() if of(one) == who and one.status in LIVE)
    story = StoryState(
        event.by,
        draft.stamp.recorded_at,
        draft.stamp.seq,
        happened,
        event.felt,
        event.done,
        facts.get(REMEDY),
        given,
    )
    draft.change("story", str(len(draft.case.stories) + 1), story.row())
    draft.why.append(f"{who} told the story of the case")
    bring(draft, who)


def praised(draft: Draft, event: PraiseGiven) -> None:
    """Somebody is thanked; a reward that goes with it is noted with what it costs."""
    in_the_house(draft, event.by, "pass on praise")
    _said(event.text, "what they are praised for")
    if is_blank(event.to):
        raise Refused("wrong_value", "Nobody is praised.", "Name a person of the house.")
    if known_as(person(event.by)) in (known_as(event.to), known_as(person(event.to))):
        raise Refused("praises_themselves", "Nobody praises themselves.", "Let somebody else pass it on.")
    if event.reward is not None:
        try:
            if read_money(event.reward).amount <= 0:
                raise ValueError("it is more than nothing")
        except ValueError as error:
            raise Refused("wrong_value", f"reward: {error}.", "Give an amount such as 25 USD.") from None
    stamp = draft.stamp
    row = PraiseState(
        event.to, event.text, event.from_customer, event.by, stamp.recorded_at, stamp.seq, event.reward
    )
    draft.change("praise", str(len(draft.case.praise) + 1), list(row))
    draft.why.append(f"{event.to} was praised" + (f", with {event.reward}" if event.reward else ""))


def follow(draft: Draft) -> None:
    """See who owes a story by what has just been decided about compensations."""
    numbers = {change[1] for change in draft.changes if change[0] == COMPENSATION}
    for who in dict.fromkeys(of(draft.case.compensations[n]) for n in sorted(numbers, key=int)):
        bring(draft, who)


def bring(draft: Draft, who: str) -> None:
    """Let somebody owe a story who does, and nobody who does not."""
    case, budget = draft.case, _asking(draft)
    owes = any(of(one) == who for one in untold_of(draft))
    if owes and who not in case.untold and budget is not None:
        now = draft.stamp.recorded_at
        draft.change("untold", who, [now, budget.story_by(now), None])
        draft.why.append(f"{who} is to tell the story")
    elif not owes and who in case.untold:
        draft.change("untold", who, None)
        if task_of(who) in case.tasks:
            draft.change("done", task_of(who))


def untold_of(draft: Draft) -> list[CompensationState]:
    """What was given in a case, costs money, and is in no story yet."""
    case = draft.case
    told = {(name_of(one.by), number) for one in case.stories.values() for number in one.given}
    return [
        one
        for number, one in case.compensations.items()
        if one.status in GIVEN
        and one.amount is not None
        and one.kind != "coupon"
        and (of(one), number) not in told
    ]


def earliest(draft: Draft, until: str) -> tuple[str, str] | None:
    """When somebody is to be asked for their story first, up to a moment, and who."""
    due = [
        (one.by_when, who)
        for who, one in draft.case.untold.items()
        if one.by_when is not None and one.by_when <= until
    ]
    return min(due, default=None)


def happen(draft: Draft, who: str) -> None:
    """Ask somebody for their story; from now on it is on the list of what waits for people."""
    state = draft.case.untold[who]
    asked = UntoldState(state.since, None, draft.stamp.recorded_at)
    draft.change("untold", who, list(asked))
    draft.why.append(f"{who} has not told the story since {from_text(state.since):%Y-%m-%d %H:%M} UTC")
    draft.change("task", task_of(who), STORY, who)
    budget = _asking(draft)
    for template in budget.stories.send if budget is not None and budget.stories is not None else ():
        draft.send(Send(template, once="always", to="teller"))


def not_by_hand() -> None:
    """Refuse that a story is done with by saying so.

    Raises:
        Refused: `tell_it`.
    """
    raise Refused("tell_it", "A story is told, not ticked off.", "`recovery story tell CASE` tells it.")


def task_of(who: str) -> str:
    """The name of the task by which somebody is asked for a story."""
    return f"s:{who}"


def of(compensation: CompensationState) -> str:
    """Who is to tell of a compensation: whoever gave it, whoever approved it."""
    return name_of(compensation.by)


def name_of(by: str) -> str:
    """`agent:li` by name; a bare role by that."""
    return person(by) or role(by)


def _asking(draft: Draft) -> Budget | None:
    """The budget that asks for stories; None where none does."""
    return next((one for one in draft.workflow.budgets.values() if one.stories is not None), None)


def _said(text: Any, what: str) -> None:
    if is_blank(text):
        raise Refused("no_text", f"Say {what}.", "In your own words, as you would tell a colleague.")
    if len(text) > WORDS_AT_MOST:
        raise Refused("too_long", f"{len(text):,} characters say {what}.", f"At most {WORDS_AT_MOST:,}.")
