"""What holds for every workflow file of the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from recovery.workflow.bundle import collect
from tests.content.reading import LANGUAGES, ROOT, WORKFLOWS, plain, templates_sent, texts, workflow

each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)


@each_workflow
def test_every_text_is_there_in_both_languages(path: Path) -> None:
    found = list(texts(plain(path)))
    assert found
    incomplete = [where for where, text in found if not isinstance(text, dict) or set(text) != set(LANGUAGES)]
    assert incomplete == []


@each_workflow
def test_no_text_is_only_a_copy_of_its_translation(path: Path) -> None:
    copied = [where for where, text in texts(plain(path)) if text["en"] == text["zh"]]
    assert copied == []


@each_workflow
def test_chinese_texts_use_chinese_punctuation(path: Path) -> None:
    latin = [text["zh"] for _, text in texts(plain(path)) if any(mark in text["zh"] for mark in ",;?!:")]
    assert latin == []


@each_workflow
def test_every_message_it_sends_is_there_in_both_languages(path: Path) -> None:
    sent = sorted(set(templates_sent(plain(path))))
    missing = [
        f"{language}/{name}"
        for name in sent
        for language in LANGUAGES
        if not (ROOT / "templates" / language / f"{name}.md").is_file()
    ]
    assert missing == []


@each_workflow
def test_the_checker_finds_nothing(path: Path) -> None:
    _, findings = collect(ROOT, path)
    assert [str(found) for found in findings] == []


@each_workflow
def test_the_workflow_is_named_as_its_file(path: Path) -> None:
    assert workflow(path.stem).id == path.stem


def test_every_step_that_people_work_on_has_a_purpose_and_a_worth() -> None:
    for name in ("ten-step", "online-shop"):
        for step in workflow(name).steps.values():
            assert step.purpose, step.id
            assert step.worth, step.id


def test_every_question_that_can_be_asked_has_words() -> None:
    steps = workflow("ten-step").steps.values()
    asked = {name for step in steps for need in step.needs for name in need.names()}
    silent = [
        name
        for name, kind in workflow("ten-step").facts.items()
        if name in asked and not kind.ask and kind.said_by != frozenset({"engine"})
    ]
    assert silent == []
