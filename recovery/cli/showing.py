"""A case as data for programs and as pages for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from recovery.cli.money_pages import compensations_page
from recovery.cli.output import table, visible

if TYPE_CHECKING:
    from rich.console import RenderableType

    from recovery.core.case import Case
    from recovery.engine import Engine
    from recovery.store.records import OutboxRow, Record


def case_row(case: Case) -> dict[str, Any]:
    """A case without its facts and log: one row of `list`."""
    return {
        "case": case.id,
        "external_id": case.external_id,
        "workflow": case.workflow,
        "version": case.bundle,
        "mode": case.mode,
        "state": "open" if case.closed_at is None else "ended",
        "step": case.step,
        "owner": case.owner,
        "offered_to": case.offered_to,
        "level": case.level,
        "severity": case.severity,
        "cycle": case.cycle,
        "channel": case.channel,
        "language": case.language,
        "subject": case.subject,
        "received_at": case.received_at,
        "opened_at": case.opened_at,
        "updated_at": case.updated_at,
        "closed_at": case.closed_at,
        "events": case.seq,
    }


def case_data(engine: Engine, id: int) -> dict[str, Any]:
    """A case with its facts (value, source, times), its messages and its whole log."""
    from recovery.core.clocks.standing import standing
    from recovery.core.empowerment.state import rows as compensations
    from recovery.core.instants import last_day
    from recovery.core.promises import rows
    from recovery.core.stories.state import rows as stories

    case = engine.store.case(engine.tenant, id)
    assert case is not None
    return {
        **case_row(case),
        "customer": case.customer,
        "merged_into": case.merged_into,
        "absorbed": case.absorbed,
        "quarantine": case.quarantine,
        "erased_at": case.erased_at,
        "clocks": [one.as_dict() for one in standing(engine.workflow(case.bundle), case, engine.clock.now())],
        "promises": rows(case.promises, engine.clock.now()),
        "compensations": compensations(case.compensations),
        "stories": stories(case.stories),
        "praise": [one._asdict() for one in case.praise.values()],
        "coupons": [
            {"offer": offer, **coupon._asdict(), "good_until": last_day(coupon.expires_at)}
            for offer, coupon in case.coupons.items()
        ],
        "facts": {name: fact._asdict() for name in case.facts if (fact := case.fact(name)) is not None},
        "tasks": [{"task": key, "kind": row[0], "template": row[1]} for key, row in case.tasks.items()],
        "messages": [_message(row) for row in engine.store.outbox(engine.tenant, case=id)],
        "brief": engine.brief(case).as_dict(),
        "log": [_record(record) for record in engine.store.log(engine.tenant, id)],
    }


def _said(value: Any) -> str:
    """A fact's value as it is written on the command line."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "\n".join(value) if isinstance(value, list) else str(value)


def _minute(at: str | None) -> str | None:
    return None if at is None else at[:16].replace("T", " ")


def _message(row: OutboxRow) -> dict[str, Any]:
    sent = json.loads(row.rendered) if row.rendered else {}
    return {
        "effect": row.effect,
        "template": row.template,
        "to": row.recipient,
        "address": row.address,
        "channel": row.channel,
        "status": row.status,
        "due_at": row.due_at,
        "settled_at": row.settled_at,
        "note": row.note,
        "subject": _masked(sent.get("subject"), row),
        "text": _masked(sent.get("text"), row),
    }


def _masked(text: str | None, row: OutboxRow) -> str | None:
    """What was sent, without the code of a coupon: `recovery coupon list --reveal` shows that."""
    from recovery.store.codes import masked

    return None if text is None else masked(text, row.context)


def _record(record: Record) -> dict[str, Any]:
    return {
        "seq": record.seq,
        "event": record.kind,
        "by": record.by,
        "occurred_at": record.occurred_at,
        "recorded_at": record.recorded_at,
        "data": record.event,
        "moves": [
            {"from": change[1], "to": change[2], "why": change[3]}
            for change in record.changes
            if change[0] == "move"
        ],
        "effects": list(record.effects),
        "why": record.why,
    }


def case_page(data: dict[str, Any]) -> list[RenderableType]:
    """A case for a terminal."""
    named = f" ({data['external_id']})" if data["external_id"] else ""
    head = [
        f"Case {data['case']}{named}: {data['step']}",
        f"Owner: {data['owner'] or 'nobody yet'}   Severity: {data['severity']}   Cycle: {data['cycle']}",
    ]
    if data["merged_into"]:
        head.append(f"Goes on in case {data['merged_into']}.")
    if data["quarantine"]:
        head.append(f"In quarantine: {data['quarantine']}")
    if data["erased_at"]:
        head.append(f"Erased at {data['erased_at']}")
    facts = [
        [name, _said(f["value"]), f["source"], f["by"], f["occurred_at"][:16]]
        for name, f in data["facts"].items()
    ]
    messages = [
        [m["effect"], m["template"], m["address"] or m["channel"], m["status"], m["subject"]]
        for m in data["messages"]
    ]
    log = [[r["seq"], r["occurred_at"][:16], r["by"], r["event"], "\n".join(r["why"])] for r in data["log"]]
    pages: list[RenderableType] = [
        *map(visible, head),
        table("Facts", ["fact", "value", "source", "by", "at"], facts),
    ]
    if data["coupons"]:
        keys = ["offer", "value", "status", "good_until", "serial"]
        coupons = [[coupon[key] for key in keys] for coupon in data["coupons"]]
        pages.append(table("Coupons", ["offer", "value", "status", "good until", "code no."], coupons))
    if data["promises"]:
        made = [
            [p["promise"], p["what"], p["to"], _minute(p["by_when"]), p["status"]] for p in data["promises"]
        ]
        pages.append(table("Promises", ["#", "what", "to", "by (UTC)", "status"], made))
    if data["compensations"]:
        pages.append(compensations_page(data["compensations"], "Compensations"))
    if data["stories"]:
        told = [[s["told_at"][:10], s["by"], s["happened"], s["felt"]] for s in data["stories"]]
        pages.append(table("Stories", ["told", "by", "what happened", "how they felt"], told))
    if data["praise"]:
        thanks = [[p["at"][:10], p["to"], p["text"]] for p in data["praise"]]
        pages.append(table("Praise", ["on", "for", "words"], thanks))
    if data["clocks"]:
        clocks = [
            [c["name"], c["status"], c["limit"], _minute(c["due_at"]), c["rule"]] for c in data["clocks"]
        ]
        pages.append(table("Deadlines", ["clock", "status", "within", "due (UTC)", "by"], clocks))
    if messages:
        pages.append(table("Messages", ["effect", "template", "to", "status", "subject"], messages))
    if data["tasks"]:
        rows = [[t["task"], t["kind"], t["template"]] for t in data["tasks"]]
        pages.append(table("Waits for a person", ["task", "what", "template"], rows))
    pages.append(table("Log", ["#", "at", "by", "event", "why"], log))
    return pages
