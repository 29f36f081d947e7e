"""`recovery calendar`: a month drawn, a deadline explained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said

Cli = Callable[..., Said]

YEAR_END = """calendars:
  desk:
    zone: Europe/London
    hours: {mon-fri: [09:00-12:00, 13:30-18:00]}
    holidays: [{country: GB, region: ENG}]
    closed: {2026-12-24: Christmas Eve}
    exceptions: {2026-12-31: 09:00-13:00}
  apia: {zone: Pacific/Apia, hours: {mon-sun: 00:00-24:00}}
"""


@pytest.fixture
def calendars(home: Path) -> None:
    (home / "config" / "calendars.yaml").write_text(YEAR_END)


def line(said: Said, start: str) -> str:
    return next(line for line in said.out.splitlines() if line.startswith(start))


@pytest.mark.usefixtures("calendars")
def test_a_month_is_drawn_with_its_holidays_closing_days_and_exceptions(cli: Cli) -> None:
    said = cli("calendar", "show", "desk", "--month", "2026-12")
    assert said.out.startswith("desk, December 2026, Europe/London\n")
    assert line(said, "Wed 23") == "Wed 23  ·········███·▄████······  09:00–12:00, 13:30–18:00"
    assert line(said, "Thu 24") == "Thu 24  ························  closed, Christmas Eve"
    assert line(said, "Fri 25") == "Fri 25  ························  closed, Christmas Day"
    assert line(said, "Thu 31") == "Thu 31  ·········████···········  09:00–13:00, exception"
    assert said.out.endswith("\nOpen for 146 hours 30 minutes on 20 days.\n")


def test_the_nights_of_clock_changes_are_drawn_and_night_hours_run_over_midnight(
    cli: Cli, home: Path
) -> None:
    said = cli("calendar", "show", "on-call", "--month", "2026-03")
    forward = "09:00–09:00 +1, clocks go forward: the day has 23 hours"
    assert line(said, "Sun 29") == f"Sun 29  █ ██████████████████████  {forward}"
    assert line(said, "Mon 30") == "Mon 30  █████████·········██████  18:00–09:00 +1"
    back = line(cli("calendar", "show", "on-call", "--month", "2026-10"), "Sun 25")
    assert back.endswith("09:00–09:00 +1, clocks go back: the day has 25 hours")


@pytest.mark.usefixtures("calendars")
def test_a_month_is_shown_on_another_clock(cli: Cli) -> None:
    said = cli("calendar", "show", "desk", "--month", "2026-12", "--zone", "Asia/Shanghai")
    assert "on the clock of Asia/Shanghai" in said.out
    assert line(said, "Wed 23") == "Wed 23  ██···············███·▄██  17:00–20:00, 21:30–02:00 +1"


@pytest.mark.usefixtures("calendars")
def test_a_day_that_the_zone_skipped_says_so(cli: Cli) -> None:
    said = cli("calendar", "show", "apia", "--month", "2011-12")
    assert line(said, "Fri 30") == f"Fri 30  {24 * ' '}  closed, a day that this zone skipped"
    assert line(said, "Thu 29").endswith("00:00–24:00")


def test_without_a_month_it_is_this_one(cli: Cli, home: Path) -> None:
    assert len(cli("calendar", "show", "always", "--json").data["month"]) == 7


@pytest.mark.usefixtures("calendars")
def test_a_deadline_says_which_days_and_hours_counted(cli: Cli) -> None:
    said = cli("calendar", "due", "desk", "1 business day", "--from", "2026-12-23T17:55")
    assert said.out.splitlines() == [
        "1 business day from Wed 2026-12-23 17:55 (desk, Europe/London)",
        "due Tue 2026-12-29 18:00 (desk, Europe/London)",
        "  Wed 2026-12-23  the day of receipt",
        "  Thu 2026-12-24  closed, Christmas Eve",
        "  Fri 2026-12-25  closed, Christmas Day",
        "  Sat 2026-12-26  closed, Boxing Day",
        "  Sun 2026-12-27  closed",
        "  Mon 2026-12-28  closed, Boxing Day (observed)",
        "  Tue 2026-12-29  09:00–12:00, 13:30–18:00, business day 1",
    ]
    hours = cli("calendar", "due", "desk", "4 business hours", "--from", "2026-12-22T16:00")
    assert "  Tue 2026-12-22  09:00–12:00, 13:30–18:00, 2 hours counted" in hours.out
    assert "due Wed 2026-12-23 11:00" in hours.out


def test_open_time_of_a_night_counts_from_the_day_before(cli: Cli, home: Path) -> None:
    said = cli("calendar", "due", "on-call", "8 business hours", "--from", "2026-11-20T02:00")
    assert said.out.splitlines()[1:] == [
        "due Fri 2026-11-20 19:00 (on-call, Europe/London)",
        "  Thu 2026-11-19  18:00–09:00 +1, 7 hours counted",
        "  Fri 2026-11-20  18:00–09:00 +1, 1 hour counted",
    ]


def test_a_long_deadline_tells_the_first_days_and_the_last(cli: Cli, home: Path) -> None:
    said = cli("calendar", "due", "support", "60 business days", "--from", "2026-11-20T17:55").out
    assert "more days …" in said
    assert said.splitlines()[-1].endswith("business day 60")
    just_over = cli("calendar", "due", "support", "22 business days", "--from", "2026-11-20T17:55").out
    assert just_over.splitlines()[-1].endswith("business day 22")


def test_calendar_days_end_at_midnight_and_list_no_days(cli: Cli, home: Path) -> None:
    said = cli("calendar", "due", "support", "8 weeks", "--from", "2026-11-20T17:55")
    assert said.out.splitlines()[1:] == ["due Fri 2027-01-15 24:00 (support, Europe/London)"]
    data = cli("calendar", "due", "support", "2 hours", "--from", "2026-11-20T17:55+08:00", "--json").data
    assert (data["from"], data["due"]) == ("2026-11-20T09:55:00.000000Z", "2026-11-20T11:55:00.000000Z")
    assert data["days"] == []
    assert cli("calendar", "due", "always", "1 hour", "--json").data["due_local"].endswith("+00:00")


@pytest.mark.parametrize(
    ("words", "code", "part"),
    [
        (("show", "suport"), 2, "Did you mean support?"),
        (("show", "support", "--month", "November"), 2, "November is no month. Such as 2026-11."),
        (("show", "support", "--month", "1999-12"), 1, "knows its holidays from 2000 to 2050"),
        (("show", "support", "--zone", "Europe/Lodnon"), 2, "Did you mean Europe/London?"),
        (("show", "support", "--zone", "localtime"), 2, "localtime is not a time zone."),
        (("due", "support", "1 business fortnight"), 2, "Did you mean 10 business days?"),
        (("due", "support", "3 days", "--from", "soon"), 2, "soon is no moment. Such as 2026-11-20T17:55."),
        (
            ("due", "support", "90000 business hours", "--from", "2026-01-01"),
            1,
            "from 2000 to 2050; this leads",
        ),
        (("due", "always", "1 day", "--from", "9999-12-31T10:00"), 2, "leads out of the years"),
        (("due", "always", "1 hour", "--from", "9999-12-31T23:59Z"), 2, "leads out of the years"),
    ],
)
def test_what_cannot_be_answered_says_why(
    cli: Cli, home: Path, words: tuple[str, ...], code: int, part: str
) -> None:
    said = cli("calendar", *words)
    assert (said.code, said.out) == (code, "")
    assert part in said.err


def test_check_finds_what_is_wrong_with_the_calendars(cli: Cli, home: Path) -> None:
    path = home / "config" / "calendars.yaml"
    path.write_text(YEAR_END.replace("09:00-13:00", "13:00-09:00"))
    said = cli("check", "config/calendars.yaml")
    assert said.code == 1
    assert "config/calendars.yaml:7:30: `13:00-09:00` ends before it starts." in said.out
    assert "config/calendars.yaml" in cli("check").out
    assert "ends before it starts" in cli("calendar", "show", "desk").err
