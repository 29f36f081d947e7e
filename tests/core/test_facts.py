"""What each type of fact accepts, keeps and refuses."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from recovery.core.facts import (
    BUILT_IN,
    KINDS,
    MAX_INTEGER,
    MAX_ITEMS,
    MAX_TEXT,
    SOURCES,
    FactType,
    read_decimal,
    shown,
    unusable,
)
from tests.core.builders import NAIVE

TYPES = {
    "text": FactType("t", "text"),
    "boolean": FactType("b", "boolean"),
    "integer": FactType("i", "integer", minimum=1, maximum=5),
    "decimal": FactType("d", "decimal", minimum=0, maximum=100),
    "money": FactType("m", "money"),
    "choice": FactType("c", "choice", choices=("fully", "partly")),
    "date": FactType("day", "date"),
    "instant": FactType("at", "instant"),
    "person": FactType("p", "person"),
    "list": FactType("l", "list"),
}

NINE_AM_IN_BERLIN = datetime(2026, 11, 22, 9, tzinfo=timezone(timedelta(hours=1)))

ACCEPTED: list[tuple[str, Any, Any]] = [
    ("text", "x", "x"),
    ("text", " {{ 7*7 }} <script>\r\n\u202e😀 {$39.00} ", " {{ 7*7 }} <script>\r\n\u202e😀 {$39.00} "),
    ("text", "a" * MAX_TEXT, "a" * MAX_TEXT),
    ("boolean", True, True),
    ("boolean", False, False),
    ("integer", 1, 1),
    ("integer", 5, 5),
    ("decimal", "0", "0"),
    ("decimal", "12.50", "12.50"),
    ("decimal", "0.123456789012345678", "0.123456789012345678"),
    ("decimal", 100, "100"),
    ("decimal", Decimal("99.9"), "99.9"),
    ("money", "12.50 USD", "12.50 USD"),
    ("money", "-0.0001 EUR", "-0.0001 EUR"),
    ("money", "123456789012345 JPY", "123456789012345 JPY"),
    ("choice", "partly", "partly"),
    ("date", "2026-11-22", "2026-11-22"),
    ("date", "20261122", "2026-11-22"),
    ("date", date(2026, 11, 22), "2026-11-22"),
    ("instant", "2026-11-22T15:00:00+01:00", "2026-11-22T14:00:00.000000Z"),
    ("instant", "2026-11-22T15:00:00.25Z", "2026-11-22T15:00:00.250000Z"),
    ("instant", NINE_AM_IN_BERLIN, "2026-11-22T08:00:00.000000Z"),
    ("person", "li", "li"),
    ("person", "ana@example.org", "ana@example.org"),
    ("person", "王芳", "王芳"),
    ("person", "p" * 100, "p" * 100),
    ("list", ["one"], ["one"]),
    ("list", ("one", "two"), ["one", "two"]),
    ("list", ["x"] * MAX_ITEMS, ["x"] * MAX_ITEMS),
]

REFUSED: list[tuple[str, Any, str]] = [
    ("text", "", "a text of at least one character"),
    ("text", " \n\t", "a text of at least one character"),
    ("text", 5, "5 is not a text of at least one character"),
    ("text", None, "None is not a text"),
    ("text", "a" * (MAX_TEXT + 1), "1,000,001 characters is longer than 1,000,000"),
    ("text", "a\x00b", "NUL character"),
    ("text", "a\ud800b", "half a surrogate pair"),
    ("boolean", 1, "1 is not true or false"),
    ("boolean", "true", "true or false"),
    ("boolean", None, "true or false"),
    ("integer", 0, "0 is not within from 1 to 5"),
    ("integer", 6, "6 is not within from 1 to 5"),
    ("integer", True, "True is not a whole number from 1 to 5"),
    ("integer", 2.0, "2.0 is not a whole number"),
    ("integer", "3", "'3' is not a whole number"),
    ("integer", 10**6000, "this int is not a whole number"),
    ("decimal", 12.5, '12.5 is not a decimal number in quotes, such as "12.50" from 0 to 100'),
    ("decimal", float("nan"), "decimal number in quotes"),
    ("decimal", Decimal("NaN"), "decimal number in quotes"),
    ("decimal", "1e5", "decimal number in quotes"),
    ("decimal", "1,5", "decimal number in quotes"),
    ("decimal", "٣", "decimal number in quotes"),
    ("decimal", True, "decimal number in quotes"),
    ("decimal", None, "decimal number in quotes"),
    ("decimal", "1234567890123456789", "decimal number in quotes"),
    ("decimal", "0.1234567890123456789", "decimal number in quotes"),
    ("decimal", "5.", "decimal number in quotes"),
    ("decimal", "-0.01", "-0.01 is not within from 0 to 100"),
    ("decimal", "100.01", "100.01 is not within from 0 to 100"),
    ("money", "12.50", 'an amount with its currency, such as "12.50 USD"'),
    ("money", "12.50 usd", "an amount with its currency"),
    ("money", "12.50  USD", "an amount with its currency"),
    ("money", "12.50 USD\n", "an amount with its currency"),
    ("money", "1.23456 USD", "an amount with its currency"),
    ("money", "1234567890123456 USD", "an amount with its currency"),
    ("money", "٣ USD", "an amount with its currency"),
    ("money", 12, "an amount with its currency"),
    ("choice", "Fully", "'Fully' is not one of fully, partly"),
    ("choice", None, "one of fully, partly"),
    ("choice", ["fully"], "one of fully, partly"),
    ("date", "2026-02-30", "a date such as 2026-11-22"),
    ("date", "22/11/2026", "a date such as 2026-11-22"),
    ("date", NINE_AM_IN_BERLIN, "a date such as 2026-11-22"),
    ("date", 20261122, "a date such as 2026-11-22"),
    ("instant", "2026-11-22T15:00:00", "an instant with its zone, such as 2026-11-22T15:00:00+01:00"),
    ("instant", "tomorrow", "an instant with its zone"),
    ("instant", NAIVE, "an instant with its zone"),
    ("instant", "0001-01-01T00:00:00+14:00", "an instant with its zone"),
    ("instant", 1_700_000_000, "an instant with its zone"),
    ("person", "", "one person's name without spaces, such as li or ana@example.org"),
    ("person", "li wei", "one person's name without spaces"),
    ("person", ":li", "one person's name without spaces"),
    ("person", " li", "one person's name without spaces"),
    ("person", "li\ud800", "one person's name without spaces"),
    ("person", "li\x00", "one person's name without spaces"),
    ("person", "p" * 101, "one person's name without spaces"),
    ("person", ["li"], "one person's name without spaces"),
    ("list", [], "a list of 1 to 1,000 texts"),
    ("list", ["x"] * (MAX_ITEMS + 1), "a list of 1 to 1,000 texts"),
    ("list", "one", "a list of 1 to 1,000 texts"),
    ("list", ["one", " "], "a text of at least one character"),
    ("list", ["one", ["two"]], "a text of at least one character"),
    ("list", {"one": 1}, "a list of 1 to 1,000 texts"),
]


def name_of(value: Any) -> str | None:
    return f"{value!r:.30}" if not isinstance(value, int) or abs(value) < 10**9 else "a huge number"


@pytest.mark.parametrize(("kind", "given", "kept"), ACCEPTED, ids=name_of)
def test_a_value_of_the_type_is_kept_json_native(kind: str, given: Any, kept: Any) -> None:
    checked = TYPES[kind].check(given)
    assert checked == kept
    assert type(checked) is type(kept)


@pytest.mark.parametrize(("kind", "given", "says"), REFUSED, ids=name_of)
def test_any_other_value_is_refused_and_what_would_be_accepted_is_said(
    kind: str, given: Any, says: str
) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the message is looked at below
        TYPES[kind].check(given)
    assert says in str(refused.value)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize(
    ("low", "high", "given", "says"),
    [
        (3, None, 2, "2 is not within from 3 up"),
        (None, 3, 4, "4 is not within up to 3"),
        (None, None, "x", "'x' is not a whole number"),
        (3, None, "x", "'x' is not a whole number from 3 up"),
        (None, 3, "x", "'x' is not a whole number up to 3"),
    ],
)
def test_a_bound_that_is_missing_is_not_spoken_of(
    low: int | None, high: int | None, given: Any, says: str
) -> None:
    with pytest.raises(ValueError, match=rf"{says}$"):
        FactType("n", "integer", minimum=low, maximum=high).check(given)


def test_whole_numbers_stay_where_every_json_reader_keeps_them_exact() -> None:
    unbounded = FactType("n", "integer")
    assert unbounded.check(MAX_INTEGER) == MAX_INTEGER == 9_007_199_254_740_992
    assert unbounded.check(-MAX_INTEGER) == -MAX_INTEGER
    for beyond in (MAX_INTEGER + 1, -MAX_INTEGER - 1):
        with pytest.raises(ValueError, match="whole number"):
            unbounded.check(beyond)


def test_a_half_open_decimal_is_bound_on_one_side_only() -> None:
    assert FactType("n", "decimal", minimum=2).check("1000") == "1000"
    assert FactType("n", "decimal", maximum=2).check("-1000") == "-1000"


def test_a_list_is_copied_so_that_nobody_can_change_a_recorded_fact() -> None:
    given = ["one"]
    kept = TYPES["list"].check(given)
    given.append("two")
    assert kept == ["one"]


def test_every_kind_has_a_check() -> None:
    assert set(TYPES) == set(KINDS)
    assert all(KINDS.index(kind) >= 0 for kind in TYPES)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12.50", Decimal("12.5")),
        (3, Decimal(3)),
        ("twelve", None),
        ("", None),
        (None, None),
        (["1"], None),
        ("NaN", None),
        ("sNaN", None),
        ("Infinity", None),
        ("12.50 USD", None),
    ],
)
def test_a_kept_decimal_reads_as_a_number_and_anything_else_as_none(value: Any, expected: Any) -> None:
    assert read_decimal(value) == expected


def test_a_message_shows_values_shortly_however_deep_or_huge() -> None:
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    assert shown(deep) == "[[[[...]]]]"
    assert shown(10**6000) == "this int"
    assert shown("x" * 1_000_000) == "'" + "x" * 27 + "..." + "x" * 28 + "'"
    assert shown([[["x" * 60] * 6] * 6] * 6).endswith("...")
    assert len(shown([[["x" * 60] * 6] * 6] * 6)) == 60
    assert shown(12) == "12"
    assert shown("s" * 58) == "'" + "s" * 58 + "'"


def test_a_text_is_unusable_when_some_database_or_mail_could_not_hold_it() -> None:
    assert unusable("Grüße, 王芳 😀") == ""
    assert unusable("a\x00") == "the text holds a NUL character; send it without"
    assert unusable("\udfff") == "the text holds half a surrogate pair; send valid Unicode"


def test_every_workflow_knows_the_complaint_and_its_owner() -> None:
    assert {name: (kind.name, kind.kind, kind.said_by) for name, kind in BUILT_IN.items()} == {
        "problem.statement": ("problem.statement", "text", frozenset()),
        "owner": ("owner", "person", frozenset()),
    }
    assert all({"en", "zh"} <= set(kind.ask) for kind in BUILT_IN.values())


def test_a_fact_can_come_from_four_sources() -> None:
    assert SOURCES == ("customer", "agent", "engine", "import")


def test_an_instant_is_kept_in_utc_whatever_the_zone_it_was_given_in() -> None:
    assert TYPES["instant"].check(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00.000000Z"
