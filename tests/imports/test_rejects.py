"""Rows that were not let in come back in a file to be mended, imported again, and opened without danger."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.core.errors import RecoveryError
from recovery.engine import Engine
from recovery.imports.rejects import COLUMNS, default_path, guard, restore
from recovery.imports.rules import ImportMapping
from recovery.imports.run import run_import
from tests.imports.conftest import HEADER, Importer
from tests.imports.reading import counts, rejected, texts

NASTY = "=cmd|' /C calc'!A0"


@given(st.text(st.sampled_from(list("'=+-@\t\rab")), max_size=6))
def test_guarding_a_cell_is_undone_exactly(value: str) -> None:
    assert restore({"Words": guard(value)}) == {"Words": value}


@given(st.text(st.sampled_from(list("'=+-@\t\rab")), max_size=6))
def test_no_guarded_cell_begins_like_a_formula(value: str) -> None:
    assert guard(value)[:1] not in tuple("=+-@\t\r")


def test_rejects_carry_row_reason_field_value_and_the_row_itself(bring: Importer) -> None:
    report = bring(f"{HEADER},Town\n1,never,one,York\n2,2021-03-14,two,York\n")
    assert report.rejects is not None
    assert rejected(report) == [
        {
            "reject_row": "1",
            "reject_line": "2",
            "reject_reason": "It is not a date such as 2026-11-22.",
            "reject_field": "Came",
            "reject_value": "never",
            "reject_raw": "",
            "Number": "1",
            "Came": "never",
            "Words": "one",
            "Town": "York",
        }
    ]


def test_a_formula_is_harmless_in_the_reject_file_and_itself_again_after_mending(
    bring: Importer, engine: Engine, letters: ImportMapping, tmp_path: Path
) -> None:
    report = bring(f'{HEADER}\n1,=1+1,"{NASTY}"\n')
    (row,) = rejected(report)
    assert (row["Words"], row["Came"], row["reject_value"]) == ("'" + NASTY, "'=1+1", "'=1+1")
    assert report.rejects is not None
    mended = report.rejects.read_text(encoding="utf-8-sig").replace(",'=1+1,", ",2021-03-14,")
    again = tmp_path / "mended.csv"
    again.write_text(mended, encoding="utf-8")
    assert counts(run_import(engine, again, letters, rejects=tmp_path / "still bad.csv")) == (1, 1, 0, 0)
    assert texts(engine) == [NASTY]


def test_a_reject_file_imported_unmended_gives_the_same_rejects_again(
    bring: Importer, engine: Engine, letters: ImportMapping, tmp_path: Path
) -> None:
    report = bring(f"{HEADER}\n1,never,-one\n2,2021-03-14\n")
    first = rejected(report)
    assert report.rejects is not None
    again = run_import(engine, report.rejects, letters, rejects=tmp_path / "again.csv")
    assert counts(again) == (2, 0, 0, 2)
    second = rejected(again)
    assert second[0] == first[0]
    assert tuple(second[0]) == (*COLUMNS, "Number", "Came", "Words")


def test_a_file_somebody_is_mending_is_never_replaced(bring: Importer, tmp_path: Path) -> None:
    first = bring(f"{HEADER}\n1,never,one\n")
    second = bring(f"{HEADER}\n1,never,one\n")
    assert (first.rejects, second.rejects) == (tmp_path / "bad.csv", tmp_path / "bad-2.csv")


def test_no_reject_file_is_made_when_all_is_well(bring: Importer, tmp_path: Path) -> None:
    assert bring(f"{HEADER}\n1,2021-03-14,one\n").rejects is None
    assert not (tmp_path / "bad.csv").exists()


def test_rejects_never_go_into_the_file_that_is_read(
    engine: Engine, letters: ImportMapping, tmp_path: Path
) -> None:
    source = tmp_path / "in.csv"
    source.write_text(f"{HEADER}\n", encoding="utf-8")
    with pytest.raises(RecoveryError, match="is the file to import"):
        run_import(engine, source, letters, rejects=source)


def test_rejects_lie_in_the_current_folder_when_nobody_says_where(
    bring: Importer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert bring(f"{HEADER}\n1,never,one\n", rejects=None).rejects == elsewhere / "in.rejects.csv"


@pytest.mark.parametrize(
    ("source", "name"),
    [("a.csv.gz", "a.rejects.csv"), ("b.jsonl", "b.rejects.csv"), ("a.rejects.csv", "a.rejects.csv")],
)
def test_rejects_are_named_after_the_file(source: str, name: str) -> None:
    assert default_path(Path("somewhere") / source, Path("here")) == Path("here") / name


def test_rejects_keep_the_order_of_the_file_whoever_refused_them(bring: Importer) -> None:
    report = bring(f"{HEADER}\n1,never,x\n2,2021-03-14, \n3,never,x\n4,2021-03-14, \n", mode="open")
    assert [row["reject_row"] for row in rejected(report)] == ["1", "2", "3", "4"]
    assert (
        rejected(report)[1]["reject_reason"] == "A complaint needs a text. Say what happened, in any words."
    )
