"""Templates: what a message may hold, and what it may say about a case."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recovery.workflow.bundle import collect, load
from recovery.workflow.template_words import FILTERS
from recovery.workflow.templates import (
    MARKS_AT_MOST,
    PARAGRAPH_AT_MOST,
    TEMPLATE_BYTES_AT_MOST,
    WORD_AT_MOST,
    Template,
    read_template,
)
from tests.workflow.small import TEMPLATE, WORKFLOW, changed, findings_of, places, write

HEAD = '---\npurpose: apology\nsubject: "Sorry"\n---\n'


def read(text: str) -> Template:
    template, findings = read_template(text.encode(), "t.md")
    assert findings == []
    assert template is not None
    return template


def test_a_template_has_a_head_and_a_body() -> None:
    template = read(TEMPLATE)
    assert template.purpose == "apology"
    assert template.subject == "Sorry about case {{ case.id }}"
    assert template.states == ("problem.statement",)
    assert template.body == "You told us: {{ facts.problem.statement }}.\n"


@pytest.mark.parametrize(
    "body",
    [
        "Plain words, {single} braces and 100 %.",
        "{{ case.id }} {{ case.subject }} {{ customer.name }} {{ owner }} {{ facts.kind }}",
        "{{ customer.name | default('friend') | title }}",
        "{{ facts.kind | upper | lower | truncate(20) }}",
        "{{ facts.day | when }} {{ facts.day | date }} {{ facts.at | time }}",
        "{{ facts.price | money | default('nothing') }} {{ facts.mark | count }}",
        "[our page](https://example.org) [write](mailto:us@example.org) <https://example.org> 3 < 4",
        "{{ facts.notes | join(', ') }} {{ facts.notes | join }}",
        "{% if facts.kind %}a{% elif facts.happy %}b{% else %}c{% endif %}",
        "{% if facts.kind == 'late' and not facts.happy or owner %}a{% endif %}",
        "{% for note in facts.notes %}- {{ note }}\n{% else %}none{% endfor %}",
        "{% for a in facts.notes %}{% for b in facts.notes %}{{ a }}{{ b }}{% endfor %}{% endfor %}",
        "{# a remark #}{% raw %}{{ not read }}{% endraw %}",
        "",
    ],
)
def test_these_words_are_accepted(body: str) -> None:
    assert read(HEAD + body).body == body


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("§{{ 7 * 7 }}", "template_word"),
        ("§{{ 'a' ~ 'b' }}", "template_word"),
        ("§{{ range(10) }}", "template_word"),
        ("§{{ facts.kind.upper() }}", "template_word"),
        ("§{{ facts['kind'] }}", "template_word"),
        ("§{{ [1, 2] }}", "template_word"),
        ("§{{ 'a' if owner else 'b' }}", "template_word"),
        ("§{{ facts.kind is defined }}", "template_word"),
        ("§{% set x = 1 %}", "template_word"),
        ("§{% include 'other' %}", "template_word"),
        ("§{% import 'other' as o %}", "template_word"),
        ("§{% extends 'other' %}", "template_word"),
        ("§{% macro m() %}{% endmacro %}", "template_word"),
        ("§{% block b %}{% endblock %}", "template_word"),
        ("§{% filter upper %}a{% endfilter %}", "template_word"),
        ("§{% for x in [1, 2] %}{% endfor %}", "template_word"),
        ("{% for x in §case %}{% endfor %}", "unknown_name"),
        ("§{% for x in owner %}{% endfor %}", "template_word"),
        ("§{% for x in facts.notes if x %}{% endfor %}", "template_word"),
        ("§{% for x in facts.notes recursive %}{% endfor %}", "template_word"),
        ("§{% for x, y in facts.notes %}{% endfor %}", "template_word"),
        ("{% for n in facts.notes %}{{ §loop.index }}{% endfor %}", "unknown_name"),
        ("{% for n in facts.notes %}{{ §n.x }}{% endfor %}", "unknown_name"),
        ("{{ §self }}", "unknown_name"),
        ("{{ §facts }}", "unknown_name"),
        ("{{ §fact.kind }}", "unknown_name"),
        ("{{ §case.ident }}", "unknown_name"),
        ("{{ §customer.__class__ }}", "unknown_name"),
        ("{{ §owner.name }}", "unknown_name"),
        ("{{ owner | §uper }}", "unknown_filter"),
        ("{{ owner | §pprint }}", "unknown_filter"),
        ("{{ owner | §truncate }}", "wrong_filter"),
        ("{{ owner | §truncate(100000) }}", "wrong_filter"),
        ("{{ owner | §truncate('a') }}", "wrong_filter"),
        ("{{ owner | §default(case.id) }}", "wrong_filter"),
        ("{{ owner | §default('a', true) }}", "wrong_filter"),
        ("{{ owner | §default(default_value='a') }}", "wrong_filter"),
        ("{{ facts.day | default('today') | §when }}", "wrong_filter"),
        ("{{ owner | upper | lower | upper | lower | upper | §title }}", "template_word"),
        ("§{% autoescape true %}{% endautoescape %}", "template_word"),
        ("One\n\n§<b>bold</b>", "template_markdown"),
        ("One\n\n§<div>\nblock\n</div>", "template_markdown"),
        ("One\n§![x](https://example.org/p.png)", "template_markdown"),
        ("§[x](javascript:alert(1))", "template_markdown"),
        ("§[x](/relative)", "template_markdown"),
        ("One\ntwo\n§[x](https://example.org/{{case.id}})", "template_markdown"),
        ("One\n§\ue000", "control_character"),
        ("One\n\n§" + "x" * (PARAGRAPH_AT_MOST + 1), "too_large"),
        ("One\n§{{ owner " + " " * WORD_AT_MOST + "}}", "too_large"),
        ("§" + "*" * (MARKS_AT_MOST + 1), "too_large"),
        ("one\n§two {{ owner\n", "template_syntax"),
        ("one\n§{% if owner %}", "template_syntax"),
        ("one\n§two {{ owner owner }}", "template_syntax"),
        ("one\n§{% nonsense %}", "template_syntax"),
    ],
)
def test_anything_else_is_refused_where_it_stands(body: str, code: str) -> None:
    text, marked = places(HEAD + body)
    template, findings = read_template(text.encode(), "t.md")
    assert template is None
    assert [finding.code for finding in findings] == [code], list(map(str, findings))
    assert [(finding.line, finding.column) for finding in findings] == marked


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("§No head at all.", "no_head"),
        ("§---\npurpose: a\nsubject: b\nNo end.", "no_head"),
        ("---\n§purpose: apology\n---\n", "missing_key"),
        ("---\npurpose: a\nsubject: b\n§state: [kind]\n---\n", "unknown_key"),
        ("---\npurpose: a\nsubject: b\nstates: §kind\n---\n", "wrong_type"),
        ("---\npurpose: a\nsubject: {§{ case.id }}\n---\n", "bad_key"),
        ('---\npurpose: a\nsubject: §"{{ case.ident }}"\n---\n', "unknown_name"),
        ('---\npurpose: a\nsubject: §"one\\ntwo"\n---\n', "bad_name"),
        ("---\npurpose: §&a b\nsubject: b\n---\n", "anchor"),
        ("---\npurpose: a\nsubject: b\n---\nSm§\0all", "control_character"),
        ("§---\n---\n", "wrong_type"),
    ],
)
def test_a_wrong_head_is_found_where_it_stands(text: str, code: str) -> None:
    clean, marked = places(text)
    template, findings = read_template(clean.encode(), "t.md")
    assert template is None
    assert [finding.code for finding in findings] == [code], list(map(str, findings))
    if code != "wrong_type" or "states" in text:
        assert [(finding.line, finding.column) for finding in findings] == marked


def test_a_template_that_is_too_large_is_refused() -> None:
    template, (finding,) = read_template(b"x" * (TEMPLATE_BYTES_AT_MOST + 1), "t.md")
    assert template is None
    assert finding.code == "too_large"


def test_loops_stand_at_most_two_deep() -> None:
    loop = "{% for a in facts.notes %}"
    body = loop * 3 + "{% endfor %}" * 3
    assert [f.code for f in read_template((HEAD + body).encode(), "t.md")[1]] == ["template_word"]


@pytest.mark.parametrize(
    "body", ["{% if owner %}" * 3000, "{{ " + "(" * 3000, "{{ owner" + "|upper" * 5000 + "}}"]
)
def test_a_template_nested_too_deep_is_a_finding(body: str) -> None:
    template, findings = read_template((HEAD + body).encode(), "t.md")
    assert template is None
    assert findings


MAYBE = "{% if facts.kind %}{{ facts.kind }}{% endif %}"


@pytest.mark.parametrize(
    ("body", "codes"),
    [
        ("{{ §facts.kin }}", ["unknown_fact"]),
        ("{% for x in §facts.kind %}{% endfor %}", ["wrong_type"]),
        ("{{ §facts.kind }}", ["unstated_fact"]),
        ("{{ facts.kind | default('it') }}", []),
        ("{% if facts.kind %}{{ facts.kind }}{% endif %}", []),
        ("{% if facts.kind and facts.kind == 'late' %}{{ facts.kind }}{% endif %}", []),
        ("{% if not facts.kind %}a{% else %}{{ facts.kind }}{% endif %}", []),
        ("{% if not facts.kind or facts.kind == 'late' %}a{% endif %}", []),
        ("{% if §facts.kind == 'late' %}a{% endif %}", ["unstated_fact"]),
        ("{% if facts.kind %}a{% endif %}{{ §facts.kind }}", ["unstated_fact"]),
        ("{% if facts.kind or facts.day %}{{ §facts.kind }}{% endif %}", ["unstated_fact"]),
        ("{% if facts.day %}a{% elif facts.kind %}{{ facts.kind }}{% endif %}", []),
        ("{% for x in §facts.notes %}{{ x }}{% endfor %}", ["unstated_fact"]),
        ("{% if facts.notes %}{% for x in facts.notes %}{{ x }}{% endfor %}{% endif %}", []),
        ("{{ §owner }}", ["unstated_fact"]),
        ("{{ §brief }}", ["brief_to_customer"]),
        ("{% if owner %}{{ owner }}{% endif %}", []),
        ("{{ §case.subject }} {{ §case.external_id }}", ["unstated_fact", "unstated_fact"]),
        ("{{ case.subject | default('your order') }} {{ case.id }} {{ case.cycle }}", []),
        ("Dear {{ §customer.name }},", ["unstated_fact"]),
        ("Dear {{ §customer.name | title }},", ["unstated_fact"]),
        ("Dear {{ customer.name | default('friend') | title }},", []),
        ("{{ §customer.name | title | default('friend') }}", ["unstated_fact"]),
        ("{% if not customer.name %}a{% else %}{{ customer.name }}{% endif %}", []),
        ("{% if §case.subject == 'x' %}a{% endif %}", ["unstated_fact"]),
        # said as people write it
        ("{% if facts.day %}{{ §facts.day }}{% endif %}", ["raw_value"]),
        ("{% if facts.day %}{{ facts.day | date }} {{ facts.day | when }}{% endif %}", []),
        ("{{ facts.price | money | default('nothing') }}", []),
        ("{{ §facts.price | default('nothing') }}", ["raw_value"]),
        ("{{ §facts.price | upper | default('nothing') }}", ["raw_value"]),
        ("{{ §facts.price | date | default('nothing') }}", ["wrong_type"]),
        ("{{ §facts.kind | money | default('nothing') }}", ["wrong_type"]),
        ("{{ §facts.day | time | default('noon') }}", ["wrong_type"]),
        ("{{ §facts.price | join(', ') }}", ["wrong_type"]),
        ("{% if facts.notes %}{{ facts.notes | join(', ') }}{% endif %}", []),
        ("{% if facts.mark %}{{ facts.mark | count }}{% endif %}", []),
    ],
)
def test_what_a_text_says_must_be_known_or_asked(body: str, codes: list[str], tmp_path: Path) -> None:
    text, marked = places(TEMPLATE + body.replace("§facts.", "facts.§"))
    found = findings_of(tmp_path, WORKFLOW, {"en/sorry": text})
    assert [finding.code for finding in found] == codes, list(map(str, found))
    assert [(finding.line, finding.column) for finding in found] == marked
    assert all(finding.file == "templates/en/sorry.md" for finding in found)


def test_an_unknown_fact_that_a_text_states_is_found(tmp_path: Path) -> None:
    text, marked = places(changed("[problem.statement]", "[problem.statement, §kin]", TEMPLATE))
    (finding,) = findings_of(tmp_path, WORKFLOW, {"en/sorry": text})
    assert finding.code == "unknown_fact"
    assert [(finding.line, finding.column)] == marked


def rated(purpose: str, subject: str, body: str, tmp_path: Path) -> list[tuple[str, int, int]]:
    """What is found in a template about an offer that comes with a request for a rating."""
    text, marked = places(f"---\npurpose: {purpose}\nsubject: {subject}\nstates: []\n---\n{body}\n")
    found = [
        one for one in findings_of(tmp_path, WORKFLOW, {"en/sorry": text}) if one.code == "offer_with_rating"
    ]
    assert [(one.line, one.column) for one in found] == marked, list(map(str, found))
    return [(one.code, one.line, one.column) for one in found]


@pytest.mark.parametrize(
    ("purpose", "subject", "body"),
    [
        ("rating-ask", "Would you tell others?", "Tell others.\nThere is a §coupon in it for you."),
        ("rating-ask", "Would you tell others?", "You got §20 % off, and a §gift."),
        ("rating-ask", "Would you tell others?", "Your §refund is on its way."),
        ("rating-ask", "愿意说说吗？", "写几句，就有§优惠券。"),
        ("rating-ask", "Would you tell others?", "It was {{ facts.§price | money | default('little') }}."),
        ("goodwill", "Something for you", "A §voucher. Please leave us a review."),
        ("goodwill", "Something for you", "Five stars, and the §bonus is yours."),
        ("follow-up", "一份心意", "给个好评，§红包送上。"),
        ("apology", "§A gift for you", "If you feel like it, write a short review."),
    ],
)
def test_a_request_for_a_rating_carries_no_offer(
    purpose: str, subject: str, body: str, tmp_path: Path
) -> None:
    assert rated(purpose, subject, body, tmp_path)


@pytest.mark.parametrize(
    ("purpose", "body"),
    [
        ("rating-ask", "Tell others, in your own words. Points of view differ."),
        ("goodwill", "Here is a coupon. Nothing is expected in return."),
        ("follow-up", "How satisfied are you, from 1 to 5? Your refund was paid on Monday."),
        ("apology", "A supervisor will review your case and write to you about the refund."),
    ],
)
def test_an_offer_or_a_question_by_itself_is_none(purpose: str, body: str, tmp_path: Path) -> None:
    assert rated(purpose, "Hello", body, tmp_path) == []


def test_every_language_of_a_text_is_checked(tmp_path: Path) -> None:
    (finding,) = findings_of(tmp_path, WORKFLOW, {"zh/sorry": TEMPLATE + "{{ facts.kin }}"})
    assert (finding.code, finding.file) == ("unknown_fact", "templates/zh/sorry.md")


STATES_KIND = changed("[problem.statement]", "[kind]", TEMPLATE).replace("problem.statement", "kind")


def test_a_message_that_may_come_too_early_is_found_at_its_send(tmp_path: Path) -> None:
    (finding,) = findings_of(tmp_path, WORKFLOW, {"en/sorry": STATES_KIND})
    assert finding.code == "may_be_missing"
    assert (finding.line, finding.column) == (18, 15)
    assert "kind is known" in finding.hint


@pytest.mark.parametrize(
    "workflow",
    [
        changed("      - send: sorry\n", '      - if: kind in ["late"]\n        send: sorry\n'),
        changed("      - send: sorry\n", "      - if: kind is known and mark > 2\n        send: sorry\n"),
        changed("      - send: sorry\n", '      - if: not (kind == "late")\n        send: sorry\n'),
        changed("    on_enter:\n      - send: sorry\n        when_delivered: {sorry: true}\n", "").replace(
            "        go: hear", "        send: sorry\n        when_delivered: {sorry: true}\n        go: hear"
        ),
    ],
)
def test_a_message_sent_when_its_facts_are_known_is_accepted(workflow: str, tmp_path: Path) -> None:
    found = findings_of(tmp_path, workflow, {"en/sorry": STATES_KIND})
    assert "may_be_missing" not in [finding.code for finding in found], list(map(str, found))


def test_facts_that_come_along_with_a_transition_are_known_to_its_messages(tmp_path: Path) -> None:
    drop = "  drop: {from: any, to: withdrawn, by: customer"
    sending = "      - send: sorry\n        when_delivered: {sorry: true}\n"
    workflow = changed(sending, "      - record: {sorry: true}\n")
    with_kind = workflow.replace(drop, drop + ", needs: {kind: }, then: [{send: sorry}]")
    assert findings_of(tmp_path, with_kind, {"en/sorry": STATES_KIND}) == []
    without = workflow.replace(drop, drop + ", then: [{send: sorry}]")
    (finding,) = findings_of(tmp_path, without, {"en/sorry": STATES_KIND})
    assert finding.code == "may_be_missing"


def test_a_template_that_people_send_by_hand_is_part_of_the_workflow(tmp_path: Path) -> None:
    saying = WORKFLOW + "say: [thanks]\n"
    (finding,) = findings_of(tmp_path, saying)
    assert (finding.code, finding.line, finding.column) == ("unknown_template", 35, 7)
    assert [f.code for f in findings_of(tmp_path, saying, {"en/thanks": HEAD + "{{ facts.kin }}"})] == [
        "unknown_fact"
    ]
    write(tmp_path, saying, {"en/thanks": HEAD + "Thank you.", "zh/thanks": HEAD + "谢谢。"})
    bundle, _ = collect(tmp_path, tmp_path / "workflows" / "small.yaml")
    assert bundle is not None
    assert {"templates/en/thanks.md", "templates/zh/thanks.md"} <= set(bundle.files)
    assert load(bundle).say == ("thanks",)


@given(st.text(max_size=80))
def test_no_text_crashes_the_reader(text: str) -> None:
    read_template((HEAD + text).encode(), "t.md")


PIECES = (
    "{{ }} {% %} {# #} if else elif endif for in endfor set raw endraw not and or facts.kind facts.notes "
    "owner case.id x 1 'a' ( ) [ ] | . , == upper default( join(', ') truncate(3) when"
).split()


@given(st.lists(st.sampled_from(PIECES), max_size=16).map(" ".join))
def test_what_is_accepted_uses_only_the_words_of_the_white_list(text: str) -> None:
    from jinja2 import Environment, nodes

    template, findings = read_template((HEAD + text).encode(), "t.md")
    assert (template is None) is bool(findings)
    if template is not None:
        tree = Environment(autoescape=False).parse(template.body)
        assert not list(
            tree.find_all((nodes.Call, nodes.BinExpr, nodes.Getitem, nodes.Assign, nodes.CondExpr))
        )
        assert {node.name for node in tree.find_all(nodes.Filter)} <= set(FILTERS)
