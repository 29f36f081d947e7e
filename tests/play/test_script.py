"""Reading a script: every kind of line, and every line that is none."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from recovery.core import events as ev
from recovery.core.empowerment import events as money
from recovery.core.errors import NotFound
from recovery.core.stories import events as told
from recovery.play.script import LINES, MAX_LINE, Line, Unreadable, open_script, read_script

AT = "2026-11-20T09:00:00Z"

KINDS: dict[str, tuple[dict[str, Any], type[ev.Event] | None]] = {
    "complaint": ({"text": "It never came."}, ev.ComplaintReceived),
    "record": ({"facts": {"owner": "li"}, "by": "agent:li"}, ev.FactsRecorded),
    "retract": ({"fact": "origin.place", "reason": "a slip", "by": "agent:li"}, ev.FactRetracted),
    "do": ({"transition": "withdraw", "by": "customer"}, ev.MoveRequested),
    "force": ({"to": "own", "reason": "as agreed", "by": "supervisor:kim"}, ev.MoveForced),
    "message": ({"text": "Any news?"}, ev.MessageReceived),
    "promise": (
        {"what": "to call", "by_when": "2026-11-24T15:00:00Z", "by": "agent:li"},
        ev.PromiseMade,
    ),
    "kept": ({"promise": "1", "by": "agent:li"}, ev.PromiseKept),
    "release": ({"promise": "1", "reason": "she called herself", "by": "agent:li"}, ev.PromiseReleased),
    "say": ({"text": "We found it.", "wait": 0, "by": "agent:li"}, ev.MessageWritten),
    "offer": ({"kind": "refund", "amount": "40 USD", "by": "agent:li"}, money.CompensationOffered),
    "spend": ({"kind": "gift", "amount": "4 USD", "by": "agent:li"}, money.CompensationSpent),
    "accept_offer": ({"compensation": "1"}, money.CompensationAccepted),
    "decline_offer": ({"compensation": "1"}, money.CompensationDeclined),
    "revoke": ({"compensation": "1", "reason": "a slip", "by": "agent:li"}, money.CompensationRevoked),
    "fulfil": ({"compensation": "1", "receipt": "T-7", "by": "agent:bo"}, money.CompensationFulfilled),
    "approve": ({"compensation": "1", "by": "supervisor:eva"}, money.ApprovalGranted),
    "refuse": ({"compensation": "1", "reason": "no", "by": "supervisor:eva"}, money.ApprovalRefused),
    "delegate": ({"compensation": "1", "to": "bo", "by": "supervisor:eva"}, money.ApprovalDelegated),
    "tell": ({"felt": "Glad.", "by": "agent:li"}, told.StoryTold),
    "praise": ({"to": "li", "text": "Thank you.", "by": "agent:bo"}, told.PraiseGiven),
    "note": ({"text": "She is tired.", "by": "agent:li"}, ev.NoteAdded),
    "hand_off": ({"to": "bo", "by": "agent:li"}, ev.HandOffOffered),
    "accept": ({"by": "agent:bo"}, ev.HandOffAccepted),
    "ask": (
        {"of": "bo", "what": "Look.", "by_when": "2026-11-23T09:00:00Z", "by": "agent:li"},
        ev.CollaborationAsked,
    ),
    "answer": ({"collaboration": "1", "answer": "Here.", "by": "agent:bo"}, ev.CollaborationAnswered),
    "give": ({"by": "supervisor:pat", "to": "bo", "reason": "She is ill."}, ev.HandOffForced),
    "decline": ({"by": "agent:bo", "reason": "on leave"}, ev.HandOffDeclined),
    "merge": ({"into": "c-2", "by": "agent:li"}, ev.CaseMerged),
    "unmerge": ({"by": "agent:li"}, ev.MergeUndone),
    "lift": ({"reason": "mended", "by": "supervisor:kim"}, ev.QuarantineLifted),
    "erase": ({"reason": "request 12", "by": "supervisor:kim"}, ev.PersonErased),
    "tick": ({}, None),
}


def read(row: Any, **more: Any) -> Line | Unreadable:
    """The one line of a script; a dict is written as JSON with what every line needs."""
    if isinstance(row, dict):
        row = json.dumps({"at": AT, "case": "c-1", **row, **more})
    (line,) = read_script([row])
    return line


def refused(row: Any, **more: Any) -> Unreadable:
    line = read(row, **more)
    assert isinstance(line, Unreadable), line
    assert line.refusal.code == "unreadable"
    assert line.refusal.message.endswith(".")
    return line


def good(row: dict[str, Any]) -> Line:
    line = read(row)
    assert isinstance(line, Line), line
    return line


def test_every_kind_of_line_has_an_example_here() -> None:
    assert KINDS.keys() == LINES.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_a_line_becomes_its_event(kind: str) -> None:
    fields, event = KINDS[kind]
    line = good({"event": kind, **fields})
    assert (line.number, line.kind, line.at.isoformat()) == (1, kind, "2026-11-20T09:00:00+00:00")
    assert (type(line.event) if event else line.event) is event
    assert line.case == ("c-1" if event else None)


@pytest.mark.parametrize("kind", [kind for kind, (fields, _) in KINDS.items() if "by" in fields])
def test_who_did_it_must_be_said(kind: str) -> None:
    fields = {name: value for name, value in KINDS[kind][0].items() if name != "by"}
    assert f"{kind} needs by" in refused({"event": kind, **fields}).refusal.message


@pytest.mark.parametrize(
    ("kind", "field"),
    [(kind, name) for kind, (_, fields) in LINES.items() for name, field in fields.items() if field.required],
)
def test_a_field_that_is_needed_is_asked_for(kind: str, field: str) -> None:
    fields = {name: value for name, value in KINDS[kind][0].items() if name != field}
    line = refused({"event": kind, **fields})
    assert line.refusal.message.startswith(f"{kind} needs {field}")
    assert (line.case, line.kind) == ("c-1", kind)


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, name) for kind, (_, fields) in LINES.items() for name in fields]
)
@pytest.mark.parametrize("value", [[1], 1.5, True, {"a": 1}])
def test_a_field_of_the_wrong_type_is_refused(kind: str, field: str, value: Any) -> None:
    of = LINES[kind][1][field].of
    if of in (dict, bool) and type(value) is of:
        return
    message = refused({"event": kind, **KINDS[kind][0]}, **{field: value}).refusal.message
    assert field in message
    assert "not" in message


def test_a_complaint_says_who_complains_and_where_to_answer() -> None:
    line = good(
        {
            "event": "complaint",
            "text": "It never came.",
            "from": "ana@example.org",
            "name": "Ana",
            "zone": "Asia/Shanghai",
            "language": "zh",
            "channel": "phone",
            "subject": "Order 17",
            "severity": 2,
            "facts": {"origin.place": "Leeds"},
            "source": "agent",
            "by": "agent:li",
            "workflow": "online-shop",
        }
    )
    assert line.workflow == "online-shop"
    assert line.event == ev.ComplaintReceived(
        by="agent:li",
        occurred_at=line.at,
        text="It never came.",
        customer={"address": "ana@example.org", "name": "Ana", "zone": "Asia/Shanghai"},
        channel="phone",
        language="zh",
        subject="Order 17",
        external_id="c-1",
        severity=2,
        facts={"origin.place": "Leeds"},
        source="agent",
    )


def test_an_empty_field_counts_as_left_out() -> None:
    line = good({"event": "complaint", "text": "x", "from": None, "severity": None, "source": None})
    assert line.event == ev.ComplaintReceived(by="customer", occurred_at=line.at, text="x", external_id="c-1")


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("not json", "not JSON"),
        ("{", "not JSON"),
        ("[1, 2]", "not a JSON object"),
        ("null", "not a JSON object"),
        ('"complaint"', "not a JSON object"),
        ("[" * 200_000, "nested too deeply"),
        ('{"a":' * 200_000, "nested too deeply"),
        ('{"at": NaN}', "no JSON number"),
        ('{"severity": -Infinity}', "no JSON number"),
        ("1" * 5_000, "not JSON"),
        ('{"case": "a", "case": "b"}', "'case' stands twice"),
        ('{"facts": {"owner": "li", "owner": "bo"}}', "'owner' stands twice"),
        ("\0", "NUL"),
        ("{}", "event None is not known"),
        ('{"event": 7}', "event 7 is not known"),
        ('{"event": "complain"}', "event 'complain' is not known"),
        ('{"event": "tick"}', "at is None"),
        ('{"event": "tick", "at": 5}', "at is 5"),
        ('{"event": "tick", "at": "yesterday"}', "at is 'yesterday'"),
        ('{"event": "tick", "at": "2026-11-20T09:00:00"}', "not an instant"),
        ('{"event": "tick", "at": "0001-01-01T00:00:00+14:00"}', "not an instant"),
        ('{"event": "tick", "at": "2026-13-01T00:00:00Z"}', "not an instant"),
        ('{"event": "tick", "at": "2026-11-20T09:00:00Z", "when": 1}', "'when' is not a field of tick"),
    ],
)
def test_a_line_that_is_no_event_is_refused_with_what_is_wrong(text: str, part: str) -> None:
    assert part in refused(text).refusal.message


@pytest.mark.parametrize("case", [None, "", 7, [], "half \ud800", "nul \0", "c" * 501])
def test_a_case_must_have_a_name_that_can_be_kept(case: Any) -> None:
    line = refused({"event": "message", "text": "x"}, case=case)
    assert "message needs case" in line.refusal.message
    assert line.case is None


@pytest.mark.parametrize("other", ["", "half \ud800", "c" * 501])
def test_the_case_to_merge_into_must_have_a_name_that_can_be_kept(other: str) -> None:
    assert "into of merge" in refused({"event": "merge", "into": other, "by": "agent:li"}).refusal.message


def test_an_unknown_source_is_refused() -> None:
    line = refused({"event": "record", "facts": {}, "by": "agent:li", "source": "robot"})
    assert "'robot', not customer, agent, engine or import" in line.refusal.message


@pytest.mark.parametrize(
    ("row", "hint"),
    [
        ({"event": "complian", "text": "x"}, "Did you mean complaint?"),
        ({"event": "complaint", "text": "x", "langauge": "zh"}, "Did you mean language?"),
        ({"event": "complaint", "text": "x", "q" * 100_000: 1}, "Its fields are"),
        ({"event": "e" * 100_000}, "One of complaint"),
    ],
)
def test_a_slip_is_answered_with_what_is_known(row: dict[str, Any], hint: str) -> None:
    line = refused(row)
    assert hint in line.refusal.hint
    assert len(line.refusal.message) + len(line.refusal.hint) < 500


def test_blank_lines_are_passed_over_and_counted() -> None:
    tick = json.dumps({"at": AT, "event": "tick"})
    assert [line.number for line in read_script(["\n", tick, "  \r\n", tick])] == [2, 4]


# --- files --------------------------------------------------------------------------------------------------


def lines_of(path: Path, data: bytes) -> list[Line | Unreadable]:
    path.write_bytes(data)
    with open_script(path) as lines:
        return list(read_script(lines))


TICK = b'{"at": "2026-11-20T09:00:00Z", "event": "tick"}'


@pytest.mark.parametrize(
    "data",
    [
        TICK + b"\n" + TICK + b"\n",
        TICK + b"\r\n" + TICK + b"\r\n",
        TICK + b"\n" + TICK,
        b"\xef\xbb\xbf" + TICK + b"\n\n" + TICK,
    ],
    ids=["LF", "CRLF", "no line end at the end", "BOM"],
)
def test_a_file_is_read_whatever_its_line_ends_are(tmp_path: Path, data: bytes) -> None:
    lines = lines_of(tmp_path / "play.jsonl", data)
    assert [line.kind for line in lines] == ["tick", "tick"]


def test_a_line_that_is_not_utf_8_is_refused_and_the_next_one_is_read(tmp_path: Path) -> None:
    latin = '{"at": "2026-11-20T09:00:00Z", "event": "tick", "case": "Müller"}'.encode("latin-1")
    bad, after = lines_of(tmp_path / "play.jsonl", latin + b"\n" + TICK)
    assert isinstance(bad, Unreadable)
    assert "not UTF-8" in bad.refusal.message
    assert isinstance(after, Line)


def test_a_line_separator_within_a_text_ends_no_line(tmp_path: Path) -> None:
    row = {"at": AT, "event": "message", "case": "c-1", "text": "a\u2028b\x85c\x0bd"}
    data = json.dumps(row, ensure_ascii=False).encode() + b"\n"
    (line,) = lines_of(tmp_path / "play.jsonl", data)
    assert isinstance(line, Line)
    assert isinstance(line.event, ev.MessageReceived)
    assert line.event.text == row["text"]


@pytest.mark.parametrize("megabytes", [5, 20])
def test_a_line_of_megabytes_is_refused_unread_and_the_next_one_is_read(
    tmp_path: Path, megabytes: int
) -> None:
    data = TICK + b"\n" + b"x" * (megabytes * 1_000_000) + b"\n" + TICK
    first, long, last = lines_of(tmp_path / "play.jsonl", data)
    assert isinstance(first, Line)
    assert isinstance(long, Unreadable)
    assert f"longer than {MAX_LINE:,} characters" in long.refusal.message
    assert isinstance(last, Line)
    assert last.number == 3


def test_a_long_line_within_the_bounds_is_read(tmp_path: Path) -> None:
    row = {"at": AT, "event": "message", "case": "c-1", "text": "很" * 900_000}
    (line,) = lines_of(tmp_path / "play.jsonl", json.dumps(row, ensure_ascii=False).encode())
    assert isinstance(line, Line)


def test_standard_input_is_read_as_utf_8_whatever_the_terminal_is(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"at": AT, "event": "message", "case": "c-1", "text": "😡"}
    raw = io.BytesIO(b"\xef\xbb\xbf" + json.dumps(row, ensure_ascii=False).encode())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(raw, encoding="ascii"))
    with open_script(Path("-")) as lines:
        (line,) = read_script(lines)
    assert isinstance(line, Line)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"no file .*nothing\.jsonl"), open_script(tmp_path / "nothing.jsonl"):
        pass


def test_a_folder_is_no_script(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError), open_script(tmp_path):
        pass
