"""Overlays: what a workflow that extends another takes over, changes, adds and takes away."""

from __future__ import annotations

from pathlib import Path

import pytest

from recovery.core.spec import Need, Workflow
from recovery.workflow.bundle import collect, load
from recovery.workflow.extends import FILES_AT_MOST
from recovery.workflow.findings import Finding, errors
from recovery.workflow.project import check_project
from tests.workflow.small import WORKFLOW, places, write

OVER = "workflow: over\nextends: small\n"


def overlay(root: Path, text: str, name: str = "over") -> Path:
    write(root)
    path = root / "workflows" / f"{name}.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def made(root: Path, text: str) -> Workflow:
    bundle, findings = collect(root, overlay(root, text))
    assert bundle is not None, list(map(str, findings))
    return load(bundle)


def said(root: Path, text: str) -> list[Finding]:
    return errors(collect(root, overlay(root, text))[1])


def place(finding: Finding) -> tuple[str, int, int]:
    return finding.file, finding.line, finding.column


def test_an_overlay_that_says_nothing_is_what_it_extends_under_its_own_name(tmp_path: Path) -> None:
    workflow = made(tmp_path, OVER)
    base, _ = collect(tmp_path, tmp_path / "workflows" / "small.yaml")
    assert base is not None
    small = load(base)
    assert (workflow.id, small.id) == ("over", "small")
    assert (workflow.title, workflow.facts, workflow.ends) == (small.title, small.facts, small.ends)
    assert list(workflow.steps) == ["hear", "mend"]
    assert [move.name for move in workflow.transitions] == ["drop", "stop", "again"]


def test_mappings_merge_and_the_overlay_wins(tmp_path: Path) -> None:
    workflow = made(
        tmp_path, OVER + "title: Over\nsteps:\n  mend:\n    title: Put right\n    needs: {kind: late}\n"
    )
    assert workflow.title == {"en": "Over"}
    assert workflow.steps["mend"].title == {"en": "Put right"}
    assert workflow.steps["mend"].needs == (
        Need("owner"),
        Need("happy", "is", True),
        Need("kind", "is", "late"),
    )
    assert workflow.steps["mend"].on_leave


def test_a_list_replaces_the_list_that_stood_there(tmp_path: Path) -> None:
    workflow = made(tmp_path, OVER + "lists: {kinds: [lost, broken]}\nsteps: {mend: {on_leave: []}}\n")
    assert workflow.facts["kind"].choices == ("lost", "broken")
    assert workflow.steps["mend"].on_leave == ()


def test_what_stands_under_without_is_taken_away(tmp_path: Path) -> None:
    workflow = made(tmp_path, OVER + "without: [transitions.again, steps.mend.needs.happy, facts.notes]\n")
    assert [move.name for move in workflow.transitions] == ["drop", "stop"]
    assert workflow.steps["mend"].needs == (Need("owner"),)
    assert "notes" not in workflow.facts


def test_a_name_with_dots_of_its_own_can_be_taken_away(tmp_path: Path) -> None:
    write(tmp_path, WORKFLOW.replace("  day: {type: date}", "  day.of.it: {type: date}"))
    path = tmp_path / "workflows" / "over.yaml"
    path.write_text(OVER + "without: [facts.day.of.it]\n", encoding="utf-8")
    bundle, findings = collect(tmp_path, path)
    assert bundle is not None, findings
    assert "day.of.it" not in load(bundle).facts


def test_what_is_taken_away_and_written_anew_is_replaced_as_a_whole(tmp_path: Path) -> None:
    text = OVER + "without: [steps.mend.needs]\nsteps: {mend: {needs: {mark: }}}\n"
    assert made(tmp_path, text).steps["mend"].needs == (Need("mark"),)


def test_a_new_step_comes_after_the_step_it_names(tmp_path: Path) -> None:
    text = (
        "steps:\n  look: {title: Look, after: hear, needs: {price: }}\n  wait: {title: Wait, after: look}\n"
    )
    assert list(made(tmp_path, OVER + text).steps) == ["hear", "look", "wait", "mend"]


def test_an_overlay_may_stand_upon_an_overlay(tmp_path: Path) -> None:
    overlay(tmp_path, OVER + "steps: {look: {title: Look, after: hear}}\n")
    top = tmp_path / "workflows" / "top.yaml"
    top.write_text("workflow: top\nextends: over\nsteps: {look: {title: See}}\n", encoding="utf-8")
    bundle, findings = collect(tmp_path, top)
    assert bundle is not None, findings
    workflow = load(bundle)
    assert (list(workflow.steps), workflow.steps["look"].title) == (["hear", "look", "mend"], {"en": "See"})
    assert {"workflows/small.yaml", "workflows/over.yaml", "workflows/top.yaml"} <= set(bundle.files)


def test_a_change_of_what_is_extended_is_another_version(tmp_path: Path) -> None:
    path = overlay(tmp_path, OVER)
    before, _ = collect(tmp_path, path)
    write(tmp_path, WORKFLOW + "# a remark\n")
    after, _ = collect(tmp_path, path)
    assert before is not None
    assert after is not None
    assert before.hash != after.hash


def test_a_bundle_needs_nothing_but_itself(tmp_path: Path) -> None:
    bundle, _ = collect(tmp_path, overlay(tmp_path, OVER + "title: Over\n"))
    assert bundle is not None
    (tmp_path / "workflows" / "small.yaml").unlink()
    assert load(bundle).title == {"en": "Over"}
    assert load(bundle).bundle == bundle.hash


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("extends: §smal\n", "unknown_workflow"),
        ("extends: §over\n", "extends_itself"),
        ("extends: §../small\n", "bad_name"),
        ("extends: §[small]\n", "wrong_type"),
        ("extends: small\nwithout: [§steps.mendd]\n", "unknown_part"),
        ("extends: small\nsteps: {§look: {title: Look}}\n", "unknown_step"),
        ("extends: small\nsteps: {look: {title: Look, after: §heer}}\n", "unknown_step"),
        ("extends: small\nsteps: {mend: {§after: hear}}\n", "not_new"),
        ("extends: small\nsteps: {mend: {needs: {happy: §maybe}}}\n", "wrong_value"),
        ("extends: small\nsteps: {mend: {needs: {§hapy: true}}}\n", "unknown_fact"),
        ("extends: small\ncolour: {§red: 1}\n", "unknown_key"),
        ("title: X\nsteps: {a: {title: A}}\n§without: [steps]\n", "no_overlay"),
        ("title: X\nsteps: {a: {title: A, §after: b}}\n", "no_overlay"),
    ],
)
def test_a_wrong_overlay_is_a_finding_where_it_is_wrong(tmp_path: Path, text: str, code: str) -> None:
    text, [where] = places("workflow: over\n" + text.replace("colour: {§red", "§colour: {red"))
    found = said(tmp_path, text)
    assert (code, ("workflows/over.yaml", *where)) in [(one.code, place(one)) for one in found]


def test_what_is_wrong_in_the_file_below_is_said_of_that_file(tmp_path: Path) -> None:
    overlay(tmp_path, OVER)
    text, [where] = places(
        WORKFLOW.replace("happy: true", "hapy: §true").replace("hapy: §true", "§hapy: true")
    )
    write(tmp_path, text)
    both = errors(check_project(tmp_path))
    assert [(one.code, place(one)) for one in both] == [("unknown_fact", ("workflows/small.yaml", *where))]


def test_what_the_overlay_breaks_below_is_said_where_it_stands(tmp_path: Path) -> None:
    (found,) = said(tmp_path, OVER + "without: [steps.hear]\ntransitions: {again: {to: mend}}\n")
    assert found.file == "workflows/small.yaml"
    assert found.code == "unknown_step"


def test_a_file_below_that_cannot_be_read_is_said_of_that_file(tmp_path: Path) -> None:
    overlay(tmp_path, OVER)
    write(tmp_path, "workflow: small\n\tx: 1\n")
    found = errors(check_project(tmp_path))
    assert {(one.code, one.file) for one in found} == {("tab", "workflows/small.yaml")}


def test_two_workflows_that_extend_each_other_are_findings_of_both(tmp_path: Path) -> None:
    write(tmp_path, "workflow: small\nextends: over\n")
    (tmp_path / "workflows" / "over.yaml").write_text(OVER, encoding="utf-8")
    found = errors(check_project(tmp_path))
    assert {one.code for one in found} == {"extends_itself"}
    assert any("over → small → over" in one.message for one in found)


def test_a_pile_of_files_has_an_end(tmp_path: Path) -> None:
    write(tmp_path)
    below = "small"
    for number in range(1, FILES_AT_MOST + 1):
        path = tmp_path / "workflows" / f"w{number}.yaml"
        path.write_text(f"workflow: w{number}\nextends: {below}\n", encoding="utf-8")
        below = f"w{number}"
    deepest = tmp_path / "workflows" / f"w{FILES_AT_MOST - 1}.yaml"
    assert collect(tmp_path, deepest)[0] is not None
    (found,) = errors(collect(tmp_path, path)[1])
    assert (found.code, found.file) == ("extends_too_deep", "workflows/w1.yaml")


def test_a_rule_knows_the_file_it_stands_in(tmp_path: Path) -> None:
    workflow = made(tmp_path, OVER + "steps: {look: {title: Look, after: hear, on_enter: [{escalate: 1}]}}\n")
    assert workflow.steps["hear"].on_enter[0].place == "workflows/small.yaml line 18"
    assert workflow.steps["look"].on_enter[0].place == "line 3"


def test_what_is_wrong_in_the_base_because_of_an_overlay_says_so(tmp_path: Path) -> None:
    found = said(tmp_path, OVER + "without: [facts.happy]\n")
    assert found
    assert {one.file for one in found} == {"workflows/small.yaml"}
    assert all(one.hint.endswith("workflows/over.yaml extends this file.") for one in found)


def test_what_is_wrong_in_the_base_anyway_is_said_once(tmp_path: Path) -> None:
    overlay(tmp_path, OVER)
    small = tmp_path / "workflows" / "small.yaml"
    small.write_text(small.read_text(encoding="utf-8").replace("happy: true", "hapy: true"), encoding="utf-8")
    found = [one for one in check_project(tmp_path) if one.file == "workflows/small.yaml"]
    assert len({(one.line, one.column, one.code) for one in found}) == len(found)
    assert not [one for one in found if "extends" in one.hint]
