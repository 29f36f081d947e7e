"""`init`, `check`, `publish`: a project's files, and the versions made from them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from recovery.checking import check_paths
from recovery.core.errors import NotFound
from tests.cli.conftest import Said

Cli = Callable[..., Said]


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


# --- init ---------------------------------------------------------------------------------------------------


def test_a_new_project_is_ready_to_work(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = cli("init", tmp_path / "new" / "shop", "--json").data
    folder = tmp_path / "new" / "shop"
    assert data["database"] == f"sqlite:///{folder / 'recovery.db'}"
    assert set(data["files"]) < files(folder)
    assert {"workflows/ten-step.yaml", "templates/zh/apology.md", "config/recovery.yaml"} <= files(folder)
    assert oct((folder / "recovery.db.seal-key").stat().st_mode)[-3:] == "600"
    assert [path.name for path in folder.parent.iterdir()] == ["shop"]
    monkeypatch.chdir(folder)
    assert cli("open", "My order never came.").code == 0
    assert cli("db", "verify", "--json").data["ok"]


def test_an_empty_folder_one_stands_in_can_be_filled(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli("init", ".").code == 0
    assert cli("open", "My order never came.").code == 0


def test_a_folder_with_something_in_it_is_left_alone(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine", "utf-8")
    for target in (tmp_path, tmp_path / "letter.txt"):
        said = cli("init", target)
        assert (said.code, said.out) == (2, "")
        assert "is not an empty folder" in said.err
    assert files(tmp_path) == {"letter.txt"}


def test_a_project_that_cannot_be_finished_leaves_nothing_behind(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "recovery.db")

    (tmp_path / "there").mkdir()
    monkeypatch.setattr("recovery.starting.open_engine", full)
    for target in (tmp_path / "a" / "b", tmp_path / "there"):
        said = cli("init", target)
        assert said.code == 4
        assert "No space left on device" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["there"]
    assert list((tmp_path / "there").iterdir()) == []


def test_a_new_project_has_its_own_database_whatever_the_environment_names(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECOVERY_DATABASE", f"sqlite:///{tmp_path / 'other.db'}")
    assert cli("init", tmp_path / "shop").code == 0
    assert (tmp_path / "shop" / "recovery.db").is_file()
    assert not (tmp_path / "other.db").exists()


# --- check --------------------------------------------------------------------------------------------------


def test_the_starter_files_have_no_problem_and_notices_are_none(cli: Cli, home: Path) -> None:
    assert [row for row in cli("check", "--json").data["findings"] if row["level"] == "error"] == []
    spoil(home / "workflows/ten-step.yaml", "severities: 3", "severities: 3\nvalid_from: 2999-01-01")
    said = cli("check", "--json")
    assert said.code == 0
    (noted,) = (row for row in said.data["findings"] if row["file"] == "workflows/ten-step.yaml")
    assert (noted["level"], noted["code"]) == ("notice", "not_in_force")
    assert set(noted) == {"file", "line", "column", "code", "message", "hint", "level"}
    assert "0 problems" in cli("check").out


def test_problems_of_every_kind_of_file_are_found_in_one_run(cli: Cli, home: Path) -> None:
    spoil(home / "config/recovery.yaml", "workflow:", "workflw:")
    spoil(home / "config/imports/reviews-zh.yaml", "ten-step", "ten-stepp")
    spoil(home / "workflows/online-shop.yaml", "order.price:", "order.price: {}\n  order.price:")
    spoil(home / "templates/en/apology.md", "customer.name", "customer.nam")
    said = cli("check", "--json")
    assert said.code == 1
    wrong = [finding for finding in said.data["findings"] if finding["level"] == "error"]
    assert {finding["file"] for finding in wrong} == {
        "config/recovery.yaml",
        "config/imports/reviews-zh.yaml",
        "workflows/online-shop.yaml",
        "templates/en/apology.md",
    }
    assert all(finding["line"] >= 1 and finding["column"] >= 1 for finding in wrong)
    lines = cli("check").out.splitlines()
    assert any(line.startswith("config/recovery.yaml:") for line in lines)
    assert lines[-1].startswith(f"{len(wrong)} problems")


def test_a_mapping_is_checked_against_the_workflow_in_the_files(cli: Cli, home: Path) -> None:
    spoil(home / "workflows/ten-step.yaml", "origin.product:", "origin.produce:")
    codes = {row["code"] for row in cli("check", "config/imports/cfpb.yaml", "--json").data["findings"]}
    assert codes == {"unknown_fact"}


def test_a_mapping_whose_workflow_has_errors_says_so(cli: Cli, home: Path) -> None:
    spoil(home / "workflows/ten-step.yaml", "send: acknowledgement", "send: acknowledgemnt")
    (finding,) = cli("check", "config/imports/cfpb.yaml", "--json").data["findings"]
    assert finding["message"] == "The workflow ten-step has errors."


@pytest.mark.parametrize(
    "paths",
    [
        ["workflows/online-shop.yaml"],
        ["workflows"],
        ["."],
        ["./workflows/../workflows/online-shop.yaml"],
        ["workflows/online-shop.yaml", "workflows"],
    ],
)
def test_a_path_may_be_a_file_or_a_folder(cli: Cli, home: Path, paths: list[str]) -> None:
    spoil(home / "workflows/online-shop.yaml", "send: shop-ask-back", "send: shop-ask-bck")
    wrong = [row for row in cli("check", *paths, "--json").data["findings"] if row["level"] == "error"]
    assert [row["file"] for row in wrong] == ["workflows/online-shop.yaml"]


def test_files_of_another_project_are_checked_against_that_project(
    cli: Cli, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(home / "config/imports/cfpb.yaml", "origin.product", "origin.prodct")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    relative = cli("check", "../shop/config/imports", "--json").data["findings"]
    assert {row["file"] for row in relative} == {"../shop/config/imports/cfpb.yaml"}
    whole = cli("check", "../shop", "--json").data["findings"]
    assert "../shop/config/imports/cfpb.yaml" in {row["file"] for row in whole}
    absolute = cli("check", home / "config" / "imports" / "cfpb.yaml", "--json").data["findings"]
    assert {row["file"] for row in absolute} == {str(home / "config/imports/cfpb.yaml")}


def test_a_path_within_a_project_is_named_from_where_one_stands(
    cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(home / "templates/en/apology.md", "customer.name", "customer.nam")
    monkeypatch.chdir(home / "templates")
    findings = cli("check", "en/apology.md", "--json").data["findings"]
    assert {row["file"] for row in findings} == {"en/apology.md"}


def test_without_a_project_the_starter_files_are_checked(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = cli("check", "--json")
    assert said.code == 0
    assert all(os.path.isabs(row["file"]) for row in said.data["findings"])


def test_a_workflow_that_lies_alone_is_checked_all_the_same(
    cli: Cli, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.yaml").write_text("workflow: mine\nsteps: [", "utf-8")
    (tmp_path / "map.yaml").write_text("mapping: mine\n", "utf-8")
    codes = {row["file"]: row["code"] for row in cli("check", "../mine.yaml", "--json").data["findings"]}
    assert codes == {"../mine.yaml": "syntax"} or codes.keys() == {"../mine.yaml"}
    (first, *_) = cli("check", "../map.yaml", "--json").data["findings"]
    assert first["file"] == "../map.yaml"
    assert first["code"] == "missing_key"


@pytest.mark.parametrize("paths", [["nothing.yaml"], ["workflows", "no/where", "nor/here"]])
def test_a_path_that_is_not_there_is_named_and_nothing_is_checked(
    cli: Cli, home: Path, paths: list[str]
) -> None:
    said = cli("check", *paths, "--json")
    assert said.code == 2
    assert said.data["error"].startswith("There is no ")
    assert paths[-1] in said.data["error"]


def test_a_file_nothing_reads_is_no_problem_but_worth_a_word(cli: Cli, home: Path) -> None:
    (home / "workflows" / "mine.yml").write_text("workflow: mine\n", "utf-8")
    (home / "config" / "notes.yaml").write_text("a: b\n", "utf-8")
    unread = [row for row in cli("check", "--json").data["findings"] if row["code"] == "unread_file"]
    assert [row["file"] for row in unread] == ["workflows/mine.yml"]
    (named,) = cli("check", "config/notes.yaml", "--json").data["findings"]
    assert named["level"] == "notice"
    (other,) = cli("check", ".gitignore", "--json").data["findings"]
    assert other["code"] == "unknown_file"


def test_a_file_that_cannot_be_read_is_a_finding(home: Path) -> None:
    (home / "workflows" / "dangling.yaml").symlink_to("nowhere")
    (home / "config" / "imports" / "latin.yaml").write_bytes(b"mapping: M\xfcller\n")
    codes = {row.file: row.code for row in check_paths(home) if row.level == "error"}
    assert codes.keys() == {"workflows/dangling.yaml", "config/imports/latin.yaml"}


def test_checking_is_there_for_hosts_too(home: Path) -> None:
    assert [row.level for row in check_paths(home, [Path("workflows/online-shop.yaml")])] == []
    with pytest.raises(NotFound):
        check_paths(home, [Path("nothing")])


# --- the project's configuration ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("databse: sqlite:///x.db\n", "config/recovery.yaml:1:1: 'databse' is not a setting of a project."),
        ("database: 5\n", "database must be a text"),
        ("database: mysql://db/recovery\n", "is no database this version can open"),
        ("database: postgresql://ana:secret@db/recovery\n", "A password does not belong into this file"),
        ("database: sqlite:///\n", "is no database this version can open"),
        ("workflow: ''\n", "workflow must be a text"),
        ("outbox: [a]\n", "outbox must be a text"),
        ("- a\n- b\n", "configuration is a mapping"),
        ("workflow: ten-step\nworkflow: x\n", "config/recovery.yaml:2:1:"),
        ("a: [\n", "config/recovery.yaml:"),
        ("a: *b\n", "config/recovery.yaml:"),
    ],
)
def test_a_broken_configuration_is_found_with_its_place(cli: Cli, home: Path, text: str, part: str) -> None:
    (home / "config/recovery.yaml").write_text(text, "utf-8")
    said = cli("list", "--json")
    assert said.code == 1
    assert part in said.data["error"]
    assert said.data["findings"]
    checked = cli("check", "config/recovery.yaml")
    assert checked.code == 1
    assert part in checked.out


@pytest.mark.parametrize(
    "words", [["list"], ["open", "x"], ["publish"], ["doctor"], ["worker", "--once"], ["db", "upgrade"]]
)
def test_a_broken_configuration_stops_every_command(cli: Cli, home: Path, words: list[str]) -> None:
    (home / "config/recovery.yaml").write_text("databse: x\n", "utf-8")
    said = cli(*words)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("config/recovery.yaml:1:1: ")


def test_an_empty_configuration_means_what_is_usual(cli: Cli, home: Path) -> None:
    (home / "config/recovery.yaml").write_text("# nothing yet\n", "utf-8")
    assert cli("open", "x").code == 0
    assert cli("list", "--json").data["cases"][0]["workflow"] == "ten-step"


def test_a_project_may_open_cases_in_another_workflow(cli: Cli, home: Path) -> None:
    (home / "config/recovery.yaml").write_text("workflow: online-shop\noutbox: letters\n", "utf-8")
    cli("open", "x", "--from", "ana@example.org")
    cli("worker", "--once")
    assert cli("list", "--json").data["cases"][0]["workflow"] == "online-shop"
    assert len(files(home / "letters")) == 1


# --- publish ------------------------------------------------------------------------------------------------


def test_nothing_changes_until_it_is_published(cli: Cli, home: Path) -> None:
    cli("open", "the first")
    spoil(home / "templates/en/acknowledgement.md", "Thank you", "Thanks")
    cli("open", "the second")
    published = {row["workflow"]: row for row in cli("publish", "--json").data["published"]}
    upon_it = {
        path.stem
        for path in (home / "workflows").glob("*.yaml")
        if "extends: ten-step" in path.read_text("utf-8")
    }
    assert {name for name, row in published.items() if row["changed"]} == {"ten-step", *upon_it}
    cli("open", "the third")
    versions = [row["version"] for row in cli("list", "--json").data["cases"]]
    assert versions[0] == published["ten-step"]["version"]
    assert versions[1] == versions[2] != versions[0]
    assert not any(row["changed"] for row in cli("publish", "--json").data["published"])


def test_files_with_errors_are_not_published(cli: Cli, home: Path) -> None:
    spoil(home / "workflows/online-shop.yaml", "send: shop-sorry", "send: shop-sory")
    spoil(home / "templates/en/acknowledgement.md", "Thank you", "Thanks")
    said = cli("publish", "--json")
    assert said.code == 1
    assert {row["file"] for row in said.data["findings"]} == {"workflows/online-shop.yaml"}
    assert "workflows/online-shop.yaml:" in cli("publish").err
    checks = {check["what"]: check["state"] for check in cli("doctor", "--json").data["checks"]}
    assert (checks["workflows"], checks["published"]) == ("wrong", "note")


def test_a_project_without_workflows_has_nothing_to_publish(cli: Cli, home: Path) -> None:
    for file in (home / "workflows").iterdir():
        file.unlink()
    said = cli("publish")
    assert said.code == 2
    assert "There is no workflow in" in said.err
