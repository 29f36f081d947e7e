"""Heads written into a file: they find what the database alone can no longer show."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from recovery.core.errors import RecoveryError
from recovery.store.heads import heads, lines, read
from recovery.store.problems import Report
from recovery.store.seals import WrongSealKey
from recovery.store.verify import verify
from tests.store.house import KEY, House, rewrite, run_sql


def written(house: House, key: bytes = KEY) -> list[str]:
    with house.store.snapshot() as snapshot:
        return list(lines(*heads(snapshot, key)))


def compared(house: House, file: list[str], key: bytes | None = KEY) -> Report:
    return verify(house.store, key, earlier=read(file, "heads.jsonl"))


def codes(report: Report) -> list[tuple[str, int | None]]:
    return [(problem.code, problem.case) for problem in report.problems]


def test_a_file_of_heads_has_the_seal_and_a_line_for_each_case(sealed: House) -> None:
    file = written(sealed)
    sealed_at, found = read(file, "heads.jsonl")
    assert (sealed_at.seal, sealed_at.cases) == (1, 4)
    assert sealed_at.installation == sealed.store.installation_id()
    assert [head[:3] for head in found] == [
        ("default", 1, 5),
        ("default", 2, 5),
        ("default", 3, 5),
        ("default", 4, 1),
    ]


def test_what_only_grew_since_compares_well(sealed: House) -> None:
    file = written(sealed)
    sealed.tell(4, sealed.facts(said="x"))
    sealed.open()
    assert compared(sealed, file).ok
    sealed.store.seal(KEY, sealed.now)
    assert compared(sealed, file).ok
    assert compared(sealed, written(sealed)).ok


def test_every_seal_removed_together_with_the_tip_is_found(sealed: House) -> None:
    file = written(sealed)
    run_sql(sealed, "delete from recovery_seal", "delete from recovery_meta where key = 'seal_tip'")
    assert verify(sealed.store, KEY).ok
    assert codes(compared(sealed, file)) == [("seal_missing", None)]


def test_a_log_rewritten_after_every_seal_was_removed_is_found(sealed: House) -> None:
    file = written(sealed)
    run_sql(sealed, "delete from recovery_seal", "delete from recovery_meta where key = 'seal_tip'")
    rewrite(sealed, 2, 5, tell="candle")
    rewrite(sealed, 3, 4)
    assert codes(compared(sealed, file)) == [
        ("seal_missing", None),
        ("log_rewritten", 2),
        ("event_missing", 3),
    ]


def test_heads_need_something_sealed_and_the_right_key(house: House, sealed: House) -> None:
    with pytest.raises(RecoveryError, match="Nothing has been sealed"):
        written(house)
    with pytest.raises(WrongSealKey):
        written(sealed, b"another key altogether")


def test_heads_of_another_database_are_refused(sealed: House, house: House) -> None:
    run_sql(house, "update recovery_meta set value = 'other' where key = 'installation_id'")
    with pytest.raises(RecoveryError, match="of another database"):
        compared(house, written(sealed), None)


@pytest.mark.parametrize(
    ("spoil", "what"),
    [
        (lambda file: [], r"heads\.jsonl: it ends too early"),
        (lambda file: file[:-1], r"heads\.jsonl: it ends too early"),
        (lambda file: ["{}\n", *file[1:]], r"heads\.jsonl:1: it is no line"),
        (lambda file: [file[0], "[1, 2]\n", *file[2:]], r"heads\.jsonl:2: it is no line"),
        (lambda file: [file[0], '["default", 1, "5", "x"]\n', *file[2:]], r"heads\.jsonl:2: it is no line"),
        (lambda file: [*file[:2], "[[[[\n", *file[3:]], r"heads\.jsonl:3: it is no line"),
    ],
)
def test_a_file_that_is_not_as_it_was_written_is_said_so_with_its_line(
    sealed: House, spoil: Callable[[list[str]], list[str]], what: str
) -> None:
    with pytest.raises(RecoveryError, match=what):
        compared(sealed, spoil(written(sealed)))
