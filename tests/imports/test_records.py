"""CSV is read strictly, and no quote swallows rows."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recovery.core.facts import MAX_TEXT
from recovery.imports import records
from recovery.imports.records import Record, csv_records
from recovery.imports.source import Line


def read(text: str) -> list[Record]:
    lines = text.encode("utf-8", "surrogatepass").splitlines(keepends=True)
    return list(
        csv_records(Line(n, raw.decode("utf-8", "surrogatepass")) for n, raw in enumerate(lines, start=1))
    )


def fields(text: str) -> list[list[str]]:
    return [record.fields for record in read(text)]


CELLS = st.text(st.sampled_from(list('ab",;\n\r\t é😤{}')), max_size=8)


WRITERS = [
    {"lineterminator": "\r\n", "quoting": csv.QUOTE_MINIMAL},
    {"lineterminator": "\r\n", "quoting": csv.QUOTE_ALL},
    {"lineterminator": "\n", "quoting": csv.QUOTE_ALL},
]


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=6), st.sampled_from(WRITERS))
def test_whatever_a_csv_writer_writes_is_read_back(rows: list[list[str]], how: dict[str, Any]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, **how).writerows(rows)
    found = read(file.getvalue())
    assert [record.fields for record in found] == rows
    assert not any(record.problem for record in found)


@given(st.lists(st.text(st.sampled_from(list('a",\n\r')), max_size=12), max_size=12))
@example(['"a\n', 'b,"c\n', '"\n'])
def test_no_part_of_any_file_gets_lost(pieces: list[str]) -> None:
    text = "".join(pieces)
    blank = [line for line in text.splitlines(keepends=True) if not line.strip("\r\n")]
    kept = sum(len(record.raw) for record in read(text))
    inside = sum(len(line) for line in blank)
    assert len(text) - inside <= kept <= len(text)


@given(st.text(st.sampled_from(list('a",\n')), max_size=60))
def test_every_record_without_a_problem_is_what_the_csv_module_reads_too(text: str) -> None:
    for record in read(text):
        if not record.problem:
            assert next(csv.reader(io.StringIO(record.raw, newline=""), strict=True)) == record.fields


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\n", [["a", "b"]]),
        ("a,b", [["a", "b"]]),
        ("a,\n", [["a", ""]]),
        (",\r\n", [["", ""]]),
        ('"a",b\r\n"c",d\r\n', [["a", "b"], ["c", "d"]]),
        ('"two\nlines",b\n', [["two\nlines", "b"]]),
        ('"two\r\nlines","x, ""y"""\r\n', [["two\r\nlines", 'x, "y"']]),
        ("a,b\rc,d\r", [["a", "b"], ["c", "d"]]),
        ('""\n', [[""]]),
        ("\n\n a,b\n\n", [[" a", "b"]]),
        ('5" pipe,b\n', [['5" pipe', "b"]]),
    ],
)
def test_records_are_taken_apart(text: str, expected: list[list[str]]) -> None:
    assert fields(text) == expected


def test_a_quote_that_is_never_closed_costs_one_row_alone() -> None:
    found = read('1,"open\n2,b\n3,c\n')
    assert [(record.line, record.fields) for record in found] == [(1, []), (2, ["2", "b"]), (3, ["3", "c"])]
    assert found[0].problem == "a quote is opened in field 2 and it is never closed"
    assert found[0].raw == '1,"open\n'
    assert found[0].place == 1


def test_a_quote_that_the_next_row_closes_wrongly_costs_one_row_alone() -> None:
    found = read('1,"open,x\n2,"fine",y\n3,"also ""fine""",z\n')
    assert [record.fields for record in found] == [[], ["2", "fine", "y"], ["3", 'also "fine"', "z"]]
    assert "its closing quote stands in the middle" in found[0].problem


def test_a_broken_record_of_several_lines_is_given_up_to_the_line_of_its_last_quote() -> None:
    found = read('1,"two\nlines","open\n2,"b",c\n')
    assert [record.line for record in found] == [1, 3]
    assert found[0].raw == '1,"two\nlines","open\n'
    assert found[1].fields == ["2", "b", "c"]


def test_text_after_a_closing_quote_costs_one_row() -> None:
    found = read('1,"a"b,c\n2,b,c\n')
    assert [bool(record.problem) for record in found] == [True, False]


def test_many_lines_behind_an_open_quote_are_read_again_from_the_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(records, "_HELD_AT_MOST", 100)
    found = read('0,"open\n' + "".join(f"{number},é\udc80\n" for number in range(1, 200)))
    assert found[0].problem
    assert [record.fields for record in found[1:]] == [[str(number), "é\udc80"] for number in range(1, 200)]


@pytest.mark.parametrize("quoted", [False, True])
def test_a_field_of_a_million_characters_is_kept_and_a_longer_one_is_a_problem(quoted: bool) -> None:
    mark = '"' if quoted else ""
    fits, *_ = read(f"1,{mark}{'x' * MAX_TEXT}{mark}\n")
    assert not fits.problem
    assert len(fits.fields[1]) == MAX_TEXT
    longer, after = read(f"1,{mark}{'x' * 10_000_000}{mark}\n2,b\n")
    assert longer.problem == "the field is 10,000,000 characters long; at most 1,000,000 are kept"
    assert longer.place == 1
    assert after.fields == ["2", "b"]


@pytest.fixture
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that a small text exceeds."""
    monkeypatch.setattr(records, "MAX_TEXT", 1_000)
    monkeypatch.setattr(records, "_HELD_AT_MOST", 2_000)


@pytest.mark.parametrize("line", ['a ""quoted"" line, with a comma\n', '""""""""""""""""\n', "x\n", '""\n'])
def test_a_huge_field_of_many_lines_is_one_problem_and_its_lines_are_no_rows(
    small_bounds: None, line: str
) -> None:
    body = line * (10_001 // len(line) + 1)
    longer, after = read(f'1,"{body}",x\n2,b,y\n')
    assert longer.problem == f"the field is {len(body):,} characters long; at most 1,000 are kept"
    assert longer.fields[::2] == ["1", "x"]
    assert after.fields == ["2", "b", "y"]


def test_an_open_quote_before_thousands_of_rows_swallows_none_of_them(small_bounds: None) -> None:
    rows = "".join(f'{number},some words,""\n' for number in range(3_000))
    found = read('x,"open\n' + rows)
    assert len(found) == 3_001
    assert [record.line for record in found if record.problem] == [1]
