"""Erasing a person (design.md §4): what of a case is theirs and goes, what stays and is counted.

Kept is what is listed here as no words: steps, times, roles and colleagues, categories, amounts, how clocks
and promises went, which messages there were and what became of them. Everything else goes, of events that a
later version invents too. `redacted` and folding commute, so that a log that was erased still adds up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from recovery.core import events as ev
from recovery.core.case import Case, Change
from recovery.core.draft import Draft, Refused
from recovery.core.empowerment.state import read_compensation
from recovery.core.errors import EngineFault, Refusal
from recovery.core.facts import FactType
from recovery.core.instants import from_text
from recovery.core.moves import reasoned, supervisors
from recovery.core.stories.state import read_story

ERASED = "(erased)"
"""What stands in the place of words that were erased, where something must stand."""

ERASURE = ev.PersonErased.__name__
"""The kind of event that vouches for what is left. It is no part of what happened: reports pass it by."""

STILL_TAKEN = frozenset(
    {ev.PersonErased, ev.MoveForced, ev.CouponRedeemed, ev.CaseReleased, ev.CaseQuarantined, ev.TimerFired}
)
"""What a case still takes after that: nothing that tells of a person."""

WORDS = frozenset({"text", "list", "person"})
"""Types of facts that are taken for personal, where the workflow does not say."""

PLAIN = frozenset(
    {
        *("channel", "language", "severity", "source", "mode", "signal", "hold", "wait", "auto", "missed"),
        *("fact", "transition", "template", "effect", "task", "promise", "offer", "serial", "value", "other"),
        *("expires_after_days", "by_when", "estimate", "contact", "into", "due_at", "type", "size"),
        *(
            "kind",
            "amount",
            "expires_at",
            "pay_within",
            "compensation",
            "standing",
            "meant",
            "of",
            "policy",
            "hours",
        ),
        *("collaboration", "from_customer", "reward"),
    }
)
"""Fields of events that tell nothing of a person."""

PLAIN_CHANGES = frozenset(
    {
        *("forget", "move", "set", "count", "cancelled", "retry", "task", "done", "coupon", "clock", "mark"),
        *("absorb", "release", "erased", "untold"),
    }
)
"""Changes that tell nothing of a person, beside those that `Eraser.change` knows how to mend."""

HEADER = frozenset({"step", "mode", "channel", "language", "severity", "signal"})
"""What stays of how a case was opened."""

TO_SOMEBODY = frozenset({"PromiseMade", "CompensationOffered", "CompensationSpent"})
"""Events whose `to` may be somebody outside the house."""

OWED = frozenset({"asked", "offered", "due"})
"""How a compensation stands of which something is still to come."""

_GUEST = re.compile(r"\bguest:[0-9a-f]+")

NAME_PART = 3
"""Letters. A shorter word of a name tells nobody apart."""

NAMELESS = ("name", "zone")
"""Fields of a customer by which no other case of theirs is found."""


def erase(draft: Draft, event: ev.PersonErased) -> None:
    """Take it down that a person was erased, and stop what would still write to them."""
    case, workflow = draft.case, draft.workflow
    if not workflow.may(ev.role(event.by), supervisors(workflow)):
        raise Refused("not_allowed", f"{event.by} may not erase anybody.", "A supervisor may.")
    reasoned(event.reason, "An erasure")
    said = f"{event.reason} {event.despite or ''}"
    for name, value in case.customer.items():
        if name != "zone" and any(mentions(said, word) for word in (value, *_parts(name, value))):
            message = f"The reason says the customer's {name}, and it is kept."
            raise Refused("names_the_person", message, "Give the number of the request.")
    still = [f"Case {case.id} {line}" for line in needed_for(draft)]
    if still and not (event.despite or "").strip():
        raise Refused(
            "still_needed",
            still[0] + ".",
            "Erase it when that is over, or say why it must be now (`despite`, `--force`).",
            details=tuple(f"{line}." for line in still[1:]),
        )
    for task in list(case.tasks):
        draft.change("done", task)
    for effect, (template, _) in list(case.awaiting.items()):
        draft.change("cancelled", effect)
        draft.why.append(f"{template} cancelled: its receiver was erased")
    draft.change("erased")
    draft.why.append(f"erased: {event.reason}")
    if still:
        draft.why.append(f"although it was still needed: {event.despite}")


def needed_for(draft: Draft) -> Iterator[str]:
    """What a case is still needed for, as what it is or has."""
    case, workflow = draft.case, draft.workflow
    if not workflow.is_end(case.step):
        yield f"is open: it stands in {case.step}"
    for name, state in case.clocks.items():
        if state.is_on and name in workflow.clocks and workflow.clocks[name].legal:
            until = f" until {from_text(state.due_at):%Y-%m-%d %H:%M} UTC" if state.due_at else ""
            yield f"has a legal clock that runs, {name}{until}"
    for number, compensation in case.compensations.items():
        if compensation.status in OWED and compensation.kind != "coupon":
            what = " ".join(filter(None, (compensation.kind, compensation.amount)))
            yield f"owes compensation {number}, {what}, which is {compensation.status}"
    for number, promise in case.promises.items():
        if promise.is_open:
            yield f"owes promise {number}, for {from_text(promise.by_when):%Y-%m-%d %H:%M} UTC"


def not_taken(case: Case, event: ev.Event) -> Refusal | None:
    """Why a case whose person was erased does not take an event; None where it does."""
    if type(event) not in STILL_TAKEN:
        message = f"Whoever case {case.id} was about has been erased: nothing is put into it any more."
        return Refusal("erased", message, "A new complaint opens a new case.")
    if isinstance(event, ev.CouponRedeemed) and event.reference is not None:
        message = f"Whoever case {case.id} was about has been erased: no order is noted there."
        return Refusal("erased", message, "Redeem it without a reference.")
    return None


# --- what is left -------------------------------------------------------------------------------------------


def is_personal(kind: FactType | None) -> bool:
    """Whether a fact tells of a person: as the workflow says, else by its type. The owner is a colleague."""
    if kind is None:
        return True
    if kind.personal is not None:
        return kind.personal
    return kind.kind in WORDS and kind.name != "owner"


def without_person(by: str) -> str:
    """Who did something, without the name where that is the customer's."""
    return ev.role(by) if ev.role(by) == "customer" else by


def mentions(text: str, value: str) -> bool:
    """Whether a text has a value in it, as a word of its own where words are set apart."""
    found, value = text.casefold(), value.casefold().strip()
    if not value or value not in found:
        return False
    return not value.isascii() or re.search(rf"(?<!\w){re.escape(value)}(?!\w)", found) is not None


def _parts(name: str, value: str) -> list[str]:
    """The words of a name that tell somebody apart."""
    return [word for word in value.split() if len(word) >= NAME_PART] if name == "name" else []


def without_guest(account: str) -> str:
    """An account of a limit without what stands for a customer; one of all who were erased."""
    return _GUEST.sub(f"guest:{ERASED}", account)


def _compensation(row: list[Any]) -> list[Any]:
    state = read_compensation(row)
    return state._replace(
        to=state.to if state.to == "customer" else ERASED,
        holds=tuple(hold._replace(account=without_guest(hold.account)) for hold in state.holds),
        receipt=None if state.receipt is None else ERASED,
        note=None if state.note is None else ERASED,
    ).row()


class Eraser:
    """Takes a person out of what the log has of a case.

    Args:
        kinds: the facts of the workflow's version.
        customer: what is known of the person; names of the case elsewhere that hold any of it go too.
    """

    def __init__(self, kinds: Mapping[str, FactType], customer: Mapping[str, str]) -> None:
        self._kinds = kinds
        self._told = [value for name, value in customer.items() if name != "zone"]

    def tells(self, name: str | None) -> bool:
        """Whether a name that somebody else gave, such as a ticket's, holds what is known of the person."""
        return name is not None and any(mentions(name, value) for value in self._told)

    def event(self, kind: str, told: Mapping[str, Any]) -> dict[str, Any]:
        """What stays of an event's own fields."""
        found: dict[str, Any] = {}
        for name, value in told.items():
            if name in PLAIN:
                found[name] = value
            elif name == "facts":
                found[name] = self.facts(value)
            elif name == "external_id":
                if not self.tells(value):
                    found[name] = value
            elif name == "to":
                found[name] = value if kind not in TO_SOMEBODY or value == "customer" else ERASED
            elif isinstance(value, str):
                found[name] = ERASED
        return found

    def facts(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Facts without what they say of a person: words are replaced, other values are left out."""
        found: dict[str, Any] = {}
        for name, value in given.items():
            if not is_personal(self._kinds.get(name)):
                found[name] = value
            elif isinstance(value, list):
                found[name] = [ERASED] * len(value)
            elif self._is_text(name, value):
                found[name] = ERASED
        return found

    def _is_text(self, name: str, value: Any) -> bool:
        kind = self._kinds.get(name)
        return isinstance(value, str) and (kind is None or kind.kind in WORDS)

    def change(self, change: Change, kind: str, seq: int) -> Change:
        """A change of the log without the person.

        Args:
            kind, seq: of the event that made it.

        Raises:
            EngineFault: nobody has said what of such a change is a person's.
        """
        match change:
            case ["open", workflow, bundle, header]:
                left = {name: header[name] for name in header if name in HEADER}
                external_id = header.get("external_id")
                left["external_id"] = None if self.tells(external_id) else external_id
                return ["open", workflow, bundle, {**left, "subject": None, "customer": {}}]
            case ["facts", given, source]:
                return ["facts", self.facts(given), source]
            case ["fact", name, value, source, by]:
                return ["fact", name, self.facts({name: value}).get(name), source, without_person(by)]
            case ["move", source, to, _, ended] if kind == "MoveForced":
                return ["move", source, to, "forced", ended]
            case ["set", "quarantine", reason]:
                return ["set", "quarantine", None if reason is None else ERASED]
            case ["effect", key, template, once, facts, *inside]:
                return ["effect", key, template, once, self.facts(facts), *inside]
            case ["settled", key, failure]:
                return ["settled", key, None if failure is None else ERASED]
            case ["attach", _, _, type_, size]:
                return ["attach", f"{ERASED} {seq}", ERASED, type_, size]
            case ["coupon_ended", offer, serial, status, note]:
                return ["coupon_ended", offer, serial, status, None if note is None else ERASED]
            case ["task", key, kind_of_task, _] if kind_of_task in ("approval", "payment", "receipt"):
                return ["task", key, kind_of_task, ERASED]
            case ["compensation", number, row, moves]:
                return ["compensation", number, _compensation(row), moves]
            case ["story", number, row]:
                story = read_story(row)
                done = None if story.done is None else ERASED
                return ["story", number, story._replace(happened=ERASED, felt=ERASED, done=done).row()]
            case ["praise", number, [to, _, *rest]]:
                return ["praise", number, [to, ERASED, *rest]]
            case ["collaboration", number, [of, _, *rest]]:
                return ["collaboration", number, [of, ERASED, *rest[:4], *[ERASED for _ in rest[4:]]]]
            case ["promise", number, [_, by_when, to, *rest]]:
                to = to if to == "customer" else ERASED
                note = [None if row is None else ERASED for row in rest[7:8]]
                return ["promise", number, [ERASED, by_when, to, *rest[:7], *note]]
            case [name, *_] if name in PLAIN_CHANGES:
                return change
        raise EngineFault(f"Nobody knows what of a {change[0]!r} is a person's.")
