"""A case of the demo in which people may decide: what they give, what they may not, and who hears of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

from recovery.bootstrap import open_engine
from recovery.clock import ManualClock
from recovery.core.calendars.local import zone_of
from recovery.core.errors import EventRefused
from recovery.core.instants import to_text
from recovery.delivery.channels import FolderChannel
from recovery.desk import Desk
from recovery.engine import Engine
from recovery.insight.lineup_words import markdown
from recovery.project import Project, starter_root
from recovery.ticking import pass_time

MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
"""When the case comes in; the sheet is read out the next morning."""

TEN_STEPS = "ten-step"

COMPLAINT = (
    "We booked the garden hall for our parents' golden wedding, and this morning we were told that it had "
    "been given to somebody else. Sixty people are on their way. We have had to take another hall at once."
)
KNOWN = {
    "owner": "li",
    "problem.restated": "The hall you booked for today was given to somebody else.",
    "problem.category": "booking",
    "problem.driver": "execution",
    "loss.price": "2400 USD",
}
FELT = "Sixty guests on their way and no hall: they felt let down on a day that does not come again."
BLAMES = "I am sorry. It is the booking team's fault, and this happens a lot in spring."
SAID = "We gave your hall to somebody else, and I am sorry. We pay for the other one, and I see to it myself."


class Moment(NamedTuple):
    """Something somebody did, and what came of it."""

    at: datetime
    who: str
    did: str
    came: str


class MakingRight(NamedTuple):
    """The case, told.

    Attributes:
        project: the folder of a project of its own, with its database; `recovery` works in it.
        sheet: the team's line-up sheet of the next morning, a Markdown file.
    """

    project: Path
    case: int
    moments: tuple[Moment, ...]
    sheet: Path

    def as_dict(self) -> dict[str, Any]:
        """As plain data, for JSON."""
        return {
            "project": str(self.project),
            "case": self.case,
            "sheet": str(self.sheet),
            "moments": [{**one._asdict(), "at": to_text(one.at)} for one in self.moments],
        }


def make_right(folder: Path, entropy: Callable[[int], bytes]) -> MakingRight:
    """Play the case in a project of its own: the starter's, with people.

    Args:
        folder: where it is made; it is not there yet.

    Raises:
        OSError: the folder cannot be written.
    """
    _found(starter_root(), folder)
    own = Project(folder, f"sqlite:///{folder / 'recovery.db'}", workflow=TEN_STEPS, outbox=folder / "outbox")
    clock = ManualClock(MONDAY)
    engine = open_engine(own, clock=clock, entropy=entropy, make=True, synchronous="NORMAL")
    try:
        return _Day(engine, clock, own).play()
    finally:
        engine.store.close()


def _found(starter: Path, folder: Path) -> None:
    """A project with the people of this page."""
    (folder / "config").mkdir(parents=True)
    (folder / "workflows").mkdir()
    (folder / "outbox").mkdir()
    for file in (starter / "config").iterdir():
        if file.is_file():
            shutil.copyfile(file, folder / "config" / file.name)
    shutil.copyfile(starter / "workflows" / f"{TEN_STEPS}.yaml", folder / "workflows" / f"{TEN_STEPS}.yaml")
    shutil.copytree(starter / "templates", folder / "templates")
    people = files("recovery.demo").joinpath("people.yaml").read_bytes()
    (folder / "config" / "people.yaml").write_bytes(people)


class _Day:
    def __init__(self, engine: Engine, clock: ManualClock, own: Project) -> None:
        self.engine, self.clock, self.own = engine, clock, own
        self.desk = Desk(engine)
        self.channel = FolderChannel(own.root / "outbox")
        self.moments: list[Moment] = []
        self.case = 0

    def play(self) -> MakingRight:
        engine, li, mia = self.engine, "agent:li", "supervisor:mia"
        customer = {"name": "Ana Silva", "address": "ana.silva@example.org"}
        self.case = case = engine.open_case(COMPLAINT, customer=customer).case
        self._note("Ana Silva", "complains that the hall she booked was given away", "A case is opened.")
        engine.record(case, KNOWN, by=li)
        self._does(
            "Li",
            "has lunch sent to the guests while they wait, 120 USD",
            lambda: engine.spend(case, "comfort_gesture", "120 USD", by=li, note="Lunch for the guests."),
        )
        self._does(
            "Li",
            "would give a gift of 60 USD, and nothing else",
            lambda: engine.offer_compensation(case, "gift", "60 USD", by=li),
        )
        self._does(
            "Li",
            "offers to pay back the 2,400 USD",
            lambda: engine.offer_compensation(
                case, "refund", "2400 USD", by=li, note="They had to take another hall at once."
            ),
        )
        self._does("Mia", "reads the brief and approves it", lambda: engine.approve(case, "2", by=mia), 25)
        self._does("Ana Silva", "says yes", lambda: engine.accept_compensation(case, "2", by="customer"), 40)
        self._does(
            "Li",
            "has it paid, and keeps the receipt",
            lambda: engine.fulfil_compensation(case, "2", receipt="T-7104", by=li),
            30,
        )
        self._does("Li", f"writes: “{BLAMES}”", lambda: self.desk.say(case, BLAMES, by=li))
        self._does("Li", f"writes: “{SAID}”", lambda: self.desk.say(case, SAID, by=li))
        self._does("Li", "tells the story", lambda: engine.tell_story(case, FELT, by=li), 120)
        self._pass(MONDAY + timedelta(hours=23))
        directory = engine.people()
        zone = zone_of(directory.teams["care"].zone or directory.zone)
        sheet = markdown(engine.lineup("care"), "en", zone)
        file = self.own.root / "line-up.md"
        file.write_text(sheet, encoding="utf-8", newline="\n")
        told = "It says what happened, what was done, and how they felt."
        self._note("The team", "reads the story from its line-up sheet before the shift", told)
        return MakingRight(self.own.root, case, tuple(self.moments), file)

    def _does(self, who: str, did: str, act: Callable[[], object], minutes: int = 10) -> None:
        """Somebody does something a while later; what comes of it is read from the log."""
        self._pass(self.clock.now() + timedelta(minutes=minutes))
        seen = self.engine.case(self.case).seq
        try:
            act()
        except EventRefused as refused:
            came = f"Refused: {refused.message} {refused.hint}".strip()
        else:
            log = self.engine.store.log(self.engine.tenant, self.case)
            came = "; ".join(line for record in log if record.seq > seen for line in record.why)
        self._note(who, did, came)

    def _pass(self, until: datetime) -> None:
        """Let time pass, with all that is due on the way."""
        pass_time(self.engine, self.clock, until, self.channel)

    def _note(self, who: str, did: str, came: str) -> None:
        self.moments.append(Moment(self.clock.now(), who, did, came))
