"""Letters that a law asks for: what every template of them must hold, and what a person's words must."""

from __future__ import annotations

from pathlib import Path

import pytest

from recovery.workflow.bundle import collect, load
from tests.workflow.small import TEMPLATE, WORKFLOW, findings_of, places, write

PARTS = """\
letters:
  sorry:
    - what: {en: the six-month limit, zh: 六个月的期限}
      any_of: {en: [within six months, within 6 months], zh: [六个月内]}
    - {what: the website, any_of: [ombudsman.example]}
"""
GOOD = TEMPLATE + "You have **six\nmonths**: go to [them](https://ombudsman.example) Within *six* months.\n"


def said(root: Path, template: str, parts: str = PARTS, **more: str) -> list[tuple[str, str, int]]:
    templates = {"en/sorry": template, **{f"{name}/sorry": text for name, text in more.items()}}
    return [(one.code, one.file, one.line) for one in findings_of(root, WORKFLOW + parts, templates)]


def test_a_letter_that_has_every_part_is_right_whatever_its_lines_and_emphasis(tmp_path: Path) -> None:
    assert said(tmp_path, GOOD) == []


def test_each_part_that_is_missing_is_a_finding_where_the_text_begins(tmp_path: Path) -> None:
    found = said(tmp_path, TEMPLATE)
    assert found == [("letter_part", "templates/en/sorry.md", 6)] * 2


def test_what_stands_under_a_condition_is_not_in_every_letter(tmp_path: Path) -> None:
    hidden = GOOD.replace("Within *six* months", "{% if owner %}Within six months{% endif %}")
    assert [code for code, *_ in said(tmp_path, hidden)] == ["letter_part"]


def test_no_wording_goes_over_what_is_filled_in(tmp_path: Path) -> None:
    torn = GOOD.replace("Within *six* months", "Within six {{ case.id }} months")
    assert [code for code, *_ in said(tmp_path, torn)] == ["letter_part"]


def test_every_language_has_wordings_of_its_own(tmp_path: Path) -> None:
    chinese = TEMPLATE + "请在六个月内联系 ombudsman.example。\n"
    assert said(tmp_path, GOOD, zh=chinese) == []
    assert said(tmp_path, GOOD, zh=GOOD) == [("letter_part", "templates/zh/sorry.md", 6)]


def test_a_language_nobody_has_said_the_wording_of_is_a_finding(tmp_path: Path) -> None:
    (found,) = findings_of(tmp_path, WORKFLOW + PARTS, {"en/sorry": GOOD, "de/sorry": GOOD})
    assert (found.file, found.hint) == ("templates/de/sorry.md", "Add to `any_of` how it is said in de.")
    assert f"workflows/small.yaml:{WORKFLOW.count(chr(10)) + 3}" in found.message


def test_a_fact_that_the_letter_must_say_is_stated_and_said(tmp_path: Path) -> None:
    parts = "letters:\n  sorry: [{what: the reasons, says: [notes]}]\n"
    assert [code for code, *_ in said(tmp_path, TEMPLATE, parts)] == ["letter_part"]
    looped = TEMPLATE.replace("[problem.statement]", "[problem.statement, notes]")
    assert [code for code, *_ in said(tmp_path, looped, parts)] == ["letter_part", "may_be_missing"]
    looped += "{% for note in facts.notes %}- {{ note }}\n{% endfor %}"
    assert [code for code, *_ in said(tmp_path, looped, parts)] == ["may_be_missing"]


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ("letters:\n  §sory: [{what: x, any_of: [x]}]\n", "unsent_letter"),
        ("letters:\n  sorry: [§{what: x}]\n", "missing_key"),
        ("letters:\n  sorry: [{what: x, says: [§note]}]\n", "unknown_fact"),
        ("letters:\n  sorry: [{what: x, any_of: §word}]\n", "wrong_type"),
        ("letters:\n  sorry: [§{any_of: [You told us]}]\n", "missing_key"),
    ],
)
def test_parts_that_say_nothing_are_findings(tmp_path: Path, parts: str, code: str) -> None:
    text, [where] = places(WORKFLOW + parts)
    found = [(one.code, (one.line, one.column)) for one in findings_of(tmp_path, text)]
    assert (code, where) in found


def test_a_version_keeps_what_its_letters_must_hold(tmp_path: Path) -> None:
    bundle, findings = collect(tmp_path, write(tmp_path, WORKFLOW + PARTS, {"en/sorry": GOOD}))
    assert bundle is not None, findings
    limit, website = load(bundle).letters["sorry"]
    assert limit.wordings("zh-CN") == ("六个月内",)
    assert website.stands_in("See OMBUDSMAN.example.", "fr")
