"""Somebody's own complaints, and hostile ones: played as live cases, shown and never obeyed."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from recovery.core.errors import NotFound, RecoveryError
from recovery.demo.show import START, DemoReport
from tests.demo.conftest import Show

HOSTILE = "<script>alert(1)</script> {{ 7*7 }} {$39.00} </div><img src=x onerror=alert(2)> & \u202eabc 😡"

MAPPING = """\
mapping: own
workflow: ten-step
mode: complaints
external_id: {column: id}
text: {first: [text]}
language: en
channel: mail
customer:
  name: {column: name}
  address: {column: mail}
columns_required: [id, text]
"""


def own_file(folder: Path, rows: list[dict[str, str]]) -> dict[str, object]:
    """A file of complaints and the mapping that reads it."""
    source, mapping = folder / "own.jsonl", folder / "own.yaml"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    mapping.write_text(MAPPING, encoding="utf-8")
    return {"source": source, "mapping": str(mapping)}


def complaint(number: int, **more: str) -> dict[str, str]:
    row = {
        "id": f"own-{number}",
        "text": f"It broke {number} times.",
        "name": "Ana",
        "mail": "ana@example.org",
    }
    return {**row, **more}


@pytest.fixture
def hostile(show: Show, tmp_path: Path) -> DemoReport:
    rows = [complaint(number, text=HOSTILE, name="<b>Ana</b>") for number in range(3)]
    return show(**own_file(tmp_path, rows))


class Page(HTMLParser):
    """What a browser makes of a page: its tags, its text, and every address it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [str(value) for name, value in attrs if name in ("src", "href", "action")]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_what_a_customer_wrote_is_shown_in_the_report_and_is_no_part_of_it(hostile: DemoReport) -> None:
    page = Page(hostile.place.report.read_text(encoding="utf-8"))
    assert HOSTILE in page.text
    assert page.tags.isdisjoint({"script", "img", "iframe", "link"})


def test_the_report_loads_nothing_from_anywhere(hostile: DemoReport) -> None:
    text = hostile.place.report.read_text(encoding="utf-8")
    assert Page(text).addresses == []
    assert re.findall(r"url\(|@import|https?://", text) == []
    assert "default-src 'none'" in text


def test_the_report_follows_a_reader_who_prefers_dark(hostile: DemoReport) -> None:
    assert "prefers-color-scheme: dark" in hostile.place.report.read_text(encoding="utf-8")


def test_the_story_has_the_customers_own_words_to_the_letter(hostile: DemoReport) -> None:
    assert HOSTILE in hostile.place.story.read_text(encoding="utf-8")


def test_messages_of_a_customer_with_an_address_are_written(hostile: DemoReport) -> None:
    letters = [path.read_text(encoding="utf-8") for path in hostile.place.outbox.rglob("*-apology.eml")]
    assert letters
    assert all("To: ana@example.org" in letter for letter in letters)


def test_rows_are_played_as_cases_that_arrive_on_the_demos_clock(show: Show, tmp_path: Path) -> None:
    report = show(limit=5, **own_file(tmp_path, [complaint(number) for number in range(9)]))
    assert report.tally.funnel.cases == 5
    assert report.began_at == START
    assert report.is_sound


def test_rows_that_cannot_be_used_are_counted_and_the_rest_are_played(show: Show, tmp_path: Path) -> None:
    rows = [complaint(1), complaint(2, text=""), complaint(1), {"id": "own-4"}, complaint(5)]
    report = show(**own_file(tmp_path, rows))
    assert (report.tally.funnel.cases, report.rejected) == (2, 2)


def test_a_file_without_a_usable_complaint_says_so(show: Show, tmp_path: Path) -> None:
    with pytest.raises(RecoveryError, match="holds no complaint"):
        show(**own_file(tmp_path, [complaint(1, text="")]))


def test_a_mapping_without_a_file_is_refused(show: Show) -> None:
    with pytest.raises(RecoveryError, match="--map needs --input"):
        show(mapping="cfpb")


def test_a_file_that_is_not_there_is_named(show: Show, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        show(source=tmp_path / "nowhere.csv", mapping="cfpb")


def test_a_mapping_of_another_kind_is_refused(show: Show, tmp_path: Path) -> None:
    files = own_file(tmp_path, [complaint(1)])
    with pytest.raises(RecoveryError, match="does not make complaints"):
        show(source=files["source"], mapping="helpdesk-log")
