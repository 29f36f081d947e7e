"""Where the simulation takes place: a small workflow with a little of everything, in a database made once.

The database is a file in memory where the machine has such files: the real thing, with the real locks, and no
disk to wait for.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from recovery.bootstrap import open_engine
from recovery.clock import ManualClock
from recovery.project import Project
from recovery.workflow.bundle import Bundle, collect, load
from tests.support import entropy

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
"""When a run begins: a Friday morning."""

MEMORY = Path("/dev/shm")

WORKFLOW = """\
workflow: small
title: Small
contact_cap: 3
facts:
  heard: {type: boolean, said_by: engine}
  thanked: {type: boolean, said_by: engine}
  answered: {type: boolean}
  rested: {type: boolean}
  word: {type: text}
  promise.until: {type: instant, said_by: engine}
  promise.what: {type: text, said_by: engine}
  promise.estimate: {type: instant, said_by: engine}
  promise.open: {type: list, said_by: engine}
steps:
  hear:
    title: Hear
    on_enter:
      - send: hello
      - {send: heard, when_delivered: {heard: true}}
    needs: {owner: , heard: true}
  mend:
    title: Mend
    on_enter:
      - send: news
      - {send: brief, to: owner}
      - send: gift
        when_delivered: {thanked: true}
        coupon: {offer: goodwill, value: 10 USD, expires: 60 days}
    needs: {answered: true, thanked: true}
  rest:
    title: Rest
    on_enter: [{send: ask}]
    needs: {rested: true}
ends:
  closed: {title: Closed}
clocks:
  nudge:
    starts: owner
    stops: answered
    every: 2 hours
    times: 3
    on_breach: [{send: nudge, to: owner, once: always}]
    at_last: [{send: alarm, to: supervisor, once: always}]
  answer:
    stops: answered
    within: 24 hours
    warn_at: 75%
    on_warn: [{send: nudge, to: owner, once: always}]
    on_breach: [{send: holding, once: always}, {escalate: 1}]
  promised:
    due: promise.until
    stops: promise.until is unknown
    on_breach: [{send: alarm, to: supervisor, once: always}]
  rest:
    starts: step rest
    stops: rested
    within: 30 minutes
    on_breach: [{record: {rested: true}}]
escalation: [agent, lead, supervisor]
budgets:
  empowerment:
    limit: {agent: 100 USD, lead: 300 USD, supervisor: 900 USD}
    approval: {by: lead, send: [approve], within: 2 hours}
    hold_for: 3 hours
    late: owing
    pay: order
  each:
    limit: {agent: 150 USD, lead: 400 USD}
    per: case
    subject: case
    approval: {by: lead, within: 2 hours}
"""

TEMPLATES = {
    "hello": "acknowledgement",
    "heard": "note",
    "news": "note",
    "brief": "brief",
    "gift": "goodwill",
    "ask": "follow-up",
    "nudge": "brief",
    "alarm": "brief",
    "holding": "holding",
    "approve": "brief",
    "owing": "brief",
    "order": "payment-order",
}
"""Template → its purpose."""

POSTSCRIPTS = {"holding": "There is news in case {{ case.id }}, too."}
"""What is left of a message that is told of in another one."""

WORDS = {
    "gift": "It is worth {{ coupon.value | money }} until {{ coupon.good_until | date }}: {{ coupon.code }}",
}


class Place:
    """A database, and connections to it that are used by one process of a run after the other.

    To open one costs as much as twenty steps. One that is given back has begun nothing, just as a new one.
    """

    def __init__(self, path: Path, bundle: Bundle) -> None:
        self.path = path
        self.bundle = bundle
        self.workflow = load(bundle)
        self.looking = sqlite3.connect(path, isolation_level=None)
        self._tables = [name for (name,) in self.looking.execute(_TABLES)]
        self._meta = self.looking.execute("select key, value from recovery_meta").fetchall()
        self._free: dict[str, list[sqlite3.Connection]] = {"write": [], "read": [], "look": []}

    def take(self, kind: str) -> sqlite3.Connection | None:
        """A connection to `write`, to `read` or to `look` at everything by; None where one must be made."""
        return self._free[kind].pop() if self._free[kind] else None

    def give_back(self, kind: str, connection: sqlite3.Connection) -> None:
        """Nobody uses it any more."""
        connection.rollback()
        self._free[kind].append(connection)

    def empty(self) -> None:
        """Make the database what it was before the first run."""
        cursor = self.looking.cursor()
        cursor.execute("begin immediate")
        for table in self._tables:
            cursor.execute(f"delete from {table}")
        cursor.execute("delete from recovery_meta")
        cursor.executemany("insert into recovery_meta (key, value) values (?, ?)", self._meta)
        cursor.execute("commit")

    def close(self) -> None:
        """Close every connection."""
        for connection in (self.looking, *chain.from_iterable(self._free.values())):
            connection.close()


_TABLES = """
select name from sqlite_master where type = 'table' and (name like 'recovery_%' or name = 'sqlite_sequence')
    and name not in ('recovery_meta', 'recovery_bundle', 'recovery_published', 'recovery_alembic_version')
"""


def _write(root: Path) -> None:
    (root / "workflows").mkdir(parents=True)
    (root / "templates" / "en").mkdir(parents=True)
    (root / "workflows" / "small.yaml").write_text(WORKFLOW, "utf-8")
    for name, purpose in TEMPLATES.items():
        words = WORDS.get(name, "This is case {{ case.id }}.")
        head = f'purpose: {purpose}\nsubject: "Case {{{{ case.id }}}}, {name}"\n'
        head += f'postscript: "{POSTSCRIPTS[name]}"\n' if name in POSTSCRIPTS else ""
        text = f"---\n{head}---\n{words}\n"
        (root / "templates" / "en" / f"{name}.md").write_text(text, "utf-8")


@contextmanager
def made() -> Iterator[Place]:
    """A place of one's own, gone at the end."""
    where = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="recovery-simulation-", dir=where) as name:
        folder = Path(name)
        root = folder / "project"
        _write(root)
        project = Project(root, f"sqlite:///{folder / 'recovery.db'}", "small")
        open_engine(project, clock=ManualClock(START), entropy=entropy(), make=True).store.close()
        bundle, findings = collect(root, root / "workflows" / "small.yaml")
        assert bundle is not None, findings
        place = Place(folder / "recovery.db", bundle)
        try:
            yield place
        finally:
            place.close()
