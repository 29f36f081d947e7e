"""Line-up sheets: twenty minutes before each shift of a team, and as a digest (domain.md §4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from recovery.bootstrap import channels_of
from recovery.core.calendars.local import zone_of
from recovery.core.calendars.schedule import Schedule
from recovery.core.errors import NotFound, RecoveryError
from recovery.core.instants import from_text
from recovery.core.people import Directory, Person, Team
from recovery.delivery.channels import Channel
from recovery.delivery.message import Message
from recovery.delivery.outcomes import OutOfOrder, RetryLater, Snoozed
from recovery.engine import Engine
from recovery.insight.lineup import Sheet
from recovery.insight.lineup_words import heading, markdown
from recovery.installation import may_send
from recovery.jobs.job import Job, Moment
from recovery.project import Project
from recovery.store.lineups import LineUp, LineUps
from recovery.workflow.calendars import calendars_of
from recovery.workflow.people import people_of

BEFORE = timedelta(minutes=20)
"""How long before its shift a team has its sheet."""

CHANNEL, TEMPLATE = "desk", "line-up"

NO_CASE = 0


@dataclass(frozen=True, slots=True)
class Ahead:
    """So long before each moment of a schedule."""

    of: Schedule
    by: timedelta = BEFORE

    @property
    def text(self) -> str:
        """The five fields of the schedule, and how long before."""
        return f"{self.of.text}, {self.by // timedelta(minutes=1)} minutes before"

    @property
    def zone(self) -> str:
        """The time zone they are read in."""
        return self.of.zone

    def after(self, moment: datetime) -> datetime | None:
        """See `Schedule.after`."""
        found = self.of.after(moment + self.by)
        return None if found is None else found - self.by


def lining_up(project: Project) -> list[Job]:
    """A job for each shift of each team.

    Raises:
        BadFile: `config/people.yaml` or `config/calendars.yaml` is wrong.
        RecoveryError: a team's calendar is none of the project's.
    """
    directory = people_of(project.root)
    if directory is None:
        return []
    return [
        Job(
            f"line-up {id} {hour}", Ahead(_shift(project, directory, team, hour)), partial(_work, project, id)
        )
        for id, team in directory.teams.items()
        for hour in team.shifts
    ]


def _shift(project: Project, directory: Directory, team: Team, hour: str) -> Schedule:
    hours, minutes = map(int, hour.split(":"))
    zone, text = team.zone or directory.zone, f"{minutes} {hours} * * *"
    if team.calendar is None:
        return Schedule(text, zone)
    calendars = calendars_of(project.root)
    if team.calendar not in calendars:
        hint = f"config/calendars.yaml has {', '.join(calendars) or 'none'}."
        raise RecoveryError(f"Team {team.id} has calendar {team.calendar}, and there is none.", hint=hint)
    return Schedule(text, zone, calendars[team.calendar])


def _work(project: Project, team: str, engine: Engine, moment: Moment) -> Iterator[None]:
    """Make the sheet of a shift, and send it to whoever is in the team and there."""
    try:
        made, sheet = engine.make_lineup(team, moment.due_at + BEFORE)
    except NotFound:  # the team is in the file and not yet published, or no longer
        return
    yield
    if not may_send(engine, project) or _is_paused(engine):
        return
    directory = engine.people()
    with channels_of(project, engine.clock) as channel:
        for person in directory.members(team):
            if person.id in made.sent or person.is_away(moment.now, directory.zone):
                continue
            _send(engine, channel, made, sheet, person, directory)
            with engine.store.working(LineUps, engine.tenant) as kept:
                made = kept.sent(made, person.id)
            yield


def _is_paused(engine: Engine) -> bool:
    """Whether nothing is sent for now to people of the house: the sheet is kept all the same."""
    return any(pause.kind == "tenant" or pause.name == CHANNEL for pause in engine.pauses())


def _send(
    engine: Engine, channel: Channel, made: LineUp, sheet: Sheet, person: Person, directory: Directory
) -> None:
    """Send somebody the sheet, in their first language, under a key that is the same on every attempt.

    Raises:
        RecoveryError: not now; the job is tried again.
    """
    language = person.languages[0]
    zone = zone_of(directory.teams[made.team].zone or directory.zone)
    sender = engine.store.sender_id()
    of = re.sub(r"[^\w.-]", "_", f"{made.team}-{made.shift_at[:16].replace(':', '')}-{person.id}")
    message = Message(
        key=f"{sender}:{engine.tenant}:{TEMPLATE}:{of}:{NO_CASE}",
        case=NO_CASE,
        effect=of,
        template=TEMPLATE,
        purpose="reminder",
        address=person.address or person.id,
        channel=CHANNEL,
        language="zh" if language.partition("-")[0] == "zh" else "en",
        subject=heading(sheet, language),
        text=markdown(sheet, language, zone),
        html=None,
        created_at=from_text(made.made_at),
    )
    outcome = channel.deliver(message)
    if isinstance(outcome, (RetryLater, Snoozed, OutOfOrder)):
        raise RecoveryError(f"The line-up sheet of {made.team} does not reach {person.id}: {outcome.reason}.")
