"""Each way a clock can be written wrong: found at its exact place, under its own code, with a way out.

A case is a clock, or a line of one, in a workflow that is right otherwise; `§` marks where each finding must
point, in order.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from recovery.core.clocks.model import Anchor, Open
from recovery.core.spec import Workflow
from recovery.workflow.bundle import CALENDARS, Bundle, collect, hash_of, load
from tests.workflow.small import WORKFLOW, changed, findings_of, places, write

CALENDARS_YAML = """\
calendars:
  desk:
    zone: Europe/London
    hours: {mon-fri: 09:00-17:00}
  rare:
    zone: Europe/London
    hours: {mon: 09:00-10:00}
    holidays: [{country: GB}]
"""

SOUND = """\
clocks:
  first:
    starts: received
    stops: happy
    within: 4 business hours
"""

BASE = changed("title: Small\n", "title: Small\ncalendar: desk\n", WORKFLOW)


def with_clock(text: str) -> str:
    """The workflow with one clock `first`, given by its lines."""
    lines = "".join(f"    {line}\n" for line in text.strip("\n").splitlines())
    return f"{BASE}clocks:\n  first:\n{lines}"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with calendars."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "calendars.yaml").write_text(CALENDARS_YAML, encoding="utf-8")
    return tmp_path


def read(root: Path, text: str) -> Workflow:
    bundle, findings = collect(root, write(root, text))
    assert bundle is not None, [finding.message for finding in findings]
    return load(bundle)


SPANS = {
    "a unit nobody counts in": ("within: §1 business fortnight", "wrong_span", "10 business days"),
    "a unit there is none of": ("within: §3 moons", "wrong_span", ""),
    "no unit": ("within: §3", "wrong_type", ""),
    "a part of an hour": ("within: §1.5 hours", "wrong_span", "smaller unit"),
    "nothing": ("within: §0 hours", "wrong_span", "At least 1"),
    "less than nothing": ("within: §-2 hours", "wrong_span", ""),
    "five hundred years": ("within: §500 years", "wrong_span", "shorten"),
    "too much": ("within: §3 days hence", "wrong_span", ""),
    "more than the calendar has": (
        "calendar: rare\nwithin: §29000 business days",
        "unreachable_span",
        "Shorten",
    ),
    "one of several by severity": (
        "within: {severity 1: 4 hours, any severity: §soon}",
        "wrong_span",
        "",
    ),
    "one of several in rows": (
        "within: [{severity: 1, is: 4 hours}, {is: §soon}]",
        "wrong_span",
        "",
    ),
}


@pytest.mark.parametrize(("line", "code", "hint"), SPANS.values(), ids=SPANS)
def test_a_span_that_is_none_is_found_where_it_stands(root: Path, line: str, code: str, hint: str) -> None:
    text, (place,) = places(with_clock(f"stops: happy\n{line}"))
    (found,) = findings_of(root, text)
    assert (found.code, (found.line, found.column)) == (code, place), found
    assert hint in found.hint


NAMES = {
    "an unknown calendar": ("calendar: §dsk\nstops: happy\nwithin: 1 hour", "unknown_calendar", "desk"),
    "an unknown start": ("starts: §recieved\nstops: happy\nwithin: 1 hour", "unknown_anchor", "received"),
    "an unknown stop": ("stops: §hapy\nwithin: 1 hour", "unknown_anchor", "happy"),
    "one of several stops": ("stops: [happy, §closd]\nwithin: 1 hour", "unknown_anchor", "closed"),
    "an unknown restart": ("restarts: §heerd\nstops: happy\nwithin: 1 hour", "unknown_anchor", "heard"),
    "an unknown step": ("starts: §step mnd\nstops: happy\nwithin: 1 hour", "unknown_step", "mend"),
    "a message nobody sends": (
        "starts: §sent sory\nstops: happy\nwithin: 1 hour",
        "unknown_template",
        "sorry",
    ),
    "a message nobody sends that stops": (
        "stops: [happy, §sent thanks]\nwithin: 1 hour",
        "unknown_template",
        "sorry",
    ),
    "the only message that stops": ("stops: §sent thanks\nwithin: 1 hour", "unknown_template", "sorry"),
    "a condition with an unknown fact": (
        "if: §hapy == true\nstops: happy\nwithin: 1 hour",
        "unknown_fact",
        "happy",
    ),
    "a start by an unknown fact": (
        "starts: §hapy is known\nstops: happy\nwithin: 1 hour",
        "unknown_fact",
        "happy",
    ),
    "an unknown pause": ("stops: happy\nwithin: 1 hour\npause_while: §waiting", "unknown_anchor", "open"),
    "a pause in an unknown step": (
        "stops: happy\nwithin: 1 hour\npause_while: §step mnd",
        "unknown_step",
        "mend",
    ),
    "a fact to count from": ("stops: happy\nfrom: §dy\nwithin: 1 day", "unknown_fact", "day"),
    "a fact to count from that is no day": ("stops: happy\nfrom: §notes\nwithin: 1 day", "wrong_type", ""),
    "a fact to count back from": ("stops: happy\nbefore: §price\nwithin: 1 day", "wrong_type", ""),
    "a moment that is only a day": ("stops: happy\ndue: §day", "wrong_type", ""),
    "a fact to record": (
        "stops: happy\nwithin: 1 hour\non_breach: [{record: {§sory: true}}]",
        "unknown_fact",
        "sorry",
    ),
    "a place to go": ("stops: happy\nwithin: 1 hour\non_breach: [{go: §mnd}]", "unknown_step", "mend"),
    "a template to send": ("stops: happy\nwithin: 1 hour\nsend: §sory", "unknown_template", "sorry"),
}


@pytest.mark.parametrize(("lines", "code", "hint"), NAMES.values(), ids=NAMES)
def test_a_name_that_stands_for_nothing_is_found_with_a_guess(
    root: Path, lines: str, code: str, hint: str
) -> None:
    text, (place,) = places(with_clock(lines))
    (found,) = findings_of(root, text)
    assert (found.code, (found.line, found.column)) == (code, place), found
    assert hint in found.hint


SENSE = {
    "no length": ("stops: happy", ["missing_key"]),
    "two lengths": ("stops: happy\nwithin: 1 hour\n§every: 2 hours", ["wrong_clock"]),
    "a length and a moment": ("stops: happy\nwithin: 1 hour\n§due: at", ["wrong_clock", "unknown_fact"]),
    "nothing stops it": ("within: 1 hour", ["never_stops"]),
    "a legal clock that pauses": (
        "stops: happy\nwithin: 1 hour\nlegal: true\n§pause_while: open",
        ["legal_pause"],
    ),
    "a warning of nothing": ("stops: happy\nwithin: 1 hour\nwarn_at: §0%", ["wrong_value"]),
    "a warning at the end": ("stops: happy\nwithin: 1 hour\nwarn_at: §100%", ["wrong_value"]),
    "a warning after the end": ("stops: happy\nwithin: 1 hour\nwarn_at: §110%", ["wrong_value"]),
    **{
        f"a warning {before} before the end of {within}": (
            f"stops: happy\nwithin: {within}\nwarn_at: §{before}",
            ["warns_before_start"],
        )
        for within, before in (
            ("1 hour", "60 minutes"),
            ("1 hour", "2 hours"),
            ("4 business hours", "4 business hours"),
            ("3 business days", "3 business days"),
            ("30 hours", "2 days"),
            ("2 days", "4 days"),
            ("1 week", "1 month"),
            ("4 hours", "3 business days"),
            ("1 month", "2 months"),
        )
    },
    "a warning that is a word": ("stops: happy\nwithin: 1 hour\nwarn_at: §soon", ["wrong_span"]),
    "something to do at no warning": (
        "stops: happy\nwithin: 1 hour\n§on_warn: [{send: sorry}]",
        ["sibling_alone"],
    ),
    "times without every": ("stops: happy\nwithin: 1 hour\n§times: 3", ["sibling_alone"]),
    "a last time without times": (
        "every: 1 hour\nstops: happy\n§at_last: [{send: sorry}]",
        ["sibling_alone"],
    ),
    "from and before": ("stops: happy\nfrom: day\nbefore: §day\nwithin: 1 day", ["wrong_clock"]),
    "every so often from a day": ("stops: happy\nfrom: day\nevery: §1 day", ["wrong_clock"]),
    "a severity there is none of": ("stops: happy\nwithin: {severity 9: §1 hour}", ["wrong_value"]),
    "rows after one that fits all": (
        "stops: happy\nwithin: §[{is: 1 hour}, {severity: 1, is: 2 hours}]",
        ["never_reached"],
    ),
    "a day of receipt that is none": (
        "stops: happy\nwithin: [{received_from: §soon, is: 1 hour}, {is: 2 hours}]",
        ["wrong_value"],
    ),
    "a day the month does not have": (
        'stops: happy\nwithin: [{received_from: §"2026-02-30", is: 1 hour}, {is: 2 hours}]',
        ["wrong_value"],
    ),
    "a key there is none of": ("stops: happy\nwithin: 1 hour\n§paus_while: open", ["unknown_key"]),
    "hours nobody has": ("stops: happy\nwithin: 1 hour\nafter_hours: §tomorrow", ["wrong_value"]),
    "no rows": ("stops: happy\nwithin: §[]", ["wrong_value"]),
}


@pytest.mark.parametrize(("lines", "codes"), SENSE.values(), ids=SENSE)
def test_what_makes_no_sense_is_found_where_it_stands(root: Path, lines: str, codes: list[str]) -> None:
    text, marked = places(with_clock(lines))
    found = findings_of(root, text)
    assert [one.code for one in found] == codes, [str(one) for one in found]
    if marked:
        assert (found[0].line, found[0].column) == marked[0]
    assert all(one.message for one in found)


def test_business_time_needs_a_calendar(tmp_path: Path) -> None:
    text, (place,) = places(f"{WORKFLOW}{SOUND}".replace("within: ", "within: §"))
    (found,) = findings_of(tmp_path, text)
    assert (found.code, (found.line, found.column)) == ("no_calendar", place)
    assert "calendar" in found.hint


@pytest.mark.parametrize("key", ["calendar", "contact_hours"])
def test_a_calendar_of_the_whole_workflow_has_to_be_there(root: Path, key: str) -> None:
    text, (place,) = places(changed("title: Small\n", f"title: Small\n{key}: §dsk\n"))
    (found,) = findings_of(root, text)
    assert (found.code, (found.line, found.column)) == ("unknown_calendar", place)
    assert "desk" in found.hint


def test_a_workflow_with_several_faults_hears_of_all_of_them(root: Path) -> None:
    text = f"{BASE}clocks:\n  a: {{within: 1 moon}}\n  b: {{every: 1 day, calendar: dsk}}\n"
    assert {one.code for one in findings_of(root, text)} >= {"never_stops", "wrong_span", "unknown_calendar"}


def test_every_way_to_write_a_clock_is_read(root: Path) -> None:
    flow = read(
        root,
        BASE
        + """\
clocks:
  plain: {stops: [happy, sent sorry, step mend, closed, "mark >= 4"], within: 4 business hours, warn_at: 75%}
  severe:
    stops: happy
    within: {severity 1: 2 days, any severity: 1 day}
    warn_at: 3 hours
  rows:
    stops: happy
    within:
      - {received_from: 2026-12-01, if: mark > 3, severity: 2, is: 1 day}
      - {received_before: 2027-01-01, is: 2 days}
  again: {while: open, every: 2 days, times: 3, send: sorry}
  back: {before: day, stops: happy, within: 10 days, after_hours: next_business_day}
""",
    )
    clocks = flow.clocks
    assert [str(anchor) for anchor in clocks["plain"].stops] == [
        "happy",
        "sent sorry",
        "step mend",
        "closed",
        "mark >= 4",
    ]
    assert clocks["plain"].warn_share == 75
    assert [(row.severity, str(row.span)) for row in clocks["severe"].limits] == [
        (1, "2 days"),
        (None, "1 day"),
    ]
    assert str(clocks["severe"].warn_before) == "3 hours"
    assert [str(row.received_from) for row in clocks["rows"].limits] == ["2026-12-01", "None"]
    assert (clocks["again"].repeats, clocks["again"].times) == (True, 3)
    assert isinstance(clocks["again"].while_, Open)
    assert clocks["back"].starts == Anchor("fact", "day")
    assert (clocks["back"].counts_back, clocks["back"].after_hours) == (True, True)
    assert clocks["plain"].calendar.zone == "Europe/London"
    assert clocks["plain"].line == flow.clocks["plain"].line > 30


def test_a_version_from_before_clocks_still_loads_and_has_none(root: Path) -> None:
    bundle, _ = collect(root, write(root, BASE + SOUND))
    assert bundle is not None
    files = {path: text for path, text in bundle.files.items() if path != CALENDARS}
    old = load(Bundle(hash_of(files), "small", files))
    assert old.clocks == {}
    assert old.contact_hours is None
    assert list(load(bundle).clocks) == ["first"]


def test_a_version_keeps_the_calendar_it_was_published_with(root: Path) -> None:
    bundle, _ = collect(root, write(root, BASE + SOUND))
    (root / "config" / "calendars.yaml").unlink()
    assert bundle is not None
    assert load(bundle).clocks["first"].calendar.name == "desk"
