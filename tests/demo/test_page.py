"""What the demo prints at its end."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich.console import Console

from recovery.cli.demo_page import demo_page
from recovery.demo.show import DemoReport
from recovery.project import Project
from tests.demo.conftest import Show, starter
from tests.demo.test_input import complaint, own_file


def printed(report: DemoReport) -> str:
    out = io.StringIO()
    console = Console(file=out, width=200, markup=False, highlight=False, emoji=False)
    for part in demo_page(report):
        console.print(part)
    return out.getvalue()


def test_it_ends_with_the_funnel_a_whole_story_and_where_everything_lies(show: Show) -> None:
    report = show()
    page = printed(report)
    assert re.search(r"1\s+Find the problem\s+█+\s+12\s+12", page)
    assert report.story.title in page
    assert report.story.ending[0] in page
    for place in (report.place.report, report.place.story, report.place.outbox, report.place.url):
        assert str(place) in page


def test_control_characters_of_a_customer_do_not_reach_the_terminal(show: Show, tmp_path: Path) -> None:
    rows = [complaint(1, text="\x1b[2Jgone [bold]loud[/bold] \u202eabc " * 5)]
    page = printed(show(**own_file(tmp_path, rows)))
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "\\x1b[2Jgone [bold]loud[/bold]" in page


def test_progress_counts_the_cases_that_came_to_their_end(show: Show) -> None:
    told: list[int] = []
    show(limit=5, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 5


def test_the_projects_own_database_is_not_touched(show: Show, tmp_path: Path) -> None:
    own = tmp_path / "mine.db"
    project = Project(starter().root, f"sqlite:///{own}", workflow="online-shop")
    assert show(limit=2, project=project).workflow.id == "ten-step"
    assert not own.exists()


def test_a_project_without_ten_steps_plays_those_of_the_starter(show: Show, tmp_path: Path) -> None:
    bare = Project(tmp_path, None)
    assert show(limit=2, project=bare).is_sound
