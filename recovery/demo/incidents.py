"""What happens between the steps: somebody gives up, loses their temper, hands over, comes back.

Each function looks at a case and gives the next turn of one kind of incident, or None before its time.
"""

from __future__ import annotations

from collections.abc import Callable

from recovery.core import events as ev
from recovery.core.spec import MERGED
from recovery.demo import words
from recovery.demo.people import SOON, TEAMS, Act, Pause, View, Wait

Turn = Act | Wait | None

HOUR = 60.0
DAY = 24 * HOUR

ARRIVALS: dict[str, Pause] = {
    "resolve": (HOUR, 16 * HOUR),
    "follow_up": (2 * DAY, 4 * DAY),
    "big_picture": (6 * HOUR, DAY),
    "root_cause": (HOUR, 6 * HOUR),
    "withdrawn": (DAY, 5 * DAY),
    "ended": (2 * DAY, 6 * DAY),
    "closed": (2 * DAY, 9 * DAY),
    MERGED: (3 * HOUR, DAY),
}
"""How long a case rests after it came into a state, before anybody looks at it again."""

OFFERED_BETWEEN = ("reassure", "resolve")
"""The first and the last step in which an owner looks for somebody better suited."""


def next_incident(view: View) -> Turn:
    """The incident whose time has come, if any."""
    for incident in INCIDENTS:
        turn = incident(view)
        if turn is not None:
            return turn
    return None


def _rest(view: View) -> Turn:
    """A case that has just arrived somewhere is left alone for a while."""
    here = (view.case.step, view.case.cycle)
    if view.mind.arrived == here:
        return None
    view.mind.arrived = here
    pause = ARRIVALS.get(view.case.step)
    return Wait(pause) if pause else None


def _answer_offer(view: View) -> Turn:
    """Whoever was asked to take the case says yes or no."""
    to = view.case.offered_to
    if to is None:
        return None
    by = f"agent:{to}"
    if view.character.hand_off.startswith("declined") and not view.has("declined"):
        decline = ev.HandOffDeclined(by=by, occurred_at=view.now, reason=view.say("decline"))
        view.mind.done.add(f"declined by {to}")
        return Act(decline, SOON, "declined")
    return Act(ev.HandOffAccepted(by=by, occurred_at=view.now), SOON, "accepted")


def _hand_off(view: View) -> Turn:
    """The owner asks somebody better suited; once more after a no, if need be."""
    kind = view.character.hand_off
    first, last = OFFERED_BETWEEN
    if not kind or view.case.owner is None or view.has("accepted"):
        return None
    if not view.at_or_past(first) or view.before(view.character.turning) or not _up_to(view, last):
        return None
    if kind == "declined" and view.has("declined"):
        return None
    team = TEAMS[words.language_of(view.case.language)]
    asked = [name for name in team if name != view.case.owner and not view.has(f"declined by {name}")]
    if not asked:
        return None
    offer = ev.HandOffOffered(
        by=f"agent:{view.case.owner}",
        occurred_at=view.now,
        to=view.rng.choice(asked),
        reason=view.say("hand_off"),
    )
    return Act(offer, (10, 90))


def _up_to(view: View, step: str) -> bool:
    return view.case.step == step or view.before(step)


def _escalate(view: View) -> Turn:
    """The customer wants somebody who can decide."""
    if not view.character.escalates or view.has("escalated") or not view.at_or_past(view.character.turning):
        return None
    if not view.has("asked for the manager"):
        return view.write("manager", "asked for the manager")
    if not view.is_open("escalate"):
        return None
    return view.move("escalate", "customer", "escalated")


def _temper(view: View) -> Turn:
    """Somebody turns abusive: the dignity sentence, and then either peace or the end of the service."""
    fate = view.character.fate
    ends = fate in ("ended", "restored")
    if not (ends or view.character.insults) or view.has("calmer", "ended"):
        return None
    if not view.at_or_past(view.character.turning):
        return None
    if not view.has("insulted"):
        return view.write("insult", "insulted")
    if not view.has("dignity"):
        return view.move("dignity", view.agent, "dignity", pause=SOON) if view.is_open("dignity") else None
    if "dignity.sent" not in view.case.facts:
        return Wait(SOON)
    if not ends:
        return view.write("calmer", "calmer", (10, 40))
    if not view.has("insulted again"):
        return view.write("insult_again", "insulted again")
    reason = {"ended.reason": view.say("ended")}
    return view.move("end", view.supervisor, "ended", reason) if view.is_open("end") else None


def _take_back(view: View) -> Turn:
    """The customer takes the complaint back."""
    if view.character.fate not in ("withdrawn", "resumed") or view.has("withdrawn"):
        return None
    if not view.at_or_past(view.character.turning):
        return None
    if not view.has("dropped"):
        return view.write("drop", "dropped")
    return view.move("withdraw", "customer", "withdrawn") if view.is_open("withdraw") else None


def _come_back(view: View) -> Turn:
    """A case that had stopped is taken up again: by the customer, or, after an apology of theirs, by us."""
    fate = view.character.fate
    if (view.case.step, fate) not in (("withdrawn", "resumed"), ("ended", "restored")):
        return None
    by_customer = fate == "resumed"
    if not view.has("came back"):
        return view.write("back" if by_customer else "sorry_later", "came back")
    if view.has("resumed") or not view.is_open("resume"):
        return None
    return view.move("resume", "customer" if by_customer else view.supervisor, "resumed")


def _merge(view: View) -> Turn:
    """An agent sees the same trouble in two cases; sometimes it is not the same after all."""
    fate = view.character.fate
    if fate not in ("merged", "unmerged"):
        return None
    if view.case.step == MERGED:
        if fate == "merged":
            return None
        return Act(ev.MergeUndone(by=view.agent, occurred_at=view.now), SOON, "unmerged")
    if view.has("merged") or not view.before("follow_up"):
        return None
    host = view.office.host_for(view.mind)
    if host is None:
        return None
    return Act(ev.CaseMerged(by=view.agent, occurred_at=view.now, into=host), SOON, "merged")


def _mistake(view: View) -> Turn:
    """An agent takes back a note that was wrong; the case returns to the step that needs the right one."""
    fact = "problem.driver"
    if not view.has(f"wrong {fact}") or view.has("retracted") or not view.at_or_past("reassure"):
        return None
    if fact not in view.case.facts:
        return None
    event = ev.FactRetracted(by=view.agent, occurred_at=view.now, fact=fact, reason=view.say("retract"))
    return Act(event, SOON, "retracted")


def _reopen(view: View) -> Turn:
    """It happens again after all: the customer opens the case once more."""
    if view.case.step != view.character.reopens or view.has("reopened"):
        return None
    if not view.has("once more"):
        return view.write("once_more", "once more")
    return view.move("reopen", "customer", "reopened") if view.is_open("reopen") else None


def _object(view: View) -> Turn:
    """Who has said no says why: to what we made of the problem, or to what we offered."""
    for fact, what in (("problem.confirmed", "not_quite"), ("resolution.accepted", "refusal")):
        said_no = view.case.facts.get(fact) is False
        if said_no and not view.workflow.is_end(view.case.step) and not view.has(what):
            return view.write(what, what)
    return None


def _impatient(view: View) -> Turn:
    """While it takes a while, somebody impatient asks for news."""
    waiting = view.case.step == "resolve" and "resolution.kind" in view.case.facts
    if view.character.temper < 3 or not waiting or view.has("asked for news"):
        return None
    return view.write("news", "asked for news")


INCIDENTS: tuple[Callable[[View], Turn], ...] = (
    _rest,
    _answer_offer,
    _merge,
    _take_back,
    _temper,
    _come_back,
    _mistake,
    _hand_off,
    _escalate,
    _reopen,
    _object,
    _impatient,
)
"""In the order in which they are looked at."""
