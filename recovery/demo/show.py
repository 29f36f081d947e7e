"""The demo: complaints in, played to their ends in their own database, and what there is to show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from recovery.bootstrap import open_engine, seal
from recovery.clock import ManualClock
from recovery.core.errors import RecoveryError
from recovery.core.instants import to_text
from recovery.core.spec import Workflow
from recovery.delivery.channels import FolderChannel
from recovery.demo import words
from recovery.demo.complaints import Complaint, Supply, built_in, from_file, with_form, written_again
from recovery.demo.desk import Desk, Played, arrivals
from recovery.demo.making_right import MakingRight, make_right
from recovery.demo.mix import TURNS
from recovery.demo.people import TEAMS, Mind
from recovery.demo.place import Place, make_place
from recovery.demo.quotas import cast
from recovery.demo.tally import Tally, count
from recovery.engine import Engine
from recovery.insight.story import Story, tell
from recovery.project import Project, starter_root

TEN_STEPS = "ten-step"

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A Monday morning: every demo begins then."""

PER_DAY = 25
"""How many complaints arrive in a day."""

REFUSALS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class DemoReport:
    """What came of a demo.

    Attributes:
        tally: funnel, mix and all other figures, read from the log.
        played: how the play went; nothing should have been refused.
        story: the most telling case.
        right: a case in which people may decide what to give.
        began_at, ended_at: on the demo's clock.
        rejected: rows of the input that could not be used.
    """

    seed: int
    place: Place
    workflow: Workflow
    tally: Tally
    played: Played
    story: Story
    right: MakingRight
    began_at: datetime
    ended_at: datetime
    rejected: int = 0

    @property
    def is_sound(self) -> bool:
        """Whether nothing was refused, no message failed and no case broke a rule of the process."""
        return not (self.played.refused or self.played.undelivered or self.tally.breaches)

    def as_dict(self) -> dict[str, Any]:
        """The report as plain data, for JSON. The same for the same seed, input, limit and folder."""
        funnel, mix = self.tally.funnel, self.tally.mix
        return {
            "cases": funnel.cases,
            "closed": funnel.states[self.workflow.main_end],
            "by_state": {state: funnel.states[state] for state in self._states()},
            "transitions": dict(funnel.transitions),
            "mix": {
                turn: {"cases": mix[turn], "share": round(mix[turn] / funnel.cases, 4)} for turn in TURNS
            },
            "funnel": [step.as_dict() for step in funnel.steps],
            "apologies": self.tally.apologies,
            "events": funnel.events,
            "messages": self.played.messages,
            "undelivered": self.played.undelivered,
            "refused": len(self.played.refused),
            "refusals": self.played.refused[:REFUSALS_SHOWN],
            "breaches": self.tally.breaches,
            "rejected": self.rejected,
            "began_at": to_text(self.began_at),
            "ended_at": to_text(self.ended_at),
            "database": self.place.url,
            "report": str(self.place.report),
            "story": str(self.place.story),
            "story_case": self.story.case,
            "making_right": self.right.as_dict(),
            "outbox": str(self.place.outbox),
            "seed": self.seed,
        }

    def _states(self) -> list[str]:
        """Every end, and any step in which a case was left standing."""
        standing = [step for step in self.workflow.steps if self.tally.funnel.states[step]]
        return [*self.workflow.ends, *standing]


def run_demo(
    project: Project,
    folder: Path,
    *,
    source: Path | None = None,
    mapping: str | None = None,
    limit: int = 200,
    seed: int = 7,
    progress: Callable[[int], None] | None = None,
) -> DemoReport:
    """Play complaints through the process and write the database, the messages, the report and one story.

    Args:
        project: whose workflows, templates and mappings are used; its own database is not touched.
        folder: where everything is written; replaced when an earlier demo made it.
        source, mapping: real complaints and how to read them; None plays the set written for this project.
        progress: told how many cases have come to their end.

    Raises:
        RecoveryError: the folder is somebody else's, or the input cannot be used.
        OSError: the folder cannot be written.
    """
    from recovery.demo.report import write_report

    if mapping is not None and source is None:
        raise RecoveryError("--map needs --input.", hint="Name the file with the complaints.")
    place = make_place(folder)
    clock = ManualClock(START)
    own = replace(_with_ten_steps(project), database=place.url, outbox=place.outbox)
    entropy = Random(f"{seed}:entropy").randbytes
    engine = open_engine(own, clock=clock, entropy=entropy, make=True, synchronous="NORMAL")
    try:
        supply = built_in(limit) if source is None else from_file(engine, own.root, source, mapping, limit)
        minds = people(supply.complaints, seed, engine.current(), again=source is None)
        moments = arrivals(len(minds), START, PER_DAY, Random(f"{seed}:arrivals"))
        desk = Desk(engine, clock, FolderChannel(place.outbox), progress=progress)
        played = desk.play(minds, moments)
        if all(mind.case is None for mind in minds):
            raise RecoveryError(f"No complaint was let in. {played.refused[0]['message']}")
        seal(engine, own)
        right = make_right(place.making_right, Random(f"{seed}:making right").randbytes)
        report = _report(engine, place, supply, played, right, seed)
    finally:
        engine.store.close()
    place.story.write_text(report.story.as_text(), encoding="utf-8", newline="\n")
    write_report(report)
    return report


def _with_ten_steps(project: Project) -> Project:
    """The project, playing its ten steps; where it has none, the starter's."""
    here = (project.root / "workflows" / f"{TEN_STEPS}.yaml").is_file()
    return replace(project, workflow=TEN_STEPS, root=project.root if here else starter_root())


def people(complaints: Sequence[Complaint], seed: int, workflow: Workflow, *, again: bool) -> list[Mind]:
    """What is on everybody's mind about each complaint.

    Args:
        again: a case that is to be merged is the same customer writing twice; else texts stay as they are.
    """
    characters = cast(seed, [one.name for one in complaints])
    minds: list[Mind] = []
    for number, (complaint, character) in enumerate(zip(complaints, characters, strict=True)):
        rng = Random(f"{seed}:{complaint.name}:play")
        team = TEAMS[words.language_of(complaint.event.language)]
        mind = Mind(number, complaint, character, rng, rng.choice(team))
        if again and character.fate == "merged":
            _writes_twice(mind, minds)
        elif again and character.form:
            wanted = {"problem.category": complaint.category, "expectation.wanted": complaint.wanted}
            known = {name: value for name, value in wanted.items() if name in workflow.facts}
            mind.complaint = with_form(complaint, known)
        minds.append(mind)
    return minds


def _writes_twice(mind: Mind, earlier: Sequence[Mind]) -> None:
    host = next((one for one in reversed(earlier) if one.character.fate == "ordinary"), None)
    if host is not None:
        opening = words.say(host.complaint.event.language, "again", mind.rng)
        mind.complaint = written_again(mind.complaint, host.complaint, opening)
        mind.host = host


def _report(
    engine: Engine, place: Place, supply: Supply, played: Played, right: MakingRight, seed: int
) -> DemoReport:
    tally = count(engine)
    workflow, id = tally.workflow, tally.story
    case = engine.store.case(engine.tenant, id)
    assert case is not None, "the log of a case is in the database, and the case is not"
    log = engine.store.log(engine.tenant, id)
    return DemoReport(
        seed=seed,
        place=place,
        workflow=workflow,
        tally=tally,
        played=played,
        story=tell(workflow, case, log, engine.store.outbox(engine.tenant, case=id)),
        right=right,
        began_at=START,
        ended_at=engine.clock.now(),
        rejected=supply.rejected,
    )
