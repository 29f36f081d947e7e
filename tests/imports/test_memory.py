"""However large the file and whatever its fields: memory stays small."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.imports.command import MEGABYTE, measured

pytestmark = pytest.mark.slow


def test_long_texts_huge_fields_and_an_open_quote_are_imported_in_little_memory(
    published: Path, tmp_path: Path
) -> None:
    database = tmp_path / "recovery.db"
    shutil.copy(published, database)
    small = tmp_path / "small.csv"
    small.write_text(
        "Complaint ID,Date received,Product,Issue,Consumer complaint narrative\n", encoding="utf-8"
    )
    before = measured(database, str(small), "--map", "cfpb")["peak"]
    source = tmp_path / "long.csv"
    with source.open("w", encoding="utf-8") as file:
        file.write("Complaint ID,Date received,Product,Issue,Consumer complaint narrative\n")
        for number in range(60):
            file.write(f'{number},2021-03-14,Loan,Other,"{"né words, " * 99_000}"\n')
        file.write(f"60,2021-03-14,Loan,Other,{'😤' * 2_900_000}\n")
        file.write('61,2021-03-14,Loan,Other,"' + "one line of many 😤\n" * 500_000 + '"\n')
        file.write('62,2021-03-14,Loan,Other,"open')
        file.write("63,2021-03-14,Loan,Other,fine\n" * 10_000)
    report = measured(database, str(source), "--map", "cfpb", wanted=1)
    assert (report["read"], report["opened"]) == (10_062, 61)
    assert (report["duplicates"], report["rejected"]) == (9_998, 3)
    assert report["peak"] < 200 * MEGABYTE
    assert report["peak"] - before < 100 * MEGABYTE, "more than an import of nothing needs"
