"""Which mapping reads a file, when it is named and when it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from recovery.core.errors import NotFound, RecoveryError
from recovery.imports.mapping import find_mapping
from recovery.project import starter_root
from tests.real_data import ROOT

DATA = ROOT / "tests" / "data"


def chosen(source: Path, name: str | None = None, root: Path | None = None) -> str:
    return find_mapping(root or starter_root(), name, source).stem


@pytest.mark.parametrize(
    ("file", "mapping"),
    [
        ("complaints-12-columns.csv", "cfpb"),
        ("complaints-18-columns.csv", "cfpb"),
        ("hotel-reviews-zh.csv", "reviews-zh"),
        ("helpdesk-log.csv", "helpdesk-log"),
    ],
)
def test_a_file_finds_the_mapping_whose_columns_it_has(file: str, mapping: str) -> None:
    assert chosen(DATA / file) == mapping


def test_a_file_with_junk_before_its_header_finds_its_mapping(tmp_path: Path) -> None:
    source = tmp_path / "reviews.csv"
    source.write_text("Exported on Monday\n\nreview\nThe room was loud.\n", encoding="utf-8")
    assert chosen(source) == "reviews-zh"


def test_json_lines_find_their_mapping_by_their_keys(tmp_path: Path) -> None:
    source = tmp_path / "reviews.jsonl"
    source.write_text('nonsense\n{"review": "The room was loud."}\n', encoding="utf-8")
    assert chosen(source) == "reviews-zh"


def test_a_mapping_may_be_named_or_be_a_file(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("mapping: own\n", encoding="utf-8")
    assert chosen(DATA / "hotel-reviews-zh.csv", "cfpb") == "cfpb"
    assert find_mapping(starter_root(), str(own), DATA / "hotel-reviews-zh.csv") == own


def test_an_unknown_mapping_is_an_error_with_a_guess() -> None:
    with pytest.raises(NotFound, match=r"There is no mapping cfbp\. Did you mean cfpb\?"):
        chosen(DATA / "hotel-reviews-zh.csv", "cfbp")


def test_a_file_that_fits_no_mapping_is_an_error_that_lists_them(tmp_path: Path) -> None:
    source = tmp_path / "other.csv"
    source.write_text("A,B\n1,2\n", encoding="utf-8")
    with pytest.raises(
        NotFound, match=r"Known, with their columns: cfpb \(Complaint ID, .*reviews-zh \(review\)"
    ):
        chosen(source)


def test_a_file_that_fits_several_mappings_is_an_error_that_names_them(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "imports"
    folder.mkdir(parents=True)
    for name in ("first", "second"):
        (folder / f"{name}.yaml").write_text("columns_required: [review]\n", encoding="utf-8")
    with pytest.raises(RecoveryError, match=r"The mappings first and second fit .*Say which with --map"):
        chosen(DATA / "hotel-reviews-zh.csv", root=tmp_path)
