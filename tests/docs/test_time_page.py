"""Each convention on the page about time names a test, and the test is there."""

from __future__ import annotations

import re

from tests.real_data import ROOT


def test_every_convention_of_time_has_a_test_of_that_name() -> None:
    page = (ROOT / "docs" / "time.md").read_text(encoding="utf-8")
    named = re.findall(r"^\| .+ \| `(\w+)` \|$", page, re.MULTILINE)
    rows = [
        line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| convention")
    ]
    files = (ROOT / "tests" / "calendars").glob("test_*.py")
    tests = {
        name for file in files for name in re.findall(r"def test_(\w+)", file.read_text(encoding="utf-8"))
    }
    assert len(named) == len(rows) > 20
    assert [name for name in named if name not in tests] == []
