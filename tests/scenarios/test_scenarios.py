"""Every scenario of this folder: each file is a test, called as the scenario is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from recovery.scenarios.knowing import Workflows
from recovery.scenarios.reading import read_scenario
from recovery.scenarios.report import problems
from recovery.scenarios.running import ground, publish, run, scenario_files
from recovery.workflow.reader import read_yaml
from tests.real_data import ROOT

FILES = scenario_files(ROOT, [ROOT / "tests" / "scenarios"])


def name_of(file: Path) -> str:
    """What a scenario is called: mostly the first line says so, and reading 200 whole files takes seconds."""
    data = file.read_bytes()
    named = re.search(rb"^scenario: [^|>].*$", data, re.MULTILINE)
    document, _ = read_yaml(named[0] if named else data, file.name)
    return str((document and document.get(("scenario",))) or file.stem)


@pytest.fixture(scope="module")
def workflows() -> Workflows:
    return Workflows(ROOT, "ten-step")


@pytest.fixture(scope="module")
def places() -> Iterator[Callable[[Path], Path]]:
    """A ground for each project."""
    with ExitStack() as stack:
        yield cache(lambda _: stack.enter_context(ground()))


@pytest.mark.parametrize("file", FILES, ids=map(name_of, FILES))
def test_scenario(file: Path, workflows: Workflows, places: Callable[[Path], Path]) -> None:
    around = workflows.around(file)
    read = read_scenario(ROOT, file, around)
    assert read is not None
    assert read.scenario is not None, "\n".join(map(str, read.findings))
    place = places(around.root)
    publish(place, around.root, [around.find(read.scenario.workflow)])
    result = run(place, read.scenario)
    assert result.ok, "\n".join(problems(result))


def test_no_two_scenarios_have_the_same_name() -> None:
    names = [name_of(file) for file in FILES]
    assert sorted({name for name in names if names.count(name) > 1}) == []
