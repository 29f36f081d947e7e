"""The reader: YAML 1.2 as plain data that knows where everything stands, and bytes that are refused."""

from __future__ import annotations

from typing import Any

import pytest

from recovery.workflow.findings import Position
from recovery.workflow.reader import BYTES_AT_MOST, DEPTH_AT_MOST, VALUES_AT_MOST, Document, read_yaml


def value(text: str) -> Any:
    document, findings = read_yaml(text.encode(), "x.yaml")
    assert document is not None
    assert findings == []
    return document.value


def codes(data: bytes) -> list[str]:
    return [finding.code for finding in read_yaml(data, "x.yaml")[1]]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("true", True),
        ("false", False),
        ("True", "True"),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("", None),
        ("~", None),
        ("null", None),
        ("0", 0),
        ("17", 17),
        ("-3", -3),
        ("+3", "+3"),
        ("1.5", "1.5"),
        ("1e3", "1e3"),
        ("17:30", "17:30"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        ("2026-11-22", "2026-11-22"),
        (".inf", ".inf"),
        ("1234567890123456789", "1234567890123456789"),
        ('"17"', "17"),
        ("'true'", "true"),
        ('""', ""),
        ("[a, 1, true]", ["a", 1, True]),
        ("{a: }", {"a": None}),
        ("|-\n  two\n  lines", "two\nlines"),
    ],
)
def test_a_scalar_means_one_thing(written: str, meant: Any) -> None:
    found = value(f"key: {written}\n")["key"]
    assert found == meant
    assert type(found) is type(meant)


def test_keys_are_texts_whatever_they_look_like() -> None:
    assert value("1: a\ntrue: b\nno: c\n") == {"1": "a", "true": "b", "no": "c"}


@pytest.mark.parametrize("written", ["010", "00", "-01", "+07", "0_1"])
def test_a_number_with_a_leading_zero_must_be_quoted(written: str) -> None:
    document, (finding,) = read_yaml(f"key: {written}\n".encode(), "x.yaml")
    assert document is not None
    assert document.value == {"key": written}
    assert (finding.code, finding.line, finding.column) == ("leading_zero", 1, 6)
    assert "quotes" in finding.hint


def test_every_key_and_value_knows_its_place() -> None:
    text = "top:\n  - one: 1\n    two: {three: 你好, four: 4}\n"
    document, _ = read_yaml(text.encode(), "x.yaml")
    assert document is not None
    assert document.key(("top",)) == Position(1, 1)
    assert document.at(("top", 0)) == Position(2, 5)
    assert document.at(("top", 0, "one")) == Position(2, 10)
    assert document.key(("top", 0, "two", "four")) == Position(3, 22)
    assert document.at(("top", 0, "two", "four")) == Position(3, 28)
    assert document.get(("top", 0, "two", "three")) == "你好"


def test_a_place_that_is_not_there_is_where_it_would_be() -> None:
    document, _ = read_yaml(b"a:\n  b: 1\n", "x.yaml")
    assert document is not None
    assert document.at(("a", "c", 3)) == document.at(("a",)) == Position(2, 3)
    assert document.get(("a", "c", 3)) is None


def test_the_head_of_a_larger_file_keeps_its_line_numbers() -> None:
    document, findings = read_yaml(b"a: 1\na: 2\n", "x.md", first_line=2)
    assert document is not None
    assert document.at(("a",)) == Position(2, 4)
    assert [(f.line, f.column) for f in findings] == [(3, 1)]


def test_all_doubled_keys_are_found_and_the_first_value_stays() -> None:
    document, findings = read_yaml(b"a: {x: 1}\nb: {c: 1, c: 2, c: 3}\na: {x: 2, x: 3}\n", "x.yaml")
    assert document is not None
    assert document.value == {"a": {"x": 1}, "b": {"c": 1}}
    assert [(f.code, f.line, f.column) for f in findings] == [
        ("duplicate_key", 2, 11),
        ("duplicate_key", 2, 17),
        ("duplicate_key", 3, 1),
        ("duplicate_key", 3, 11),
    ]
    assert document.at(("a", "x")) == Position(1, 8)


def test_a_byte_order_mark_and_foreign_line_ends_change_nothing() -> None:
    plain, _ = read_yaml(b"a: 1\nb:\n  c: 2\n", "x.yaml")
    for data in (b"\xef\xbb\xbfa: 1\nb:\n  c: 2\n", b"a: 1\r\nb:\r\n  c: 2\r\n", b"a: 1\rb:\r  c: 2\r"):
        assert read_yaml(data, "x.yaml") == (plain, [])


@pytest.mark.parametrize(
    ("data", "code", "line", "column"),
    [
        (b"a: 1\nb: caf\xe9\n", "not_utf8", 2, 7),
        ("a: 1\nb: é".encode() + b"\xff", "not_utf8", 2, 5),
        ("a: 1".encode("utf-16"), "not_utf8", 1, 1),
        (b"a: 1\nb: \0\n", "control_character", 2, 4),
        (b"a: 1\n\tb: 2\n", "tab", 2, 1),
        (b"a:\tb\n", "tab", 1, 3),
        (b"a: |\n\ttext\n", "tab", 2, 1),
        (b"a: b: c\n", "syntax", 1, 5),
        (b"a: @b\n", "syntax", 1, 4),
        (b"a: [\n", "syntax", 2, 1),
        (b'a: "\\q"\n', "syntax", 1, 6),
        (b'a: "\\UFFFFFFFF"\n', "syntax", 1, 1),
        (b"a: *b\n", "alias", 1, 4),
        (b"a: &b c\nd: *b\n", "anchor", 1, 4),
        (b"<<: *b\n", "alias", 1, 5),
        (b"a: !!python/object:os.system x\n", "tag", 1, 4),
        (b"%YAML 1.1\n---\na: 1\n", "directive", 1, 1),
        (b"# hello\n%YAML 3.0\n---\na: 1\n", "directive", 2, 1),
        (b"a: 1\n---\nb: 2\n", "second_document", 2, 1),
        (b"? [a]\n: b\n", "bad_key", 1, 3),
        (b"a: {{ b }}\n", "bad_key", 1, 5),
        (b": b\n", "bad_key", 1, 1),
    ],
)
def test_what_cannot_be_read_is_one_finding(data: bytes, code: str, line: int, column: int) -> None:
    document, findings = read_yaml(data, "x.yaml")
    assert document is None
    assert [(f.code, f.line, f.column) for f in findings] == [(code, line, column)]
    assert findings[0].file == "x.yaml"


def test_an_empty_file_is_no_value() -> None:
    assert value("") is None
    assert value("# only a comment\n") is None


def test_a_file_may_be_as_deep_as_the_limit_and_no_deeper() -> None:
    deep = "[" * DEPTH_AT_MOST + "]" * DEPTH_AT_MOST
    assert codes(deep.encode()) == []
    assert codes(b"[" + deep.encode() + b"]") == ["too_deep"]
    block = "".join("  " * level + "a:\n" for level in range(DEPTH_AT_MOST + 1))
    assert codes(block.encode() + b"  " * (DEPTH_AT_MOST + 1) + b"a: b\n") == ["too_deep"]


def test_a_file_may_be_as_large_as_the_limit_and_no_larger() -> None:
    assert codes(b"#" * BYTES_AT_MOST) == []
    assert codes(b"#" * (BYTES_AT_MOST + 1)) == ["too_large"]


def test_a_file_may_hold_as_many_values_as_the_limit_and_no_more() -> None:
    assert codes(b"a: 1\n" + b"".join(b"k%d: 1\n" % n for n in range(VALUES_AT_MOST - 2))) == []
    assert codes(b"".join(b"k%d: 1\n" % n for n in range(VALUES_AT_MOST))) == ["too_large"]


def test_a_path_into_nothing_is_nothing() -> None:
    assert Document("x", None).get(("a",)) is None
    assert Document("x", None).at(("a",)) == Position(1, 1)
