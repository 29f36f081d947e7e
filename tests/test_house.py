"""The rules of the house that a program can check."""

from __future__ import annotations

import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import recovery
from tests.real_data import ROOT, real_data_folder

LINES_AT_MOST = 400
MACHINE_PATH = re.compile(r"(?<![\w.<>*-])/(?:home|Users|root|work)/\w")
REGISTRY_HOST = re.compile(r"\b(?:(?:pypi|pythonhosted|npmjs|debian|anaconda)\.org|npmjs\.com)\b")
LOCKS = ("dev.txt", "mutation.txt", "runtime.txt")


@cache
def files() -> tuple[Path, ...]:
    """Every file git tracks or would track, as paths from the root."""
    command = "git -c safe.directory=* ls-files -z --cached --others --exclude-standard"
    listed = subprocess.run(command.split(), cwd=ROOT, capture_output=True, check=False)
    if listed.returncode != 0:
        pytest.skip("this is no git checkout")
    names = sorted(set(filter(None, listed.stdout.decode().split("\0"))))
    return tuple(Path(name) for name in names if (ROOT / name).is_file())


def text_of(path: Path) -> str:
    """The file's text, or nothing where it is not text."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def lines_matching(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path}:{number}: {line.strip()}"
        for path in files()
        for number, line in enumerate(text_of(path).splitlines(), start=1)
        if pattern.search(line)
    ]


@cache
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


@cache
def locked(name: str) -> dict[str, list[str]]:
    """The versions a lock file holds of each package (several where a marker chooses), all with hashes."""
    found: dict[str, list[str]] = {}
    for entry in re.split(r"\n(?=[A-Za-z0-9])", (ROOT / "requirements" / name).read_text(encoding="utf-8")):
        head = re.match(r"([A-Za-z0-9._-]+)(?:\[[a-z, ]+\])?==(\S+)", entry)
        assert head, f"{name}: not an exact version: {entry.splitlines()[0]}"
        assert "--hash=sha256:" in entry, f"{name}: no hash for {head[1]}"
        found.setdefault(canonicalize_name(head[1]), []).append(head[2])
    return found


def test_no_code_file_is_longer_than_one_can_take_in() -> None:
    code = [path for path in files() if path.parts[0] in {"recovery", "tests", "benchmarks"}]
    long = {
        str(path): lines
        for path in code
        if path.suffix in {".py", ".sql"} and (lines := len(text_of(path).splitlines())) > LINES_AT_MOST
    }
    assert not long, f"more than {LINES_AT_MOST} lines: {long}"


def test_no_file_names_a_folder_of_the_machine_it_was_written_on() -> None:
    assert lines_matching(MACHINE_PATH) == []


def test_no_file_names_the_host_of_a_package_registry() -> None:
    assert lines_matching(REGISTRY_HOST) == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_holds_exact_versions_with_hashes_and_no_address(name: str) -> None:
    assert locked(name)
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    assert "://" not in text
    options = [line for line in text.splitlines() if line.startswith("-")]
    assert not options, "an option may name an index address"


def test_the_lock_files_hold_what_the_project_asks_for() -> None:
    extras = project()["optional-dependencies"]
    runtime = [*project()["dependencies"], *extras["postgres"]]
    asked = {"runtime.txt": runtime, "dev.txt": [*runtime, *extras["dev"], *extras["docs"]]}
    asked["mutation.txt"] = [*runtime, *extras["mutation"]]
    missing = [
        f"{name}: {wanted}"
        for name, requirements in asked.items()
        for wanted in map(Requirement, requirements)
        if not any(map(wanted.specifier.contains, locked(name).get(canonicalize_name(wanted.name), [])))
    ]
    assert not missing, f"run `make lock`: {missing}"


def test_what_runs_in_production_is_what_was_tested() -> None:
    tested = locked("dev.txt")
    assert {name: tested.get(name) for name in locked("runtime.txt")} == locked("runtime.txt")


def test_the_package_and_its_metadata_name_one_version() -> None:
    assert recovery.__version__ == project()["version"]


def test_every_decision_is_listed_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")
    assert [file.name for file in sorted(folder.glob("[0-9]*.md")) if f"({file.name})" not in index] == []


def test_only_make_test_leaves_tests_out_and_ci_runs_all() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipes = dict(re.findall(r"^([a-z]+): .*\n((?:\t.*\n)+)", makefile, re.MULTILINE))
    assert [name for name, lines in recipes.items() if "thorough" in lines] == ["test"]
    assert "$(PYTEST) --cov" in recipes["coverage"]
    assert "\nmake coverage" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_real_data_that_is_absent_skips_a_test_here_and_fails_it_in_ci(tmp_path: Path) -> None:
    nowhere = {"RECOVERY_DATA": str(tmp_path / "absent")}
    with pytest.raises(pytest.skip.Exception, match="RECOVERY_DATA"):
        real_data_folder(nowhere)
    with pytest.raises(pytest.fail.Exception, match="RECOVERY_DATA"):
        real_data_folder({**nowhere, "RECOVERY_CI": "1"})
    assert real_data_folder({"RECOVERY_DATA": str(tmp_path)}) == tmp_path
