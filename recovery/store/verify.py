"""Does the database still say what was written into it?

`verify` reads everything once, in constant memory and as of one moment. For each case it follows the chain of
its log, folds the log into the snapshot it must have, and compares the outbox, the coupons and the ledger
with what the log asked for.
Then it compares the log with the seals (`recovery.store.seals`).

So a change by somebody who can write to the database but does not have the seal key is found, in whatever was
sealed. What cannot be found:

- events after the last seal that were rewritten or removed together with everything that follows from them
  (`Report.unsealed` counts them; the worker seals often to keep them few);
- the whole database replaced by an older copy of itself, and every seal removed together with its tip,
  unless heads of an earlier time are there to compare with (`recovery.store.heads`);
- what the log does not speak of: remembered commands; which version was published when; in the outbox what
  was sent, attempts, times and notes, and whether a message that is still to be sent is held;
- anything done by somebody who has the key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from recovery.store import coupon_statements, fund, ledger_statements, queries
from recovery.store import statements as sql
from recovery.store.case_audit import CaseAudit
from recovery.store.codec import decode
from recovery.store.heads import Head, Sealed, compare
from recovery.store.problems import Problem, Report
from recovery.store.reading import Snapshot
from recovery.store.seals import NO_SEAL, TIP, Seal, check_key, reached, tip

if TYPE_CHECKING:
    from recovery.store.store import Store

__all__ = ["Problem", "Report", "verify"]

BUNDLE = sql.CASE_COLUMNS.index("bundle")

STEP = 500
"""How many cases lie between two words of progress."""


def verify(
    store: Store,
    key: bytes | None,
    progress: Callable[[int], None] | None = None,
    hash_of: Callable[[Mapping[str, str]], str] | None = None,
    earlier: tuple[Sealed, Iterator[Head]] | None = None,
) -> Report:
    """Check the whole database.

    Args:
        key: the seal key; None leaves the seals unchecked, and says so when there are any.
        progress: told the number of cases checked so far.
        earlier: heads written at some time (see `recovery.store.heads`), to be compared too.
        hash_of: what a version's hash is made of its files with; without it only its presence is checked.

    Raises:
        RecoveryError: the key is too short to be one; or the heads are of another database, or of no file
            that `recovery db heads` wrote.
        EnvironmentFault: the database cannot be read, or is of another schema.
    """
    if key is not None:
        check_key(key)
    report = Report()
    with store.snapshot() as snapshot:
        for finding in snapshot.damage():
            report.add("file_damaged", f"SQLite reports: {finding}.")
        snapshot.read_anything()
        versions = _check_versions(snapshot, hash_of, report)
        audit = CaseAudit(report)
        for tenant, case, rows, events, *beside in _by_case(snapshot):
            audit.check(tenant, case, rows, events, *beside)
            for version in {row[BUNDLE] for row in rows if (tenant, row[BUNDLE]) not in versions}:
                message = f"Version {version}, on which case {case} runs (and perhaps others), is gone."
                report.add("version_missing", message, tenant, case)
                versions.add((tenant, version))
            report.events += len(events)
            report.cases += len(rows)
            if progress is not None and report.cases % STEP == 0:
                progress(report.cases)
        fund.audit(snapshot, report.add)
        _check_seals(snapshot, key, report, audit)
        if earlier is not None:
            _compare_heads(snapshot, earlier, report, audit)
    if progress is not None:
        progress(report.cases)
    return report


def _check_versions(
    snapshot: Snapshot, hash_of: Callable[[Mapping[str, str]], str] | None, report: Report
) -> set[tuple[Any, Any]]:
    """Compare each version's files with its hash; gives the versions that are there, by tenant and hash."""
    versions = set()
    for tenant, hash, files in snapshot.stream(queries.AUDIT_VERSIONS):
        versions.add((tenant, hash))
        try:
            is_sound = hash_of is None or hash_of(decode(files)) == hash
        except (TypeError, ValueError, AttributeError):
            is_sound = False
        if not is_sound:
            report.add("version_changed", f"Version {hash} is not made of the files it has.", tenant)
    return versions


# --- case by case -------------------------------------------------------------------------------------------


class _Ahead:
    """Rows in the order of their case, with a look at the next one."""

    def __init__(self, rows: Iterator[Any]) -> None:
        self._rows = rows
        self._row = next(rows, None)

    def case(self) -> tuple[Any, ...] | None:
        """The case of the next row, so that cases compare as SQLite orders them, whatever their type."""
        return None if self._row is None else (_rank(self._row[0]), _rank(self._row[1]))

    def take(self, case: tuple[Any, ...]) -> list[Any]:
        """The next rows, as long as they are of this case."""
        taken = []
        while self._row is not None and self.case() == case:
            taken.append(self._row)
            self._row = next(self._rows, None)
        return taken


def _rank(value: Any) -> tuple[int, Any]:
    return (0 if isinstance(value, (int, float)) else 1 if isinstance(value, str) else 2, value)


def _by_case(snapshot: Snapshot) -> Iterator[tuple[Any, ...]]:
    """Each case with its rows of the five tables; any of them may be missing."""
    sides = [
        _Ahead(snapshot.stream(statement))
        for statement in (
            queries.AUDIT_CASES,
            queries.AUDIT_EVENTS,
            queries.AUDIT_EFFECTS,
            coupon_statements.AUDIT_COUPONS,
            ledger_statements.AUDIT_LINES,
        )
    ]
    while heads := [head for side in sides if (head := side.case()) is not None]:
        case = min(heads)
        yield case[0][1], case[1][1], *(side.take(case) for side in sides)


# --- seals --------------------------------------------------------------------------------------------------


def _check_seals(snapshot: Snapshot, key: bytes | None, report: Report, audit: CaseAudit) -> None:
    ((report.seals, through),) = snapshot.rows(queries.SEAL_TOTALS)
    ((sealed,),) = snapshot.rows(queries.COUNT_THROUGH, through)
    report.unsealed = report.events - sealed
    mark = _meta(snapshot, TIP)
    if not report.seals and mark is None:
        return
    if key is None:
        report.add("no_key", f"{report.seals} seals were not checked, for no key was given.")
        return
    installation = _meta(snapshot, "installation_id") or ""
    sound = bytearray(seal.mac == seal.signature(key, installation) for seal in _seals(snapshot))
    if sound and not any(sound):
        report.add(
            "wrong_key",
            f"None of the {report.seals} seals was made with this key: it is another database's key, or "
            "every seal was forged. Nothing could be checked against them.",
        )
        return
    before, was_sound = NO_SEAL, True
    for seal, is_sound in zip(_seals(snapshot), sound, strict=True):
        if not is_sound:
            report.add("seal_changed", f"Seal {seal.id} is not as it was made.")
        else:
            _name_gap(report, before, seal, bool(was_sound))
            _compare(snapshot, seal, report, audit)
        before, was_sound = seal, bool(is_sound)
    if was_sound and mark != tip(key, installation, before):
        last = f"Seal {before.id} is not the last that was made" if before.id else "Every seal is gone"
        report.add("seal_missing", f"{last}: later ones were removed, or the mark of the last one was.")


def _compare_heads(
    snapshot: Snapshot, earlier: tuple[Sealed, Iterator[Head]], report: Report, audit: CaseAudit
) -> None:
    def name(code: str, message: str, tenant: str, case: int, seq: int) -> None:
        if not audit.is_named(tenant, case):
            audit.name(code, message, tenant, case, seq)

    compare(snapshot, *earlier, name, lambda message: report.add("seal_missing", message))


def _seals(snapshot: Snapshot) -> Iterator[Seal]:
    return (Seal(*row) for row in snapshot.stream(sql.SEALS))


def _name_gap(report: Report, before: Seal, seal: Seal, was_sound: bool) -> None:
    """Report seals that are gone between two, or a seal that another one was made after."""
    if seal.id > before.id + 1:
        gone = range(before.id + 1, seal.id)
        which = ", ".join(map(str, gone[:10])) + (" …" if len(gone) > 10 else "")
        report.add("seal_missing", f"Before seal {seal.id}, seals are gone: {which}.")
    elif was_sound and seal.before != before.mac:
        report.add("seal_changed", f"Seal {before.id} is not the one that seal {seal.id} was made after.")


def _meta(snapshot: Snapshot, name: str) -> str | None:
    rows = snapshot.rows(sql.GET_META, name)
    return rows[0][0] if rows else None


def _compare(snapshot: Snapshot, seal: Seal, report: Report, audit: CaseAudit) -> None:
    """Compare the log with one sound seal."""
    count = 0

    def counted() -> Iterator[Any]:
        nonlocal count
        for row in snapshot.stream(sql.SEALED, seal.since, seal.through):
            count += 1
            yield row

    heads = reached(counted())
    found_before = len(report.problems) + report.more
    for tenant, case, seq, hash in decode(seal.entries):
        seq_now, hash_now = heads.pop((tenant, case), (0, ""))
        if (seq_now, hash_now) == (seq, hash) or audit.is_named(tenant, case):
            continue
        if not audit.exists(snapshot, tenant, case):
            audit.name("case_missing", f"Case {case} is gone with its whole log.", tenant, case)
        elif seq_now == seq:
            audit.name(
                "log_rewritten",
                f"The log of case {case} was rewritten: event {seq} does not have the hash that was sealed.",
                tenant,
                case,
                seq,
            )
        else:
            audit.name(
                "event_missing",
                f"Event {seq} of case {case} was sealed ({seal.sealed_at}) and is gone.",
                tenant,
                case,
                seq,
            )
    for (tenant, case), (seq, _) in heads.items():
        if not audit.is_named(tenant, case):
            message = f"Event {seq} of case {case} was put among sealed ones (seal {seal.id})."
            audit.name("event_inserted", message, tenant, case, seq)
    if count != seal.events and len(report.problems) + report.more == found_before and not audit.any_named:
        report.add(
            "event_missing", f"Seal {seal.id} covers {seal.events} events; {count} are in their places."
        )
