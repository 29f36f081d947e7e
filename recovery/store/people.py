"""Who works here, as rows: published from a file, and changed since by whoever may.

What a file says replaces what a file said before; what people said since (an absence, that somebody has left)
stays until they take it back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from recovery.core.instants import to_text
from recovery.core.people import (
    Absence,
    Directory,
    absence_data,
    person_data,
    read_absence,
    read_person,
    read_team,
    team_data,
)
from recovery.core.stories.telling import task_of
from recovery.store.choosing import cases_with_tasks
from recovery.store.codec import decode, encode, read_case
from recovery.store.compiling import Statement
from recovery.store.dialect import Cursor, Dialect
from recovery.store.statements import insert_many, value
from recovery.store.tables import table

person = table("person")

PAGE = 500
"""How many cases are looked at with one query."""

FILE = "file"
"""The source of what was published."""

PEOPLE = Statement(
    select(person.c.kind, person.c.id, person.c.data, person.c.source)
    .where(person.c.tenant_id == value("tenant"))
    .order_by(person.c.kind, person.c.id),
    "tenant",
)

FORGET_PERSON = Statement(
    person.delete().where(
        person.c.tenant_id == value("tenant"), person.c.kind == value("kind"), person.c.id == value("of_id")
    ),
    *("tenant", "kind", "of_id"),
)

FORGET_FILE = Statement(
    person.delete().where(person.c.tenant_id == value("tenant"), person.c.source == value("of_source")),
    *("tenant", "of_source"),
)

INSERT_PERSON = insert_many(person, ("tenant_id", "kind", "id", "data", "source", "changed_at"))


def directory_from(rows: Iterable[Sequence[Any]]) -> Directory:
    """Everybody, from the rows that `PEOPLE` gives."""
    kinds: dict[str, dict[str, Any]] = {"house": {}, "team": {}, "person": {}, "away": {}}
    for kind, id, data, _ in rows:
        kinds[kind][id] = decode(data)
    people = {id: read_person(id, data) for id, data in kinds["person"].items()}
    for id, more in kinds["away"].items():
        if id in people:
            absences = tuple(map(read_absence, more["days"]))
            people[id] = replace(
                people[id], away=people[id].away + absences, left=people[id].left or more["left"]
            )
    teams = {id: read_team(id, data) for id, data in kinds["team"].items()}
    return Directory(people, teams, kinds["house"].get("zone", "UTC"))


class People:
    """Who works for one tenant, on a cursor that is inside a transaction."""

    def __init__(self, cursor: Cursor, dialect: Dialect, tenant: str) -> None:
        self._cursor = cursor
        self._dialect = dialect
        self._tenant = tenant

    def directory(self) -> Directory:
        """Everybody as they are now."""
        self._cursor.execute(self._dialect.texts[PEOPLE], (self._tenant,))
        return directory_from(self._cursor.fetchall())

    def stories_owed_by(self, who: str) -> list[int]:
        """The cases in which somebody was asked for their story and has not told it, in order."""
        found: list[int] = []
        after = 0
        while True:
            self._cursor.execute(
                self._dialect.texts[cases_with_tasks(of_owner=False)], (self._tenant, after, PAGE)
            )
            page = [read_case(row)[0] for row in self._cursor.fetchall()]
            found += [case.id for case in page if task_of(who) in case.tasks]
            if len(page) < PAGE:
                return found
            after = page[-1].id

    def publish(self, directory: Directory, now: datetime) -> bool:
        """Take over what a file says, in place of what a file said before. Who is named no more has left.

        Returns:
            Whether anything is different from before.
        """
        self._cursor.execute(self._dialect.texts[PEOPLE], (self._tenant,))
        before = {(kind, id): data for kind, id, data, source in self._cursor.fetchall() if source == FILE}
        after = {("house", "zone"): encode(directory.zone)}
        after |= {("team", id): encode(team_data(team)) for id, team in directory.teams.items()}
        after |= {("person", id): encode(person_data(one)) for id, one in directory.people.items()}
        for (kind, id), data in before.items():
            if kind == "person" and id not in directory.people:
                gone = replace(read_person(id, decode(data)), left=True)
                after[kind, id] = encode(person_data(gone))
        if before == after:
            return False
        self._cursor.execute(self._dialect.texts[FORGET_FILE], (self._tenant, FILE))
        for kind, id in after:
            if (kind, id) not in before:  # somebody may have said it before the file did
                self._cursor.execute(self._dialect.texts[FORGET_PERSON], (self._tenant, kind, id))
        self._write([(kind, id, data, FILE) for (kind, id), data in after.items()], now)
        return True

    def absent(self, id: str, days: Sequence[Absence], by: str, now: datetime, *, left: bool = False) -> None:
        """Put on record when somebody is away, in place of what was said before of it; no days: never."""
        self._cursor.execute(self._dialect.texts[FORGET_PERSON], (self._tenant, "away", id))
        if days or left:
            data = encode({"days": list(map(absence_data, days)), "left": left})
            self._write([("away", id, data, by)], now)

    def _write(self, rows: list[tuple[str, str, str, str]], now: datetime) -> None:
        at = to_text(now)
        self._dialect.many(self._cursor, INSERT_PERSON, [(self._tenant, *row, at) for row in rows])
