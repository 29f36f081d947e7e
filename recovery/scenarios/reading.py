"""From a scenario file to a story: its shape, its moments, and the words that its workflow must know."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path as File
from typing import NamedTuple
from zoneinfo import ZoneInfo

from recovery.core.calendars.local import zone_of, zones
from recovery.core.errors import NotFound
from recovery.scenarios.acting import Acting
from recovery.scenarios.editing import Files
from recovery.scenarios.knowing import Workflows
from recovery.scenarios.moments import NoMoment, read_moment
from recovery.scenarios.shape import ACTS, CLOCK, ExpectShape, GivenShape, MomentShape, ScenarioShape
from recovery.scenarios.story import THE_CASE, Expected, Moment, Scenario
from recovery.scenarios.words import Words
from recovery.workflow.files import read_file
from recovery.workflow.findings import BadFile, Finding, guess, shown
from recovery.workflow.reader import Document, Path, read_yaml
from recovery.workflow.rest import rest_of


class Read(NamedTuple):
    """What was read.

    Attributes:
        name: what the scenario is called; the file, where it does not say.
        line: where it is called so.
        scenario: None when something is wrong; `findings` say what, and where.
    """

    name: str
    file: str
    line: int
    scenario: Scenario | None
    findings: tuple[Finding, ...]


def read_scenario(root: File, path: File, workflows: Workflows, text: str = "") -> Read | None:
    """Read a scenario file; None when its name and its file's name are without the text.

    Args:
        root: what the file is called from in findings.
        workflows: those of the project.
        text: whatever the case of its letters.
    """
    file = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
    data, unreadable = read_file(root, path)
    document, findings = read_yaml(data, file) if data is not None else (None, [])
    findings += [unreadable] if unreadable else []
    given = document.get(("scenario",)) if document is not None else None
    name = given.strip() if isinstance(given, str) and given.strip() else file
    if text.casefold() not in f"{file}\n{name}".casefold():
        return None
    line = document.key(("scenario",)).line if document is not None else 1
    scenario = None
    if document is not None:
        shape, wrong = _shape(document)
        findings += wrong
        if shape is not None:
            reader = _Reader(document, shape, workflows)
            scenario = reader.read()
            findings += reader.findings
    return Read(name, file, line, None if findings else scenario, tuple(findings))


def _shape(document: Document) -> tuple[ScenarioShape | None, list[Finding]]:
    """What of a scenario has the right shape, and everything that is wrong with it."""
    unknown = list(_unknown(document)) if isinstance(document.value, dict) else []
    rest = rest_of(document, ScenarioShape, _stand_in, gone=[path for path, _ in unknown])
    return rest.shape, [*(finding for _, finding in unknown), *rest.findings]


def _stand_in(path: Path) -> str | None:
    """What takes the place of a name or a moment that is wrong, so that the rest of the story is read."""
    if path == ("scenario",):
        return "?"
    is_moment = len(path) == len(("story", 0, "at")) and path[-1] == "at"
    return ("2000-01-01T00:00Z" if path[1] == 0 else "+0 minutes") if is_moment else None


def _unknown(document: Document) -> Iterator[tuple[Path, Finding]]:
    """Keys of expectations that are neither ours nor about a clock."""
    known = list(ExpectShape.model_fields)
    story = document.get(("story",))
    for number, moment in enumerate(story if isinstance(story, list) else ()):
        expected = moment.get("expect") if isinstance(moment, dict) else None
        for key in expected if isinstance(expected, dict) else ():
            if key not in known and not (key.startswith(CLOCK) and key[len(CLOCK) :].strip()):
                path = ("story", number, "expect", key)
                message = f"{shown(key)} is nothing that can be expected."
                hint = guess(key, [*known, f"{CLOCK}NAME"])
                yield path, document.finding(path, "unknown_key", message, hint, key=True)


class _Reader:
    """Makes a story of one file's shape, and keeps what is wrong."""

    def __init__(self, document: Document, shape: ScenarioShape, workflows: Workflows) -> None:
        self.findings: list[Finding] = []
        self._document, self._shape, self._workflows = document, shape, workflows

    def read(self) -> Scenario | None:
        shape = self._shape
        name = shape.workflow or self._workflows.default
        try:
            known = self._workflows.find(name)
        except NotFound as error:
            self._say(("workflow",), "unknown_workflow", error.message, error.hint)
            return None
        except BadFile as error:
            self.findings += error.findings
            return None
        zone = self._zone(shape.given, known.calendar)
        words = Words(self._document, known.workflow, self.findings)
        words.facts(("given", "facts"), shape.given.facts)
        story = self._story(shape.story, zone, words, Files(self._document, known.bundle, self.findings))
        return Scenario(
            name=shape.scenario.strip(),
            file=self._document.file,
            line=self._document.key(("scenario",)).line,
            workflow=name,
            version=known.bundle.hash,
            zone=zone.key,
            story=tuple(story),
            rule=shape.rule or shape.source,
            facts=shape.given.facts,
        )

    def _zone(self, given: GivenShape, calendar: str) -> ZoneInfo:
        """Whose clock the story is told by; UTC where the one it names is unknown."""
        of_calendars = self._workflows.zones
        if given.calendar is not None and given.calendar not in of_calendars:
            message = f"There is no calendar {given.calendar}."
            self._say(("given", "calendar"), "unknown_calendar", message, guess(given.calendar, of_calendars))
        if given.zone is not None:
            try:
                return zone_of(given.zone)
            except ValueError:
                hint = guess(given.zone, zones())
                message = f"{shown(given.zone)} is not a time zone."
                self._say(("given", "zone"), "unknown_zone", message, hint)
        return zone_of(of_calendars.get(given.calendar or calendar, "UTC"))

    def _story(
        self, moments: list[MomentShape], zone: ZoneInfo, words: Words, files: Files
    ) -> Iterator[Moment]:
        given = self._shape.given
        who = given.customer
        customer = {"from": who.address, "name": who.name, "zone": who.zone}
        more = {"severity": given.severity, "language": given.language, "channel": given.channel, **customer}
        complaint = {name: value for name, value in more.items() if value is not None}
        acting = Acting(self._document, complaint, self.findings)
        before: datetime | None = None
        for number, shape in enumerate(moments):
            path: Path = ("story", number)
            at = self._moment((*path, "at"), shape.at, zone, before)
            if at is not None and before is not None and at < before:
                message = f"{shown(shape.at)} comes before the moment above it."
                self._say((*path, "at"), "wrong_moment", message, "A story goes on in time.")
            before = at or before
            if before is None:
                return
            case = shape.case or THE_CASE
            files.edit((*path, "edit"), shape.edit)
            published = files.publish((*path, "publish"), words) if shape.publish else None
            if shape.again and not set(ACTS) & shape.model_fields_set:
                self._say((*path, "again"), "unknown_key", "Nothing is done here that could come again.", "")
            act = acting.read(path, shape, before, case)
            expected = None
            if shape.expect is not None:
                expected = tuple(self._expected((*path, "expect"), shape.expect, zone, before, words))
            place = self._document.at(path)
            yield Moment(
                *(before, case, place, act, shape.delivery, expected),
                restart=bool(shape.restart),
                publish=published,
                again=bool(shape.again),
            )

    def _expected(
        self, path: Path, shape: ExpectShape, zone: ZoneInfo, before: datetime, words: Words
    ) -> Iterator[Expected]:
        """Everything that is expected at a moment, after its words were looked up."""
        words.expectation(path, shape)
        for name in sorted(shape.model_fields_set & set(ExpectShape.model_fields)):
            value = getattr(shape, name)
            if name == "left":
                for by, amount in value.items():
                    yield Expected(name, by, amount, self._document.at((*path, name, by)))
            elif name == "facts":
                for fact, wanted in value.items():
                    read = words.value((*path, name, fact), fact, wanted)
                    yield Expected(name, fact, read, self._document.at((*path, name, fact)))
            else:
                yield Expected(name, "", value, self._document.at((*path, name)))
        for key, clock in shape.__pydantic_extra__.items():
            about = key[len(CLOCK) :].strip()
            for name in sorted(clock.model_fields_set):
                here, value = (*path, key, name), getattr(clock, name)
                if name == "due" and value is not None:
                    value = self._moment(here, value, zone, before)
                yield Expected(name, about, value, self._document.at(here))

    def _moment(self, path: Path, text: str, zone: ZoneInfo, before: datetime | None) -> datetime | None:
        try:
            return read_moment(text, zone, before)
        except NoMoment as error:
            self._say(path, "wrong_moment", str(error), error.hint)
            return None

    def _say(self, path: Path, code: str, message: str, hint: str) -> None:
        self.findings.append(self._document.finding(path, code, message, hint))
