"""The shipped rules: how well they do on the labelled sentences, and that what is sound passes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from docs.generate.phrases import counted, finds
from recovery.core.phrases.rules import CLASSES
from recovery.project import starter_root
from recovery.workflow.findings import errors
from recovery.workflow.phrases import phrase_files, read_phrases
from recovery.workflow.wording import check_templates
from tests.phrases.guards import shipped
from tests.phrases.labelled import LANGUAGES, sentences, sound, written_later

each_language = pytest.mark.parametrize("language", LANGUAGES)

RECALL, PRECISION = 0.95, 0.97
"""What is asked for on the held-out half."""

AT_LEAST = 100

HALF = "defensiveness/half-apology"


@each_language
def test_every_class_has_a_hundred_labelled_sentences_half_of_them_clean(language: str) -> None:
    counts = Counter((one.cls, one.flagged) for one in sentences(language))
    for cls in CLASSES:
        assert counts[cls, True] + counts[cls, False] >= AT_LEAST
        assert counts[cls, True] == counts[cls, False]
    texts = [(one.cls, one.text, tuple(one.facts)) for one in sentences(language)]
    assert len(set(texts)) == len(texts)


@each_language
def test_the_held_out_half_is_found_as_well_as_is_asked_for(language: str) -> None:
    counts = counted(language, "held_out")
    found, missed, false = (
        sum(counts[cls, flagged, hit] for cls in CLASSES)
        for flagged, hit in ((True, True), (True, False), (False, True))
    )
    assert found / (found + missed) >= RECALL
    assert found / (found + false) >= PRECISION


@each_language
def test_every_tuning_sentence_is_judged_as_it_is_labelled(language: str) -> None:
    fresh = [one for one in written_later("fresh", language) if one.half == "tuning"]
    tuned = [*sentences(language, "tuning"), *written_later("more", language), *fresh]
    wrong = [(one.cls, one.text) for one in tuned if finds(shipped(language), one) is not one.flagged]
    assert wrong == []


@each_language
def test_no_sentence_of_a_good_letter_is_stopped(language: str) -> None:
    """What it claims as done may still need a fact."""
    guard = shipped(language)
    stopped = {
        text: [hit.rule for hit in hits]
        for text in sound(language)
        if (hits := [hit for hit in guard.check(text) if hit.level != "annotate"])
    }
    assert stopped == {}


@each_language
def test_hardly_any_clean_sentence_is_stopped_for_another_class(language: str) -> None:
    """With all facts on record, for what is true is no matter here."""
    guard = shipped(language)
    clean = [one for one in sentences(language) if not one.flagged]
    stopped = [
        one
        for one in clean
        if any(
            hit.level != "annotate" and hit.cls not in (one.cls, "untruth")
            for hit in guard.check(one.text, kind=one.kind, facts=one.facts)
        )
    ]
    assert len(stopped) / len(clean) < 0.05


@each_language
def test_every_template_passes(language: str) -> None:
    files = sorted((starter_root() / "templates" / language).glob("*.md"))
    assert len(files) > 10
    assert [str(finding) for finding in errors(check_templates(starter_root(), files))] == []


@each_language
def test_every_better_sentence_passes(language: str) -> None:
    path = phrase_files(starter_root())[language]
    rules, findings = read_phrases(path.read_bytes(), path.name)
    assert rules is not None
    assert findings == []
    assert {rule.cls for rule in rules.rules} == set(CLASSES)
    hits = {
        rule.name: hit.matched
        for rule in rules.rules
        for hit in shipped(language).check(rule.say_instead)
        if hit.level != "annotate"
    }
    assert hits == {}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "We ask for one thing: that we speak to each other with respect."),
        ("en", "If insults or threats go on, a supervisor may decide to end our service."),
        ("zh", "只有一个请求：让我们彼此尊重地沟通。如果辱骂或威胁继续下去，主管可能会决定终止服务。"),
        ("en", "Dear Ms Reyes,"),
        ("zh", "李女士，您好："),
    ],
)  # fmt: skip
def test_the_dignity_sentence_and_salutations_pass(language: str, text: str) -> None:
    assert shipped(language).check(text) == []


@pytest.mark.parametrize(
    ("language", "text", "cls"),
    [
        ("en", "It's the warehouse's fault.", "blame"),
        ("en", "This happens a lot.", "normalising"),
        ("en", "Was your problem solved?", "asking"),
        ("en", "Calm down.", "defensiveness"),
        ("en", "That's our policy.", "defensiveness"),
        ("en", "What can I do about the weather?", "helplessness"),
        ("en", "What do you expect for that price?", "contempt"),
        ("zh", "这是仓库的错。", "blame"),
        ("zh", "这种事很常见。", "normalising"),
        ("zh", "您的问题解决了吗？", "asking"),
        ("zh", "请您冷静。", "defensiveness"),
        ("zh", "这是我们的规定。", "defensiveness"),
        ("zh", "天气的事我能怎么办？", "helplessness"),
        ("zh", "这个价格您还想要什么？", "contempt"),
    ],
)
def test_the_examples_of_the_domain_are_blocked(language: str, text: str, cls: str) -> None:
    """domain.md §5."""
    hits = shipped(language).check(text, kind="follow_up")
    assert {hit.cls for hit in hits if hit.level == "block"} == {cls}


def test_a_policy_followed_by_help_is_not_blocked() -> None:
    text = "That's our policy. Here is what I can do for you: a free month."
    assert shipped("en").check(text) == []


def test_templates_are_held_against_their_language_and_their_states(tmp_path: Path) -> None:
    rules = starter_root() / "config" / "phrases.en.yaml"
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / rules.name).write_bytes(rules.read_bytes())
    folder = tmp_path / "templates" / "en-GB"
    folder.mkdir(parents=True)
    head = "---\npurpose: resolution\nsubject: Done\nstates: [{}]\n---\n"
    body = "Dear {{{{ customer.name }}}},\n\nWe have refunded you. We have called you.\n"
    (folder / "bad.md").write_text((head + body).format(""))
    (folder / "good.md").write_text(
        (head + body).format("resolution.kind, resolution.done_at, contact.attempted")
    )
    (folder.parent / "zh").mkdir()
    (folder.parent / "zh" / "other.md").write_text((head + "这是仓库的错。\n").format(""))
    blocked, doubtful = check_templates(tmp_path, sorted((tmp_path / "templates").glob("*/*.md")))
    assert (blocked.file, blocked.line, blocked.column) == ("templates/en-GB/bad.md", 8, 4)
    assert (blocked.code, doubtful.code, doubtful.level) == ("phrase_blocked", "phrase_doubtful", "notice")
    assert "resolution.done_at" in blocked.hint


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "I am sorry you feel that way."),
        ("en", "We apologise if you felt let down."),
        ("en", "I am sorry if anybody was offended."),
        ("zh", "很抱歉让您有这种感觉。"),
        ("zh", "如果给您带来不便，我们深表歉意。"),
        ("zh", "很遗憾您这么认为。"),
    ],
)
def test_an_apology_for_what_the_customer_feels_is_none(language: str, text: str) -> None:
    assert HALF in {hit.rule for hit in shipped(language).check(text, facts={})}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "I am sorry that the parcel came late. If you like, we send another one today."),
        ("en", "I am sorry if this letter reaches you twice."),
        ("zh", "对不起，包裹晚到了。如果您愿意，我们今天再寄一份。"),
    ],
)
def test_an_apology_for_what_happened_is_one(language: str, text: str) -> None:
    assert HALF not in {hit.rule for hit in shipped(language).check(text, facts={})}
