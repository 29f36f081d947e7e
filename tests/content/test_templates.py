"""The messages: the same in both languages, and free of the words a customer should not read."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, nodes
from ruamel.yaml import YAML

from recovery.delivery.render import render
from recovery.workflow.bundle import collect
from tests.content.reading import LANGUAGES, ROOT, WORKFLOWS, plain, templates_sent, workflow

FOLDER = ROOT / "templates"
NAMES = sorted(path.stem for path in (FOLDER / "en").glob("*.md"))
FILES = sorted(FOLDER.glob("*/*.md"))
ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Getattr, nodes.If, nodes.Filter,
    nodes.Const, nodes.Compare, nodes.Operand,
)  # fmt: skip
ROOTS = {"case", "customer", "owner", "facts"}
FILTERS = {"default", "upper", "lower", "title", "join", "when", "truncate"}

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
each_workflow = pytest.mark.parametrize("workflow_file", WORKFLOWS, ids=lambda path: path.stem)
each_name = pytest.mark.parametrize("name", NAMES)

NEVER = {
    "en": (
        r"\bsoon\b", r"\bprobably\b", r"\bas quickly as\b", r"\bas soon as possible\b", r"\bshortly\b",
        r"(problem|issue|matter) (was|been|is) (solved|resolved)", r"what happened\?", r"calm down",
        r"\bour policy\b", r"happens (a lot|often|all the time)", r"\bnot our fault\b", r"\bunfortunately\b",
        r"\bguarantee\b", r"\bnever again\b", r"\bif you felt\b", r"\bany inconvenience\b",
    ),
    "zh": (
        "尽快", "大概", "可能会尽", "马上", "差不多", "稍后", "近期", "解决了吗", "解决了没有", "怎么回事",
        "冷静", "按规定", "公司规定", "经常发生", "不是我们", "绝对", "保证不再", "给您带来不便", "如果让您",
    ),
}  # fmt: skip


@cache
def parts(path: Path) -> tuple[dict[str, Any], str]:
    """A template's head and its body."""
    _, head, body = path.read_text(encoding="utf-8").split("---\n", 2)
    return YAML(typ="safe", pure=True).load(head), body


def parsed(path: Path) -> list[nodes.Template]:
    head, body = parts(path)
    return [Environment().parse(text) for text in (head["subject"], body)]


def placeholders(path: Path) -> set[str]:
    """Every value a template speaks of or looks at, such as `facts.problem.restated`."""
    found = set()
    for tree in parsed(path):
        inner = {id(node.node) for node in tree.find_all(nodes.Getattr)}
        for node in tree.find_all((nodes.Getattr, nodes.Name)):
            if id(node) not in inner:
                found.add(dotted(node))
    return found


def dotted(node: Any) -> str:
    return node.name if isinstance(node, nodes.Name) else f"{dotted(node.node)}.{node.attr}"


def facts_of(path: Path) -> set[str]:
    return {name.removeprefix("facts.") for name in placeholders(path) if name.startswith("facts.")}


def words(path: Path) -> str:
    """What the customer reads of a template itself: placeholders and logic taken out."""
    head, body = parts(path)
    return re.sub(r"{[{%].*?[%}]}", "", f"{head['subject']}\n{body}")


def test_every_message_is_there_in_every_language() -> None:
    assert {path.stem for path in FILES} == set(NAMES)
    for language in LANGUAGES:
        assert sorted(path.stem for path in (FOLDER / language).glob("*.md")) == NAMES


@each_name
def test_both_languages_say_the_same_things(name: str) -> None:
    english, chinese = (FOLDER / language / f"{name}.md" for language in LANGUAGES)
    for key in ("purpose", "states"):
        assert parts(english)[0][key] == parts(chinese)[0][key]
    assert placeholders(english) == placeholders(chinese)


@each_name
def test_some_workflow_sends_it(name: str) -> None:
    assert any(name in templates_sent(plain(path)) for path in WORKFLOWS)


@each_file
def test_a_template_is_only_output_and_conditions_over_what_a_case_knows(path: Path) -> None:
    for tree in parsed(path):
        strange = [type(node).__name__ for node in tree.find_all(nodes.Node) if not isinstance(node, ALLOWED)]
        assert strange == []
        assert {node.name for node in tree.find_all(nodes.Name)} <= ROOTS
        assert {node.name for node in tree.find_all(nodes.Filter)} <= FILTERS


@each_file
def test_it_speaks_only_of_facts_that_each_workflow_sending_it_has(path: Path) -> None:
    head, _ = parts(path)
    for file in WORKFLOWS:
        if path.stem in templates_sent(plain(file)):
            assert facts_of(path) | set(head["states"]) <= set(workflow(file.stem).facts)


@each_file
def test_a_fact_it_speaks_of_is_one_it_states_or_one_it_asks_for_first(path: Path) -> None:
    head, _ = parts(path)
    asked = {
        dotted(node.test).removeprefix("facts.")
        for tree in parsed(path)
        for node in tree.find_all(nodes.If)
        if isinstance(node.test, (nodes.Getattr, nodes.Name))
    }
    assert facts_of(path) <= set(head["states"]) | asked


@each_file
def test_a_salutation_does_without_a_name_when_there_is_none(path: Path) -> None:
    assert "{{ customer.name | default(" in parts(path)[1]


@each_file
def test_it_says_nothing_that_the_phrase_guard_is_for(path: Path) -> None:
    said = [rule for rule in NEVER[path.parent.name] if re.search(rule, words(path), re.IGNORECASE)]
    assert said == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rating_is_asked_for_without_offering_anything(language: str) -> None:
    said = words(FOLDER / language / "rating-ask.md")
    assert not re.search(r"coupon|voucher|discount|gift|reward|优惠|礼|券|积分|抽奖|返现", said, re.I)
    assert "goodwill" not in " ".join(placeholders(FOLDER / language / "rating-ask.md"))


@each_file
def test_an_apology_speaks_the_word_and_takes_nothing_back(path: Path) -> None:
    if parts(path)[0]["purpose"] == "apology":
        assert re.search(r"I am sorry|道歉|对不起", words(path))
        assert not re.search(r"\bbut\b|\bhowever\b|但是|不过|然而", words(path), re.IGNORECASE)


CONTEXT = {
    "case": {
        "id": 7, "external_id": None, "subject": None, "step": "resolve", "severity": 1, "cycle": 1,
        "received_at": "2026-11-20T09:00:00+00:00",
    },
    "customer": {},
    "owner": None,
}  # fmt: skip


@each_workflow
def test_every_message_can_be_sent_knowing_only_what_it_states(workflow_file: Path) -> None:
    bundle, _ = collect(ROOT, workflow_file)
    assert bundle is not None
    for file in bundle.files:
        if file.startswith("templates/"):
            language, name = Path(file).parts[1], Path(file).stem
            states = parts(ROOT / file)[0]["states"]
            message = render(bundle, name, language, CONTEXT | {"facts": dict.fromkeys(states, "2026-11-21")})
            assert message.language == language
            assert not re.search(r"[{}]|None", message.subject + message.text)
            assert ("2026-11-21" in message.text) == bool(facts_of(ROOT / file) & set(states))
