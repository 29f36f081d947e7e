"""Bundles: one version of a workflow with every template it sends, named by the hash of their contents."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache, partial
from pathlib import Path, PurePosixPath

from recovery.core.brief import BRIEF
from recovery.core.calendars.calendar import Calendar
from recovery.core.spec import Send, Workflow
from recovery.workflow.basics import LANGUAGE
from recovery.workflow.before_clocks import leave_out
from recovery.workflow.budgets import budget_templates
from recovery.workflow.build import Built, build
from recovery.workflow.calendars import check_calendars, expanded, read_expanded
from recovery.workflow.clocks import ALWAYS
from recovery.workflow.extends import unfold
from recovery.workflow.files import name_of, read_file
from recovery.workflow.findings import BadFile, Finding, errors, guess, in_order
from recovery.workflow.in_force import check_in_force
from recovery.workflow.meaning import check_meaning
from recovery.workflow.model import WorkflowShape
from recovery.workflow.once import alone
from recovery.workflow.phrases import phrase_files
from recovery.workflow.prune import prune
from recovery.workflow.reader import Document, decode, read_yaml
from recovery.workflow.shape import check_shape
from recovery.workflow.templates import TEMPLATES_KEPT, Template, read_template

WORKFLOWS, TEMPLATES = "workflows", "templates"
"""The folders of a project that a bundle is collected from."""

CALENDARS = "config/calendars.json"
"""The calendars of a version as its bundle keeps them: with every holiday as a date."""

WORKFLOWS_KEPT = 50
"""How many are kept in memory after they were read."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """One version.

    Attributes:
        hash: of the paths and contents of `files`; two bundles with the same hash are the same.
        files: path from the project's root (with `/`) → text with `\\n` line ends.
    """

    hash: str
    workflow_id: str
    files: Mapping[str, str] = field(repr=False)


@dataclass(slots=True)
class Checked:
    """What was found out about one workflow file; `built` is None when it could not be read at all.

    `templates` are the texts by name and path, `bases` those of the workflows it extends by path.
    """

    built: Built | None
    findings: list[Finding]
    templates: dict[str, dict[str, str]] = field(default_factory=dict)
    calendars: list[Calendar] = field(default_factory=list)
    bases: dict[str, str] = field(default_factory=dict)


def collect(root: Path, workflow_file: Path) -> tuple[Bundle | None, list[Finding]]:
    """Gather a workflow, every template, in every language, that it sends or lets people say, and the
    project's phrase rules, whose own findings are not looked for here.

    Args:
        root: the project's folder; templates are in its `templates/<language>/<id>.md`.
        workflow_file: the workflow's file, below `root`.

    Returns:
        The bundle, or None when there are errors; and every finding, notices too, in order of place.
    """
    text, checked = check_workflow(root, workflow_file)
    findings = in_order(checked.findings)
    if text is None or checked.built is None or errors(findings):
        return None, findings
    files = {name_of(root, workflow_file): text, **checked.bases}
    for by_file in checked.templates.values():
        files.update(by_file)
    files[CALENDARS] = expanded(checked.calendars)
    for file in phrase_files(root).values():
        data, unreadable = read_file(root, file)
        words, wrong = decode(data, name_of(root, file)) if data is not None else (None, unreadable)
        if words is None:
            return None, in_order([*findings, *filter(None, [wrong])])
        files[name_of(root, file)] = words
    return Bundle(hash_of(files), checked.built.workflow.id, files), findings


def hash_of(files: Mapping[str, str]) -> str:
    """SHA-256 over every path and content, in order of path, each with its length before it."""
    digest = hashlib.sha256()
    for path in sorted(files):
        for part in (path.encode(), files[path].encode()):
            digest.update(b"%d:" % len(part))
            digest.update(part)
    return digest.hexdigest()


def load(bundle: Bundle) -> Workflow:
    """The workflow of a bundle, ready to decide with; its meaning was checked when it was collected.

    Raises:
        BadFile: the bundle holds no workflow that this version of the language can read.
    """
    called = f"{bundle.workflow_id}.yaml"
    name = next((path for path in sorted(bundle.files) if PurePosixPath(path).name == called), "")
    workflow = alone(partial(_workflow, bundle.hash, name, *_beside(bundle, name)))
    if workflow.mentions is None:
        workflow.mentions = _Mentions(bundle)
        workflow.purposes = _Purposes(bundle)
    return workflow


def _beside(bundle: Bundle, name: str) -> tuple[tuple[str, str], ...]:
    """The texts of a bundle's workflow, of every other in its folder (to be extended), and its calendars."""
    folder = PurePosixPath(name).parent
    return tuple(
        (path, text)
        for path, text in sorted(bundle.files.items())
        if (PurePosixPath(path).parent == folder and path.endswith(".yaml")) or path == CALENDARS
    )


class _Mentions(dict[str, tuple[str, ...]]):
    """The facts each template of a bundle speaks of in any language, found out when it is first sent; and
    `BRIEF` where it says that."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__()
        self._bundle = bundle

    def __missing__(self, name: str) -> tuple[str, ...]:
        facts: set[str] = set()
        for path, text in self._bundle.files.items():
            if path.startswith(TEMPLATES) and path.endswith(f"/{name}.md"):
                with suppress(BadFile):  # rendering says what is wrong with it
                    made = _template(path, text)
                    facts.update(made.states, (use.fact for use in made.uses if use.fact is not None))
                    facts.update(use.name for use in made.uses if use.name == BRIEF)
        mentioned = self[name] = tuple(sorted(facts))
        return mentioned


class _Purposes(dict[str, str]):
    """What each template of a bundle is for, read when it is first sent; empty where it cannot be read."""

    def __init__(self, bundle: Bundle) -> None:
        super().__init__()
        self._bundle = bundle

    def __missing__(self, name: str) -> str:
        purpose = ""
        with suppress(BadFile):  # rendering says what is wrong with it
            purpose = template(self._bundle, name, "en").purpose
        self[name] = purpose
        return purpose


@lru_cache(maxsize=WORKFLOWS_KEPT)
def _workflow(hash: str, name: str, *files: tuple[str, str]) -> Workflow:
    """A workflow built from its text, once: it never changes, so every engine of a process may share it."""
    texts = dict(files)
    document, findings = read_yaml(texts.get(name, "").encode(), name)

    def beside(other: str) -> tuple[bytes | None, str]:
        file = PurePosixPath(name).with_name(f"{other}.yaml").as_posix()
        return texts[file].encode() if file in texts else None, file

    if document is not None:
        unfolded = unfold(document, beside)
        document = unfolded.document
        findings += unfolded.findings
    if document is not None and CALENDARS not in texts:
        document = leave_out(document)
    if document is None:
        raise BadFile(findings)
    calendars = read_expanded(texts[CALENDARS]) if CALENDARS in texts else None
    try:
        return _built(document, hash, calendars)
    except BadFile:
        if not isinstance(document.value, dict) or "budgets" not in document.value:
            raise
        older = {key: value for key, value in document.value.items() if key != "budgets"}
        return _built(replace(document, value=older), hash, calendars)  # from before budgets were read


def _built(document: Document, hash: str, calendars: Mapping[str, Calendar] | None) -> Workflow:
    shape, findings = check_shape(document, WorkflowShape)
    built = None if shape is None else build(document, shape, hash, calendars=calendars)
    if built is None or errors(built.findings):
        raise BadFile(findings if built is None else errors(built.findings))
    return built.workflow


def template(bundle: Bundle, name: str, language: str) -> Template:
    """A template of a bundle in a language, else in the language without its region, else in English.

    Raises:
        BadFile: the bundle has no such template, or this version of the language cannot read it.
    """
    for wanted in (language, language.partition("-")[0], "en"):
        path = template_path(wanted, name)
        if path in bundle.files:
            return _template(path, bundle.files[path])
    path = template_path("en", name)
    raise BadFile([Finding(path, 1, 1, "unknown_template", f"The bundle has no template {name}.")])


@lru_cache(maxsize=TEMPLATES_KEPT)
def _template(path: str, text: str) -> Template:
    """A template read from its text, once: every message of every case asks for one."""
    made, findings = read_template(text.encode(), path)
    if made is None:
        raise BadFile(findings)
    return made


def template_path(language: str, name: str) -> str:
    """Where a template stands, from the project's root."""
    return f"{TEMPLATES}/{language}/{name}.md"


def check_workflow(root: Path, path: Path, today: date | None = None) -> tuple[str | None, Checked]:
    """Everything that is wrong with one workflow and the templates it sends, and its text.

    Args:
        today: given, a workflow that does not hold on this day is noted.
    """
    name = name_of(root, path)
    data, unreadable = read_file(root, path)
    if data is None:
        return None, Checked(None, [unreadable] if unreadable else [])
    document, findings = read_yaml(data, name)
    if document is None:
        return None, Checked(None, findings)

    def beside(other: str) -> tuple[bytes | None, str]:
        file = path.with_name(f"{other}.yaml")
        return read_file(root, file)[0], name_of(root, file)

    unfolded = unfold(document, beside, sorted(file.stem for file in path.parent.glob("*.yaml")))
    findings += unfolded.findings
    document = unfolded.document
    if document is None:
        return None, Checked(None, findings)
    pruned = prune(document)
    findings += pruned.findings
    if pruned.shape is None:
        return None, Checked(None, findings)
    called = pruned.shape.workflow
    if called != path.stem and ("workflow",) not in pruned.broken:
        message = f"The workflow is called {called} and its file {path.name}."
        hint = f"Call one like the other, such as {called}.yaml."
        findings.append(document.finding(("workflow",), "wrong_name", message, hint))
    if today is not None:
        findings += check_in_force(document, pruned.shape, today)
    calendars, unsound = check_calendars(root)
    findings += errors(unsound)  # then nothing of clocks, which would only say that their calendar is missing
    known = None if errors(unsound) else calendars
    built = build(document, pruned.shape, broken=pruned.broken, calendars=known)
    templates, texts, bad = _templates(root, built)
    findings += [*built.findings, *bad, *check_meaning(built, templates, sound=pruned.sound)]
    text, _ = decode(data, name)
    clocks, hours = built.workflow.clocks.values(), built.workflow.contact_hours
    used = {clock.calendar.name: clock.calendar for clock in clocks if clock.calendar is not ALWAYS}
    used |= {} if hours is None else {hours.name: hours}
    findings = [_in_base(finding, name, unfolded.texts) for finding in findings]
    return text, Checked(built, findings, texts, [used[one] for one in sorted(used)], unfolded.texts)


def _in_base(finding: Finding, overlay: str, bases: Container[str]) -> Finding:
    """A finding in a file that is extended says by whom: there it may be right, and only here wrong."""
    if finding.file not in bases:
        return finding
    return replace(finding, hint=f"{finding.hint} {overlay} extends this file.".strip())


def named_templates(built: Built) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every template that a workflow sends or lets people say, with the place that names it."""
    for placed in built.rules:
        for action in placed.rule.actions:
            if isinstance(action, Send):
                yield (*placed.path, "send"), action.template
    for number, name in enumerate(built.workflow.say):
        yield ("say", number), name
    yield from budget_templates(built.workflow)


def _templates(
    root: Path, built: Built
) -> tuple[dict[str, list[Template]], dict[str, dict[str, str]], list[Finding]]:
    """Read every template a workflow names: by name, the readable ones, their texts by path, and findings."""
    folder = root / TEMPLATES
    entries = folder.iterdir() if folder.is_dir() else ()
    languages = sorted(entry.name for entry in entries if entry.is_dir() and re.match(LANGUAGE, entry.name))
    there = sorted({file.stem for language in languages for file in (folder / language).glob("*.md")})
    found: dict[str, list[Template]] = {}
    texts: dict[str, dict[str, str]] = {}
    findings: list[Finding] = []
    for path, name in named_templates(built):
        if name not in texts:
            texts[name], found[name] = {}, []
            if name in there:
                _read_one(root, name, languages, texts[name], found[name], findings)
        if template_path("en", name) not in texts[name]:
            findings.append(_missing(built, path, name, list(texts[name]), there))
    return found, texts, [*findings, *_untranslated(built, texts)]


def _untranslated(built: Built, texts: Mapping[str, Mapping[str, str]]) -> Iterator[Finding]:
    """Notices of templates that are not written in a language that others of the workflow are written in."""
    spoken = {name: {path.split("/")[1] for path in files} for name, files in texts.items()}
    every = set().union(*spoken.values())
    told = set()
    for path, name in named_templates(built):
        lacking = every - spoken[name]
        if name not in told and lacking and "en" in spoken[name]:
            told.add(name)
            message = (
                f"{name} is not written in {', '.join(sorted(lacking))}: such a customer reads it in English."
            )
            hint = f"Add {template_path(min(lacking), name)}."
            yield built.document.notice(path, "not_translated", message, hint)


def _read_one(
    root: Path,
    name: str,
    languages: list[str],
    texts: dict[str, str],
    found: list[Template],
    findings: list[Finding],
) -> None:
    for language in languages:
        place = root / TEMPLATES / language / f"{name}.md"
        if not place.is_file():
            continue
        data, unreadable = read_file(root, place)
        if data is None:
            findings += [unreadable] if unreadable else []
            continue
        made, wrong = read_template(data, name_of(root, place))
        findings += wrong
        text, _ = decode(data, place.name)
        texts[name_of(root, place)] = text or ""
        if made is not None:
            found.append(made)


def _missing(
    built: Built, path: tuple[str | int, ...], name: str, languages: list[str], there: list[str]
) -> Finding:
    if languages:
        message = f"The template {name} has no English text, which is sent where no other fits."
        return built.document.finding(path, "unknown_template", message, f"Add {template_path('en', name)}.")
    message = f"There is no template {name}."
    hint = guess(name, there)
    return built.document.finding(
        path,
        "unknown_template",
        message,
        hint if hint.startswith("Did") else f"Add {template_path('en', name)}.",
    )
