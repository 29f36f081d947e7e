"""Taking a person out of the rows of a case (design.md §4; what stays says `recovery.core.erasing`).

The bodies of its events are replaced by what is left of them, each keeping the commitment that the chain
hashes, without its salt: so the chain holds, and nobody can tell by guessing what was there. Digests of what
is left go into the event of the erasure, which the chain covers as any other: so that cannot be changed
unseen either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, literal_column, null, select, update

from recovery.core.case import Case
from recovery.core.changes import fold, moved
from recovery.core.erasing import ERASED, ERASURE, Eraser, without_guest, without_person
from recovery.core.facts import FactType
from recovery.store import coupon_statements, ledger_statements
from recovery.store import statements as sql
from recovery.store.chain import commitment, effect_digest
from recovery.store.codec import (
    body_of,
    case_values,
    decode,
    effect_key,
    read_body,
    read_case,
    read_effect_key,
)
from recovery.store.compiling import Among, Statement
from recovery.store.dialect import Cursor, Dialect
from recovery.store.outbox_statements import effect
from recovery.store.records import TOLD_IN
from recovery.store.statements import attachment, case, command, event, update_many, value

NOTHING = "{}"

_EVENTS = Statement(
    select(event)
    .where(event.c.tenant_id == value("tenant"), event.c.case_id == value("of_case"))
    .order_by(event.c.seq),
    "tenant",
    "of_case",
)

_EFFECTS = Statement(
    select(effect).where(effect.c.tenant_id == value("tenant"), effect.c.case_id == value("of_case")),
    "tenant",
    "of_case",
)

_LEAVE_OF_EVENT = update_many(
    event,
    lambda given: {
        "by": given["by"],
        "body": given["body"],
        "commitment": given["commitment"],
        "salt": literal_column("''"),
    },
    lambda given: (event.c.id == given["of_id"],),
    by=event.c.by,
    body=event.c.body,
    commitment=event.c.commitment,
    of_id=event.c.id,
)

_LEAVE_OF_EFFECT = update_many(
    effect,
    lambda given: {
        "address": given["address"],
        "context": literal_column(f"'{NOTHING}'"),
        "rendered": null(),
        "note": null(),
        "version": effect.c.version + literal_column("1"),
    },
    lambda given: (effect.c.id == given["of_id"],),
    address=effect.c.address,
    of_id=effect.c.id,
)
"""Whoever still has it leased comes too late with whatever they say of it."""

_FORGET_LETTER = update_many(
    effect,
    lambda _: {"rendered": null()},
    lambda given: (
        effect.c.tenant_id == given["tenant"],
        effect.c.case_id == given["case"],
        effect.c.seq == given["of_seq"],
        effect.c.n == given["of_n"],
    ),
    tenant=effect.c.tenant_id,
    case=effect.c.case_id,
    of_seq=effect.c.seq,
    of_n=effect.c.n,
)
"""The words of another case's letter that told of this one."""

_LEAVE_OF_CASE = update_many(
    case,
    lambda given: {"external_id": given["external_id"], "data": given["data"]},
    lambda given: (case.c.tenant_id == given["of_tenant"], case.c.id == given["of_case"]),
    external_id=case.c.external_id,
    data=case.c.data,
    of_tenant=case.c.tenant_id,
    of_case=case.c.id,
)

_KEYS = Statement(
    select(command.c.key, command.c.case_id).where(
        command.c.tenant_id == value("tenant"), Among(command.c.case_id, "ids")
    ),
    "tenant",
    "ids",
)

_FORGET_ANSWERS = Statement(
    update(command)
    .values(fingerprint=literal_column("''"), answer=literal_column(f"'{NOTHING}'"))
    .where(command.c.tenant_id == value("tenant"), Among(command.c.key, "keys")),
    "tenant",
    "keys",
)
"""The key stays, so that whoever sends the command again opens nothing anew."""

_FORGET_KEYS = Statement(
    delete(command).where(command.c.tenant_id == value("tenant"), Among(command.c.key, "keys")),
    "tenant",
    "keys",
)

_WITH_FILES = Statement(
    select(case).where(
        case.c.tenant_id == value("tenant"), case.c.data.contains(literal_column("'\"attachments\":'"))
    ),
    "tenant",
)

_DELETE_FILES = Statement(
    delete(attachment).where(attachment.c.tenant_id == value("tenant"), Among(attachment.c.sha256, "hashes")),
    "tenant",
    "hashes",
)


def take_out(cursor: Cursor, dialect: Dialect, of: Case, kinds: Mapping[str, FactType]) -> str:
    """Take the person out of a case, its log and its messages.

    Args:
        of: the case as its rows have it; it has to be read anew.
        kinds: the facts of its version.

    Returns:
        A digest of what is left of the events, for the event of the erasure.
    """
    texts = dialect.texts
    dialect.wiping(cursor)
    eraser = Eraser(kinds, of.customer)
    cursor.execute(texts[_EFFECTS], (of.tenant, of.id))
    digests = {}
    left_of_effects, letters = [], []
    for id, _, _, seq, n, template, to, address, channel, language, _, _, _, _, said, *_ in cursor.fetchall():
        if said is not None and (told_in := decode(said).get(TOLD_IN)):
            letters.append((of.tenant, told_in[0], *read_effect_key(told_in[1])))
        address = None if to == "customer" else address
        digests[effect_key(seq, n)] = effect_digest(template, to, address, channel, language, NOTHING)
        left_of_effects.append((address, id))
    cursor.execute(texts[_EVENTS], (of.tenant, of.id))
    rows = cursor.fetchall()
    left = [_left(eraser, digests, row) for row in rows]
    _many(cursor, dialect, _LEAVE_OF_EFFECT, left_of_effects)
    _many(cursor, dialect, _FORGET_LETTER, letters)
    _many(cursor, dialect, _LEAVE_OF_EVENT, [row for row in left if row is not None])
    _leave_of_coupons(cursor, dialect, of)
    _leave_of_ledger(cursor, dialect, of)
    cursor.execute(texts[_EVENTS], (of.tenant, of.id))
    rows = cursor.fetchall()
    folded = fold(None, map(_record, rows))
    assert folded is not None
    data = case_values(folded, rows[-1][-1])[sql.CASE_COLUMNS.index("data")]
    _many(cursor, dialect, _LEAVE_OF_CASE, [(folded.external_id, data, of.tenant, of.id)])
    return digest((seq, by, body) for _, _, _, seq, _, by, _, _, body, salt, _, _ in rows if not salt)


def digest(left: Iterable[tuple[int, str, str]]) -> str:
    """What is left of events, each with its number, who did it and its body, in few characters."""
    found = sha256()
    for seq, by, body in left:
        found.update(f"{seq}:{commitment('', by, body)}".encode())
    return found.hexdigest()


def _left(eraser: Eraser, digests: Mapping[str, str], row: Any) -> tuple[str, str, str, int] | None:
    """What is left of an event: who, body, commitment, position; None where nothing is to be done."""
    id, _, _, seq, kind, by, _, _, body, salt, committed, _ = row
    if kind == ERASURE or not salt:
        return None
    read = read_body(body)
    changes = [eraser.change(change, kind, seq) for change in read["changes"]]
    why = [moved(change) for change in changes if change[0] == "move"]
    effects = {key: digests.get(key, "") for key in read["effects"]}
    left = body_of(eraser.event(kind, read["event"]), changes, effects, why)
    return without_person(by), left, committed or commitment(salt, by, body), id


def _record(row: Any) -> dict[str, Any]:
    _, tenant, case, seq, _, by, occurred_at, recorded_at, body, *_ = row
    return {
        "tenant": tenant,
        "case": case,
        "seq": seq,
        "by": by,
        "occurred_at": occurred_at,
        "recorded_at": recorded_at,
        "changes": read_body(body)["changes"],
    }


def _leave_of_coupons(cursor: Cursor, dialect: Dialect, of: Case) -> None:
    cursor.execute(dialect.texts[coupon_statements.SETTLED], (of.tenant, of.id))
    rows = [
        (without_person(by), None if note is None else ERASED, tenant, code)
        for tenant, code, by, note in cursor.fetchall()
    ]
    _many(cursor, dialect, coupon_statements.LEAVE_OF_COUPON, rows)


def _leave_of_ledger(cursor: Cursor, dialect: Dialect, of: Case) -> None:
    """Accounts of a limit that is a customer's stand for them."""
    cursor.execute(dialect.texts[ledger_statements.ACCOUNTS], (of.tenant, of.id))
    rows = [
        (left, of.tenant, of.id, seq, n)
        for seq, n, account in cursor.fetchall()
        if (left := without_guest(account)) != account
    ]
    _many(cursor, dialect, ledger_statements.LEAVE_OF_LINE, rows)


def take_out_beside(cursor: Cursor, dialect: Dialect, tenant: str, cases: Mapping[int, Case]) -> None:
    """Take out what is kept of cases beside them: answers to commands, and files that no other case has.

    Both are looked for among those of all cases: once for many.

    Args:
        cases: as they were, by their numbers.
    """
    dialect.wiping(cursor)
    texts, items = dialect.texts, dialect.items
    erasers = {id: Eraser({}, of.customer) for id, of in cases.items()}
    cursor.execute(texts[_KEYS], (tenant, items(sorted(cases))))
    keys: dict[str, bool] = {key: erasers[id].tells(key) for key, id in cursor.fetchall()}
    cursor.execute(texts[_FORGET_KEYS], (tenant, items([key for key, tells in keys.items() if tells])))
    cursor.execute(texts[_FORGET_ANSWERS], (tenant, items(list(keys))))
    files = {file for of in cases.values() for file in of.attachments}
    if files:
        cursor.execute(texts[_WITH_FILES], (tenant,))
        for row in cursor.fetchall():
            files -= read_case(row)[0].attachments.keys()
        cursor.execute(texts[_DELETE_FILES], (tenant, items(sorted(files))))


def _many(cursor: Cursor, dialect: Dialect, statement: Any, rows: list[tuple[Any, ...]]) -> None:
    if rows:
        dialect.many(cursor, statement, rows)
