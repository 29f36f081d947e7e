"""The keys that `docs/reference/json.md` promises are those that the commands print."""

from __future__ import annotations

import io
import json
import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from recovery import find_project, working
from recovery.cli.run import run
from recovery.clock import ManualClock, SystemClock
from recovery.commands import Settlement
from tests.real_data import ROOT

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "reference" / "json.md").read_text(encoding="utf-8")

KINDS: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "number": (int, float),
    "true": (bool,),
    "false": (bool,),
    "null": (type(None),),
    "list": (list,),
    "object": (dict,),
}

PLAY = [
    {"event": "complaint", "case": "a", "text": "It never came.", "from": "ana@example.org"},
    {"event": "do", "case": "a", "by": "agent:li", "transition": "reopen"},
    {"event": "force", "case": "a", "by": "supervisor:pat", "to": "clarify", "reason": "told on the phone"},
    {"event": "record", "case": "a", "by": "agent:li", "facts": {"owner": "li"}},
]

LOG_MAPPING = """
mapping: events
workflow: helpdesk-log
mode: events
case: {column: Ticket}
at: {column: When, iso: true, zone: UTC}
activity: {column: What, values: {Opened: insert_ticket, Closed: closed}}
columns_required: [Ticket, When, What]
"""

PEOPLE = """
zone: Europe/London
teams:
  care: {title: {en: Care}}
people:
  eva: {name: Eva, role: supervisor}
  bo: {name: Bo, teams: care, skills: delivery, supervisor: eva, delegate: eva, limit: 90 USD, cases: 5}
  pat: {name: Pat, zone: Europe/Paris, address: pat@example.org, away: 2026-12-24}
"""

SCENARIO = """
scenario: {name}
rule: A complaint opens a case.
story:
  - at: Fri 2026-11-20 17:55
    complaint: It never came.
    expect: {{step: {step}}}
"""


def sections() -> dict[str, dict[str, str]]:
    """Command → key → kind, as the page has it; `open, record, do` counts for each."""
    found: dict[str, dict[str, str]] = {}
    for section in PAGE.split("\n## ")[1:]:
        title = section.partition("\n")[0]
        rows = dict(re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", section, re.MULTILINE))
        for name in title.split(", "):
            found[name] = rows
    found["show"] = {
        **{key.removeprefix("cases[]."): kind for key, kind in found["list"].items() if "[]" in key},
        **found["show"],
    }
    return found


def paths(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every key of an object with its value, keys within included."""
    if isinstance(value, dict):
        for key, inner in value.items():
            name = f"{path}.{key.replace('.', '·')}" if path else key
            yield name, inner
            yield from paths(inner, name)
    elif isinstance(value, list):
        for inner in value:
            if isinstance(inner, dict):
                yield from paths(inner, f"{path}[]")


def fitting(keys: dict[str, str], path: str) -> str | None:
    """The documented key for a path; `‹name›` fits any name."""
    if path in keys:
        return path
    for key in keys:
        pattern = re.escape(key).replace("‹name›", r"[^.\[]+")
        if "‹name›" in key and re.fullmatch(pattern, path):
            return key
    return None


def is_of(kind: str, value: Any) -> bool:
    words = kind.split(" or ")
    allowed = tuple(one for word in words for one in KINDS.get(word, ()))
    if kind == "any":
        return True
    return isinstance(value, allowed) and (not isinstance(value, bool) or "true" in words)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """What every command prints in a project where something of everything has happened."""
    home = Path.cwd()
    folder = tmp_path_factory.mktemp("json")
    os.chdir(folder)
    try:
        return dict(_run_all())
    finally:
        os.chdir(home)


def _run_all() -> Iterator[tuple[str, list[Any]]]:
    answers: dict[str, list[Any]] = {}

    def say(name: str, *words: str) -> Any:
        answers.setdefault(name, []).append(answer([*name.split(), *words, "--json"]))
        return answers[name][-1]

    say("init", "shop")
    os.chdir("shop")
    say("check")
    say("publish")
    say("preview", "apology")
    Path("letter.md").write_text("This happens a lot. We have refunded you.")
    say("guard", "letter.md")
    say("calendar show", "support", "--month", "2026-12")
    say("calendar due", "support", "3 business days", "--from", "2026-11-20T17:55")
    case = str(say("open", "It never came.", "--from", "ana@example.org", "--key", "k")["case"])
    say("open", "It never came.", "--from", "ana@example.org", "--key", "k")
    say("record", case, "owner=li", "policy.refs=a", "problem.category=delivery", "--by", "agent:li")
    say("do", case, "hand_off", "--to", "pat", "--by", "agent:li")
    _give_up(int(case), "1.0")
    say("promise", case, "to call", "--estimate", "2030-11-24T10:00", "--by", "agent:li")
    say("explain", case)
    li = ("--by", "agent:li")
    say("show", case)
    say("brief", case)
    say("tasks list")
    say("outbox list")
    say("outbox show", case, "1.0")
    say("outbox resend", "--case", case, "--effect", "1.0", *li)
    say("outbox hold", "--all", "--reason", "x", *li)
    say("outbox release", "--all", "--dry-run", *li)
    say("outbox release", "--all", *li)
    say("outbox pause", "--channel", "mail", "--reason", "x", *li)
    say("outbox resume", "--channel", "mail")
    say("outbox take-over", *li)
    _lease(Path("recovery.db"))
    say("outbox cancel", "--case", case, "--reason", "x", *li)
    _lease(Path("recovery.db"), None)
    with Path("config/recovery.yaml").open("a", encoding="utf-8") as file:
        file.write("forget_words_after: 90d\n")
    say("worker", "--once")
    say("jobs")
    _give_up(int(str(say("open", "The box is empty.")["case"])), "1.0")
    say("tasks done", "2", "1.0", *li)
    say("do", case, "withdraw", "--by", "customer")
    other = str(say("open", "The lamp broke.", "--subject", "Lamp", "--external-id", "b")["case"])
    say("do", str(say("open", "The lamp is broken.")["case"]), "merge", "--to", other)
    say("do", other, "escalate")
    say("do", other, "escalate")
    for step in ("own", "follow_up"):
        if step == "follow_up":
            say("record", other, "owner=li")
        say("do", other, "force", "--to", step, "--reason", "told", "--by", "supervisor:pat")
        say("explain", other)
    for number in range(1, 4):
        say("show", str(number))
        say("explain", str(number))
    say("coupon offer", case, "25 USD", "--days", "30", "--by", "agent:li", "--key", "c")
    say("coupon offer", case, "25 USD", "--days", "30", "--by", "agent:li", "--key", "c")
    say("coupon list", "--limit", "1")
    say("coupon reissue", case, "goodwill", "--reason", "lost", "--by", "agent:li")
    say("coupon list", "--limit", "1", "--reveal")
    code = say("coupon list", "--reveal")["coupons"][-1]["code"]
    say("coupon show", code)
    say("coupon redeem", code, "--by", "agent:till", "--reference", "7")
    say("coupon offer", other, "25 USD", "--days", "30", "--by", "agent:li")
    say("coupon revoke", other, "goodwill", "--reason", "an error", "--by", "agent:li")
    say("offers", case, "--fact", "driver=contact", "--fact", "value=90 USD", "--fact", "price=7 USD")
    say("offers", "--fact", "category=billing", "--fact", "driver=contact", "--give", "credit=12 USD")
    say("offers", "--fact", "category=quality", "--fact", "severity=1", "--fact", "driver=execution")
    Path("customers.csv").write_text(
        "customer,year,bought,cost,cohort\na,1,9,1,recovered\na,2,9,1,recovered\n"
    )
    say("clv", "customers.csv", "--loss", "7 USD")
    Path("customers.csv").write_text("year,bought,cost\n1,0,1\n2,much,1\n")
    say("clv", "customers.csv")
    say("show", case)
    say("brief", case)
    say("list")
    say("list", "--limit", "1")
    Path("scenarios").mkdir()
    Path("scenarios/good.yaml").write_text(SCENARIO.format(name="It opens", step="identify"))
    Path("scenarios/bad.yaml").write_text(SCENARIO.format(name="It does not close", step="closed"))
    Path("scenarios/unreadable.yaml").write_text("story:")
    say("test", "--coverage")
    Path("play.jsonl").write_text(
        "\n".join(json.dumps({"at": "2026-11-02T09:00:00Z", **line}) for line in PLAY)
    )
    say("play", "play.jsonl", "--database", "sqlite:///play.db")
    Path("config/imports/events.yaml").write_text(LOG_MAPPING)
    Path("log.csv").write_text("Ticket,When,What\n7,2026-10-05,Opened\n7,2026-10-06,Closed\n8,soon,Opened\n")
    say("import", "log.csv", "--map", "events")
    say("report process")
    say("doctor")
    _people(say)
    say("demo", "--limit", "30")
    say("db upgrade")
    say("erase", "--case", other, "--reason", "x", "--by", "supervisor:pat")
    say("erase", "--case", case, "--force", "asked", "--reason", "x", "--by", "supervisor:pat")
    say("db verify")
    _forge(Path("recovery.db"))
    say("db verify")
    for words in (["show", "99"], ["record", "1", "nonsense=1", "owner=x y"], ["check", "nowhere"]):
        answers.setdefault("An error", []).append(answer([*words, "--json"]))
    Path("workflows/ten-step.yaml").write_text("workflow: [")
    answers["An error"].append(answer(["publish", "--json"]))
    say("check")
    yield from answers.items()


def _people(say: Callable[..., Any]) -> None:
    """What there is to say of the people of a house, and what they tell."""
    Path("config/people.yaml").write_text(PEOPLE)
    say("publish")
    case = str(say("open", "It never came.", "--from", "ana@example.org")["case"])
    say("assign", case, "--dry-run", "--by", "supervisor:eva")
    say("assign", case, "--by", "supervisor:eva")
    say("collaboration ask", case, "pat", "where is it?", "--when", "2031-12-01T12:00Z", "--by", "agent:bo")
    say("collaboration answer", case, "1", "In Leeds.", "--by", "agent:pat")
    answer(["spend", case, "gift=12 USD", "--by", "agent:bo", "--json"])
    for words in (
        ["offer", case, "credit=40 USD", "--by", "agent:bo"],
        ["accept", case, "2"],
        ["fulfil", case, "2", "--receipt", "T-1", "--by", "agent:bo"],
        ["offer", case, "refund=2500 USD", "--by", "agent:bo"],
        ["approve", case, "3", "--by", "supervisor:eva"],
    ):
        answer(["compensation", *words, "--json"])
    say("report money")
    later = ManualClock(SystemClock().now() + timedelta(days=7))
    with working(find_project(Path.cwd()), clock=later) as engine:
        engine.see_to_due(50)
    say("story missing")
    say("story tell", case, "She laughed.", "--by", "agent:bo")
    say("praise", case, "bo", "Thank you.", "--by", "supervisor:eva", "--reward", "5 USD")
    say("record", case, "retold=3", "--by", "agent:bo")
    say("causes", case)
    say("recurrence", case)
    say("open", "It never came.", "--external-id", "well")
    say("fund set-aside", "500 USD", "--by", "supervisor:eva")
    say("open", "It never came.", "--external-id", "failed")
    answer(["record", "failed", "owner=bo", "--by", "agent:bo", "--json"])
    answer(
        [
            "do",
            "failed",
            "force",
            "--to",
            "big_picture",
            "--reason",
            "told",
            "--by",
            "supervisor:eva",
            "--json",
        ]
    )
    answer(["do", "failed", "reopen", "--by", "customer", "--json"])
    answer(["spend", "failed", "gift=12 USD", "--by", "agent:bo", "--json"])
    say("fund show")
    _put_right("well", say)
    say("story tell", "well", "She laughed.", "--by", "agent:bo")
    say("praise", "well", "bo", "Thank you.", "--by", "supervisor:eva")
    say("show", "well")
    say("story list")
    say("story list", "--limit", "1")
    say("recognitions")
    with working(find_project(Path.cwd())) as engine:
        engine.make_lineup("care", engine.clock.now() - timedelta(days=1))
    for number in range(2):
        say("story tell", "well", "She laughed again.", "--by", "agent:bo")
        say("praise", "well", "bo", "Thank you.", "--by", "supervisor:eva")
        say("lineup", "care", *(["--attended", "eva"] if number else []))
    say("lineup", "care", "--last")
    say("lineup")
    for other in ("first", "second"):
        say("open", "It never came.", "--external-id", other)
        say("record", other, "owner=pat", "--by", "agent:pat")
    answer(["do", "second", "hand_off", "--to", "bo", "--by", "agent:pat", "--json"])
    say("people leave", "pat", "--to", "bo", "--by", "supervisor:eva")
    say("people list")
    say("people away", "bo", "2026-12-24", "--by", "supervisor:eva")
    say("people back", "bo", "--by", "supervisor:eva")


def _put_right(case: str, say: Callable[..., Any]) -> None:
    """A recovery within its targets and well rated."""
    say("record", case, "owner=bo", "--by", "agent:bo")
    for step in ("follow_up", "closed"):
        say("do", case, "force", "--to", step, "--reason", "told", "--by", "supervisor:eva")
        if step == "follow_up":
            marks = [f"followup.{name}=5" for name in ("result", "manner", "ease")]
            say("record", case, *marks, "--by", "customer", "--source", "customer")


def _give_up(case: int, effect: str) -> None:
    """Let a message be one that could not be delivered."""
    with working(find_project(Path.cwd())) as engine:
        engine.settle_many(
            [
                Settlement(
                    case=case, effect=effect, at=engine.clock.now(), end="failed", reason="no such address"
                )
            ]
        )


def _lease(path: Path, until: str | None = "9999-01-01T00:00:00.000000Z") -> None:
    """As if messages were on their way just now."""
    with sqlite3.connect(path) as database:
        database.execute("update recovery_effect set lease_until = ? where status = 'due'", (until,))


def _forge(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("update recovery_case set severity = 3 where id = 1")


def answer(words: list[str]) -> Any:
    """What a command prints on standard output, read as JSON."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    with redirect_stdout(out):
        run(words)
    out.flush()
    return json.loads(out.buffer.getvalue())  # type: ignore[attr-defined]


def test_every_key_that_a_command_prints_is_documented_with_its_kind(printed: dict[str, list[Any]]) -> None:
    documented = sections()
    assert set(printed) == set(documented)
    wrong = []
    for name, answers in printed.items():
        for one in answers:
            for path, value in paths(one):
                key = fitting(documented[name], path)
                if key is None and not _inside_any(documented[name], path):
                    wrong.append(f"{name}: {path} is not documented")
                elif key is not None and not is_of(documented[name][key], value):
                    wrong.append(f"{name}: {path} is {value!r}, documented as {documented[name][key]}")
    assert sorted(set(wrong)) == []


def test_every_documented_key_is_printed_by_its_command(printed: dict[str, list[Any]]) -> None:
    for name, keys in sections().items():
        seen = {fitting(keys, path) for one in printed[name] for path, _ in paths(one)}
        assert set(keys) - seen == set(), name


def _inside_any(keys: dict[str, str], path: str) -> bool:
    """Whether a path lies inside a value that the page describes elsewhere, or not further."""
    while "." in path:
        path = path.rpartition(".")[0].removesuffix("[]")
        key = fitting(keys, path)
        if key is not None and (keys[key] == "any" or key in ("findings", "refusals")):
            return True
    return False
