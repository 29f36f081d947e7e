"""The same seed, the same complaints and the same limit give the same demo, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recovery.demo.show import DemoReport
from tests.demo.conftest import Show

pytestmark = pytest.mark.slow


def written(report: DemoReport) -> dict[str, bytes]:
    """Every file of a demo's folder."""
    folder = report.place.folder
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def said(report: DemoReport) -> str:
    return json.dumps(report.as_dict()).replace(str(report.place.folder), "DIR")


def test_the_same_seed_gives_the_same_files_and_the_same_report(show: Show) -> None:
    first, second = show("first", limit=20, seed=3), show("second", limit=20, seed=3)
    assert said(first) == said(second)
    assert written(first) == written(second)


def test_running_it_again_in_the_same_folder_replaces_what_was_there(show: Show) -> None:
    before = written(show(limit=20, seed=3))
    show(limit=3, seed=9)
    assert written(show(limit=20, seed=3)) == before


def test_another_seed_gives_another_demo(show: Show) -> None:
    assert said(show("first", seed=1)) != said(show("second", seed=2))


def test_every_file_is_where_the_report_says(show: Show) -> None:
    report = show()
    data = report.as_dict()
    assert Path(data["report"]).read_text(encoding="utf-8").startswith("<!doctype html>")
    assert Path(data["story"]).read_text(encoding="utf-8").startswith(report.story.title)
    assert list(Path(data["outbox"]).glob("case-*/*.eml"))
    assert Path(data["database"].removeprefix("sqlite:///")).is_file()
