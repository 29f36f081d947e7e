"""What the workers under fire work on: letters by mail and webhook, a clock that has run out, coupon, refund.

Each case sends `EFFECTS` messages: three when it opens (one to people of the house), one more when the last
of them has arrived, and, because it is an hour old when it is opened, two when its clock is seen to: a coupon
and word to the supervisor. A refund is ordered from whoever pays right after it was opened.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from recovery.bootstrap import publish, upgrade_database
from recovery.commands import Command
from recovery.core.empowerment.events import CompensationSpent
from recovery.core.events import ComplaintReceived, FactsRecorded
from recovery.engine import Engine
from recovery.project import CHANNELS, CONFIG, Project

EFFECTS = 7
"""Messages of a case; four go by mail and three by webhook, one of them to whoever pays."""

REFUND = "40 USD"

AGE = timedelta(hours=1)
"""How long ago the complaints came in; their clock runs out after a minute."""

INSTALLATION = "crash-tests"
SEAL_KEY = "a key of the crash tests"
SECRET = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"""In the environment of every worker: who it is, what seals, what signs webhooks."""

ENVIRONMENT = {
    "RECOVERY_INSTALLATION": INSTALLATION,
    "RECOVERY_SEAL_KEY": SEAL_KEY,
    "CRASH_SECRET": SECRET,
}

WORKFLOW = """\
workflow: crash
title: Under fire
facts:
  heard: {type: boolean, said_by: engine}
  spoiled: {type: boolean}
clocks:
  late:
    title: Late
    starts: spoiled
    stops: owner is known
    within: 1 minute
    on_breach:
      - {send: gift, coupon: {offer: goodwill, value: 10 USD, expires: 60 days}}
      - {send: late, to: supervisor}
steps:
  hear:
    title: Hear
    on_enter:
      - send: one
      - {send: told, to: supervisor}
      - {send: two, when_delivered: {heard: true}}
    needs: {heard: true}
  mend:
    title: Mend
    on_enter: [{send: three}]
    needs: {owner: }
budgets:
  empowerment:
    limit: {agent: 1000000 USD, supervisor: 2000000 USD}
    approval: {by: supervisor}
    pay: order
"""

TEMPLATE = """\
---
purpose: note
subject: "Case {{ case.id }}: NAME"
states: [problem.statement]
---
You told us: {{ facts.problem.statement }}.
"""

GIFT = """\
---
purpose: goodwill
subject: "Case {{ case.id }}: gift"
states: []
---
{{ coupon.value | money }}: {{ coupon.code }}, good until {{ coupon.good_until | date }}.
"""

ORDER = """\
---
purpose: payment-order
subject: "Case {{ case.id }}: to be paid"
states: []
---
{{ payment.amount | money }} of compensation {{ payment.compensation }}.
"""

SETTINGS = """\
sender: {{address: care@example.org}}
channels:
  mail: {{by: smtp, host: 127.0.0.1, port: {mail}, tls: none}}
  desk: {{by: webhook, url: "{hook}", secret_from: CRASH_SECRET}}
  payment: {{by: webhook, url: "{hook}", secret_from: CRASH_SECRET}}
"""


def made(folder: Path, database: str, *, mail: int, hook: str) -> Project:
    """A project in a folder, on an empty database, with the ports of its receivers."""
    for name in ("workflows", "templates/en", "config"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "workflows" / "crash.yaml").write_text(WORKFLOW, "utf-8")
    for name in ("one", "told", "two", "three", "late"):
        file = folder / "templates" / "en" / f"{name}.md"
        file.write_text(TEMPLATE.replace("NAME", name), "utf-8")
    (folder / "templates" / "en" / "gift.md").write_text(GIFT, "utf-8")
    (folder / "templates" / "en" / "order.md").write_text(ORDER, "utf-8")
    (folder / CONFIG).write_text(f"database: {database}\nworkflow: crash\n", "utf-8")
    (folder / CHANNELS).write_text(SETTINGS.format(mail=mail, hook=hook), "utf-8")
    project = Project(folder, database, "crash", folder / "outbox")
    upgrade_database(project)
    return project


def published(engine: Engine, project: Project) -> Engine:
    """The same engine, with the project's workflow ready for cases."""
    publish(engine, project.root)
    return engine


def complain(engine: Engine, cases: int, *, after: int = 0, age: timedelta = AGE) -> list[int]:
    """Open cases whose clock has run out already, each with a refund that is owed; gives their numbers.

    Args:
        after: how many there are already; the customers are numbered on.
        age: how long ago the complaints came in.
    """
    heard_at = engine.clock.now() - age
    found: list[int] = []
    for start in range(after, after + cases, 100):
        commands = [
            Command(
                ComplaintReceived(
                    by="customer",
                    occurred_at=heard_at,
                    text="It never came",
                    customer={"address": f"customer-{n}@example.org"},
                )
            )
            for n in range(start, min(start + 100, after + cases))
        ]
        for answer in engine.handle_many(commands):
            found.append(answer.case)  # type: ignore[union-attr]
        _owe(engine, found[start - after :], heard_at)
    return found


def _owe(engine: Engine, cases: list[int], heard_at: datetime) -> None:
    """Give a refund in each case, which is due until whoever pays has paid it, and let its clock begin.

    An event that comes to a case sees to its clock too, so that the one which starts it is the last.
    """
    now = engine.clock.now()
    given = {"by": "agent:li", "kind": "refund", "amount": REFUND, "offer": "delay"}
    engine.handle_many([Command(CompensationSpent(occurred_at=now, **given), case) for case in cases])
    spoiled = FactsRecorded(by="customer", occurred_at=heard_at, facts={"spoiled": True})
    engine.handle_many([Command(spoiled, case) for case in cases])
