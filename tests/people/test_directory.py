"""Who is above whom, who stands in, and when somebody is away."""

from __future__ import annotations

from datetime import UTC, date, datetime

from recovery.core.money import read_money
from recovery.core.people import (
    Absence,
    Directory,
    Person,
    Team,
    person_data,
    read_person,
    read_team,
    team_data,
)

CHRISTMAS = (Absence(date(2026, 12, 24), date(2026, 12, 26)),)
LI = Person(
    "li",
    "Li Wei",
    teams=("care",),
    skills=("delivery",),
    languages=("en", "zh"),
    supervisor="mia",
    delegate="sam",
    zone="Asia/Shanghai",
    address="li@example.org",
    limit=read_money("500 USD"),
    cases=20,
    away=CHRISTMAS,
)
SAM = Person("sam", "Sam Reyes", supervisor="mia", teams=("care",))
MIA = Person("mia", "Mia Okafor", role="supervisor", supervisor="ada")
ADA = Person("ada", "Ada Lund", role="manager")
HOUSE = Directory({one.id: one for one in (LI, SAM, MIA, ADA)}, {}, "Europe/London")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_day_of_absence_is_a_day_on_the_persons_own_wall() -> None:
    assert HOUSE.is_here("li", at("2026-12-23T15:59"))
    assert not HOUSE.is_here("li", at("2026-12-23T16:00"))  # midnight in Shanghai
    assert not HOUSE.is_here("li", at("2026-12-26T15:59"))
    assert HOUSE.is_here("li", at("2026-12-26T16:00"))


def test_a_delegate_answers_while_somebody_is_away() -> None:
    assert HOUSE.answers_for("li", at("2026-12-25T12:00")) == "sam"
    assert HOUSE.answers_for("li", at("2026-12-28T12:00")) == "li"
    assert HOUSE.answers_for("nobody-listed", at("2026-12-25T12:00")) == "nobody-listed"


def test_two_who_stand_in_for_each_other_end_somewhere() -> None:
    both = {
        "a": Person("a", "A", delegate="b", away=CHRISTMAS),
        "b": Person("b", "B", delegate="a", away=CHRISTMAS),
    }
    assert Directory(both).answers_for("a", at("2026-12-25T12:00")) in both


def test_those_above_come_nearest_first_and_once() -> None:
    assert list(HOUSE.above("li")) == ["mia", "ada"]
    assert list(HOUSE.above("nobody-listed")) == []
    circle = Directory({"a": Person("a", "A", supervisor="b"), "b": Person("b", "B", supervisor="a")})
    assert list(circle.above("a")) == ["b"]


def test_whoever_has_left_is_in_no_team_and_never_here() -> None:
    gone = Person("eve", "Eve", teams=("care",), left=True)
    house = Directory({"eve": gone, "sam": SAM})
    assert [one.id for one in house.members("care")] == ["sam"]
    assert not house.is_here("eve", at("2026-06-01T12:00"))


def test_a_local_day_is_the_persons_and_otherwise_the_houses() -> None:
    assert [HOUSE.zone_of(id) for id in ("li", "sam", "nobody-listed")] == [
        "Asia/Shanghai",
        "Europe/London",
        "Europe/London",
    ]


def test_people_and_teams_survive_as_plain_data() -> None:
    for person in HOUSE.people.values():
        assert read_person(person.id, person_data(person)) == person
    team = Team("care", {"en": "Care", "zh": "客服"}, "mia", "Europe/London", "support", ("08:40",))
    assert read_team("care", team_data(team)) == team
