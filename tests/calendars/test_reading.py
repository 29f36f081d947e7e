"""`config/calendars.yaml`: what is right becomes a calendar; what is wrong is found, with its place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from recovery.core.calendars.calendar import Calendar, Window
from recovery.workflow.calendars import (
    FILE,
    calendars_of,
    check_calendars,
    expanded,
    read_calendars,
    read_expanded,
)
from recovery.workflow.findings import BadFile
from tests.real_data import ROOT

DESK = "calendars:\n  desk:\n    zone: UTC\n    hours:\n      mon-fri: 09:00-18:00\n"
ICAL = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
DTSTART;VALUE=DATE:20261224
DTEND;VALUE=DATE:20261227
SUMMARY:Winter\\, closed
  for all
END:VEVENT
BEGIN:VEVENT
DTSTART:20270102
DESCRIPTION:no name
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID="Europe/Rome";VALUE=DATE:20270104
STATUS:CANCELLED
END:VEVENT
END:VCALENDAR
"""

LASTING = ICAL.replace("DTEND;VALUE=DATE:20261227", "DURATION:{}")


def read(text: str, **files: str) -> tuple[dict[str, Calendar], list[str]]:
    def reads(name: str) -> tuple[bytes | None, str]:
        found = files.get(name.removesuffix(".ics"))
        return (None if found is None else found.encode()), f"config/{name}"

    made, findings = read_calendars(text.encode(), "c.yaml", reads)
    return made, list(map(str, findings))


def desk(more: str, **files: str) -> Calendar:
    made, findings = read(DESK + more, **files)
    assert findings == []
    return made["desk"]


def test_hours_holidays_closing_days_and_exceptions_become_a_calendar() -> None:
    calendar = desk(
        "      sat: [10:00-12:00, 13:00 – 16:00]\n      sun: closed\n"
        "    holidays:\n      - {country: GB, region: SCT}\n"
        "    closed:\n      2026-12-24 to 2026-12-26: Winter break\n"
        "    exceptions:\n      2026-12-31: 09:00-13:00\n      2026-12-25: closed\n"
    )
    assert calendar.week[0] == (Window(540, 1080),)
    assert calendar.week[5:] == ((Window(600, 720), Window(780, 960)), ())
    assert calendar.holidays[date(2026, 11, 30)] == "Saint Andrew's Day"
    assert sorted(calendar.closed) == [date(2026, 12, day) for day in (24, 25, 26)]
    assert calendar.exceptions == {date(2026, 12, 31): (Window(540, 780),), date(2026, 12, 25): ()}
    assert calendar.known == (2000, 2050)


def test_hours_over_midnight_say_so_and_a_range_of_weekdays_may_go_over_sunday() -> None:
    made, findings = read(
        "calendars:\n  n:\n    zone: UTC\n    hours:\n      sat-mon: 22:00-06:00 next day\n"
        "      thu: 00:00-24:00\n"
    )
    assert findings == []
    night = (Window(1320, 1800),)
    assert made["n"].week == (night, (), (), (Window(0, 1440),), (), night, night)
    assert made["n"].known is None


def test_weekend_days_that_a_country_makes_working_days_get_the_hours_given_for_them() -> None:
    calendar = desk("    holidays: [country: CN]\n    make_up_days: 09:00-12:00\n")
    assert calendar.exceptions[date(2026, 2, 14)] == (
        Window(540, 720),
    )  # a Saturday, for the Spring Festival
    assert calendar.holidays[date(2026, 2, 17)] == "春节"
    assert date(2026, 2, 14) not in desk("    holidays: [country: CN]\n").exceptions


def test_holidays_come_from_an_icalendar_file_of_whole_days() -> None:
    calendar = desk("    holidays: [file: ours.ics]\n", ours=ICAL.replace("\n", "\r\n"))
    winter = dict.fromkeys((date(2026, 12, day) for day in (24, 25, 26)), "Winter, closed for all")
    assert calendar.holidays == {**winter, date(2027, 1, 2): "closed"}
    assert calendar.known is None


@pytest.mark.parametrize(("lasts", "days"), [("P1D", 1), ("P3D", 3), ("P1W", 7)])
def test_an_event_may_say_how_many_days_it_lasts(lasts: str, days: int) -> None:
    calendar = desk("    holidays: [file: ours.ics]\n", ours=LASTING.format(lasts))
    assert sum(day < date(2027, 1, 1) for day in calendar.holidays) == days


def test_the_first_source_names_a_day() -> None:
    both = "    holidays:\n      - country: GB\n      - file: ours.ics\n"
    christmas = ICAL.replace("20261224", "20261225")
    assert desk(both, ours=christmas).holidays[date(2026, 12, 25)] == "Christmas Day"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            "      sat: 18:00-09:00\n",
            "c.yaml:6:12: `18:00-09:00` ends before it starts. Hours over midnight are",
        ),
        (
            "      sat: 09:00-09:00\n",
            "c.yaml:6:12: `09:00-09:00` is no time at all. A whole day is 00:00-24:00.",
        ),
        ("      sat: 09:00-10:00 next day\n", "c.yaml:6:12: `09:00-10:00 next day` is longer than a day."),
        ("      sat: 09:00-25:00\n", "c.yaml:6:12: `09:00-25:00` holds a time that no clock shows."),
        ("      sat: 09:60-10:00\n", "c.yaml:6:12: `09:60-10:00` holds a time that no clock shows."),
        ("      sat: 9 to 5\n", "c.yaml:6:12: `9 to 5` is no opening hours. Such as 09:00-18:00"),
        ("      sat: [closed, 10:00-11:00]\n", "c.yaml:6:13: `closed` is no opening hours."),
        ("      sat: [10:00-12:00, 11:00-13:00]\n", "c.yaml:6:26: 11:00-13:00 overlaps 10:00-12:00."),
        ("      sun: 22:00-10:00 next day\n", "c.yaml:5:16: 09:00-18:00 overlaps 22:00-10:00 next day."),
        ("      wed: 09:00-10:00\n", "c.yaml:6:7: `wed` gives hours to a day that `mon-fri` has given some."),
        (
            "    exceptions: {2026-12-24: closed, 2026-12-23 to 2026-12-26: 09:00-10:00}\n",
            "c.yaml:6:38: `2026-12-23 to 2026-12-26` gives hours to a day that `2026-12-24` has given some.",
        ),
        ("      saturday: 09:00-10:00\n", "c.yaml:6:7: `saturday` is no weekday. Did you mean sat?"),
        ("      mon-wed-fri: 09:00-10:00\n", "c.yaml:6:7: `mon-wed-fri` is no weekday. One of mon, tue"),
        ("    zone2: x\n", "c.yaml:6:5: `zone2` is not a key that is known here. Did you mean zone?"),
        ("    closed: {2026-13-01: x}\n", "c.yaml:6:14: `2026-13-01` is no date. Such as 2026-12-24"),
        ("    closed: {20261224: x}\n", "c.yaml:6:14: `20261224` is no date."),
        (
            "    closed: {2026-12-24 to 2026-12-20: x}\n",
            "c.yaml:6:14: `2026-12-24 to 2026-12-20` ends before",
        ),
        (
            "    closed: {2026-01-01 to 2028-01-01: x}\n",
            "c.yaml:6:14: `2026-01-01 to 2028-01-01` is too long.",
        ),
        ("    exceptions: {2026-12-31: 18:00-09:00}\n", "c.yaml:6:30: `18:00-09:00` ends before it starts."),
        ("    holidays: [country: XX]\n", "c.yaml:6:25: `XX` is no country whose holidays are known."),
        (
            "    holidays: [country: Italy]\n",
            "c.yaml:6:25: `Italy` is no country whose holidays are known. Did you mean IT?",
        ),
        (
            "    holidays: [{country: GB, region: ENGL}]\n",
            "c.yaml:6:38: `ENGL` is no region of GB. Did you mean ENG?",
        ),
        (
            "    holidays: [{country: BH, region: X}]\n",
            "c.yaml:6:38: `X` is no region of BH. BH has no regions here",
        ),
        ("    holidays: [region: ENG]\n", "c.yaml:6:16: Holidays come from a country,"),
        ("    holidays: [{country: GB, file: a.ics}]\n", "c.yaml:6:16: Holidays come from a country,"),
        (
            "    holidays: [file: gone.ics]\n",
            "c.yaml:6:22: There is no file `gone.ics` that can be read. Put it at",
        ),
        ("    holidays: [file: ../a.ics]\n", "c.yaml:6:22: `../a.ics` does not lie beside the calendars."),
        ("    holidays: [file: /a.ics]\n", "c.yaml:6:22: `/a.ics` does not lie beside the calendars."),
        ("    make_up_days: 9-5\n", "c.yaml:6:19: `9-5` is no opening hours."),
    ],
)
def test_what_is_wrong_is_said_at_its_place_with_what_would_be_accepted(more: str, said: str) -> None:
    made, findings = read(DESK + more)
    assert made == {}
    assert [finding for finding in findings if finding.startswith(said)], findings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            DESK.replace("UTC", "Europe/Lodnon"),
            "c.yaml:3:11: `Europe/Lodnon` is not a time zone. Did you mean Europe/London?",
        ),
        (DESK.replace("UTC", "/etc/passwd"), "c.yaml:3:11: `/etc/passwd` is not a time zone."),
        (DESK.replace("UTC", "localtime"), "c.yaml:3:11: `localtime` is not a time zone."),
        (DESK.replace("UTC", "posixrules"), "c.yaml:3:11: `posixrules` is not a time zone."),
        (DESK.replace("UTC", "right/Europe/Rome"), "c.yaml:3:11: `right/Europe/Rome` is not a time zone."),
        (DESK.replace("09:00-18:00", "closed"), "c.yaml:4:5: The calendar desk never opens. Give it hours."),
        (DESK.replace("desk", "The Desk"), "c.yaml:2:3: `The Desk` is not a name."),
        ("calendars: {}\n", "c.yaml:1:12: A mapping is too short: at least 1 keys."),
        ("calendars:\n  a: {hours: {mon: 1}}\n", "c.yaml:2:3: `a` has no `zone`."),
        ("", "c.yaml:1:1: There is nothing in it."),
        ("calendars: [", "c.yaml:"),
    ],
)
def test_a_file_that_holds_no_calendar_is_a_finding(text: str, said: str) -> None:
    made, findings = read(text)
    assert made == {}
    assert [finding for finding in findings if finding.startswith(said)], findings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Dear all, we close at Christmas.", "config/ours.ics:1:1: The file is no iCalendar file."),
        ("\xff", "config/ours.ics:1:1:"),
        (ICAL.replace("END:VCALENDAR\n", ""), "config/ours.ics:16:1: The iCalendar file breaks off."),
        (ICAL.replace("VERSION:2.0", "?"), "config/ours.ics:2:1: `?` is no line of an iCalendar file."),
        (
            ICAL.replace("VERSION:2.0", "END:VEVENT"),
            "config/ours.ics:2:1: `END:VEVENT` ends what has not begun.",
        ),
        (
            ICAL.replace("VERSION:2.0", "VERSION:2.0\nBEGIN:VEVENT\nEND:VEVENT"),
            "config/ours.ics:3:1: The event has no DTSTART.",
        ),
        (
            ICAL.replace("20270102", "20270102T090000"),
            "config/ours.ics:10:1: DTSTART is `20270102T090000`. Only whole days",
        ),
        (ICAL.replace("20270102", "20271302"), "config/ours.ics:10:1: DTSTART is `20271302`."),
        (
            ICAL.replace("20261227", "20261224"),
            "config/ours.ics:5:1: The event lasts 0 days from 2026-12-24. DTEND is the day after",
        ),
        (ICAL.replace("20261227", "soon"), "config/ours.ics:5:1: DTEND is `soon`."),
        (LASTING.format("PT8H"), "config/ours.ics:5:1: DURATION is `PT8H`. Only whole days are read"),
        (LASTING.format("P0D"), "config/ours.ics:5:1: The event lasts 0 days from 2026-12-24."),
        (
            ICAL.replace("20270102", "99991231"),
            "config/ours.ics:10:1: The event lasts 1 days from 9999-12-31.",
        ),
        (
            ICAL.replace("DESCRIPTION:no name", "RRULE:FREQ=YEARLY"),
            "config/ours.ics:11:1: The event repeats (RRULE)",
        ),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\n", "c.yaml:6:22: `ours.ics` has no event."),
    ],
)
def test_a_file_of_holidays_that_is_not_icalendar_or_says_more_than_days_is_a_finding(
    text: str, said: str
) -> None:
    made, findings = read(DESK + "    holidays: [file: ours.ics]\n", ours=text)
    assert made == {}
    assert [finding for finding in findings if finding.startswith(said)], findings


def test_every_wrong_calendar_is_reported_and_the_sound_ones_are_read() -> None:
    made, findings = read(
        DESK
        + "  other:\n    zone: Mars\n    hours: {mon: 9}\n  third: {zone: UTC, hours: {mon: 10:00-9:00}}\n"
    )
    assert list(made) == ["desk"]
    assert len(findings) == 3
    made, findings = read(
        DESK
        + "  other: {zone: Mars, hours: {mon: 9:00-10:00}}\n  third: {zone: UTC, hours: {mon: 10:00-9:00}}\n"
    )
    assert list(made) == ["desk"]
    assert len(findings) == 2


def test_the_shipped_calendars_are_sound_and_stay_the_same_in_a_bundle() -> None:
    calendars = calendars_of(ROOT)
    assert {"support", "shanghai", "on-call", "always", "daytime", "fca-business"} <= calendars.keys()
    kept = expanded(calendars.values())
    assert read_expanded(kept) == calendars
    assert read_expanded(kept) is read_expanded(kept)


def test_a_project_without_calendars_has_none_and_a_wrong_file_raises(tmp_path: Path) -> None:
    assert check_calendars(tmp_path) == ({}, [])
    (tmp_path / FILE).parent.mkdir()
    (tmp_path / FILE).write_text(DESK + "    holidays: [file: ours.ics]\n")
    with pytest.raises(BadFile, match=r"ours\.ics"):
        calendars_of(tmp_path)
    (tmp_path / "config" / "ours.ics").write_text(ICAL)
    assert date(2026, 12, 24) in calendars_of(tmp_path)["desk"].holidays


def test_a_wrong_shape_hides_nothing_else() -> None:
    text = """
calendars:
  desk:
    zone: Europe/Londn
    colour: red
    hours: {mon: [7], tue: 17:00-09:00}
    closed: {2026-02-30: gone}
  zoneless:
    hours: {mon: 09:00-17:00}
  third:
    zone: 7
    hours: {mon: 18:00-09:00}
"""
    made, findings = read_calendars(text.encode(), "c.yaml", lambda name: (None, name))
    assert sorted((one.line, one.code) for one in findings) == [
        (4, "unknown_zone"),
        (5, "unknown_key"),
        (6, "reversed_hours"),
        (6, "wrong_type"),
        (7, "wrong_date"),
        (8, "missing_key"),
        (11, "wrong_type"),
    ]
    assert list(made) == []
