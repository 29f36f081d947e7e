"""The people of the house: who they are, who is above them, and who stands in for them (domain.md §4).

Plain frozen data: `recovery.workflow.people` reads it from YAML, the store keeps it. Days of absence are
those of the person's own wall, both included.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from recovery.core.event import known_as
from recovery.core.facts import Text
from recovery.core.money import Money, read_money


class Absence(NamedTuple):
    """Days on which somebody is not there, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who works here.

    Attributes:
        id: the name after the colon of `agent:li`.
        role: a level of the workflow's escalation.
        skills: categories of trouble they know how to mend; empty: all.
        languages: those they write, such as `en`.
        supervisor: whose leave they ask for what is above their limit.
        delegate: who answers in their place while they are away.
        zone: where their local day begins and ends; empty: where the house is.
        limit: how much they may spend a day; None: as the workflow's budget says.
        cases: how many open cases they may have at most; 0: any number.
        left: they work here no longer; what they did stays on record.
    """

    id: str
    name: str
    role: str = "agent"
    teams: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    supervisor: str | None = None
    delegate: str | None = None
    zone: str = ""
    address: str | None = None
    limit: Money | None = None
    cases: int = 0
    away: tuple[Absence, ...] = ()
    left: bool = False

    @property
    def ways(self) -> tuple[str, ...]:
        """What they are known by."""
        return (self.id, self.name, *(() if self.address is None else (self.address,)))

    def is_away(self, moment: datetime, zone: str = "UTC") -> bool:
        """Whether they are out at a moment (aware). `zone`: the house's, where they have no own."""
        today = moment.astimezone(ZoneInfo(self.zone or zone)).date()
        return self.left or any(first <= today <= last for first, last in self.away)


@dataclass(frozen=True, slots=True)
class Team:
    """Some of them who work together, and what they read aloud before a shift (the line-up).

    `shifts` are the hours its shifts begin, `08:40`; `zone` the clock those are read on.
    """

    id: str
    title: Text
    lead: str | None = None
    zone: str = ""
    calendar: str | None = None
    shifts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Directory:
    """Everybody, by name. `zone` is the house's own."""

    people: Mapping[str, Person] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    zone: str = "UTC"

    def find(self, name: str) -> Person | None:
        """Somebody by their id, however it is capitalised or spaced; None: they are not listed."""
        if (exact := self.people.get(name)) is not None:
            return exact
        wanted = known_as(name)
        return next((one for id, one in self.people.items() if known_as(id) == wanted), None)

    def zone_of(self, id: str) -> str:
        """The zone somebody's day is counted in; the house's for whoever is not listed."""
        known = self.people.get(id)
        return known.zone or self.zone if known else self.zone

    def is_here(self, id: str, moment: datetime) -> bool:
        """Whether somebody works here and is not away; who is not listed is taken to be."""
        known = self.people.get(id)
        return known is None or not known.is_away(moment, self.zone)

    def above(self, id: str) -> Iterator[str]:
        """Those above somebody, the nearest first; nobody twice."""
        seen = {id}
        known = self.people.get(id)
        while known is not None and known.supervisor is not None and known.supervisor not in seen:
            seen.add(known.supervisor)
            yield known.supervisor
            known = self.people.get(known.supervisor)

    def answers_for(self, id: str, moment: datetime) -> str:
        """Who answers for somebody at a moment: they themselves, or, while they are away, their delegate."""
        seen = {id}
        while not self.is_here(id, moment):
            known = self.people[id]
            if known.delegate is None or known.delegate in seen:
                break
            id = known.delegate
            seen.add(id)
        return id

    def members(self, team: str) -> Iterator[Person]:
        """Who is in a team and has not left."""
        return (one for one in self.people.values() if team in one.teams and not one.left)


# --- as plain data ------------------------------------------------------------------------------------------


def absence_data(days: Absence) -> list[str]:
    """Days of absence as JSON-native data."""
    return [day.isoformat() for day in days]


def read_absence(data: Sequence[str]) -> Absence:
    """Days of absence from `absence_data`."""
    return Absence(*map(date.fromisoformat, data))


def person_data(person: Person) -> dict[str, Any]:
    """A person as JSON-native data; what is as usual is left out."""
    data: dict[str, Any] = {"name": person.name, "role": person.role}
    for key in ("teams", "skills", "languages"):
        data[key] = list(getattr(person, key))
    for key in ("supervisor", "delegate", "zone", "address", "cases", "left"):
        if getattr(person, key):
            data[key] = getattr(person, key)
    if person.limit is not None:
        data["limit"] = str(person.limit)
    if person.away:
        data["away"] = list(map(absence_data, person.away))
    return data


def read_person(id: str, data: Mapping[str, Any]) -> Person:
    """A person from `person_data`."""
    more = {key: tuple(data.get(key, ())) for key in ("teams", "skills", "languages")}
    return Person(
        id,
        data["name"],
        data["role"],
        **more,
        supervisor=data.get("supervisor"),
        delegate=data.get("delegate"),
        zone=data.get("zone", ""),
        address=data.get("address"),
        limit=read_money(data["limit"]) if "limit" in data else None,
        cases=data.get("cases", 0),
        away=tuple(map(read_absence, data.get("away", ()))),
        left=data.get("left", False),
    )


def team_data(team: Team) -> dict[str, Any]:
    """A team as JSON-native data."""
    return {
        "title": dict(team.title),
        "lead": team.lead,
        "zone": team.zone,
        "calendar": team.calendar,
        "shifts": list(team.shifts),
    }


def read_team(id: str, data: Mapping[str, Any]) -> Team:
    """A team from `team_data`."""
    return Team(id, data["title"], data["lead"], data["zone"], data["calendar"], tuple(data["shifts"]))
