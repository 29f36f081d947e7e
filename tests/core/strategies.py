"""Random streams of events, sensible ones and nonsense."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from hypothesis import strategies as st

from recovery.core import events as ev
from recovery.core.case import Case
from recovery.core.empowerment import events as money
from recovery.core.instants import from_text, to_text
from recovery.core.spec import (
    Workflow,
)
from recovery.core.stories import events as told
from tests.core.builders import NAIVE, START, Story
from tests.core.random_workflows import ACTORS, FACTS, SAYABLE, VALUES, values

JUNK: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**6000),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(st.characters(codec=None), max_size=20),
    st.sampled_from(["\ud800", "\x00", "x" * 2_000_000, " ", "{{ 7*7 }}", "2026-11-22", "12.50", "5 USD"]),
    st.binary(max_size=5),
    st.sampled_from(
        [Decimal("NaN"), Decimal(5), NAIVE, START, date(2026, 11, 22), timedelta(1), object(), ev]
    ),
    st.recursive(
        st.one_of(st.none(), st.text(max_size=3)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.text(max_size=3), inner, max_size=3),
            st.dictionaries(st.integers(), inner, max_size=1),
        ),
        max_leaves=5,
    ),
)


MONEY = [kind for kind in money.EVENTS if "compensation" in {field.name for field in fields(kind)}]
"""Events about a compensation that was offered."""


@dataclass(frozen=True)
class Planned:
    """An event still to happen. What only the case can tell is chosen when it does, by `pick`."""

    kind: type[ev.Event]
    values: dict[str, Any]
    pick: int = 0

    def event(self, story: Story) -> ev.Event:
        """The event, for the case as it now stands."""
        return self.kind(**{"by": "agent:li", "occurred_at": story.now, **self._chosen(story), **self.values})

    def _chosen(self, story: Story) -> dict[str, Any]:
        """What a sensible person would now send, as far as `values` leaves it open."""
        flow, case = story.workflow, story.case
        if self.kind is ev.FactsRecorded:
            return self._next_facts(flow, case)
        if self.kind is ev.MoveRequested:
            here = flow.moves.leaving(case.step) or flow.transitions
            if not here:
                return {"transition": "t0"}
            wanted = here[self.pick % len(here)]
            facts = {need.fact: self._value(flow, need.fact) for need in wanted.needs if need.fact != "owner"}
            return {"transition": wanted.name, "by": min(wanted.by), "facts": facts}
        if self.kind in (ev.EffectDelivered, ev.EffectFailed, ev.EffectHanded, ev.EffectCancelled):
            awaited = [*case.awaiting, "9.9"]
            return {"by": "engine", "effect": awaited[self.pick % len(awaited)]}
        if self.kind is ev.EffectRetried:
            return {"effect": next(iter(case.undelivered), "9.9")}
        if self.kind in (ev.CouponRedeemed, ev.CouponRevoked, ev.CouponReissued):
            offered = [*case.coupons, "goodwill@9"]
            offer = offered[self.pick % len(offered)]
            serials = [case.coupons[offer].serial, 1] if offer in case.coupons else [1]
            return {"offer": offer, "serial": serials[self.pick // 2 % len(serials)]}
        if self.kind in (ev.PromiseKept, ev.PromiseReleased):
            made = [*case.promises, "9"]
            return {"promise": made[self.pick % len(made)]}
        if self.kind in MONEY:
            known = [*case.compensations, "9"]
            by = "manager:noor" if self.kind.__name__.startswith("Approval") else "agent:li"
            return {"compensation": known[self.pick % len(known)], "by": by}
        if self.kind is ev.TaskDone:
            return {"task": next(iter(case.tasks), "9.9")}
        if self.kind in (ev.HandOffAccepted, ev.HandOffDeclined):
            return {"by": f"agent:{case.offered_to}"}
        if self.kind is ev.HandOffOffered:
            return {"by": f"agent:{case.owner}", "to": self._value(flow, "owner")}
        if self.kind is ev.CaseReleased:
            return {"other": case.absorbed[0] if case.absorbed else 9}
        if self.kind is ev.MessageWritten:
            names = [*dict.fromkeys(send.template for send in flow.sends()), None]
            return {"template": names[self.pick % len(names)], "to": "customer"}
        if self.kind is ev.NoteAdded:
            return {}
        if self.kind is ev.TimerFired:  # time passes until something is due
            story.now = max(story.now, from_text(case.due_at or to_text(story.now)))
            return {"by": "engine", "due_at": story.now, "occurred_at": story.now}
        if self.kind is ev.MoveForced:
            places = [*flow.steps, *flow.ends]
            return {"by": "supervisor:eve", "to": places[self.pick % len(places)]}
        return {"by": "supervisor:eve"}

    def _next_facts(self, flow: Workflow, case: Case) -> dict[str, Any]:
        """Facts the present step waits for, from whoever may say them."""
        step = flow.steps.get(case.step)
        missing = step.missing(case) if step is not None else []
        names = sorted({name for need in missing for name in need.names() if name not in case.facts})
        for source in ("agent", "customer"):
            said = [name for name in names if source in (flow.facts[name].said_by or (source,))]
            if said:
                return {"source": source, "facts": {name: self._value(flow, name) for name in said}}
        return {"facts": {"problem.statement": "more"}}

    def _value(self, flow: Workflow, name: str) -> Any:
        known = values(flow.facts[name])
        return known[self.pick % len(known)]


def _recordable(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.sampled_from(names), st.integers(0, 2), max_size=4).map(
        lambda chosen: {name: VALUES[name][at % len(VALUES[name])] for name, at in chosen.items()}
    )


ANY_FACTS = _recordable([*FACTS, "owner", "owner", "owner"])
FIELD_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "by": st.sampled_from(ACTORS),
    "hold": st.booleans(),
    "text": st.sampled_from(["It broke.", "", "再来一次"]),
    "facts": ANY_FACTS,
    "source": st.sampled_from(["agent", "agent", "customer", "engine"]),
    "fact": st.sampled_from([*FACTS, "owner"]),
    "reason": st.sampled_from(["because", "because", ""]),
    "transition": st.sampled_from(["t0", "t1", "t2", "t9"]),
    "to": st.sampled_from(["s0", "s1", "s2", "closed", "merged", "li", "bo", "customer", "owner"]),
    "effect": st.sampled_from(["1.0", "2.0", "9.9"]),
    "task": st.sampled_from(["1.0", "phone", "letter", "payment", "2.0"]),
    "offer": st.sampled_from(["goodwill", "goodwill@1", "gift"]),
    "value": st.sampled_from(["10 USD", "10 USD", "0 USD", "10"]),
    "expires_after_days": st.sampled_from([60, 1, 0]),
    "serial": st.integers(1, 2),
    "reference": st.sampled_from([None, "order 7"]),
    "what": st.sampled_from(["to send the refund", "to call back", ""]),
    "by_when": st.sampled_from([None, *(START + timedelta(days=days) for days in (1, 30, 9_999))]),
    "estimate": st.sampled_from([None, START, START + timedelta(days=15)]),
    "contact": st.booleans(),
    "note": st.sampled_from([None, "she was glad"]),
    "into": st.integers(1, 3),
    "other": st.integers(1, 3),
    "channel": st.sampled_from([None, "mail"]),
    "template": st.sampled_from([None, "apology", "apology", "note", "hello-s0", "nothing"]),
    "wait": st.sampled_from([0, 60, 3_601]),
    "despite": st.sampled_from([None, None, "her own words", ""]),
    "attachments": st.sampled_from([{}, {}, {"0" * 64: "photo.jpg"}, {"1" * 64: "photo.jpg"}]),
    "name": st.sampled_from(["photo.jpg", "photo.jpg", "note.exe"]),
    "type": st.just("image/jpeg"),
    "size": st.sampled_from([1, 9_000_000, 11_000_000]),
    "due_at": st.sampled_from([START, START + timedelta(days=1), START + timedelta(days=40)]),
    "kind": st.sampled_from(["refund", "gift", "comfort_gesture", "coupon"]),
    "amount": st.sampled_from([None, "40 USD", "40 USD", "0 USD"]),
    "expires_at": st.sampled_from([None, None, START + timedelta(days=3)]),
    "pay_within": st.sampled_from([None, 0, 3]),
    "receipt": st.sampled_from([None, "T-7"]),
    "compensation": st.sampled_from(["1", "2"]),
    "standing": st.sampled_from(
        [
            {
                "units": 4000,
                "holds": {
                    "empowerment": {
                        "account": "2026-11-22 person:li",
                        "currency": "USD",
                        "units": 4000,
                        "limit": limit,
                        "used": 0,
                    }
                },
            }
            for limit in (200_000, 200_000, 3_999)
        ]
    ),
    "of": st.sampled_from(["bo", "li", ""]),
    "collaboration": st.sampled_from(["1", "2"]),
    "felt": st.sampled_from(["Glad.", " "]),
    "happened": st.none(),
    "done": st.sampled_from([None, "A lunch."]),
    "from_customer": st.booleans(),
    "reward": st.sampled_from([None, "5 USD", "much"]),
    "answer": st.sampled_from(["", "In Leeds."]),
    "sha256": st.sampled_from([digit * 64 for digit in "0123456789"]),
}
FORCED = {"by", "occurred_at", "hold", "source"}
"""Fields with a default or a sensible choice of their own."""

OFTEN = [
    *[ev.FactsRecorded] * 6,
    *[ev.MoveRequested] * 4,
    *[ev.EffectDelivered] * 4,
    *[ev.HandOffOffered, ev.HandOffAccepted] * 3,
    *[ev.FactRetracted, ev.EffectFailed, ev.MergeUndone, ev.QuarantineLifted, ev.HandOffDeclined],
    *[ev.MessageWritten, ev.MessageWritten, ev.NoteAdded, ev.AttachmentAdded, ev.AttachmentAdded],
    *[ev.CouponOffered, ev.CouponRedeemed, ev.CouponRevoked, ev.CouponReissued] * 2,
    *[ev.PromiseMade, ev.PromiseMade, ev.PromiseKept, ev.PromiseReleased],
    *[money.CompensationOffered, money.CompensationOffered, money.CompensationSpent],
    *[money.CompensationAccepted, money.CompensationFulfilled, money.ApprovalGranted],
    *[told.StoryTold, told.PraiseGiven],
    *[ev.TimerFired, ev.TimerFired, ev.TimerFired, ev.MessageReceived],
    *[ev.MoveForced, ev.CaseMerged, ev.EffectHanded, ev.TaskDone, ev.EffectRetried, ev.EffectCancelled],
]
KINDS = [kind for kind in ev.EVENTS.values() if kind is not ev.ComplaintReceived]
CHOSEN = {
    ev.FactsRecorded: {"facts"},
    ev.MoveRequested: {"transition", "facts"},
    ev.EffectDelivered: {"effect"},
    ev.EffectFailed: {"effect"},
    ev.EffectHanded: {"effect"},
    ev.EffectCancelled: {"effect"},
    ev.EffectRetried: {"effect"},
    ev.TaskDone: {"task"},
    ev.CouponRedeemed: {"offer", "serial"},
    ev.CouponRevoked: {"offer", "serial"},
    ev.CouponReissued: {"offer", "serial"},
    ev.HandOffOffered: {"to"},
    ev.MoveForced: {"to"},
    ev.CaseReleased: {"other"},
    ev.MessageWritten: {"template", "to"},
    **{kind: {"compensation"} for kind in MONEY},
    ev.TimerFired: {"due_at"},
}


def _fields_of(kind: type[ev.Event], left_open: set[str]) -> dict[str, st.SearchStrategy[Any]]:
    own = [field.name for field in fields(kind) if field.name in FIELD_VALUES]
    return {name: FIELD_VALUES[name] for name in own if name not in left_open}


@cache
def _sensible(kind: type[ev.Event]) -> st.SearchStrategy[Planned]:
    own = st.fixed_dictionaries(_fields_of(kind, CHOSEN.get(kind, set()) | FORCED))
    return st.builds(Planned, st.just(kind), own, st.integers(0, 5))


@cache
def _well_formed(kind: type[ev.Event]) -> st.SearchStrategy[Planned]:
    return st.builds(Planned, st.just(kind), st.fixed_dictionaries(_fields_of(kind, set())))


SENSIBLE: st.SearchStrategy[Planned] = st.sampled_from([*OFTEN, *KINDS]).flatmap(_sensible)
"""What somebody who knows the case might send; sometimes too early, sometimes too late."""

WELL_FORMED: st.SearchStrategy[Planned] = st.sampled_from([*OFTEN, *KINDS]).flatmap(_well_formed)
"""Anything of the right types, mostly out of place."""


@cache
def _unforced(kind: type[ev.Event]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(_fields_of(kind, FORCED))


@cache
def _some_fields(kind: type[ev.Event]) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from([field.name for field in fields(kind)]), min_size=1, max_size=2)


ANY_KIND = st.sampled_from(list(ev.EVENTS.values()))
ANY_FACT = st.sampled_from([*FACTS, "owner", "problem.statement"])
EITHER = st.booleans()


@st.composite
def nonsense(draw: st.DrawFn) -> Planned:
    """An event of any kind with anything in one or two of its fields, or in a fact."""
    kind = draw(ANY_KIND)
    values = draw(_unforced(kind))
    if any(field.name == "facts" for field in fields(kind)) and draw(EITHER):
        values["facts"] = {draw(ANY_FACT): draw(JUNK)}
    else:
        for name in draw(_some_fields(kind)):
            values[name] = draw(JUNK)
    return Planned(kind, values)


STREAMS = st.lists(st.one_of(SENSIBLE, SENSIBLE, SENSIBLE, WELL_FORMED), min_size=6, max_size=16)

COMPLAINTS = st.fixed_dictionaries(
    {
        "text": st.sampled_from(["It broke.", "坏了"]),
        "customer": st.sampled_from([{}, {"address": "ana@example.org"}]),
        "severity": st.integers(1, 3),
        "facts": _recordable([*SAYABLE, "owner", "owner"]),
        "mode": st.sampled_from(["live", "live", "live", "history"]),
        "hold": st.booleans(),
        "occurred_at": st.datetimes(timezones=st.just(UTC)),
    }
)
