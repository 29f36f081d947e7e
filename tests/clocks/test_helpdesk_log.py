"""A help desk's log as cases with a clock of 30 business days, against what numpy counts."""

from __future__ import annotations

from datetime import datetime

from recovery.core import events as ev
from recovery.core.case import Case
from recovery.core.decide import decide, open_case
from recovery.core.decision import Decision
from recovery.core.instants import from_text, to_text
from recovery.core.spec import Workflow
from tests.calendars.test_helpdesk_log import _desk, numpys_breaches, tickets
from tests.clocks.builders import ANSWERED, clock, world

__all__ = ["tickets"]


def lived(flow: Workflow, number: int, begin: datetime, end: datetime) -> Case:
    """A case from its first event to the last time it was resolved; time passes before it is."""
    complaint = ev.ComplaintReceived(by="customer", occurred_at=begin, text="A ticket.")
    case = _accepted(open_case(flow, "default", number, complaint, begin))
    due = case.due_at
    assert due is not None
    if due <= to_text(end):
        moment = from_text(due)
        case = _accepted(
            decide(flow, case, ev.TimerFired(by="engine", occurred_at=moment, due_at=moment), moment)
        )
    resolved = ev.FactsRecorded(by="agent:li", occurred_at=end, facts={"answered": True})
    return _accepted(decide(flow, case, resolved, end))


def _accepted(answer: object) -> Case:
    assert isinstance(answer, Decision), answer
    return answer.case


def test_cases_breach_thirty_business_days_as_often_as_numpy_counts(
    tickets: list[tuple[datetime, datetime]],
) -> None:
    flow = world(clock(within="30 business days", stops=(ANSWERED,), calendar=_desk()))
    cases = [lived(flow, number, begin, end) for number, (begin, end) in enumerate(tickets, 1)]
    assert all(case.clocks["due"].status == "stopped" for case in cases)
    ours = [case.clocks["due"].breached_at is not None for case in cases]
    assert ours == numpys_breaches(tickets)
    assert sum(ours) == 43
