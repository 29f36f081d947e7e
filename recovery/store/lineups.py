"""Line-up sheets as rows: made once for each team and shift, sent to people, attended by leaders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select, update

from recovery.core.instants import to_text
from recovery.store.codec import decode, encode
from recovery.store.compiling import Statement
from recovery.store.dialect import Cursor, Dialect
from recovery.store.statements import first, insert_many, names, value
from recovery.store.tables import table

lineup = table("lineup")

_INSERT = insert_many(lineup, names(lineup), ignoring=True)

_of_team = (lineup.c.tenant_id == value("tenant"), lineup.c.team == value("of_team"))

LAST = Statement(
    first(select(lineup).where(*_of_team).order_by(lineup.c.shift_at.desc()), value("limit")),
    *("tenant", "of_team", "limit"),
)
"""The last sheets of a team, the latest shift first."""

_ONE = Statement(
    select(lineup).where(*_of_team, lineup.c.shift_at == value("of_shift")),
    *("tenant", "of_team", "of_shift"),
)

_SENT = Statement(
    update(lineup).values(sent=value("to")).where(*_of_team, lineup.c.shift_at == value("of_shift")),
    *("to", "tenant", "of_team", "of_shift"),
)

_ATTENDED = Statement(
    update(lineup)
    .values(attended=value("people"), noted_by=value("who"))
    .where(*_of_team, lineup.c.shift_at == value("of_shift")),
    *("people", "who", "tenant", "of_team", "of_shift"),
)


class LineUp(NamedTuple):
    """A sheet that was made (text instants).

    Attributes:
        shift_at: when the shift begins; `since` and `made_at` say of which time it tells.
        sent: to whom it went out, by name.
        attended: which leaders were there, by name; None: nobody has said. `noted_by`: who said so.
    """

    team: str
    shift_at: str
    since: str
    made_at: str
    sent: tuple[str, ...]
    attended: tuple[str, ...] | None
    noted_by: str | None

    def as_dict(self) -> dict[str, Any]:
        """It as plain data."""
        attended = None if self.attended is None else list(self.attended)
        return {**self._asdict(), "sent": list(self.sent), "attended": attended}


def line_up(row: Sequence[Any]) -> LineUp:
    """A sheet, from its row."""
    _, team, shift_at, since, made_at, sent, attended, noted_by = row
    there = None if attended is None else tuple(decode(attended))
    return LineUp(team, shift_at, since, made_at, tuple(decode(sent)), there, noted_by)


class LineUps:
    """Work on the sheets of one tenant, on a cursor that is inside a transaction."""

    def __init__(self, cursor: Cursor, dialect: Dialect, tenant: str) -> None:
        self._cursor = cursor
        self._dialect = dialect
        self._tenant = tenant

    def make(self, team: str, shift_at: datetime, otherwise: datetime, now: datetime) -> LineUp:
        """The sheet of a shift; made now, of what was told since the last one, where there is none yet.

        Args:
            otherwise: since when, where the team never had one.
        """
        last = self._run(LAST, self._tenant, team, 1)
        since = last[0].made_at if last else to_text(otherwise)
        row = (self._tenant, team, to_text(shift_at), since, to_text(now), "[]", None, None)
        self._dialect.many(self._cursor, _INSERT, [row])
        return self._run(_ONE, self._tenant, team, to_text(shift_at))[0]

    def sent(self, of: LineUp, to: str) -> LineUp:
        """Put on record that somebody has it."""
        people = (*of.sent, to)
        values = (encode(list(people)), self._tenant, of.team, of.shift_at)
        self._cursor.execute(self._dialect.texts[_SENT], values)
        return of._replace(sent=people)

    def attended(self, team: str, people: Sequence[str], by: str) -> LineUp | None:
        """Put on record who was there at the last line-up of a team; None where it never had one."""
        last = self._run(LAST, self._tenant, team, 1)
        if not last:
            return None
        values = (encode(list(people)), by, self._tenant, team, last[0].shift_at)
        self._cursor.execute(self._dialect.texts[_ATTENDED], values)
        return last[0]._replace(attended=tuple(people), noted_by=by)

    def _run(self, statement: Statement, *values: Any) -> list[LineUp]:
        self._cursor.execute(self._dialect.texts[statement], values)
        return [line_up(row) for row in self._cursor.fetchall()]
