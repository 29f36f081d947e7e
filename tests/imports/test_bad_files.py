"""Files as they come: what is wrong costs one row at most, is named, and nothing else is lost."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from recovery.core.errors import EnvironmentFault, NotFound, RecoveryError
from recovery.engine import Engine
from recovery.imports.rules import ImportMapping
from recovery.imports.run import run_import
from tests.imports.conftest import HEADER, Importer
from tests.imports.reading import counts, rejected, texts

GOOD = "1,2021-03-14,one\n2,2021-03-15,two\n"


def test_rows_become_cases_with_their_words_and_moments(bring: Importer, engine: Engine) -> None:
    report = bring(f"{HEADER}\n{GOOD}")
    assert counts(report) == (2, 2, 0, 0)
    assert texts(engine) == ["one", "two"]
    case = engine.store.case("default", 1)
    assert case is not None
    assert (case.received_at, case.external_id, case.mode) == (
        "2021-03-14T00:00:00.000000Z",
        "letter:1",
        "history",
    )
    said = case.fact("problem.statement")
    assert said is not None
    assert said[1:3] == ("import", "import")


@pytest.mark.parametrize(
    "content",
    [
        f"\ufeff{HEADER}\n{GOOD}",
        f"{HEADER}\r\n" + GOOD.replace("\n", "\r\n"),
        f"{HEADER}\r" + GOOD.replace("\n", "\r"),
        f"{HEADER}\n{GOOD}".rstrip(),
        f"\n\n{HEADER}\n\n{GOOD}\n\n",
        f"{HEADER},,\n" + GOOD.replace("\n", ",,\n"),
        f" Number , Came ,Words\n{GOOD}",
    ],
    ids=["byte order mark", "CR LF", "CR", "no last line end", "blank lines", "empty columns", "spaces"],
)
def test_a_file_saved_by_any_program_is_read(bring: Importer, engine: Engine, content: str) -> None:
    assert counts(bring(content)) == (2, 2, 0, 0)
    assert texts(engine) == ["one", "two"]


def test_line_breaks_in_quotes_stay_as_they_were(bring: Importer, engine: Engine) -> None:
    bring(f'{HEADER}\r\n1,2021-03-14,"first\r\n\r\nthird\nfourth"\r\n')
    assert texts(engine) == ["first\r\n\r\nthird\nfourth"]


@pytest.mark.parametrize(
    "text",
    [
        "{{ 7*7 }} and {$39.00}",
        "<script>alert('x')</script> & <b>",
        "\u202bاسم\u202c \u200frtl",
        "😤 family: 👩‍👩‍👧",
        "=cmd|' /C calc'!A0",
        "  spaces around  ",
        "tab\there",
    ],
)
def test_words_are_kept_as_they_were_written(bring: Importer, engine: Engine, text: str) -> None:
    assert counts(bring(f'{HEADER}\n1,2021-03-14,"{text}"\n')) == (1, 1, 0, 0)
    assert texts(engine) == [text]


def test_the_last_row_cut_off_is_rejected(bring: Importer, engine: Engine) -> None:
    report = bring(f"{HEADER}\n{GOOD}3,2021-0")
    assert counts(report) == (3, 2, 0, 1)
    (row,) = rejected(report)
    assert row["reject_reason"] == "The row has too few fields: 2, where the header has 3."
    assert (row["reject_row"], row["reject_line"], row["reject_raw"]) == ("3", "4", "3,2021-0")


def test_the_last_row_cut_off_within_quotes_is_rejected(bring: Importer) -> None:
    report = bring(f'{HEADER}\n{GOOD}3,2021-03-16,"cut off')
    assert counts(report) == (3, 2, 0, 1)
    assert rejected(report)[0]["reject_reason"].startswith("A quote is opened in field 3 and")


def test_a_quote_left_open_in_the_middle_costs_its_row_alone(bring: Importer, engine: Engine) -> None:
    report = bring(f'{HEADER}\n0,2021-03-13,"open\n{GOOD}')
    assert counts(report) == (3, 2, 0, 1)
    assert texts(engine) == ["one", "two"]
    (row,) = rejected(report)
    assert (row["reject_row"], row["reject_field"]) == ("1", "Words")


def test_too_many_fields_are_rejected(bring: Importer) -> None:
    report = bring(f"{HEADER}\n1,2021-03-14,one, two\n{GOOD}")
    assert counts(report) == (3, 2, 0, 1)
    assert "too many fields: 4, where the header has 3" in rejected(report)[0]["reject_reason"]


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ("7,2021-02-30,x", "Came", "It is not a date such as 2026-11-22."),
        ("7,14.03.2021,x", "Came", "It is not a date such as 2026-11-22."),
        ("7,,x", "Came", "It is empty. A date such as 2026-11-22 is wanted."),
        (",2021-03-14,x", "Number", "It is empty. Without it the row could not be known again."),
        (f"{'9' * 201},2021-03-14,x", "Number", "An id of 208 characters is longer than 200."),
        ("7,2021-03-14,a\0b", "Words", "The text holds a NUL character; send it without."),
    ],
)
def test_a_wrong_cell_costs_its_row_and_is_named(bring: Importer, row: str, field: str, reason: str) -> None:
    report = bring(f"{HEADER}\n{row}\n{GOOD}")
    assert counts(report) == (3, 2, 0, 1)
    (found,) = rejected(report)
    assert (found["reject_field"], found["reject_reason"]) == (field, reason)
    assert (found["reject_row"], found["reject_line"]) == ("1", "2")


def test_an_id_that_stands_twice_opens_one_case(bring: Importer, engine: Engine) -> None:
    assert counts(bring(f"{HEADER}\n{GOOD}1,2021-03-16,again\n")) == (3, 2, 1, 0)
    assert texts(engine) == ["one", "two"]


def test_a_missing_required_column_is_an_error_that_names_it(bring: Importer) -> None:
    with pytest.raises(RecoveryError, match=r"nearest line has Number, Words; it lacks Came\."):
        bring("Number,Words\n1,one\n")


def test_columns_separated_by_semicolons_are_recognised(bring: Importer) -> None:
    with pytest.raises(RecoveryError, match="separated by semicolons: save it with commas"):
        bring("Number;Came;Words\n1;2021-03-14;one\n")


def test_a_column_named_twice_is_an_error(bring: Importer) -> None:
    with pytest.raises(RecoveryError, match="the header names Words twice"):
        bring(f"{HEADER},Words\n")


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_an_error(bring: Importer, content: str) -> None:
    with pytest.raises(RecoveryError, match="is empty"):
        bring(content)


def test_junk_before_the_header_is_skipped_and_counted(bring: Importer) -> None:
    report = bring(f'Export of "all" letters\n2021,"x\n\n{HEADER}\n{GOOD}')
    assert counts(report) == (2, 2, 0, 0)
    assert report.notes[0] == "3 lines before the header were skipped."


def test_a_column_the_mapping_may_use_but_the_file_has_not_counts_as_empty(bring: Importer) -> None:
    report = bring(f"{HEADER}\n{GOOD}")
    assert report.notes == [
        "The file has no Way, Name, Address, Town, Timely, Topic, Detail; they count as empty."
    ]


def test_a_field_of_a_million_characters_is_fine_and_one_of_ten_is_rejected(
    bring: Importer, engine: Engine
) -> None:
    big, huge = "ж" * 1_000_000, "y" * 10_485_760
    report = bring(f"{HEADER}\n0,2021-03-13,{big}\n9,2021-03-13,{huge}\n{GOOD}")
    assert counts(report) == (4, 3, 0, 1)
    assert texts(engine) == [big, "one", "two"]
    (row,) = rejected(report)
    assert row["reject_reason"] == "The field is 10,485,760 characters long; at most 1,000,000 are kept."
    assert (row["reject_row"], row["reject_field"], row["Number"]) == ("2", "Words", "9")


def test_a_line_too_long_to_look_into_is_rejected(bring: Importer, engine: Engine) -> None:
    report = bring(f"{HEADER}\n0,2021-03-13,{'z' * 13_000_000}\n{GOOD}")
    assert counts(report) == (3, 2, 0, 1)
    assert "at most 12,000,000 are read" in rejected(report)[0]["reject_reason"]
    assert texts(engine) == ["one", "two"]


def test_a_row_that_is_not_utf8_is_rejected_with_the_place_of_the_byte(bring: Importer) -> None:
    report = bring(f"{HEADER}\n".encode() + b"7,2021-03-14,caf\xe9\n" + GOOD.encode())
    assert counts(report) == (3, 2, 0, 1)
    reason = rejected(report)[0]["reject_reason"]
    assert reason == "The byte 0xE9 at position 34 of the file is not UTF-8."
    assert report.rejects is not None
    assert b"7,2021-03-14,caf\xe9" in report.rejects.read_bytes()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"{HEADER}\n{GOOD}".encode("utf-16"), "is UTF-16, not UTF-8: it begins with FF FE"),
        (f"{HEADER}\n{GOOD}".encode("utf-16-le"), "is UTF-16, not UTF-8: the byte 0x00 stands at position 1"),
        (
            f"{HEADER}\n".encode() + "1,2021-03-14,房间很吵\n".encode("gb18030") * 4,
            r"0xB7, stands at position 31",
        ),
        (b"PK\x03\x04 workbook", "is a workbook or a zip archive"),
    ],
)
def test_a_file_that_is_not_utf8_is_an_error_before_anything_is_done(
    bring: Importer, engine: Engine, content: bytes, message: str
) -> None:
    with pytest.raises(RecoveryError, match=message) as caught:
        bring(content)
    assert "UTF-8" in caught.value.hint
    assert texts(engine) == []


def test_gzip_is_read_whatever_the_file_is_called(bring: Importer) -> None:
    packed = gzip.compress(f"{HEADER}\n{GOOD}".encode())
    assert counts(bring(packed, name="in.csv.gz")) == (2, 2, 0, 0)
    assert counts(bring(packed, name="in.dat")) == (2, 0, 2, 0)


def test_gzip_that_is_cut_off_gives_its_rows_and_says_where_it_ends(bring: Importer, engine: Engine) -> None:
    rows = "".join(f"{n},2021-03-14,{n * 7919 % 104729} words\n" for n in range(1, 5001))
    packed = gzip.compress(f"{HEADER}\n{rows}".encode())
    report = bring(packed[: len(packed) // 2], name="in.csv.gz")
    assert report.read == report.opened + report.rejected
    assert 0 < report.opened == len(texts(engine)) < 5000
    assert "the compressed data is cut off or damaged" in rejected(report)[-1]["reject_reason"]


def test_a_file_named_gz_that_is_none_is_an_error(bring: Importer) -> None:
    with pytest.raises(RecoveryError, match=r"is named \.gz but is not gzip"):
        bring(f"{HEADER}\n{GOOD}", name="in.csv.gz")


def test_json_lines_are_read_with_their_keys_as_columns(bring: Importer, engine: Engine) -> None:
    rows = [
        {"Number": 1, "Came": "2021-03-14", "Words": "one\nmore", "Timely": True, "Town": None},
        {"Number": "2", "Came": "2021-03-15", "Words": "二"},
    ]
    content = "\n".join(json.dumps(row) for row in rows)
    assert counts(bring(content, name="in.jsonl")) == (2, 2, 0, 0)
    assert texts(engine) == ["one\nmore", "二"]
    case = engine.store.case("default", 1)
    assert case is not None
    assert case.facts["origin.timely"] is True


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"Number": 1', "The line is no JSON"),
        ("[1, 2]", "The line is no JSON object"),
        ("[" * 200_000, "The JSON is nested too deep"),
        ('{"Number": "7", "Words": "x"}', "The object has no Came."),
        ('{"Number": "7", "Came": "2021-03-14", "Words": "\\ud83d"}', "half a surrogate pair"),
        ('{"Number": "7", "Came": "2021-03-14", "Words": "a\\u0000"}', "a NUL character"),
    ],
)
def test_a_bad_line_of_json_costs_one_row(bring: Importer, engine: Engine, line: str, reason: str) -> None:
    good = json.dumps({"Number": "1", "Came": "2021-03-14", "Words": "one"})
    report = bring(f"{line}\n{good}\n", name="in.jsonl.txt.jsonl")
    assert counts(report) == (2, 1, 0, 1)
    assert reason in rejected(report)[0]["reject_reason"]
    assert rejected(report)[0]["reject_raw"] == line[:100_000]


def test_a_file_that_is_not_there_is_an_error(engine: Engine, letters: ImportMapping, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no file"):
        run_import(engine, tmp_path / "none.csv", letters)
    with pytest.raises(NotFound, match="is a folder"):
        run_import(engine, tmp_path, letters)


def test_a_folder_that_cannot_take_the_rejects_stops_the_import_before_it_starts(
    bring: Importer, engine: Engine, tmp_path: Path
) -> None:
    with pytest.raises(EnvironmentFault, match="Rejected rows could not be written") as caught:
        bring(f"{HEADER}\n{GOOD}", rejects=tmp_path / "no such folder" / "bad.csv")
    assert "Nothing was imported" in caught.value.hint
    assert texts(engine) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_full_disk_stops_the_import_and_says_that_repeating_it_is_safe(bring: Importer) -> None:
    with pytest.raises(EnvironmentFault, match="No space left on device") as caught:
        bring(f"{HEADER}\n{GOOD}7,never,x\n", rejects=Path("/dev/full"))
    assert "import again" in caught.value.hint


def test_a_limit_reads_so_many_rows(bring: Importer) -> None:
    assert counts(bring(f"{HEADER}\n{GOOD}", limit=1)) == (1, 1, 0, 0)


def test_progress_is_told_how_many_rows_are_done(bring: Importer) -> None:
    rows = "".join(f"{n},2021-03-14,words\n" for n in range(1, 1_201))
    told: list[int] = []
    bring(f"{HEADER}\n{rows}", progress=told.append)
    assert told == [500, 1000, 1200]
