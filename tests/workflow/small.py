"""A small project to spoil: one workflow, one template, and marks that say where a finding must point."""

from __future__ import annotations

from pathlib import Path

from recovery.workflow.bundle import check_workflow
from recovery.workflow.findings import Finding, in_order

MARK = "§"

WORKFLOW = """\
workflow: small
title: Small
lists:
  kinds: [late, broken]
facts:
  kind: {type: choice, from: kinds}
  happy: {type: boolean}
  mark: {type: integer, from: 1, to: 5, said_by: customer}
  price: {type: money}
  weight: {type: decimal}
  sorry: {type: boolean, said_by: engine}
  notes: {type: list}
  day: {type: date}
steps:
  hear:
    title: Hear
    on_enter:
      - send: sorry
        when_delivered: {sorry: true}
    needs:
      kind:
      sorry: true
  mend:
    title: Mend
    needs:
      owner:
      happy: true
    on_leave:
      - if: mark <= 2
        go: hear
transitions:
  drop: {from: any, to: withdrawn, by: customer}
  stop: {from: any, to: ended, by: supervisor}
  again: {from: closed, to: mend, by: [customer, agent]}
"""

TEMPLATE = """\
---
purpose: apology
subject: "Sorry about case {{ case.id }}"
states: [problem.statement]
---
You told us: {{ facts.problem.statement }}.
"""


def changed(old: str, new: str, text: str = WORKFLOW) -> str:
    """The text with one place changed; the place must be there once."""
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in the text"
    return text.replace(old, new)


def places(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without marks, and the line and column of each."""
    found = []
    while (at := text.find(MARK)) >= 0:
        before = text[:at]
        found.append((before.count("\n") + 1, at - (before.rfind("\n") + 1) + 1))
        text = before + text[at + 1 :]
    return text, found


def write(root: Path, workflow: str = WORKFLOW, templates: dict[str, str] | None = None) -> Path:
    """Write a project; the path of its workflow."""
    for name, text in {"en/sorry": TEMPLATE, **(templates or {})}.items():
        path = root / "templates" / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    path = root / "workflows" / "small.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(workflow, encoding="utf-8")
    return path


def findings_of(root: Path, workflow: str, templates: dict[str, str] | None = None) -> list[Finding]:
    """Everything the checker says about a project with this workflow."""
    _, checked = check_workflow(root, write(root, workflow, templates))
    return in_order(checked.findings)
