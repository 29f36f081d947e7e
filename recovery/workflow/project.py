"""Checking a whole project: every workflow and every template, all findings in one run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from recovery.workflow.bundle import TEMPLATES, WORKFLOWS, check_workflow
from recovery.workflow.files import name_of, read_file
from recovery.workflow.findings import Finding, in_order
from recovery.workflow.templates import read_template


def check_project(root: Path, paths: Sequence[Path] = (), today: date | None = None) -> list[Finding]:
    """Check workflows with the templates they send, and templates nobody sends.

    Args:
        root: the project's folder, with `workflows/` and `templates/`.
        paths: files or folders to check instead of the whole project; a workflow's templates go with it.
        today: given, workflows that do not hold on this day are noted.

    Returns:
        Every finding, errors and notices, in order of file and place; at most one syntax finding a file.
    """
    findings: list[Finding] = []
    workflows, templates = _chosen(root, paths, findings)
    sent: set[str] = set()
    for path in workflows:
        _, checked = check_workflow(root, path, today)
        findings += checked.findings
        sent.update(name for texts in checked.templates.values() for name in texts)
    for path in templates:
        if name_of(root, path) not in sent:
            data, unreadable = read_file(root, path)
            if data is None:
                findings += [unreadable] if unreadable else []
            else:
                findings += read_template(data, name_of(root, path))[1]
    return in_order(_once(findings))


def _once(findings: list[Finding]) -> Iterator[Finding]:
    """Each once, as shortly as it is said: every workflow that extends a file finds what is wrong in it."""
    seen = set()
    for finding in sorted(findings, key=lambda one: len(one.hint)):
        place = (finding.file, finding.line, finding.column, finding.code, finding.message)
        if place not in seen:
            seen.add(place)
            yield finding


def workflow_files(root: Path) -> list[Path]:
    """Every workflow file of a project, by name."""
    return sorted((root / WORKFLOWS).glob("*.yaml"))


def _chosen(root: Path, paths: Sequence[Path], findings: list[Finding]) -> tuple[list[Path], list[Path]]:
    """The workflow files and the template files to check."""
    if not paths:
        return workflow_files(root), sorted((root / TEMPLATES).glob("*/*.md"))
    workflows: list[Path] = []
    templates: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = [*workflow_files(path), *path.glob("*.yaml")]
            workflows += sorted(inside)
            templates += sorted({*path.glob("*.md"), *path.glob("*/*.md"), *path.glob(f"{TEMPLATES}/*/*.md")})
        elif path.suffix in (".yaml", ".yml"):
            workflows.append(path)
        elif path.suffix == ".md":
            templates.append(path)
        elif path.exists():
            message = "This is neither a workflow (.yaml) nor a template (.md)."
            findings.append(Finding(name_of(root, path), 1, 1, "unknown_file", message))
        else:
            message = "There is no such file."
            findings.append(Finding(name_of(root, path), 1, 1, "unreadable", message))
    return list(dict.fromkeys(workflows)), list(dict.fromkeys(templates))
