"""A mapping is checked as a whole before a row is read: where, what, and what would be accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

from recovery.core.errors import EnvironmentFault, NotFound
from recovery.engine import Engine
from recovery.imports.loading import check_mapping, load_mapping
from recovery.imports.mapping import FOLDER, mapping_files
from recovery.imports.rules import Column, Hash, Words
from recovery.project import starter_root
from recovery.workflow.findings import BadFile
from tests.imports.conftest import MAPPING

LOG = """\
mapping: log
workflow: helpdesk-log
mode: events
case: {column: Ticket, prefix: "t:"}
at: {column: Time, iso: true}
activity: {column: What, values: {Closed: closed}}
by: {column: Who, prefix: "agent:"}
columns_required: [Who]
"""


def findings(engine: Engine, text: str) -> list[str]:
    """Each finding as `line:column code: message hint`."""
    mapping, found = check_mapping(text.encode(), "m.yaml", engine.current)
    assert (mapping is None) == bool(found)
    return [f"{f.line}:{f.column} {f.code}: {f.message} {f.hint}".strip() for f in found]


def test_every_shipped_mapping_is_right(engine: Engine) -> None:
    files = mapping_files(starter_root())
    assert set(files) == {"cfpb", "helpdesk-log", "reviews-zh"}
    for path in files.values():
        mapping = load_mapping(path, engine.current)
        assert mapping.name == path.stem
        assert mapping.file == str(path)


def test_a_mapping_holds_what_its_file_says(engine: Engine) -> None:
    mapping, _ = check_mapping(MAPPING.encode(), "m.yaml", engine.current)
    assert mapping is not None
    assert mapping.external_id == Column("Number", "letter:")
    assert mapping.text == Words(("Words",), "", (("", "Topic"), (": ", "Detail")), "")
    assert (mapping.source, mapping.language, mapping.log) == ("import", "en", None)
    assert mapping.required == ("Number", "Came", "Words")


def test_the_columns_that_make_a_row_known_are_required_without_saying(engine: Engine) -> None:
    mapping, _ = check_mapping(LOG.encode(), "m.yaml", engine.current)
    assert mapping is not None
    assert mapping.required == ("Who", "Ticket", "What", "Time")
    text = "mapping: m\nworkflow: ten-step\nexternal_id: {hash: [A, B]}\ncolumns_required: [A]\n"
    hashed, _ = check_mapping(text.encode(), "m.yaml", engine.current)
    assert hashed is not None
    assert hashed.external_id == Hash(("A", "B"))
    assert hashed.required == ("A", "B")


def test_a_date_that_may_be_missing_is_not_required(engine: Engine) -> None:
    text = MAPPING.replace("Europe/London}", "Europe/London, else: import}").replace(
        "Number, Came, Words", "Words"
    )
    mapping, found = check_mapping(text.encode(), "m.yaml", engine.current)
    assert mapping is not None, found
    assert mapping.required == ("Words", "Number")


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("letters", "", "1:1 missing_key: The mapping has no `mapping`."),
        ("ten-step", "ten-steps", "2:11 unknown_workflow: No workflow ten-steps has been published here."),
        (
            "channel:",
            "chanel:",
            "6:1 unknown_key: `chanel` is not a key that is known here. Did you mean channel?",
        ),
        (
            "column: Number",
            "colum: Number",
            "3:15 unknown_key: `colum` is not a key that is known here. Did you mean column?",
        ),
        ("column: Number", "column: 7", '3:23 wrong_type: `7` is not a text. Put it in quotes: "…".'),
        (
            '{column: Number, prefix: "letter:"}',
            "Number",
            "3:14 wrong_type: `Number` is not a mapping. Such as `{column: Name}`.",
        ),
        (
            "external_id:",
            "external:",
            "3:1 unknown_key: `external` is not a key that is known here. Did you mean external_id?",
        ),
        ("%Y-%m-%d", "%m-%d", "4:37 wrong_value: The format cannot be used: 11-22 does not say the year"),
        (
            "Europe/London",
            "Europe/Londn",
            "4:55 unknown_zone: `Europe/Londn` is not a time zone. Did you mean Europe/London?",
        ),
        ("Europe/London", "../etc", "4:55 unknown_zone: `../etc` is not a time zone."),
        (
            ", zone: Europe/London",
            "",
            "4:14 missing_key: The dates have no zone. Add `zone`, such as Europe/London.",
        ),
        (
            "zone: Europe/London",
            "iso: true",
            "4:14 wrong_value: How the dates are written is not said, or said twice.",
        ),
        (
            "zone: Europe/London",
            "zone: Europe/London, else: now",
            "4:76 wrong_value: `now` is not accepted. Say `import`.",
        ),
        ("[Words]", "Words", "5:15 wrong_type: A list of columns is wanted. Such as `[Name, Date]`."),
        (
            "{Topic}: {Detail}",
            "Topic: {Detail",
            "5:30 wrong_value: `Topic: {Detail` does not name its columns.",
        ),
        (
            'first: [Words], else: "{Topic}: {Detail}"',
            "",
            "5:7 missing_key: Nothing says where the text comes from.",
        ),
        ("portal}", "no}", None),
        ("Web: portal}", "Web: true}", '6:52 wrong_type: `true` is not a text. Put it in quotes: "…".'),
        (
            "address:",
            "adress:",
            "7:34 unknown_key: `adress` is not a key that is known here. Did you mean address?",
        ),
        (
            "origin.place:",
            "origin.plaice:",
            "9:3 unknown_fact: `origin.plaice` is not a fact of workflow ten-step. Did",
        ),
        (
            "origin.place:",
            "apology.sent:",
            "9:3 wrong_source: apology.sent must come from the engine, not from the import.",
        ),
        (
            "origin.place:",
            "followup.satisfaction:",
            "9:3 wrong_source: followup.satisfaction must come from the customer",
        ),
        (
            "Letter: letter",
            "Letter: leter",
            "10:49 wrong_value: origin.source: 'leter' is not one of hotline, mail, letter",
        ),
        (
            "otherwise: mail}\n  origin.timely",
            "otherwise: post}\n  origin.timely",
            "10:84 wrong_value: origin.source: 'post' is not one of hotline",
        ),
        (
            "{column: Timely}",
            "{column: Timely, format: '%Y'}",
            "11:35 unknown_key: `format` is not a key that is known here.",
        ),
        (
            "columns_required: [Number, Came, Words]",
            "",
            "1:1 missing_key: The mapping has no `columns_required`.",
        ),
        (
            "mapping: letters",
            "mapping: letters\nmode: event",
            "2:7 wrong_value: `event` is not accepted here. One of complaints, events.",
        ),
        (
            "mapping: letters",
            "mapping: letters\nsource: agent",
            "2:9 wrong_value: `agent` is not accepted here. One of import, customer.",
        ),
        (
            "mapping: letters",
            "mapping: letters\nlanguage: English",
            "2:11 wrong_value: `English` is not a language. Such as en or zh.",
        ),
        (
            "mapping: letters",
            "mapping: letters\nlanguage: {column: L, values: {E: EN}}",
            "2:35 wrong_value: `EN` is not a language. Such as en or zh.",
        ),
        (
            "mapping: letters",
            "mapping: letters\nactivity: {column: X}",
            "2:1 unknown_key: `activity` is not a key that is known here.",
        ),
        (
            "mapping: letters",
            "mapping: letters\nconstants: {origin.place: York}",
            "10:3 duplicate_key: origin.place stands under `constants` too.",
        ),
        (
            "mapping: letters",
            "mapping: letters\nconstants: {emotion.level: 9}",
            "2:28 wrong_value: emotion.level: 9 is not within",
        ),
        ("mapping: letters", "- letters", "1:1 wrong_type: The file must be a mapping."),
    ],
)
def test_what_is_wrong_is_found_with_its_place_and_a_way_out(
    engine: Engine, old: str, new: str, finding: str | None
) -> None:
    assert old in MAPPING
    text = new + "\n" if new == "- letters" else MAPPING.replace(old, new, 1)
    found = findings(engine, text)
    if finding is None:
        assert found == []
    else:
        assert any(one.startswith(finding) for one in found), found


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("closed}", "close}", "6:43 unknown_transition: `close` is not a transition of workflow"),
        (", values: {Closed: closed}", "", "6:11 missing_key: What each activity means is not said."),
        (
            "activity: {column: What, values: {Closed: closed}}\n",
            "",
            "1:1 missing_key: The mapping has no `activity`.",
        ),
        ("at: {column: Time, iso: true}\n", "", "1:1 missing_key: The mapping has no `at`."),
        ("iso: true", "iso: true, else: import", "5:31 unknown_key: `else` is not a key that is known here."),
    ],
)
def test_what_is_wrong_with_a_log_is_found_too(engine: Engine, old: str, new: str, finding: str) -> None:
    found = findings(engine, LOG.replace(old, new, 1))
    assert any(one.startswith(finding) for one in found), found


def test_all_findings_come_in_one_run(engine: Engine) -> None:
    text = (
        MAPPING.replace("origin.place", "origin.plaice")
        .replace("Europe/London", "Nowhere")
        .replace("first", "frist")
    )
    assert len(findings(engine, text)) == 3


def test_what_a_customer_said_may_be_declared_so(engine: Engine) -> None:
    text = MAPPING.replace("mapping: letters", "mapping: letters\nsource: customer")
    text = text.replace("origin.place:", "followup.satisfaction:")
    assert findings(engine, text) == []


def test_a_syntax_error_is_one_finding(engine: Engine) -> None:
    assert len(findings(engine, "mapping: [a\nworkflow: ]]")) == 1


def test_a_bad_mapping_cannot_be_loaded(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "m.yaml"
    path.write_text(MAPPING.replace("ten-step", "tenstep"), encoding="utf-8")
    with pytest.raises(BadFile, match=r"m\.yaml:2:11: No workflow tenstep has been published here"):
        load_mapping(path, engine.current)
    with pytest.raises(NotFound, match="There is no mapping"):
        load_mapping(tmp_path / "none.yaml", engine.current)


def test_mappings_lie_beside_the_project() -> None:
    assert (starter_root() / FOLDER).is_dir()


def test_a_mapping_that_cannot_be_read_is_an_error_of_the_environment(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="cannot be read"):
        load_mapping(tmp_path, engine.current)


def test_a_null_counts_as_not_said(engine: Engine) -> None:
    text = MAPPING.replace("mapping: letters", "mapping: letters\nlanguage:\nconstants: ~")
    assert findings(engine, text) == []
