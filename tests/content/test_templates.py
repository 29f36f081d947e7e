"""The messages: the same in both languages, and free of the words a customer should not read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, nodes
from ruamel.yaml import YAML

from recovery.delivery.render import render
from recovery.demo.example import example
from recovery.workflow.bundle import collect
from tests.content.reading import LANGUAGES, ROOT, WORKFLOWS, bundles, plain, templates_sent, workflow
from tests.delivery.letters import page

FOLDER = ROOT / "templates"
NAMES = sorted(path.stem for path in (FOLDER / "en").glob("*.md"))
FILES = sorted(FOLDER.glob("*/*.md"))
INTERNAL = (
    "brief",
    "hand-off",
    "collaboration",
    "help-overdue",
    "hand-off-unanswered",
    "story",
    "approval-request",
    "answer-due",
    "news-due",
    "promise-due",
    "promise-broken",
    "payment-late",
    "payment-order",
    "story-due",
    "overdue",
    "urgent",
)
"""Templates that colleagues read, not customers."""

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
def written() -> set[str]:
    """Every template that a workflow sends or lets people say."""
    workflows = [plain(path) for path in WORKFLOWS]
    return {name for one in workflows for name in (*templates_sent(one), *one.get("say", ()))}


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
def test_some_workflow_sends_it_or_lets_people_say_it(name: str) -> None:
    assert name in written()


@each_workflow
def test_nothing_is_found_wrong_with_them(workflow_file: Path) -> None:
    _, findings = collect(ROOT, workflow_file)
    assert [finding for finding in findings if finding.file.startswith("templates/")] == []


@each_file
def test_a_salutation_does_without_a_name_when_there_is_none(path: Path) -> None:
    assert path.stem in INTERNAL or "{{ customer.name | default(" in parts(path)[1]


@each_file
def test_it_says_who_it_is_from(path: Path) -> None:
    last = parts(path)[1].rstrip().split("\n")[-1]
    assert re.search(r"{{ owner \| (default\(\"[^\"]+\"\) \| )?title }}", last)


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
    "coupon": {
        "code": "K7MPQX-4WDF2A-9RTBHC", "value": "10 USD", "good_until": "2027-01-19", "replaces": False
    },
    "payment": {"compensation": "1", "kind": "refund", "amount": "40 USD", "to": "", "pay_by": None},
    "case": {
        "id": 7, "external_id": None, "subject": None, "step": "resolve", "severity": 1, "cycle": 1,
        "received_at": "2026-11-20T09:00:00+00:00",
    },
    "customer": {},
    "owner": None,
    "brief": "All that is known.",
}  # fmt: skip

VALUES = {
    "instant": "2026-11-21T10:00:00Z",
    "date": "2026-11-21",
    "money": "26.11 USD",
    "integer": 2026,
    "list": ["2026 11 21"],
}


def messages() -> Iterator[tuple[Path, str, str]]:
    """Every template of every workflow and language: the workflow's file, the language, its name."""
    for file in WORKFLOWS:
        for path in sorted(bundles()[file.stem].files):
            if path.startswith("templates/"):
                yield file, Path(path).parts[1], Path(path).stem


each_message = pytest.mark.parametrize(
    ("workflow_file", "language", "name"),
    list(messages()),
    ids=lambda value: value if isinstance(value, str) else value.stem,
)


@each_message
def test_a_message_can_be_sent_knowing_only_what_it_states(
    workflow_file: Path, language: str, name: str
) -> None:
    path = FOLDER / language / f"{name}.md"
    kinds = workflow(workflow_file.stem).facts
    states = {"problem.statement", *parts(path)[0]["states"]}
    facts = {fact: VALUES.get(kinds[fact].kind, "2026 11 21") for fact in states}
    message = render(bundles()[workflow_file.stem], name, language, CONTEXT | {"facts": facts})
    assert message.language == language
    assert not re.search(r"[{}]|None", message.subject + message.text)
    said = re.search(r"2,?026|26[.]11", message.text)
    speaks = facts_of(path) & states or "case.received_at" in placeholders(path)
    assert bool(said) == bool(speaks)


@each_message
def test_a_message_of_the_demo_is_whole_in_both_parts(workflow_file: Path, language: str, name: str) -> None:
    message = render(
        bundles()[workflow_file.stem], name, language, example(workflow(workflow_file.stem), language)
    )
    for part in (message.subject, message.text, message.html):
        assert part.strip()
        assert not re.search("[\ue000\ue001]|None|[{][{%]", part)
    assert "\n\n\n\n" not in message.text
    assert not re.search(r"[ \t]$", message.text, re.MULTILINE)
    tree = page(message.html)
    assert tree.attrib["lang"] == language
    assert [one.text for one in tree.iter("title")] == [message.subject]
    assert list(tree.iter("img")) == list(tree.iter("a")) == []
    seen = "".join(tree.itertext())
    assert "http" not in seen
    assert all(word in seen for word in re.findall(r"[^\W\d]+", message.text))


@pytest.mark.parametrize("language", LANGUAGES)
@each_workflow
def test_the_example_knows_every_fact_in_its_own_language(workflow_file: Path, language: str) -> None:
    told = workflow(workflow_file.stem)
    context = example(told, language)
    assert set(context["facts"]) == set(told.facts)
    assert context["customer"]["name"] == {"en": "Maya", "zh": "晓雯"}[language]
