"""Small scenario files, written and run for tests of the runner itself."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

from recovery.scenarios.knowing import Workflows
from recovery.scenarios.running import Result, run_files
from tests.real_data import ROOT

HEAD = "scenario: A story\nworkflow: online-shop\n"

COMPLAINT = """
- at: Fri 2026-11-20 10:00
  complaint: The cup is cracked.
"""

WORKFLOWS = Workflows(ROOT, "online-shop")


def written(folder: Path, story: str, head: str = HEAD, name: str = "story.yaml") -> Path:
    """A scenario file."""
    file = folder / name
    file.write_text(f"{head}story:\n{indent(dedent(story).strip(), '  ')}\n", encoding="utf-8")
    return file


def told(folder: Path, story: str, head: str = HEAD) -> Result:
    """How a story about the small shop went."""
    (result,) = run_files(WORKFLOWS, [written(folder, story, head)], here=folder)
    return result


def findings(folder: Path, story: str, head: str = HEAD) -> list[str]:
    """What is wrong in a scenario file, each as `line:column code: message hint`."""
    return [
        f"{one.line}:{one.column} {one.code}: {one.message} {one.hint}".strip()
        for one in told(folder, story, head).findings
    ]


def differences(folder: Path, story: str, head: str = HEAD) -> list[str]:
    """Where a story went otherwise, each as `line:column what: expected …, but was …`."""
    result = told(folder, story, head)
    assert not result.findings, result.findings
    return [f"{one.line}:{one.column} {one}" for one in result.differences]
