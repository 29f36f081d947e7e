"""What must hold after every event, whatever the workflow and whatever came."""

from __future__ import annotations

from collections import Counter

from recovery.core import events as ev
from recovery.core.attachments import BYTES_OF_A_CASE
from recovery.core.case import Case, Stamp, apply
from recovery.core.changes import fold, recorded
from recovery.core.decision import Decision
from recovery.core.empowerment.postings import COMPENSATION, postings
from recovery.core.empowerment.state import LIVE
from recovery.core.instants import to_text
from recovery.core.letters import is_by_hand
from recovery.core.spec import MERGED, Send, Workflow
from tests.core.builders import Story

WALKED = "exit facts on record"


def check(story: Story, before: Case | None, decision: Decision) -> None:
    """Every invariant, for the event just accepted."""
    case = decision.case
    _bounds(story.workflow, case)
    _owner(before, decision)
    _effects(story, decision)
    _attachments(story, case)
    _coupons(story, decision)
    _compensations(story, decision)
    _replayed(story.workflow, before, decision, story.log[-1]["recorded_at"])


def _bounds(workflow: Workflow, case: Case) -> None:
    assert case.step in workflow.steps or case.step in workflow.ends
    assert 0 <= case.level < len(workflow.escalation)
    assert 1 <= case.severity <= workflow.severities
    assert (case.closed_at is not None) is workflow.is_end(case.step)
    assert (case.merged_into is not None) is (case.step == MERGED)
    if workflow.is_end(case.step):
        assert case.offered_to is None


def _owner(before: Case | None, decision: Decision) -> None:
    """One owner; the first is recorded, any other has accepted what was offered, or was given it."""
    old = before.owner if before is not None else None
    new = decision.case.owner
    given = [value for name, value, _ in recorded(decision.changes) if name == "owner"]
    assert len(given) <= 1
    assert not any(change[0] == "forget" and "owner" in change[1] for change in decision.changes)
    if old is None:
        assert new is None or [new] == given
    elif isinstance(decision.event, ev.HandOffAccepted):
        assert before is not None
        assert new == before.offered_to == ev.person(decision.event.by)
    elif isinstance(decision.event, ev.HandOffForced):
        assert new == decision.event.to
    else:
        assert new == old


def _effects(story: Story, decision: Decision) -> None:
    """Each effect is awaited, delivered or undelivered, never two of these; each once-key was used once."""
    changes = [change for record in story.log for change in record["changes"]]
    asked = [change[1] for change in changes if change[0] == "effect"]
    assert len(asked) == len(set(asked))
    cancelled = {change[1] for change in changes if change[0] == "cancelled"}
    settled: dict[str, str | None] = {}
    for change in changes:
        if change[0] == "settled":
            assert change[1] not in settled
            settled[change[1]] = change[2]
        elif change[0] == "retry":
            assert settled.pop(change[1]) is not None
    case = decision.case
    assert set(case.awaiting) == set(asked) - set(settled) - cancelled
    failed = {key for key, failure in settled.items() if failure is not None} - cancelled
    assert set(case.undelivered) == failed
    assert {key for key, (kind, _) in case.tasks.items() if kind == "undelivered"} <= failed
    assert {key for key, (kind, _) in case.tasks.items() if is_by_hand(key, kind)} <= set(case.awaiting)
    sent = [change for change in changes if change[0] == "effect" and change[1] not in cancelled]
    once = Counter(change[3] for change in sent if change[3])
    assert set(once.values()) <= {1}
    assert case.sent.keys() == once.keys()
    told = [(change[1], change[2]) for change in decision.changes if change[0] == "effect"]
    assert [(effect.key, effect.template) for effect in decision.effects] == told
    if case.mode == "history":
        assert asked == []


def _attachments(story: Story, case: Case) -> None:
    """Each file belongs to the case once, and all of them together are not too large."""
    changes = [change for record in story.log for change in record["changes"] if change[0] == "attach"]
    assert len(changes) == len({change[1] for change in changes})
    assert case.attachments == {change[1]: tuple(change[2:]) for change in changes}
    assert sum(size for _, _, size in case.attachments.values()) <= BYTES_OF_A_CASE


def _coupons(story: Story, decision: Decision) -> None:
    """At most one code is good for each offer and cycle; serials follow each other; what ended stays so."""
    changes = [change for record in story.log for change in record["changes"]]
    drawn = [tuple(change[1:3]) for change in changes if change[0] == "coupon"]
    ended = [tuple(change[1:3]) for change in changes if change[0] == "coupon_ended"]
    assert len(drawn) == len(set(drawn))
    assert len(ended) == len(set(ended))
    assert set(ended) <= set(drawn)
    coupons = decision.case.coupons
    assert set(drawn) == {(key, n) for key, one in coupons.items() for n in range(1, one.serial + 1)}
    good = {(key, one.serial) for key, one in coupons.items() if one.status == "issued"}
    assert set(drawn) - set(ended) == good
    told = [(change[1], change[2], change[5]) for change in decision.changes if change[0] == "coupon"]
    assert [(draw.offer, draw.serial, draw.effect) for draw in decision.draws] == told
    letters = {effect.key: effect for effect in decision.effects}
    for draw in decision.draws:
        assert letters[draw.effect].context["coupon"]["value"] == draw.value
    if decision.case.mode == "history":
        assert coupons == {}


def _compensations(story: Story, decision: Decision) -> None:
    """Each event's lines sum to zero; what is kept, owed and paid is what stands so; no offer lives twice."""
    sums: Counter[str] = Counter()
    for record in story.log:
        moved: Counter[str] = Counter()
        for change in record["changes"]:
            for line in postings(change) if change[0] == COMPENSATION else ():
                sums[line.account.split(" ")[0]] += line.units
                moved[line.currency] += line.units
        assert not any(moved.values())
    found = decision.case.compensations
    statuses = {
        "used": ("offered", "due", "fulfilled"),
        "reserved": ("offered", "due"),
        "spent": ("fulfilled",),
        "cost": ("due", "fulfilled"),
        "owed": ("due",),
        "paid": ("fulfilled",),
    }
    for account, stand in statuses.items():
        assert abs(sums[account]) == sum(one.units for one in found.values() if one.status in stand), account
    live = [(one.kind, one.offer) for one in found.values() if one.status in LIVE]
    assert len(live) == len(set(live))
    if decision.case.erased_at is not None:  # whoever erased it said why nobody is paid
        return
    waiting = {f"c{number}": one.waits_for for number, one in found.items()}
    tasks = {key: kind for key, (kind, _) in decision.case.tasks.items() if key[0] == "c"}
    assert tasks == {key: kind for key, kind in waiting.items() if kind is not None}
    for one in found.values():  # what is owed is never forgotten: an order is under way, or a person has it
        order, case = one.order, decision.case
        under_way = order in case.awaiting or order in case.undelivered
        assert one.status != "due" or under_way or one.waits_for is not None
        assert not under_way or one.status == "due"


def _replayed(workflow: Workflow, before: Case | None, decision: Decision, recorded_at: str) -> None:
    """Change by change: no step left forward without its exit facts, no entered step without its messages."""
    stamp = Stamp(decision.case.seq, decision.event.by, to_text(decision.event.occurred_at), recorded_at)
    changes = list(decision.changes)
    if before is None:
        case = fold(None, [_opening(decision, changes.pop(0), stamp)])
        assert case is not None
        entered: tuple[str, int] | None = (case.step, 1)
    else:
        case, entered = before.copy(), None
    leaving = case.copy()
    asked: set[str] = set()
    moves = 0
    for change in changes:
        if change[0] == "move":
            moves += 1
            _left_with_its_exit_facts(workflow, leaving, change[1], change[2], change[3])
            _greeted(workflow, case, entered, asked)
            entered, asked = (None if _silent(change[3]) else (change[2], case.cycle)), set()
        if change[0] == "effect":
            asked.add(change[2])
        apply(case, change, stamp)
        if change[0] != "forget":
            leaving = case.copy()
    _greeted(workflow, case, entered, asked)
    assert moves <= 4 * len(workflow.steps) + 4


def _opening(decision: Decision, change: list[object], stamp: Stamp) -> dict[str, object]:
    return {
        "tenant": decision.case.tenant,
        "case": decision.case.id,
        "seq": stamp.seq,
        "by": stamp.by,
        "occurred_at": stamp.occurred_at,
        "recorded_at": stamp.recorded_at,
        "changes": [change],
    }


def _silent(reason: str) -> bool:
    """Whether a move fires no rules: a forced one, and those into and out of a merge."""
    return reason.startswith(("forced by ", "merged into case ", "merge into case "))


def _left_with_its_exit_facts(workflow: Workflow, case: Case, source: str, to: str, reason: str) -> None:
    assert case.step == source
    step = workflow.steps.get(source)
    if step is None or _silent(reason) or reason.startswith("rule on entering "):
        return
    forward = to == workflow.main_end or workflow.index.get(to, -1) > workflow.index[source]
    if forward or reason == WALKED or reason.startswith("rule on leaving "):
        assert step.met(case), f"{source} left for {to} ({reason}) without {step.missing(case)}"


def _greeted(workflow: Workflow, case: Case, entered: tuple[str, int] | None, asked: set[str]) -> None:
    """The step entered last, in that cycle, has asked for every message it always asks for."""
    if entered is None or case.mode == "history" or entered[0] not in workflow.steps:
        return
    step, cycle = entered
    for rule in workflow.steps[step].on_enter:
        for action in rule.actions if rule.when is None else ():
            if isinstance(action, Send) and action.coupon is not None:
                offers = {f"{action.coupon.offer}@{number}" for number in range(cycle, case.cycle + 1)}
                assert case.coupons.keys() & offers or action.template in "".join(case.sent)
            elif isinstance(action, Send):
                key = action.template
                cycles = {f"{key}@{number}" for number in range(cycle, case.cycle + 1)}
                wanted = {"always": asked & {key}, "case": case.sent.keys() & {key}}.get(
                    action.once, case.sent.keys() & cycles
                )
                assert wanted, f"{step} was entered and {key} never asked for"
