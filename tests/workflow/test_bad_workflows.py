"""Each way a workflow can be wrong: found at its exact place, under its own code, and nothing else with it.

A case is a small change to a workflow that is right; `§` marks where each finding must point, in order.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.workflow.small import WORKFLOW, changed, findings_of, places

MEND = "    needs:\n      owner:\n      happy: true\n"
LEAVE = "      - if: mark <= 2\n        go: hear\n"
AGAIN = "  again: {from: closed, to: mend, by: [customer, agent]}\n"
DROP = "  drop: {from: any, to: withdrawn, by: customer}\n"

SYNTAX = {
    "a tab": ("  kinds: [late", "§\tkinds: [late", "tab"),
    "an unclosed quote": ("title: Small", 'title: "Small', "syntax"),
    "an unclosed list": ("[late, broken]", "[late, broken", "syntax"),
    "a colon in a plain text": ("title: Small", "title: Small§: and neat", "syntax"),
    "an anchor": ("title: Small", "title: §&name Small", "anchor"),
    "an alias": ("title: Small", "title: §*name", "alias"),
    "a tag": ("title: Small", "title: §!!str Small", "tag"),
    "a local tag": ("title: Small", "title: §!secret Small", "tag"),
    "a version directive": ("workflow: small\n", "§%YAML 1.1\n---\nworkflow: small\n", "directive"),
    "a tag directive": ("workflow: small\n", "§%TAG ! tag:x,2000:\n---\nworkflow: small\n", "directive"),
    "a second document": ("lists:", "§---\nlists:", "second_document"),
    "a mapping as a key": ("title: Small", "title: {§{ case.id }: x}", "bad_key"),
    "an empty key": ("title: Small", "title: {:§ x}", "bad_key"),
    "a NUL character": ("title: Small", "title: Sm§\0all", "control_character"),
    "a bell": ("title: Small", "title: Sm§\aall", "control_character"),
    "an escape that makes a NUL": ("title: Small", r'title: §"Sm\0all"', "control_character"),
    "half a surrogate pair": ("title: Small", r'title: §"\ud83d"', "control_character"),
}

SHAPE = {
    "a misspelt key": ("severities", "title: Small\n", "title: Small\n§severites: 2\n", ["unknown_key"]),
    "a misspelt key of a step": ("on_leave", "    on_leave:\n", "    §on_leav:\n", ["unknown_key"]),
    "a misspelt verb": ("send", "- send: sorry", "- §snd: sorry", ["unknown_key"]),
    "a doubled key": ("", "title: Small\n", "title: Small\n§title: Again\n", ["duplicate_key"]),
    "two doubled facts": (
        "",
        "  day: {type: date}\n",
        "  day: {type: date}\n  §day: {type: text}\n  §kind: {type: text}\n",
        ["duplicate_key", "duplicate_key"],
    ),
    "no title": ("", "title: Small\n", "", ["missing_key"]),
    "a step without title": ("", "    title: Mend\n", "", ["missing_key"]),
    "a text that is a number": ('"5"', "title: Small", "title: §5", ["wrong_type"]),
    "a text that is a list": ("", "title: Small", "title: §[a]", ["wrong_type"]),
    "a blank text": ("", "title: Small", 'title: §" "', ["wrong_value"]),
    "a text without English": ("en: …", "title: Small", "title: §{zh: 小}", ["no_english"]),
    "a text with a stray comma": (
        "quotes",
        "title: Small",
        "title: {en: Small, §and neat}",
        ["bad_name"],
    ),
    "severities that are a word": ("", "title: Small", "title: Small\nseverities: §many", ["wrong_type"]),
    "severities with a leading zero": (
        "",
        "title: Small",
        "title: Small\nseverities: §010",
        ["leading_zero", "wrong_type"],
    ),
    "severities that are a time": ("", "title: Small", "title: Small\nseverities: §17:30", ["wrong_type"]),
    "severities with an underscore": ("", "title: Small", "title: Small\nseverities: §1_0", ["wrong_type"]),
    "severities in hexadecimal": ("", "title: Small", "title: Small\nseverities: §0x1F", ["wrong_type"]),
    "too many severities": ("", "title: Small", "title: Small\nseverities: §12", ["wrong_value"]),
    "on where true is wanted": (
        "write true",
        "title: Small",
        "title: Small\nclocks: {§wait: {legal: §on}}",
        ["missing_key", "wrong_type"],
    ),
    "an unknown order": ("in_order", "title: Small", "title: Small\norder: §inorder", ["wrong_value"]),
    "an unknown type of fact": ("date", "{type: date}", "{type: §dat}", ["wrong_value"]),
    "a fact without type": ("text", "  day: {type: date}", "  §day: {ask: Which day?}", ["missing_key"]),
    "a fact that is a word": ("", "{type: date}", "§date", ["wrong_type"]),
    "a fact's name with a capital": ("", "  day: {", "  §Day: {", ["bad_name"]),
    "said by nobody we know": ("customer", "said_by: customer", "said_by: §customers", ["wrong_value"]),
    "a bound on a text": ("", "{type: date}", "{type: date, §to: 5}", ["unknown_key"]),
    "a rule that is a word": (
        "",
        "      - send: sorry\n        when_delivered: {sorry: true}\n",
        "      - §send\n",
        ["wrong_type"],
    ),
    "rules that are no list": ("", LEAVE, "        §go: hear\n", ["wrong_type"]),
    "a step's id with a space": ("", "  mend:\n", "  §mend it:\n", ["bad_name", "unknown_step"]),
    "a need that is a list": ("", "happy: true", "happy: §[true]", ["wrong_type"]),
    "an alternative with two facts": (
        "",
        MEND,
        "    needs:\n      any:\n        - §{happy: true, mark: }\n",
        ["wrong_value"],
    ),
    "a need that is nothing": ("", "happy: true", "happy: {is:§ }", ["wrong_value"]),
    "a transition without by": ("by", ", by: [customer, agent]", "", ["missing_key"]),
    "an escalation of no level": ("", "go: hear", "go: hear\n        escalate: §0", ["wrong_value"]),
}

MEANING = {
    "a name that is not the file's": ("small.yaml", "workflow: small", "workflow: §tiny", ["wrong_name"]),
    "a list that is not there": ("Did you mean kinds?", "from: kinds", "from: §kind", ["unknown_list"]),
    "values from two places": (
        "",
        "{type: choice, from: kinds}",
        "{type: choice, from: kinds, of: [a]}",
        ["wrong_choices"],
    ),
    "no as a choice": ("", "[late, broken]", "[late, §no]", ["confusing_choice"]),
    "on as a choice": ("", "{type: date}", '{type: choice, of: [§"on", later]}', ["confusing_choice"]),
    "a choice that stands twice": ("", "[late, broken]", "[late, §late]", ["duplicate_choice"]),
    "bounds the wrong way round": ("", "from: 1, to: 5", "from: 6, to: §5", ["wrong_value"]),
    "a built-in fact of another type": (
        "",
        "  day: {type: date}",
        "  day: {type: date}\n  owner: {type: §text}",
        ["built_in_fact"],
    ),
    "a fact that begins another": (
        "",
        "  day: {type: date}",
        "  §day.of.week: {type: text}\n  day: {type: date}",
        ["bad_name"],
    ),
    "a fact called like an operator": ("", "  day: {", "  §not.today: {", ["bad_name"]),
    "an unknown fact in needs": ("kind", "      kind:\n", "      §kindd:\n", ["unknown_fact"]),
    "an impossible value in needs": ("", "happy: true", "happy: §maybe", ["wrong_value"]),
    "no where false is meant": ("write false", "happy: true", "happy: §no", ["wrong_value"]),
    "a choice nobody has": ("late", "      kind:\n", "      kind: {in: [§lat, broken]}\n", ["wrong_value"]),
    "a need for one list": ("", "happy: true", "notes: §much", ["wrong_test"]),
    "a need for one decimal": ("", "happy: true", "weight: §1", ["wrong_test"]),
    "at least of a text": ("", "happy: true", "problem.statement: {at_least: §1}", ["wrong_test"]),
    "at least more than there is": ("", "happy: true", "mark: {at_least: §6}", ["wrong_value"]),
    "at least no item": ("", "happy: true", "notes: {at_least: §0}", ["wrong_value"]),
    "two tests of one need": ("", "happy: true", "§mark: {is: 1, at_least: 1}", ["two_tests"]),
    "an unknown step": ("hear", "go: hear", "go: §heer", ["unknown_step"]),
    "an unknown destination": ("withdrawn", "to: withdrawn", "to: §withdrawm", ["unknown_step"]),
    "an unknown source": ("closed", "from: closed", "from: [mend, §close]", ["unknown_step"]),
    "an unknown role": ("agent", "by: [customer, agent]", "by: [customer, §agnet]", ["unknown_role"]),
    "an unknown fact to forget": (
        "happy",
        "go: hear",
        "go: hear\n        forget: [kind, §hapy]",
        ["unknown_fact"],
    ),
    "a forgotten owner": ("", "go: hear", "go: hear\n        forget: [kind, §owner]", ["owner_stays"]),
    "a recorded owner": ("", "go: hear", "go: hear\n        record: {§owner: li}", ["owner_stays"]),
    "a fact the engine may not say": (
        "",
        "go: hear",
        "go: hear\n        record: {§mark: 3}",
        ["wrong_source"],
    ),
    "a recorded value of a wrong type": (
        "",
        "go: hear",
        "go: hear\n        record: {price: §lots}",
        ["wrong_value"],
    ),
    "an unknown fact to record": (
        "price",
        "go: hear",
        "go: hear\n        record: {§prize: 1}",
        ["unknown_fact"],
    ),
    "a delivered value of a wrong type": ("", "{sorry: true}", "{sorry: §1}", ["wrong_value"]),
    "a sibling without its verb": ("send", "go: hear", "go: hear\n        §once: case", ["sibling_alone"]),
    "channels for what is sent once": (
        "every",
        "- send: sorry",
        "- send: sorry\n        §over: [own, phone]",
        ["sibling_alone"],
    ),
    "channels for a message to the house": (
        "",
        "title: Small",
        "title: Small\nclocks: {wait: {stops: kind, every: 2 hours, "
        "on_breach: [{send: sorry, over: [own], to: §owner}]}}",
        ["wrong_channel"],
    ),
    "a rule that does nothing": ("", "        go: hear\n", "", ["empty_rule"]),
    "a verb that says nothing": ("", "go: hear", "§go:", ["missing_value"]),
    "an unknown template": ("sorry", "- send: sorry", "- send: §sory", ["unknown_template"]),
    "an end without title": (
        "",
        "transitions:",
        "ends:\n  closed:\n  withdrawn:\n  ended:\n  §sold: {}\ntransitions:\n"
        "  sell: {from: any, to: sold, by: agent}",
        ["missing_key"],
    ),
    "a misspelt fact in a condition": ("mark", "if: mark <= 2", "if: §marc <= 2", ["unknown_fact"]),
    "a bare word in a condition": ('"late"', "if: mark <= 2", "if: §kind == late", ["unknown_fact"]),
    "an unreadable condition": ("", "if: mark <= 2", "if: §mark <=", ["guard_syntax"]),
    "a call in a condition": ("", "if: mark <= 2", 'if: §kind.lower() == "late"', ["guard_syntax"]),
    "a filter in a condition": ("", "if: mark <= 2", "if: §mark | int > 2", ["guard_syntax"]),
    "arithmetic in a condition": ("", "if: mark <= 2", "if: §mark + 1 <= 2", ["guard_syntax"]),
    "a chain of comparisons": ("and", "if: mark <= 2", "if: §1 < mark < 3", ["guard_syntax"]),
    "an impossible value in a condition": (
        "late",
        "if: mark <= 2",
        'if: §kind == "lat"',
        ["impossible_value"],
    ),
    "a comparison out of bounds": ("", "if: mark <= 2", "if: §mark > 5", ["constant_guard"]),
    "a condition within bounds": ("known", "if: mark <= 2", "if: §mark >= 1", ["constant_guard"]),
    "a condition that contradicts itself": (
        "",
        "if: mark <= 2",
        "if: §mark <= 2 and mark > 3",
        ["constant_guard"],
    ),
    "a condition that is always so": (
        "",
        "if: mark <= 2",
        "if: §mark is known or mark is unknown",
        ["constant_guard"],
    ),
    "a number as a condition": ("known", "if: mark <= 2", "if: §mark", ["not_a_condition"]),
    "money in an order": ("", "if: mark <= 2", 'if: §price > "10 USD"', ["wrong_type"]),
    "a constant condition": ("", "if: mark <= 2", 'if: §"true"', ["constant_guard"]),
    "a need that nothing meets": (
        "",
        "        when_delivered: {sorry: true}\n",
        "",
        ["impossible_need"],
    ),
    "a need that would hang": (
        "mark",
        "happy: true",
        "happy: {is: true, if: §mark > 2}",
        ["hanging_need"],
    ),
    "a way back that forgets nothing": (
        "",
        "go: hear",
        "go: §hear\n        forget: [day]",
        ["forgets_nothing"],
    ),
}


def check(root: Path, text: str, codes: list[str], hint: str) -> None:
    clean, marked = places(text)
    found = findings_of(root, clean)
    assert [finding.code for finding in found] == codes, "\n".join(map(str, found))
    for finding in found:
        assert finding.message.endswith("."), finding.message
    at = [(finding.line, finding.column) for finding in found]
    assert marked == at if len(marked) == len(at) else set(marked) <= set(at), "\n".join(map(str, found))
    assert not hint or any(hint in str(finding) for finding in found), "\n".join(map(str, found))


@pytest.mark.parametrize("name", SYNTAX)
def test_a_syntax_error_is_the_one_finding_of_its_file(name: str, tmp_path: Path) -> None:
    old, new, code = SYNTAX[name]
    check(tmp_path, changed(old, new), [code], "")


@pytest.mark.parametrize("name", SHAPE)
def test_a_wrong_shape_is_found_where_it_stands(name: str, tmp_path: Path) -> None:
    hint, old, new, codes = SHAPE[name]
    check(tmp_path, changed(old, new), codes, hint)


@pytest.mark.parametrize("name", MEANING)
def test_a_wrong_meaning_is_found_where_it_stands(name: str, tmp_path: Path) -> None:
    hint, old, new, codes = MEANING[name]
    check(tmp_path, changed(old, new), codes, hint)


def test_the_workflow_that_is_spoilt_here_is_right(tmp_path: Path) -> None:
    assert findings_of(tmp_path, WORKFLOW) == []
