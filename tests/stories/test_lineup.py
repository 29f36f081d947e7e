"""The line-up sheet: what is on it, before which shift, to whom it goes, and which leaders were there."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recovery.async_engine import AsyncEngine
from recovery.bootstrap import open_engine
from recovery.clock import ManualClock
from recovery.core.errors import NotFound, RecoveryError
from recovery.core.events import MoveForced
from recovery.engine import Engine
from recovery.insight.lineup_words import markdown
from recovery.jobs.every import jobs_of
from recovery.jobs.job import Job, Moment
from recovery.jobs.lining_up import BEFORE
from recovery.project import Project, find_project, starter_root
from tests.support import START, entropy, owned

PEOPLE = """
zone: Europe/London
teams:
  care:
    title: {en: Customer care, zh: 客户服务}
    zone: Europe/Rome
    calendar: support
    shifts: ["08:40", "00:10"]
  night: {title: {en: Night desk}, shifts: "22:00"}
people:
  mia: {name: Mia, role: supervisor, teams: care}
  li: {name: Li, teams: care, languages: [zh, en], address: li@example.org}
  bo: {name: Bo, teams: night}
  pat: {name: Pat, teams: care, away: 2026-11-01 to 2026-12-24}
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with people, made once."""
    folder = tmp_path_factory.mktemp("made")
    for name in ("workflows", "templates", "config"):
        shutil.copytree(starter_root() / name, folder / name)
    (folder / "config" / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    open_engine(find_project(folder), clock=ManualClock(START), entropy=entropy(), make=True).store.close()
    return folder


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Project:
    return find_project(Path(shutil.copytree(made, tmp_path / "shop")))


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def engine(project: Project, clock: ManualClock) -> Iterator[Engine]:
    found = open_engine(project, clock=clock, entropy=entropy(), synchronous="NORMAL")
    yield found
    found.store.close()


def job(project: Project, name: str) -> Job:
    return next(one for one in jobs_of(project) if one.name == name)


def done(engine: Engine, job: Job, due_at: datetime) -> None:
    """Do a job from its beginning to its end."""
    for _ in job.work(engine, Moment(due_at, engine.clock.now())) or ():
        pass


def mails(project: Project) -> list[str]:
    return sorted(path.name for path in (project.outbox / "desk").glob("*.eml"))


def told(engine: Engine, felt: str, by: str = "agent:li") -> int:
    case = owned(engine)
    engine.spend(case, "credit", "12 USD", by=by)
    engine.tell_story(case, felt, by=by)
    return case


def put_right(engine: Engine) -> int:
    """A recovery of li's within its targets and well rated."""
    case = owned(engine)
    for to in ("follow_up", "closed"):
        now = engine.clock.now()
        engine.handle(MoveForced(by="supervisor:mia", occurred_at=now, to=to, reason="in a test"), case)
        if to == "follow_up":
            marks = dict.fromkeys(("followup.result", "followup.manner", "followup.ease"), 5)
            engine.record(case, marks, by="customer", source="customer")
    return case


def test_a_sheet_has_new_stories_praise_and_a_rule_of_the_day(engine: Engine) -> None:
    case = told(engine, "She laughed.\n# and stayed")
    engine.give_praise(
        case, "li", "He never left me waiting.", by="agent:bo", from_customer=True, reward="5 USD"
    )
    well = put_right(engine)
    sheet = engine.lineup("care")
    assert [one.felt for one in sheet.stories] == ["She laughed.\n# and stayed"]
    assert [(one.to, one.reward) for one in sheet.praise] == [("li", "5 USD")]
    assert [one.case for one in sheet.recognitions] == [well]
    english, chinese = (markdown(sheet, language, UTC) for language in ("en", "zh-CN"))
    for words in (
        "# Line-up of Customer care",
        "> # and stayed",
        "credit 12 USD",
        "in the words of the customer",
    ):
        assert words in english
    for words in ("# 客户服务班前会", "## 今日守则", "记入账户 12 USD", f"编号 {well} 按时办妥"):
        assert words in chinese
    assert f"**{sheet.rule['zh']}**" in chinese
    night = engine.lineup("night")
    assert (len(night.stories), night.praise, night.recognitions) == (1, [], [])
    assert "Who should be thanked?" in markdown(night, "en", UTC)


def test_every_day_has_another_rule_the_same_for_all(engine: Engine, clock: ManualClock) -> None:
    first, other = engine.lineup("care").rule, engine.lineup("night").rule
    assert first == other
    clock.advance(timedelta(days=1))
    assert engine.lineup("care").rule != first


def test_the_teams_own_stories_come_first_and_few_are_read(engine: Engine) -> None:
    told(engine, "of bo", by="agent:bo")
    for number in range(6):
        told(engine, f"of li {number}")
    sheet = engine.lineup("night")
    assert [one.felt for one in sheet.stories] == ["of bo", *(f"of li {n}" for n in (5, 4, 3, 2))]
    assert sheet.further == 2
    assert "And 2 more" in markdown(sheet, "en", UTC)


def test_before_each_shift_of_a_team_on_the_days_it_works(project: Project) -> None:
    names = [one.name for one in jobs_of(project)]
    assert names == ["line-up care 08:40", "line-up care 00:10", "line-up night 22:00"]
    times = job(project, "line-up care 08:40").times
    friday = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
    assert times.after(friday) == datetime(2026, 11, 23, 7, 20, tzinfo=UTC)
    assert "20 minutes before" in times.text
    early = job(project, "line-up care 00:10").times
    assert early.after(friday) == datetime(2026, 11, 22, 22, 50, tzinfo=UTC)
    assert job(project, "line-up night 22:00").times.zone == "Europe/London"


def test_each_shift_has_its_sheet_once_and_whoever_is_there_gets_it(
    project: Project, engine: Engine, clock: ManualClock
) -> None:
    told(engine, "Glad.")
    clock.set(datetime(2026, 11, 23, 8, 20, tzinfo=UTC))
    work = job(project, "line-up care 08:40")
    for _ in range(2):  # whoever died in the middle is followed by somebody who begins anew
        done(engine, work, clock.now())
    assert mails(project) == [
        "care-2026-11-23T0840-li-line-up.eml",
        "care-2026-11-23T0840-mia-line-up.eml",
    ]
    (kept,) = engine.lineups("care")
    assert kept.sent == ("li", "mia")
    assert [one.felt for one in engine.sheet_of(kept).stories] == ["Glad."]
    assert engine.lineup("care").stories == []
    mail = (project.outbox / "desk" / mails(project)[0]).read_text(encoding="utf-8")
    assert "Content-Language: zh" in mail
    assert "li@example.org" in mail


def test_what_was_told_meanwhile_is_on_the_next_sheet_and_on_no_other(
    project: Project, engine: Engine, clock: ManualClock
) -> None:
    work = job(project, "line-up care 08:40")
    felt = []
    for day in (23, 24):
        told(engine, f"before {day}")
        clock.set(datetime(2026, 11, day, 8, 20, tzinfo=UTC))
        done(engine, work, clock.now())
        felt.append([one.felt for one in engine.sheet_of(engine.lineups("care", 1)[0]).stories])
    assert felt == [["before 23"], ["before 24"]]


def test_nothing_goes_out_while_the_desk_is_paused_and_the_sheet_is_kept(
    project: Project, engine: Engine, clock: ManualClock
) -> None:
    engine.pause("channel", "desk", by="supervisor:mia", reason="in a test")
    done(engine, job(project, "line-up care 08:40"), clock.now())
    assert mails(project) == []
    assert engine.lineups("care")[0].sent == ()


def test_whoever_is_erased_is_gone_from_sheets_too(engine: Engine, clock: ManualClock) -> None:
    case = told(engine, "Ana wept.")
    clock.advance(timedelta(hours=1))
    made, sheet = engine.make_lineup("care", clock.now() + BEFORE)
    assert len(sheet.stories) == 1
    engine.erase(case=case, by="supervisor:mia", reason="r-1", despite="she asked for it")
    assert engine.sheet_of(made).stories == []


def test_leaders_attendance_is_recorded(engine: Engine, clock: ManualClock) -> None:
    with pytest.raises(RecoveryError):
        engine.attended("care", ["mia"], by="supervisor:mia")
    engine.make_lineup("care", clock.now() + BEFORE)
    for team, people in (("none", ["mia"]), ("care", ["nobody"])):
        with pytest.raises(NotFound):
            engine.attended(team, people, by="supervisor:mia")
    engine.attended("care", ["mia"], by="supervisor:mia")
    (kept,) = engine.lineups("care")
    assert (kept.attended, kept.noted_by) == (("mia",), "supervisor:mia")


async def _awaited(engine: Engine) -> tuple[str, ...] | None:
    waiting = AsyncEngine(engine)
    made, sheet = await waiting.make_lineup("care", engine.clock.now() + BEFORE)
    assert (await waiting.sheet_of(made)) == sheet
    assert (await waiting.lineup("care")).shift_at is None
    await waiting.attended("care", ["mia"], by="agent:li")
    return (await waiting.lineups("care"))[0].attended


def test_hosts_that_await_have_them_too(engine: Engine) -> None:
    assert asyncio.run(_awaited(engine)) == ("mia",)
