"""What a mapping makes of a row."""

from __future__ import annotations

from typing import Any

import pytest

from recovery.engine import Engine
from recovery.imports.loading import check_mapping
from recovery.imports.rules import BadValue, Column, Hash, ImportMapping, Words, identity
from tests.imports.conftest import NOW, Importer
from tests.imports.reading import counts, rejected

TOPIC = Words(parts=(("", "A"), (": ", "B"), (" - ", "C")), lead="[", end="]")


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        ({"A": "one", "B": "two", "C": "three"}, "[one: two - three]"),
        ({"A": "one", "B": "", "C": "three"}, "[one - three]"),
        ({"A": "one", "B": " "}, "[one]"),
        ({"B": "two"}, "[two]"),
        ({}, None),
    ],
)
def test_a_made_text_leaves_out_empty_parts_with_their_separators(
    cells: dict[str, str], text: str | None
) -> None:
    assert TOPIC.read(cells) == text


def test_the_customers_own_words_come_before_a_made_text() -> None:
    words = Words(("Words", "Notes"), parts=(("", "A"),))
    assert words.read({"Words": " ", "Notes": " as it is \n", "A": "x"}) == " as it is \n"
    assert words.read({"A": "x"}) == "x"


def test_a_hash_knows_a_row_again_by_its_contents_alone() -> None:
    reader = Hash(("A", "B"), "row:")
    first = identity(reader, {"A": "1", "B": "2", "C": "3"})
    assert first.startswith("row:")
    assert first == identity(reader, {"B": "2", "A": "1"})
    assert first != identity(reader, {"A": "12", "B": ""})
    with pytest.raises(BadValue, match="It is empty"):
        identity(reader, {"A": " "})


def test_an_unknown_word_is_refused_with_the_known_ones() -> None:
    with pytest.raises(BadValue, match=r"It knows Web, Letter\."):
        Column("Way", values={"Web": "portal", "Letter": "mail"}).read({"Way": "Pigeon"})


def test_an_unknown_word_means_otherwise_but_an_empty_cell_means_nothing() -> None:
    column = Column("Way", values={"Web": "portal"}, otherwise="mail")
    assert [column.read({"Way": text}) for text in ("Web", " Web ", "Pigeon", "", " ")] == [
        "portal",
        "portal",
        "mail",
        None,
        None,
    ]


def test_an_empty_cell_means_something_when_the_mapping_says_so() -> None:
    assert Column("Way", values={"": "portal"}).read({}) == "portal"


def complaint(letters: ImportMapping, **cells: str) -> Any:
    return letters.complaint(cells, "letter:1", NOW, live=False, hold=False)


def test_without_an_address_the_channel_is_the_portal(letters: ImportMapping) -> None:
    assert complaint(letters, Way="Letter").channel == "portal"
    found = complaint(letters, Way="Letter", Address="ana@example.org", Name="Ana")
    assert (found.channel, found.customer) == ("mail", {"address": "ana@example.org", "name": "Ana"})
    assert complaint(letters, Way="", Address="ana@example.org").channel == "mail"


def test_facts_take_the_types_of_the_workflow(letters: ImportMapping) -> None:
    found = complaint(letters, Town="York", Way="Letter", Timely="TRUE")
    assert found.facts == {"origin.place": "York", "origin.source": "letter", "origin.timely": True}
    with pytest.raises(BadValue, match=r"origin\.timely: 'maybe' is not true or false") as caught:
        complaint(letters, Timely="maybe")
    assert caught.value.field == "Timely"


TYPES = """\
mapping: types
workflow: ten-step
external_id: {column: Id}
source: customer
facts:
  emotion.level: {column: Level}
  comfort.cost: {column: Cost}
  policy.refs: {column: Rules}
  promise.next_contact: {column: Next, format: "%d.%m.%Y %H:%M", zone: Asia/Shanghai}
  resolution.done_at: {column: Done}
  owner: {column: Owner}
  resolution.kind: {column: Kind}
columns_required: [Id]
"""


@pytest.mark.parametrize(
    ("column", "text", "fact", "value"),
    [
        ("Level", " 3 ", "emotion.level", 3),
        ("Cost", " 12.50 USD", "comfort.cost", "12.50 USD"),
        ("Rules", "Returns 4.2, 5", "policy.refs", ["Returns 4.2, 5"]),
        ("Next", "05.01.2021 00:30", "promise.next_contact", "2021-01-04T16:30:00.000000Z"),
        ("Done", "2021-01-04T16:30:00Z", "resolution.done_at", "2021-01-04T16:30:00.000000Z"),
        ("Owner", " li ", "owner", "li"),
        ("Kind", "refund", "resolution.kind", "refund"),
    ],
)
def test_a_cell_of_any_type_becomes_a_fact(
    bring: Importer, engine: Engine, column: str, text: str, fact: str, value: Any
) -> None:
    mapping, findings = check_mapping(TYPES.encode(), "types.yaml", engine.current)
    assert mapping is not None, findings
    assert counts(bring(f'Id,{column}\n1,"{text}"\n2,\n', mapping=mapping)) == (2, 2, 0, 0)
    first, second = (engine.store.case("default", id) for id in (1, 2))
    assert first is not None
    assert second is not None
    said = first.fact(fact)
    assert said is not None
    assert said[:2] == (value, "customer")
    assert fact not in second.facts


@pytest.mark.parametrize(
    ("column", "text", "reason"),
    [
        ("Level", "5", "5 is not within from 0 to 4"),
        ("Level", "3.0", "is not a whole number"),
        ("Level", "٣", "is not a whole number"),
        ("Cost", "12.50", "is not an amount with its currency"),
        ("Next", "soon", "it is not a date such as 22.11.2026 15:30"),
        ("Done", "2021-01-04", "is not an instant with its zone"),
        ("Owner", "Li Wei", "is not one person's name"),
        ("Kind", "money", "is not one of repair, replacement"),
    ],
)
def test_a_cell_of_the_wrong_type_rejects_its_row(
    bring: Importer, engine: Engine, column: str, text: str, reason: str
) -> None:
    mapping, _ = check_mapping(TYPES.encode(), "types.yaml", engine.current)
    report = bring(f"Id,{column}\n1,{text}\n", mapping=mapping)
    assert counts(report) == (1, 0, 0, 1)
    (row,) = rejected(report)
    assert reason in row["reject_reason"]
    assert row["reject_field"] == column
