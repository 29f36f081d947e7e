"""`config/people.yaml`: what can be read, and what is said of what cannot."""

from __future__ import annotations

import pytest

from recovery.core.money import read_money
from recovery.workflow.people import people_of, read_people
from tests.real_data import ROOT

FILE = "config/people.yaml"
WHOLE = """
zone: Europe/London
teams:
  care: {title: {en: Care, zh: 客服}, lead: mia, shifts: ["08:40"]}
people:
  mia: {name: Mia, role: supervisor, limit: 5000 USD}
  li: {name: Li, teams: care, supervisor: mia, delegate: mia,
    zone: Asia/Shanghai, away: [2026-12-24 to 2027-01-03]}
"""


def test_a_file_of_people_is_read() -> None:
    found, findings = read_people(WHOLE.encode(), FILE)
    assert findings == []
    assert found is not None
    assert found.people["mia"].limit == read_money("5000 USD")
    assert found.people["li"].teams == ("care",)
    assert [day.isoformat() for day in found.people["li"].away[0]] == ["2026-12-24", "2027-01-03"]
    assert found.teams["care"].shifts == ("08:40",)


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("supervisor: mia", "supervisor: may", "unknown_person", "mia"),
        ("teams: care,", "teams: car,", "unknown_team", "care"),
        ("role: supervisor", "supervisor: li", "above_themselves", "above themselves"),
        ("5000 USD", "5000.001 USD", "wrong_value", "2 decimals"),
        ("5000 USD", "a lot", "wrong_value", "500 USD"),
        ("Asia/Shanghai", "Asia/Peking", "unknown_zone", "Europe/London"),
        ('"08:40"', '"8 o\'clock"', "wrong_hours", "08:40"),
        ("2027-01-03", "2026-01-03", "wrong_value", "ends before it starts"),
        ("2027-01-03", "2026-02-30", "wrong_value", "no day"),
        ("lead: mia", "lead: mo", "unknown_person", "mo"),
        ("name: Mia", "nam: Mia", "unknown_key", "nam"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(old: str, new: str, code: str, says: str) -> None:
    text = WHOLE.replace(old, new, 1)
    found, findings = read_people(text.encode(), FILE)
    assert found is None
    finding = next(one for one in findings if one.code == code)
    assert finding.line == text[: text.index(new)].count("\n") + 1
    assert says in f"{finding.message} {finding.hint}"


def test_the_starter_lists_nobody() -> None:
    found = people_of(ROOT)
    assert found is not None
    assert not found.people
