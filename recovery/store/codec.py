"""How a case and its parts are written as rows and JSON, and read back."""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any

import msgspec

from recovery.core.case import Case
from recovery.store.statements import CASE_COLUMNS

decode = msgspec.json.Decoder().decode
"""JSON text as JSON-native values."""

_NOT_IN_DATA = {"tenant", *CASE_COLUMNS}


def _default(name: str) -> Any:
    field = next(field for field in fields(Case) if field.name == name)
    return field.default_factory() if field.default_factory is not MISSING else field.default


_REST = tuple((field.name, _default(field.name)) for field in fields(Case) if field.name not in _NOT_IN_DATA)
"""The fields of a case without a column of their own: name and default. New ones of the core land here."""


_encoder = msgspec.json.Encoder()


def encode(value: Any) -> str:
    """Compact JSON text of the JSON-native values the core makes; characters stand as they are.

    Raises:
        TypeError: something in it cannot be said in JSON.
        UnicodeEncodeError: a text holds half of a surrogate pair.
    """
    return _encoder.encode(value).decode()


CaseValues = tuple[Any, ...]
"""The values of a `recovery_case` row, in the order of `CASE_COLUMNS`."""


def case_values(case: Case, head: str) -> CaseValues:
    """A case as its row; `head` is the hash of the last event of its log."""
    rest = {name: value for name, default in _REST if (value := getattr(case, name)) != default}
    return (
        case.tenant,
        case.id,
        case.workflow,
        case.bundle,
        case.external_id,
        case.step,
        case.closed_at is not None,
        case.mode,
        case.owner,
        case.severity,
        case.level,
        case.received_at,
        case.opened_at,
        case.updated_at,
        case.closed_at,
        case.seq,
        head,
        encode(rest),
    )


def read_case(row: CaseValues) -> tuple[Case, str]:
    """A case and the hash of its last event, from its row.

    Raises:
        TypeError, ValueError: `data` is not what `case_values` writes.
    """
    (
        tenant,
        id,
        workflow,
        bundle,
        external_id,
        step,
        _ended,
        mode,
        _owner,
        severity,
        level,
        received_at,
        opened_at,
        updated_at,
        closed_at,
        seq,
        head,
        data,
    ) = row
    case = Case(
        tenant=tenant,
        id=id,
        workflow=workflow,
        bundle=bundle,
        step=step,
        mode=mode,
        external_id=external_id,
        severity=severity,
        level=level,
        received_at=received_at,
        opened_at=opened_at,
        updated_at=updated_at,
        closed_at=closed_at,
        seq=seq,
        **decode(data),
    )
    return case, head


def effect_key(seq: int, n: int) -> str:
    """`seq.n`, as the core names an effect within its case."""
    return f"{seq}.{n}"


def read_effect_key(key: str) -> tuple[int, int]:
    """`"5.0"` → `(5, 0)`.

    Raises:
        ValueError: this is no effect's key.
    """
    seq, _, n = key.partition(".")
    return int(seq), int(n)
