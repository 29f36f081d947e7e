"""How things must stand in the end, when everything that was due has been done."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from recovery.commands import Outcome
from recovery.core.case import Case
from recovery.core.changes import fold
from recovery.core.conversation import WRITTEN
from recovery.core.instants import to_text
from recovery.store.codec import read_effect_key
from recovery.store.records import Coupon, OutboxRow, Record
from recovery.store.store import Store
from recovery.store.verify import verify
from tests.simulation import purse
from tests.simulation.actors import SEAL_KEY, Working
from tests.simulation.book import Effect, Sending, named
from tests.simulation.machine import TOLD, Looking
from tests.simulation.world import Violation

if TYPE_CHECKING:
    from tests.simulation.play import Run

TENANT = "default"


def in_the_end(run: Run) -> None:
    """See whether everything held.

    Raises:
        Violation: something did not.
    """
    store = Looking(run.place, run.world.processes["worker-1"].now)
    try:
        if run.world.writer is not None or any(run.orders.values()):
            raise Violation("stuck", "somebody still waits for the database")
        report = verify(store, SEAL_KEY)
        if not report.ok:
            raise Violation("log", " ".join(problem.message for problem in report.problems))
        rows = list(store.outbox(TENANT))
        logs = _logs(store)
        cases = {id: _folded(log) for id, log in logs.items()}
        _timers(run, cases, logs)
        _effects(run, rows)
        _told(run, rows)
        _order(run, rows)
        _commands(run, logs, store)
        _coupons(run, store)
        purse.check(run, cases, logs)
        figures = run.book.counts.figures
        figures["cases"] += len(logs)
        figures["events"] += sum(map(len, logs.values()))
        figures["messages"] += len(rows)
    finally:
        store.close()


def _logs(store: Store) -> dict[int, list[Record]]:
    logs: dict[int, list[Record]] = defaultdict(list)
    for record in store.logs(TENANT):
        logs[record.case].append(record)
    return logs


# --- timers -------------------------------------------------------------------------------------------------


def _timers(run: Run, cases: dict[int, Case], logs: dict[int, list[Record]]) -> None:
    """Nothing that was due is still due, and nothing happened twice. By the log alone, not by the column."""
    workers = [one for one in run.world.processes.values() if isinstance(one, Working)]
    now = to_text(max(worker.now() for worker in workers))
    for id, log in logs.items():
        case = cases[id]
        if case.quarantine is not None:
            raise Violation("quarantine", f"case {id} was set aside: {case.quarantine}")
        if case.due_at is not None and case.due_at <= now:
            raise Violation("timer-lost", f"in case {id} something has been due since {case.due_at}")
        fired: Counter[Any] = Counter()
        for record in log:
            for change in record.changes:
                if record.kind == "TimerFired" and change[0] == "clock":
                    fired[json.dumps(change, default=str)] += 1
        run.book.counts.figures["timers fired"] += sum(record.kind == "TimerFired" for record in log)
        twice = [what for what, times in fired.items() if times > 1]
        if twice:
            raise Violation("timer-twice", f"in case {id} it happened twice: {twice[0]}")


def _folded(log: list[Record]) -> Case:
    records = [
        {
            "tenant": record.tenant,
            "case": record.case,
            "seq": record.seq,
            "by": record.by,
            "occurred_at": record.occurred_at,
            "recorded_at": record.recorded_at,
            "changes": record.changes,
        }
        for record in log
    ]
    case = fold(None, records)
    assert case is not None
    return case


# --- messages -----------------------------------------------------------------------------------------------


def _effects(run: Run, rows: list[OutboxRow]) -> None:
    """Each message has an end; what is said to be delivered was; what was accepted twice has a reason."""
    sendings: dict[Effect, list[Sending]] = defaultdict(list)
    for sending in run.book.sendings:
        if sending.accepted:
            sendings[sending.effect].append(sending)
    for row in rows:
        effect = (row.case, row.effect)
        taken = sendings.pop(effect, [])
        if row.status == "due":
            raise Violation(
                "effect-lost", f"{named(effect)} ({row.template}) is still due, since {row.due_at}"
            )
        by_hand = row.channel == "phone"
        if row.status == "delivered" and not taken and not by_hand and not _told_in(row):
            raise Violation("effect-lost", f"{named(effect)} is said to be delivered, and nobody got it")
        if row.status == "failed" and not (row.note or "").startswith(_REASONS):
            raise Violation("effect-failed", f"{named(effect)} failed: {row.note}")
        _accepted(run, effect, taken)
    if sendings:
        raise Violation("effect-unknown", f"{named(next(iter(sendings)))} was sent, and is in no outbox")


_REASONS = ("no such address", "busy. It was", "the answer did not arrive. It was")


def _accepted(run: Run, effect: Effect, taken: list[Sending]) -> None:
    if len(taken) < 2:
        return
    without = [sending for sending in taken if not sending.excuse]
    if len(without) > 1:
        raise Violation("accepted-twice", f"{named(effect)} was accepted {len(taken)} times, for no reason")
    run.book.counts.figures["messages accepted twice"] += 1
    excused = [sending.excuse for sending in taken if sending.excuse]
    for excuse in excused[: len(taken) - 1]:
        run.book.counts.twice[excuse] += 1


def _told(run: Run, rows: list[OutboxRow]) -> None:
    """What is said in the letter of another case is said there, and nowhere else, and that letter came."""
    by_effect = {(row.case, row.effect): row for row in rows}
    sent = {sending.effect: sending for sending in run.book.sendings if sending.accepted}
    for row in rows:
        letter = _told_in(row)
        effect = (row.case, row.effect)
        if letter is None or row.status != "delivered":
            continue
        status = by_effect[letter].status
        if effect in sent:  # by itself: its letter came to nothing
            if status == "delivered" and not sent[effect].excuse:
                raise Violation("told-twice", f"{named(effect)} was sent, and told in {named(letter)}")
            continue
        run.book.counts.figures["told in another case's letter"] += 1
        told = (
            [one["case"]["id"] for one in json.loads(sent[letter].message.text).get(TOLD, ())]
            if letter in sent
            else []
        )
        if row.case not in told:
            raise Violation("untold", f"{named(effect)} was to be told in {named(letter)}, which is {status}")


def _told_in(row: OutboxRow) -> Effect | None:
    """The letter of another case that a message was to be told in."""
    found = _TOLD_IN.match(row.note or "")
    return None if found is None else (int(found[2]), found[1])


_TOLD_IN = re.compile(r"told in message (\S+) of case (\d+),")


def _order(run: Run, rows: list[OutboxRow]) -> None:
    """Messages of a case get through in the order they were asked for, where nobody touched them."""
    first: dict[Effect, int] = {}
    for sending in run.book.sendings:
        if sending.accepted or sending.through:
            first.setdefault(sending.effect, sending.begun)
    cases: dict[int, list[OutboxRow]] = defaultdict(list)
    for row in rows:
        if (row.case, row.effect) in first and (row.case, row.effect) not in run.book.touched:
            cases[row.case].append(row)
    for case, sent in cases.items():
        sent.sort(key=lambda row: read_effect_key(row.effect))
        for n, row in enumerate(sent):
            for later in sent[n + 1 :]:
                if row.recipient == "customer" and (later.recipient != "customer" or _passes(later, row)):
                    continue  # a colleague may hear before a customer whose letter waits
                if first[case, row.effect] > first[case, later.effect]:
                    raise Violation("order", f"{later.effect} of case {case} came before {row.effect}")


def _passes(later: OutboxRow, row: OutboxRow) -> bool:
    """Whether a person wrote one, and the other one not: what they write waits for no letter."""
    return WRITTEN in later.context and WRITTEN not in row.context


# --- people -------------------------------------------------------------------------------------------------


def _commands(run: Run, logs: dict[int, list[Record]], store: Store) -> None:
    """What was answered is on record, and a complaint opened one case."""
    for order in run.done:
        answer = order.answer
        if isinstance(answer, Outcome) and answer.seq > len(logs[answer.case]):
            raise Violation(
                "answer-lost", f"{order.key} was answered with event {answer.seq} of case {answer.case}"
            )
    opened: Counter[str] = Counter()
    words: Counter[str] = Counter()
    for log in logs.values():
        for record in log:
            opened[record.event.get("external_id", "")] += record.kind == "ComplaintReceived"
            if record.kind == "FactsRecorded" and "word" in record.event["facts"]:
                words[record.event["facts"]["word"]] += 1
            elif record.kind == "MessageReceived":
                words[record.event["text"]] += 1
    for what, times in (opened + words).items():
        if times > 1:
            raise Violation("done-twice", f"{what} is {times} times on record")


def _coupons(run: Run, store: Store) -> None:
    """No offer was paid twice, nor may it be."""
    good: Counter[tuple[int, str]] = Counter()
    for row in store.coupons(TENANT, limit=500):
        if row.status in ("issued", "redeemed", "expired"):
            good[row.case, row.offer] += 1
    for (case, offer), times in good.items():
        if times > 1:
            raise Violation("coupon-twice", f"{offer} of case {case} is good {times} times")
    paid: Counter[tuple[int, str]] = Counter()
    for answer in (order.answer for order in run.done):
        if isinstance(answer, Coupon):
            paid[answer.case, answer.offer] += 1
            run.book.counts.figures["coupons redeemed"] += 1
    for (case, offer), times in paid.items():
        if times > 1:
            raise Violation("coupon-twice", f"{offer} of case {case} was paid {times} times")
