"""What `pip install` brings."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.real_data import ROOT

STARTER = ("workflows", "templates", "config")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built as it would be for a release."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (file,) = folder.glob("*.whl")
    return zipfile.ZipFile(file)


def test_the_wheel_carries_the_starter_folders_byte_for_byte(wheel: zipfile.ZipFile) -> None:
    written = {
        f"recovery/starter/{file.relative_to(ROOT).as_posix()}": file.read_bytes()
        for folder in STARTER
        for file in (ROOT / folder).rglob("*")
        if file.is_file()
    }
    shipped = {name: wheel.read(name) for name in wheel.namelist() if name.startswith("recovery/starter/")}
    assert shipped == written


def test_the_wheel_says_that_it_is_typed_and_under_which_licence(wheel: zipfile.ZipFile) -> None:
    names = {Path(name).name for name in wheel.namelist()}
    assert {"py.typed", "LICENSE"} <= names


def test_the_wheel_holds_nothing_but_the_package(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"recovery"}
