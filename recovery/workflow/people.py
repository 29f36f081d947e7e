"""Reading `config/people.yaml`: who works here, in which teams, up to which limit, and who stands in."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from recovery.core.calendars.local import is_zone
from recovery.core.money import Money, read_money
from recovery.core.people import Absence, Directory, Person, Team
from recovery.workflow.basics import Language, Shape, StateId, Text, Word, one_or_many
from recovery.workflow.currencies import unpayable
from recovery.workflow.files import name_of, read_file
from recovery.workflow.findings import BadFile, Finding, errors, guess, shown
from recovery.workflow.reader import Document, read_yaml
from recovery.workflow.reader import Path as Place
from recovery.workflow.shape import check_shape

FILE = "config/people.yaml"
"""Where a project's people stand, from its root."""

PersonId = Annotated[str, StringConstraints(pattern=r"^[^\s:@]+$", max_length=100)]
Names = Annotated[list[Word], BeforeValidator(one_or_many, json_schema_input_type=Word | list[Word])]
Languages = Annotated[
    list[Language],
    Field(min_length=1),
    BeforeValidator(one_or_many, json_schema_input_type=Language | list[Language]),
]

_HOUR = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_DAYS = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?: to ([0-9]{4}-[0-9]{2}-[0-9]{2}))?")


class TeamShape(Shape):
    """A team."""

    title: Text = Field(description="What it is called.")
    lead: PersonId | None = Field(None, description="Who leads it: one of `people`.")
    zone: Word = Field("", description="The clock its shifts are read on; left out, the house's.")
    calendar: StateId | None = Field(None, description="Its business hours, of config/calendars.yaml.")
    shifts: Names = Field([], description='When its shifts begin, "08:40": its line-up is ready before.')


class PersonShape(Shape):
    """Somebody who works here."""

    name: Word = Field(description="Their name, as customers and colleagues read it.")
    role: StateId = Field("agent", description="A level of the escalation: agent, supervisor, manager.")
    teams: Names = Field([], description="The teams they are in.")
    skills: Names = Field([], description="The categories they know how to mend; left out, all.")
    languages: Languages = Field(["en"], description="The languages they write.")
    supervisor: PersonId | None = Field(None, description="Who approves what is above their limit.")
    delegate: PersonId | None = Field(None, description="Who answers for them while they are away.")
    zone: Word = Field("", description="Where their day begins and ends; left out, the house's zone.")
    address: Word | None = Field(None, description="Where mail reaches them.")
    limit: Word | None = Field(
        None, description="What they may spend a day, `500 USD`; left out, as the workflow's budget says."
    )
    cases: int = Field(0, ge=0, description="How many open cases they are given at most; 0: any number.")
    away: Names = Field([], description="Days they are not there: a date, or `DATE to DATE`.")


class PeopleShape(Shape):
    """A file of people."""

    zone: Word = Field("UTC", description="The house's time zone.")
    teams: dict[StateId, TeamShape] = Field({}, description="Each team by its name.")
    people: dict[PersonId, PersonShape] = Field({}, description="Each person by the name in `agent:NAME`.")


def read_people(data: bytes, file: str) -> tuple[Directory | None, list[Finding]]:
    """Read a file of people.

    Args:
        file: its name in findings.

    Returns:
        The directory, or None where something is wrong; and everything that is wrong, with its place.
    """
    document, findings = read_yaml(data, file)
    if document is None:
        return None, findings
    shape, wrong = check_shape(document, PeopleShape)
    findings += wrong
    if shape is None:
        return None, findings
    reads = _Reads(document, shape, findings)
    directory = reads.directory()
    return (None if errors(findings) else directory), findings


def people_of(root: Path) -> Directory | None:
    """A project's people; None where it has no such file.

    Raises:
        BadFile: the file is wrong; its findings say where.
    """
    path = root / FILE
    if not path.is_file():
        return None
    data, unreadable = read_file(root, path)
    if data is None:
        raise BadFile([unreadable] if unreadable else [])
    found, findings = read_people(data, name_of(root, path))
    if found is None:
        raise BadFile(errors(findings))
    return found


class _Reads:
    """One file on its way to a directory; what is wrong is said as a finding."""

    def __init__(self, document: Document, shape: PeopleShape, findings: list[Finding]) -> None:
        self._document, self._shape, self._findings = document, shape, findings

    def directory(self) -> Directory:
        """The directory; of what is wrong in it nothing can be relied on."""
        shape = self._shape
        self._zone(("zone",), shape.zone)
        teams = {id: self._team(id, team) for id, team in shape.teams.items()}
        people = {id: self._person(id, person) for id, person in shape.people.items()}
        found = Directory(people, teams, shape.zone)
        for id, person in people.items():
            if person.supervisor is not None and id in self._chain(people, id):
                message = f"{id} is above themselves."
                place = ("people", id, "supervisor")
                self._say(place, "above_themselves", message, "Somebody has to be at the top.")
        return found

    @staticmethod
    def _chain(people: dict[str, Person], id: str) -> set[str]:
        above: set[str] = set()
        at = people[id].supervisor
        while at is not None and at not in above:
            above.add(at)
            at = people[at].supervisor if at in people else None
        return above

    def _team(self, id: str, team: TeamShape) -> Team:
        place = ("teams", id)
        self._zone((*place, "zone"), team.zone)
        self._known((*place, "lead"), team.lead)
        for number, hour in enumerate(team.shifts):
            if not _HOUR.fullmatch(hour):
                path = self._item((*place, "shifts"), number)
                self._say(path, "wrong_hours", f"{shown(hour)} is no time of the day.", 'Such as "08:40".')
        return Team(id, team.title, team.lead, team.zone, team.calendar, tuple(team.shifts))

    def _person(self, id: str, person: PersonShape) -> Person:
        place = ("people", id)
        self._zone((*place, "zone"), person.zone)
        self._known((*place, "supervisor"), person.supervisor)
        self._known((*place, "delegate"), person.delegate)
        for number, team in enumerate(person.teams):
            if team not in self._shape.teams:
                path = self._item((*place, "teams"), number)
                hint = guess(team, self._shape.teams)
                self._say(path, "unknown_team", f"There is no team {shown(team)}.", hint)
        away = (self._absence((*place, "away"), number, days) for number, days in enumerate(person.away))
        return Person(
            id,
            person.name,
            person.role,
            tuple(person.teams),
            tuple(person.skills),
            tuple(person.languages),
            person.supervisor,
            person.delegate,
            person.zone,
            person.address,
            self._limit((*place, "limit"), person.limit),
            person.cases,
            tuple(days for days in away if days is not None),
        )

    def _limit(self, place: Place, text: str | None) -> Money | None:
        if text is None:
            return None
        if wrong := unpayable(text):
            self._say(place, "wrong_value", f"{shown(text)}: {wrong}.", "Such as 500 USD.")
            return None
        return read_money(text)

    def _absence(self, place: Place, number: int, text: str) -> Absence | None:
        path = self._item(place, number)
        match = _DAYS.fullmatch(text)
        try:
            if match is None:
                raise ValueError
            first = date.fromisoformat(match[1])
            last = date.fromisoformat(match[2] or match[1])
        except ValueError:
            hint = "Such as 2026-12-24, or 2026-12-24 to 2027-01-03."
            self._say(path, "wrong_value", f"{shown(text)} is no day and no days.", hint)
            return None
        if last < first:
            self._say(path, "wrong_value", f"{shown(text)} ends before it starts.", "Exchange the two.")
            return None
        return Absence(first, last)

    def _zone(self, path: Place, zone: str) -> None:
        if zone and not is_zone(zone):
            self._say(path, "unknown_zone", f"{shown(zone)} is not a time zone.", "Such as Europe/London.")

    def _known(self, path: Place, id: str | None) -> None:
        if id is not None and id not in self._shape.people:
            hint = guess(id, self._shape.people)
            self._say(path, "unknown_person", f"There is no {shown(id)} among the people.", hint)

    def _item(self, place: Place, number: int) -> Place:
        return (*place, number) if isinstance(self._document.get(place), list) else place

    def _say(self, path: Place, code: str, message: str, hint: str) -> None:
        self._findings.append(self._document.finding(path, code, message, hint))
