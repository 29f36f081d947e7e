"""Bundles and whole projects: what belongs to a version, its hash, and all findings in one run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from recovery.bootstrap import collect_all
from recovery.core.guards import Compare
from recovery.core.spec import AnyOf, Go, Need, Send
from recovery.workflow.bundle import Bundle, collect, hash_of, load, template
from recovery.workflow.findings import FINDINGS_AT_MOST, BadFile, Finding, errors, in_order
from recovery.workflow.project import check_project
from tests.real_data import ROOT
from tests.workflow.small import TEMPLATE, WORKFLOW, changed, write

SHIPPED = sorted((ROOT / "workflows").glob("*.yaml"))


def bundle_of(root: Path, text: str = WORKFLOW, templates: dict[str, str] | None = None) -> Bundle:
    bundle, findings = collect(root, write(root, text, templates))
    assert bundle is not None, list(map(str, findings))
    return bundle


def test_a_bundle_holds_the_workflow_and_every_language_of_what_it_sends(tmp_path: Path) -> None:
    bundle = bundle_of(tmp_path, templates={"zh/sorry": TEMPLATE, "en/unused": TEMPLATE})
    assert set(bundle.files) == {
        "workflows/small.yaml",
        "templates/en/sorry.md",
        "templates/zh/sorry.md",
        "config/calendars.json",
    }
    assert bundle.workflow_id == "small"
    assert bundle.hash == hash_of(bundle.files)


def test_the_hash_changes_with_every_file_and_with_nothing_else(tmp_path: Path) -> None:
    first = bundle_of(tmp_path)
    assert bundle_of(tmp_path).hash == first.hash
    assert bundle_of(tmp_path, WORKFLOW.replace("\n", "\r\n")).hash == first.hash
    assert bundle_of(tmp_path, "\ufeff" + WORKFLOW).hash == first.hash
    other = bundle_of(tmp_path, WORKFLOW + "# a remark\n").hash
    with_text = bundle_of(tmp_path, templates={"en/sorry": TEMPLATE + "!"}).hash
    with_language = bundle_of(tmp_path, templates={"zh/sorry": TEMPLATE}).hash
    assert len({first.hash, other, with_text, with_language}) == 4


def test_files_as_they_were_are_not_collected_again_and_changed_ones_are(tmp_path: Path) -> None:
    letter = write(tmp_path).parents[1] / "templates/en/sorry.md"
    times = letter.stat().st_atime_ns, letter.stat().st_mtime_ns
    (first,), _ = collect_all(tmp_path)
    (same,), _ = collect_all(tmp_path)
    assert same is first
    letter.write_text(TEMPLATE.replace("told us", "said it"), encoding="utf-8")
    os.utime(letter, ns=times)
    (changed,), _ = collect_all(tmp_path)
    assert changed.hash != first.hash
    (tmp_path / "workflows/broken.yaml").write_text("workflow: [", encoding="utf-8")
    found = [collect_all(tmp_path) for _ in range(2)]
    assert [[one.code for one in errors(findings)] for _, findings in found] == [["syntax"]] * 2


def test_files_that_lie_elsewhere_are_collected_each_time(tmp_path: Path) -> None:
    write(tmp_path / "own")
    (tmp_path / "own/templates/en").rename(tmp_path / "en")
    (tmp_path / "own/templates/en").symlink_to(tmp_path / "en")
    (first,), _ = collect_all(tmp_path / "own")
    (tmp_path / "en/sorry.md").write_text(TEMPLATE + "!", encoding="utf-8")
    (changed,), _ = collect_all(tmp_path / "own")
    assert changed.hash != first.hash


def test_the_hash_tells_where_one_file_ends_and_the_next_begins() -> None:
    assert hash_of({"a": "bc", "d": "e"}) != hash_of({"a": "b", "cd": "e"})
    assert hash_of({"a": "1", "b": "2"}) == hash_of({"b": "2", "a": "1"})


def test_a_bundle_loads_as_it_was_written(tmp_path: Path) -> None:
    bundle = bundle_of(
        tmp_path,
        changed(
            "      happy: true\n", "      any joy:\n        - happy: true\n        - mark: {at_least: 4}\n"
        ),
    )
    workflow = load(bundle)
    assert workflow.bundle == bundle.hash
    assert (workflow.id, workflow.start, workflow.main_end, workflow.order) == (
        "small",
        "hear",
        "closed",
        "in_order",
    )
    assert list(workflow.ends) == ["closed", "withdrawn", "merged", "ended"]
    assert workflow.ends["closed"].title == {"en": "Closed", "zh": "已结案"}
    assert workflow.facts["kind"].choices == ("late", "broken")
    assert workflow.facts["mark"].said_by == {"customer"}
    assert "problem.statement" in workflow.facts
    assert workflow.steps["hear"].title == {"en": "Hear"}
    assert workflow.steps["hear"].on_enter[0].actions == (Send("sorry", {"sorry": True}),)
    assert workflow.steps["hear"].on_enter[0].line == 18
    assert workflow.steps["mend"].needs == (
        Need("owner"),
        AnyOf("any joy", (Need("happy", "is", True), Need("mark", "at_least", 4))),
    )
    (rule,) = workflow.steps["mend"].on_leave
    assert isinstance(rule.when, Compare)
    assert rule.actions == (Go("hear"),)
    drop, stop, again = workflow.transitions
    assert drop.sources == {"hear", "mend"}
    assert (stop.name, stop.to, stop.by) == ("stop", "ended", {"supervisor"})
    assert again.line == 36


def test_verbs_of_a_rule_keep_the_order_they_are_written_in(tmp_path: Path) -> None:
    text = changed(
        "        go: hear\n",
        "        raise: severity\n        count: failures\n        send: sorry\n"
        "        escalate: 1\n        go: hear\n",
    )
    (rule,) = load(bundle_of(tmp_path, text)).steps["mend"].on_leave
    assert [type(action).__name__ for action in rule.actions] == [
        "RaiseSeverity",
        "CountFailure",
        "Send",
        "Escalate",
        "Go",
    ]


def test_a_workflow_with_errors_makes_no_bundle(tmp_path: Path) -> None:
    bundle, findings = collect(tmp_path, write(tmp_path, changed("title: Small", "title: 5")))
    assert bundle is None
    assert [finding.code for finding in findings] == ["wrong_type"]


def test_a_version_from_before_budgets_were_read_has_the_usual_ones(tmp_path: Path) -> None:
    bundle, _ = collect(tmp_path, write(tmp_path, changed("title: Small", "title: Small\nseverities: 2")))
    assert bundle is not None
    for declared in ("{daily: {limit: much}}", "{daily: 7}", "{daily: {most: 7 USD, of: {us: all}}}"):
        files = {
            path: text.replace("severities: 2", f"budgets: {declared}") for path, text in bundle.files.items()
        }
        found = load(Bundle(f"old {declared}", bundle.workflow_id, files))
        assert found.budgets["empowerment"].limits["agent"] == 2_000_00


def test_a_bundle_that_is_no_workflow_cannot_be_loaded() -> None:
    for files in (
        {},
        {"workflows/small.yaml": "workflow: [\n"},
        {"workflows/small.yaml": "workflow: small\n"},
    ):
        with pytest.raises(BadFile) as raised:
            load(Bundle("0", "small", files))
        assert raised.value.findings
        assert raised.value.fault == "workflow"


def test_a_message_is_in_the_wanted_language_or_the_nearest(tmp_path: Path) -> None:
    chinese = changed("You told us", "您告诉我们", TEMPLATE)
    bundle = bundle_of(tmp_path, templates={"zh/sorry": chinese})
    assert template(bundle, "sorry", "zh").body.startswith("您")
    assert template(bundle, "sorry", "zh-CN").body.startswith("您")
    assert template(bundle, "sorry", "fr").body.startswith("You")
    with pytest.raises(BadFile, match="no template"):
        template(bundle, "sory", "en")


def test_a_text_without_english_is_found(tmp_path: Path) -> None:
    path = write(tmp_path, templates={"zh/sorry": TEMPLATE})
    (tmp_path / "templates/en/sorry.md").unlink()
    _, findings = collect(tmp_path, path)
    assert [(f.code, f.hint) for f in findings] == [("unknown_template", "Add templates/en/sorry.md.")]


# --- Projects


def test_all_findings_of_all_files_come_in_one_run(tmp_path: Path) -> None:
    write(
        tmp_path,
        changed("title: Small", "title: Small\nsevirities: 2\ncolour: red"),
        {"zh/sorry": "No head."},
    )
    (tmp_path / "workflows/broken.yaml").write_text("workflow: [\nmore: [\n", encoding="utf-8")
    (tmp_path / "workflows/empty.yaml").write_text("", encoding="utf-8")
    (tmp_path / "templates/en/alone.md").write_text(TEMPLATE + "{{ 7 * 7 }}", encoding="utf-8")
    found = [(finding.file, finding.code) for finding in check_project(tmp_path)]
    assert found == [
        ("templates/en/alone.md", "template_word"),
        ("templates/zh/sorry.md", "no_head"),
        ("workflows/broken.yaml", "syntax"),
        ("workflows/empty.yaml", "wrong_type"),
        ("workflows/small.yaml", "unknown_key"),
        ("workflows/small.yaml", "unknown_key"),
    ]


def test_only_the_named_files_are_checked(tmp_path: Path) -> None:
    path = write(tmp_path, changed("title: Small", "title: 5"))
    alone = tmp_path / "templates/en/alone.md"
    alone.write_text("No head.", encoding="utf-8")
    assert [f.code for f in check_project(tmp_path, [path])] == ["wrong_type"]
    assert [f.code for f in check_project(tmp_path, [alone])] == ["no_head"]
    assert [f.code for f in check_project(tmp_path, [tmp_path / "workflows"])] == ["wrong_type"]
    assert [f.code for f in check_project(tmp_path, [tmp_path / "templates"])] == ["no_head"]
    assert [f.code for f in check_project(tmp_path, [tmp_path])] == ["no_head", "wrong_type"]


def test_a_file_that_is_not_there_or_of_no_use_is_a_finding(tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("hello", encoding="utf-8")
    found = check_project(tmp_path, [tmp_path / "nothing.yaml", tmp_path / "nothing", note])
    assert {(f.file, f.code) for f in found} == {
        ("nothing.yaml", "unreadable"),
        ("nothing", "unreadable"),
        ("note.txt", "unknown_file"),
    }


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything"
)
def test_a_file_that_may_not_be_read_is_a_finding(tmp_path: Path) -> None:
    path = write(tmp_path)
    path.chmod(0)
    assert [f.code for f in check_project(tmp_path, [path])] == ["unreadable"]


def test_a_folder_called_like_a_workflow_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "workflows/odd.yaml").mkdir(parents=True)
    assert [f.code for f in check_project(tmp_path)] == ["unreadable"]


def test_an_empty_project_has_no_findings(tmp_path: Path) -> None:
    assert check_project(tmp_path) == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_shipped_workflows_are_right(path: Path) -> None:
    bundle, findings = collect(ROOT, path)
    assert errors(findings) == [], list(map(str, findings))
    assert bundle is not None
    assert load(bundle).id == path.stem


def test_the_shipped_project_is_right_as_a_whole() -> None:
    assert errors(check_project(ROOT)) == []


# --- Lists of findings


def test_findings_come_once_each_in_order_of_place() -> None:
    one, two, three = (
        Finding("a", 1, 2, "x", "X."),
        Finding("a", 2, 1, "x", "X."),
        Finding("b", 1, 1, "x", "X."),
    )
    assert in_order([three, two, one, two]) == [one, two, three]


def test_a_file_full_of_mistakes_is_counted_not_listed() -> None:
    many = [Finding("a", line, 1, "x", "X.") for line in range(1, FINDINGS_AT_MOST + 11)]
    found = in_order([*many, Finding("b", 1, 1, "x", "X.")])
    assert len(found) == FINDINGS_AT_MOST + 2
    assert "10 further findings" in found[-1].message


def test_a_finding_reads_as_file_line_and_column() -> None:
    finding = Finding("workflows/a.yaml", 3, 7, "unknown_key", "`x` is not known.", "Did you mean y?")
    assert str(finding) == "workflows/a.yaml:3:7: `x` is not known. Did you mean y?"
    assert finding.as_dict()["hint"] == "Did you mean y?"
    assert set(finding.as_dict()) >= {"file", "line", "column", "code", "message", "hint"}


def test_a_message_is_given_the_facts_its_template_speaks_of_in_any_language(tmp_path: Path) -> None:
    english = TEMPLATE + "{% if facts.kind %}{{ facts.kind }}{% endif %} {{ customer.name | default('x') }}"
    chinese = TEMPLATE + "{% if facts.mark %}x{% endif %}"
    write(tmp_path, WORKFLOW, {"en/sorry": english, "zh/sorry": chinese})
    bundle, findings = collect(tmp_path, tmp_path / "workflows" / "small.yaml")
    assert bundle is not None, findings
    mentions = load(bundle).mentions
    assert mentions is not None
    assert mentions["sorry"] == ("kind", "mark", "problem.statement")
