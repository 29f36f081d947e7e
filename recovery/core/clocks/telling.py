"""What is said of clocks: how they stand in a case, what keeps others from running, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, assert_never

from recovery.core.calendars.local import is_zone, zone_of
from recovery.core.case import Case
from recovery.core.clocks.model import Anchor, Clock
from recovery.core.clocks.standing import standing
from recovery.core.clocks.state import ClockState
from recovery.core.contact import may_leave
from recovery.core.explain import words
from recovery.core.guards import why
from recovery.core.instants import from_text, to_text
from recovery.core.spec import (
    Action,
    CountFailure,
    Escalate,
    Forget,
    Go,
    RaiseSeverity,
    Record,
    Rule,
    Send,
    TakeBack,
    Workflow,
)


def told(
    workflow: Workflow, case: Case, now: datetime, language: str = "en"
) -> dict[str, list[dict[str, Any]]]:
    """The clocks of a case as plain data.

    Returns:
        `clocks`: those that ever started, in the order declared: `Standing.as_dict`, and `title`, `stops_by`,
        `due_local` and `due_for_customer` (on the calendar's and the customer's own clock, with its offset).
        `not_started`: the others, each with what it `waits_for`. `coming`: what the clocks that run will do
        if nothing happens before, in order of time; for each rule `at`, `clock`, `on`, what it `does`, its
        condition and how it stands, and when its messages leave (`leaves_at`).
    """
    stand = standing(workflow, case, now)
    zone = zone_of_customer(case)
    running = [
        {
            **one.as_dict(),
            "title": words(workflow.clocks[one.name].title, language),
            "stops_by": [str(anchor) for anchor in workflow.clocks[one.name].stops],
            "due_local": local(one.due_at, one.zone),
            "due_for_customer": local(one.due_at, zone),
        }
        for one in stand
    ]
    waiting = [
        {
            "name": clock.name,
            "title": words(clock.title, language),
            "waits_for": list(_lacks(workflow, clock, case)),
            "rule": f"{clock.file}:{clock.line}",
            "source": clock.source,
        }
        for clock in workflow.clocks.values()
        if clock.name not in case.clocks
    ]
    coming = [] if case.quarantine is not None else list(_coming(workflow, case))
    return {
        "clocks": running,
        "not_started": waiting if case.mode == "live" else [],
        "coming": sorted(coming, key=lambda row: str(row["at"])),
    }


def local(at: str | None, zone: str | None) -> str | None:
    """A text instant as a clock on the wall shows it, with its offset: `2026-11-23T12:55:00+00:00`.

    In the first and last hours of the years that calendars have (1 to 9999) it may be one in UTC.
    """
    if at is None or zone is None:
        return None
    moment = from_text(at)
    with suppress(OverflowError):
        moment = moment.astimezone(zone_of(zone))
    return moment.isoformat(timespec="seconds")


def zone_of_customer(case: Case) -> str | None:
    """The customer's time zone, where it is known."""
    zone = case.customer.get("zone")
    return zone if zone is not None and is_zone(zone) else None


def _lacks(workflow: Workflow, clock: Clock, case: Case) -> Iterator[str]:
    """Everything that keeps a clock from running."""
    if case.closed_at is not None and not clock.in_ends and not clock.legal:
        yield f"the case, which is {case.step}, to be opened again"
    for condition in (clock.when, clock.while_):
        if condition is not None and condition.evaluate(case) is not True:
            yield why(condition, case)
    for fact in (clock.counts_from, clock.due_by):
        if fact is not None and fact not in case.facts:
            yield f"{fact} is not known"
    if clock.limits and clock.limit(case) is None:
        yield "no row of its limits is for this case"
    if clock.starts.moment(case) is None and not _is_said(clock, clock.starts):
        yield _event(workflow, clock.starts)


def _is_said(clock: Clock, anchor: Anchor) -> bool:
    return anchor.kind == "fact" and anchor.name in (clock.counts_from, clock.due_by)


def _event(workflow: Workflow, anchor: Anchor) -> str:
    """What has not happened yet."""
    if anchor.kind == "fact":
        return f"{anchor.name} is not known"
    marks = {
        "message": "the customer has not written again",
        "heard": "the customer has heard nothing",
        "first_answer": "the customer has had no answer",
        "closed": f"the case is not {workflow.main_end}",
    }
    word, _, rest = anchor.name.partition(" ")
    if word == "step":
        return f"the case has not come to {rest}"
    if word == "sent":
        return f"{rest} has not been delivered"
    return marks.get(anchor.name, f"{anchor} is not so")


def _coming(workflow: Workflow, case: Case) -> Iterator[dict[str, Any]]:
    for name, state in case.clocks.items():
        clock = workflow.clocks.get(name)
        if clock is None or state.status != "running":
            continue
        if state.warn_at is not None:
            yield from _rules(workflow, case, clock, state.warn_at, "warning", clock.on_warn)
        if state.due_at is not None:
            yield from _rules(workflow, case, clock, state.due_at, "running out", clock.on_breach)
            if _is_last(clock, state):
                last = "running out for the last time"
                yield from _rules(workflow, case, clock, state.due_at, last, clock.at_last)


def _is_last(clock: Clock, state: ClockState) -> bool:
    return clock.times is not None and state.runs + 1 >= clock.times


def _rules(
    workflow: Workflow, case: Case, clock: Clock, at: str, on: str, rules: tuple[Rule, ...]
) -> Iterator[dict[str, Any]]:
    for rule in rules:
        answer = True if rule.when is None else rule.when.evaluate(case)
        to_customer = any(isinstance(one, Send) and one.to == "customer" for one in rule.actions)
        yield {
            "at": at,
            "at_local": local(at, clock.calendar.zone),
            "clock": clock.name,
            "on": on,
            "does": [_does(action) for action in rule.actions],
            "if": None if rule.when is None else why(rule.when, case),
            "fires": None if answer is None else bool(answer),
            "leaves_at": _leaves(workflow, case.customer, at) if to_customer else None,
            "rule": f"{rule.file or clock.file}:{rule.line}",
        }


def _leaves(workflow: Workflow, customer: Mapping[str, str], at: str) -> str:
    """When a message asked for then may reach the customer."""
    hours = workflow.contact_hours
    later = None if hours is None else may_leave(hours, customer, from_text(at))
    return at if later is None else to_text(later)


def _does(action: Action) -> str:
    match action:
        case Send():
            return f"send {action.template} to {action.to}"
        case Escalate():
            return f"escalate {action.levels}"
        case RaiseSeverity():
            return "raise severity"
        case CountFailure():
            return "count a failure"
        case Record():
            return "record " + ", ".join(f"{name} = {value}" for name, value in action.facts.items())
        case Go():
            return f"go to {action.to}"
        case Forget():
            return "forget " + ", ".join(action.facts)
        case TakeBack():
            return "take back the offer of a hand-off"
    assert_never(action)
