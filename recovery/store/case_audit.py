"""One case under `verify`: its chain, its snapshot and its outbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from recovery.core.case import Case
from recovery.core.changes import fold
from recovery.core.empowerment.postings import COMPENSATION
from recovery.core.erasing import ERASURE
from recovery.core.letters import is_by_hand
from recovery.store import coupon_audit, ledger_audit
from recovery.store.chain import BEGINNING, commitment, effect_digest, link
from recovery.store.codec import case_values, decode, effect_key, encode, read_body
from recovery.store.coupons import ENDING
from recovery.store.erasing import digest
from recovery.store.outbox import OPEN_STATUSES
from recovery.store.problems import KEPT, Report
from recovery.store.reading import Snapshot
from recovery.store.statements import CASE_COLUMNS, LOAD_CASES


@dataclass(slots=True)
class _Log:
    """What a case's log adds up to.

    Attributes:
        length: the number of the last event.
        before: what the next event may be linked to: the last one's hash as it stands, and, where that is
            wrong, as it must have been, so that one changed hash does not make the next event look changed.
        sound: whether every event is there and as it was written.
        digests: effect → what the log says it must look like; `statuses` → what it may be by the log.
        coupons: what the log says of coupons; `ledger` what it writes into the ledger.
        erased: what is left of events whose person was erased: number, who did it, body; `vouched`: the first
            so many of them are as their erasure says.
    """

    length: int = 0
    before: tuple[str, ...] = (BEGINNING,)
    sound: bool = True
    case: Case | None = None
    digests: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    coupons: coupon_audit.Coupons = field(default_factory=dict)
    ledger: ledger_audit.Lines = field(default_factory=dict)
    erased: list[tuple[int, str, str]] = field(default_factory=list)
    vouched: int = 0


class CaseAudit:
    """Checks cases one after the other and remembers whose log is known to be broken."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._named: set[tuple[Any, Any]] = set()

    @property
    def any_named(self) -> bool:
        """Whether any case's log is broken."""
        return bool(self._named)

    def is_named(self, tenant: Any, case: Any) -> bool:
        """Whether this case's log is known to be broken, so that it need not be said twice."""
        return (tenant, case) in self._named

    def name(self, code: str, message: str, tenant: Any, case: Any, seq: int | None = None) -> None:
        """Report what is wrong with the log of a case."""
        self._report.add(code, message, tenant, case, seq)
        if len(self._named) < KEPT:
            self._named.add((tenant, case))

    def exists(self, snapshot: Snapshot, tenant: str, case: int) -> bool:
        """Whether the case has a row."""
        return bool(snapshot.rows(LOAD_CASES, tenant, snapshot.dialect.items([case])))

    def check(
        self,
        tenant: Any,
        case: Any,
        rows: list[Any],
        events: list[Any],
        effects: list[Any],
        coupons: list[Any],
        ledger: list[Any],
    ) -> None:
        """Check one case; what cannot even be read is a problem like any other."""
        try:
            self._check(tenant, case, rows, events, effects, coupons, ledger)
        except Exception as error:
            message = f"Case {case!r} of tenant {tenant!r} cannot be read: {type(error).__name__}: {error}."
            self.name("unreadable", message, tenant, case)

    def _check(
        self,
        tenant: str,
        case: int,
        rows: list[Any],
        events: list[Any],
        effects: list[Any],
        coupons: list[Any],
        ledger: list[Any],
    ) -> None:
        if not isinstance(case, int):
            raise TypeError("its number is none")
        log = _Log()
        for event in events:
            self._follow(log, event)
        for seq, *_ in log.erased[log.vouched :]:
            log.sound = False
            message = f"Event {seq} of case {case} was erased, and no erasure on record left it like this."
            self.name("event_changed", message, tenant, case, seq)
        self._report.erased += len(log.erased)
        if not rows:
            what = f"its row is gone, {len(events)} events and {len(effects)} messages are still there"
            self.name("case_missing", f"Case {case} is not there: {what}.", tenant, case)
            return
        (row,) = rows
        values = dict(zip(CASE_COLUMNS, row, strict=True))
        if values["seq"] > log.length and values["head"] not in log.before:
            self._name_missing(tenant, case, log.length + 1, values["seq"])
            log.sound = False
        if log.sound and log.case is not None:
            self._compare_snapshot(log, log.case, row)
            self._compare_outbox(log, tenant, case, effects)
            self._compare_coupons(log, tenant, case, coupons, effects)
            ledger_audit.compare(log.ledger, ledger, case, self._reporting(tenant, case))

    # --- the chain ------------------------------------------------------------------------------------------

    def _follow(self, log: _Log, event: Any) -> None:
        tenant, case, seq, kind, by, occurred_at, recorded_at, body, salt, committed, hash = event
        expected = log.length + 1
        gap = seq != expected
        if seq < expected:
            message = f"Case {case} has an event numbered {seq}, where {expected} should come."
            self.name("event_inserted", message, tenant, case, seq)
        elif gap:
            self._name_missing(tenant, case, expected, seq - 1)
        says = _commitment(salt, by, body)
        is_left = salt == "" and committed != ""
        genuine = says is not None and (is_left or committed in ("", says))
        committed = committed or says or ""
        links = [
            link(before, tenant, case, seq, kind, occurred_at, recorded_at, committed)
            for before in log.before
        ]
        linked = gap or hash in links
        if not (genuine and linked):
            what = "what it says or who did it" if not genuine else "its place, kind, times or hash"
            message = f"Event {seq} of case {case} is not as it was written: {what} was changed."
            self.name("event_changed", message, tenant, case, seq)
        log.sound = log.sound and genuine and linked and not gap
        log.length = seq
        log.before = (hash,) if linked else (hash, *links)
        if is_left:
            log.erased.append((seq, by, body))
        elif genuine and kind == ERASURE and read_body(body)["event"].get("kept") == digest(log.erased):
            log.vouched = len(log.erased)
        if log.sound:
            _add_up(log, tenant, case, seq, by, occurred_at, recorded_at, read_body(body))

    def _name_missing(self, tenant: str, case: int, first: int, last: int) -> None:
        which = f"Event {first}" if first == last else f"Events {first} to {last}"
        verb = "is" if first == last else "are"
        self.name("event_missing", f"{which} of case {case} {verb} gone.", tenant, case, first)

    # --- the snapshot ---------------------------------------------------------------------------------------

    def _compare_snapshot(self, log: _Log, folded: Case, row: Any) -> None:
        expected = case_values(folded, log.before[0])
        wrong = [
            name
            for name, is_now, must_be in zip(CASE_COLUMNS, row, expected, strict=True)
            if is_now != must_be and name != "data"
        ]
        data = CASE_COLUMNS.index("data")
        wrong += _different(row[data], expected[data])
        if wrong:
            self._report.add(
                "snapshot_changed",
                f"Case {folded.id} is not what its log adds up to: {', '.join(wrong[:20])}.",
                folded.tenant,
                folded.id,
            )

    # --- the outbox -----------------------------------------------------------------------------------------

    def _compare_outbox(self, log: _Log, tenant: str, case: int, effects: list[Any]) -> None:
        missing = dict(log.digests)
        for _, _, seq, n, *what, status in effects:
            key = effect_key(seq, n)
            digest = missing.pop(key, None)
            if digest is None:
                message = f"The outbox has effect {key} of case {case}, which the log did not ask for."
                self._report.add("effect_extra", message, tenant, case, seq)
                continue
            if digest != effect_digest(*what):
                message = f"Effect {key} of case {case} is not the one the log asked for."
                self._report.add("effect_changed", message, tenant, case, seq)
            allowed = log.statuses.get(key, OPEN_STATUSES)
            if status not in allowed:
                message = (
                    f"Effect {key} of case {case} is {status} in the outbox; "
                    f"by the log it is {' or '.join(allowed)}."
                )
                self._report.add("effect_status", message, tenant, case, seq)
        for key in missing:
            message = f"Effect {key} of case {case} is gone from the outbox."
            self._report.add("effect_missing", message, tenant, case, int(key.partition(".")[0]))

    # --- coupons --------------------------------------------------------------------------------------------

    def _compare_coupons(
        self, log: _Log, tenant: str, case: int, coupons: list[Any], effects: list[Any]
    ) -> None:
        if not coupons and not log.coupons:
            return
        letters = {said.effect for said in log.coupons.values()}
        contexts = {
            key: decode(context)
            for _, _, seq, n, *_, context, _ in effects
            if (key := effect_key(seq, n)) in letters
        }
        coupon_audit.compare(log.coupons, coupons, contexts, tenant, case, self._reporting(tenant, case))

    def _reporting(self, tenant: str, case: int) -> Callable[[str, str, int | None], None]:
        return lambda code, message, seq: self._report.add(code, message, tenant, case, seq)


def _commitment(salt: Any, by: Any, body: Any) -> str | None:
    """What an event says, committed to; None when it cannot be read."""
    try:
        return commitment(salt, by, body)
    except (TypeError, ValueError):
        return None


def _add_up(
    log: _Log, tenant: str, case: int, seq: int, by: str, occurred_at: str, recorded_at: str, body: Any
) -> None:
    record = {
        "tenant": tenant,
        "case": case,
        "seq": seq,
        "by": by,
        "occurred_at": occurred_at,
        "recorded_at": recorded_at,
        "changes": body["changes"],
    }
    log.case = fold(log.case, [record])
    log.digests.update(body["effects"])
    for change in body["changes"]:
        if change[0] == "settled":
            log.statuses[change[1]] = ("delivered",) if change[2] is None else ("failed", "cancelled")
        elif change[0] == "cancelled":
            log.statuses[change[1]] = ("cancelled",)
        elif change[0] == "task" and is_by_hand(change[1], change[2]):
            log.statuses[change[1]] = ("handed",)
        elif change[0] == "retry":
            log.statuses[change[1]] = OPEN_STATUSES
        elif change[0] in ("coupon", ENDING):
            coupon_audit.add_up(log.coupons, change, seq, by, recorded_at)
        elif change[0] == COMPENSATION:
            ledger_audit.add_up(log.ledger, change, seq, recorded_at)


def _different(now: Any, must_be: str) -> list[str]:
    """Which fields of a case's `data` are not as they must be; facts by their names."""
    if now == must_be:
        return []
    try:
        is_now, wanted = decode(now), decode(must_be)
        facts_now, facts_wanted = _by_name(is_now.pop("said", {})), _by_name(wanted.pop("said", {}))
        wrong = [name for name in {**wanted, **is_now} if _differ(is_now, wanted, name)]
        return wrong + [
            name for name in {**facts_wanted, **facts_now} if _differ(facts_now, facts_wanted, name)
        ]
    except (TypeError, ValueError, AttributeError):
        return ["data"]


def _by_name(said: dict[str, Any]) -> dict[str, list[Any]]:
    """Each fact with its value, its voice and its times, as often as it is there; a voice without any too."""
    found: dict[str, list[Any]] = {}
    for voice, (occurred_at, recorded_at, facts) in said.items():
        learnt_at = recorded_at or occurred_at  # earlier versions said it twice
        for name, value in facts.items():
            found.setdefault(name, []).append([value, voice, occurred_at, learnt_at])
        if not facts:
            found[voice] = [occurred_at, learnt_at]
    return found


def _differ(now: dict[str, Any], wanted: dict[str, Any], name: str) -> bool:
    """Compared as text, for in Python `True == 1`."""
    return name not in now or name not in wanted or encode(now[name]) != encode(wanted[name])
