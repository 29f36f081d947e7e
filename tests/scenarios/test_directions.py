"""What a story can do beside its acts: restart, edit and publish files, let a command come twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.telling import COMPLAINT, HEAD, differences, findings

FILE = "workflows/online-shop.yaml"


@pytest.mark.parametrize(
    ("expected", "difference"),
    [
        ("sent_in: en", ""),
        ("sent_in: zh", "sent_in: expected zh, but was en"),
        ("version: 1", ""),
        ("version: 2", "version: expected 2, but was 1"),
        ("why: [send shop-sorry, opens the case]", ""),
        ("why: [a complaint, out of the blue]", "why: expected out of the blue, but was a complaint opens"),
        ("nowhere: [saucer]", ""),
        ("nowhere: [Cup]", "nowhere: expected nowhere Cup, but was kept Cup"),
        ("reports: null", ""),
        ("reports: unchanged", "reports: expected unchanged, but was otherwise in steps, states"),
    ],
)
def test_what_is_expected_is_compared(tmp_path: Path, expected: str, difference: str) -> None:
    head = HEAD + "given: {facts: {trouble: came_broken}, customer: {address: ana@example.org}}\n"
    found = differences(tmp_path, COMPLAINT + f"  expect: {{{expected}}}", head)
    assert len(found) == bool(difference)
    assert difference in "".join(found)


def test_what_is_published_is_for_new_cases(tmp_path: Path) -> None:
    story = COMPLAINT.replace("complaint:", "case: a\n  complaint:") + (
        f"- at: +1 hour\n  edit: {{{FILE}: {{'title: A small shop': 'title: Another shop'}}}}\n"
        "- at: +1 hour\n  case: b\n  complaint: x\n  expect: {version: 1}\n"
        "- at: +1 hour\n  publish: true\n"
        "- at: +1 hour\n  case: c\n  complaint: x\n  expect: {version: 2}\n"
        "- at: +1 hour\n  case: a\n  restart: true\n  expect: {version: 1, step: hear}\n"
    )
    text = (Path(__file__).parents[2] / FILE).read_text(encoding="utf-8")
    title = next(line for line in text.splitlines() if line.startswith("title:"))
    assert differences(tmp_path, story.replace("title: A small shop", title)) == []


@pytest.mark.parametrize(
    ("moment", "found"),
    [
        (
            "edit: {workflows/online-shp.yaml: {a: b}}",
            "7:12 unknown_file: `workflows/online-shp.yaml` is no file of this workflow. Did you mean",
        ),
        (f"edit: {{{FILE}: {{no such words: b}}}}", "wrong_value: `no such words` stands 0 times in"),
        (f"edit: {{{FILE}: {{'steps:': 'steeps:'}}}}\n  publish: true", "not_published: The files cannot be"),
        ("again: true", "7:12 unknown_key: Nothing is done here that could come again."),
        ("publish: false", "wrong_value"),
    ],
)
def test_a_slip_is_found(tmp_path: Path, moment: str, found: str) -> None:
    (first, *_) = findings(tmp_path, COMPLAINT + f"- at: +1 hour\n  {moment}\n")
    assert found in first


def test_a_command_that_comes_again_changes_nothing(tmp_path: Path) -> None:
    story = COMPLAINT + (
        "  again: true\n- at: +1 hour\n  note: once\n  again: true\n"
        "- at: +1 hour\n  record: {nothing: known}\n  again: true\n  expect: {refused: unknown_fact}\n"
    )
    assert differences(tmp_path, story) == []
