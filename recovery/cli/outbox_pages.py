"""Messages and tasks as data for programs and as pages for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from recovery.cli.output import table, visible_lines

if TYPE_CHECKING:
    from rich.console import RenderableType

    from recovery.engine import Engine
    from recovery.project import Project
    from recovery.store.records import OutboxRow
    from recovery.tended import Task


def message_row(row: OutboxRow) -> dict[str, Any]:
    """A message without its words."""
    return {
        "case": row.case,
        "effect": row.effect,
        "template": row.template,
        "to": row.recipient,
        "address": row.address,
        "channel": row.channel,
        "language": row.language,
        "status": row.status,
        "asked_at": row.asked_at,
        "due_at": row.due_at,
        "attempts": row.attempts,
        "settled_at": row.settled_at,
        "note": row.note,
    }


def messages_page(rows: list[OutboxRow]) -> RenderableType:
    """Messages for a terminal."""
    cells = [
        [
            row.case,
            row.effect,
            row.status,
            row.template,
            row.address or row.channel,
            row.due_at[:16],
            row.note,
        ]
        for row in rows
    ]
    columns = ["case", "message", "status", "template", "to", "due", "note"]
    return table(None, columns, cells)


def message_data(engine: Engine, row: OutboxRow) -> dict[str, Any]:
    """A message with its words, or why it has none."""
    from recovery.core.errors import NotFound
    from recovery.delivery.render import RenderFailed
    from recovery.delivery.wording import words_of

    data = message_row(row)
    try:
        words = words_of(engine, row).rendered
    except (RenderFailed, NotFound) as error:
        return data | {"subject": None, "text": None, "html": None, "problem": str(error)}
    return data | {"subject": words.subject, "text": words.text, "html": words.html, "problem": None}


def message_page(data: dict[str, Any]) -> list[RenderableType]:
    """A message for a terminal."""
    to = data["address"] or data["to"]
    head = [
        f"Message {data['effect']} of case {data['case']}: {data['status']}",
        f"{data['template']} to {to} by {data['channel']}, asked for at {data['asked_at'][:16]}",
    ]
    if data["status"] == "due":
        head.append(f"Due at {data['due_at'][:16]}, tried {data['attempts']} times.")
    if data["settled_at"]:
        head.append(f"Settled at {data['settled_at'][:16]}.")
    if data["note"]:
        head.append(f"Note: {data['note']}")
    if data["problem"]:
        return [*head, "", f"It cannot be written: {data['problem']}"]
    return [*head, "", f"Subject: {data['subject']}", "", visible_lines(data["text"])]


def warnings(engine: Engine, project: Project) -> list[str]:
    """What keeps messages of this database from leaving."""
    from recovery.installation import may_send
    from recovery.worker.serving import NOT_OURS

    said = [] if may_send(engine, project) else [NOT_OURS]
    for pause in engine.pauses():
        what = "Everything" if pause.kind == "tenant" else f"The {pause.kind} {pause.name}"
        said.append(f"{what} is paused since {pause.since[:16]} by {pause.by}: {pause.reason}")
    return said


def task_row(task: Task) -> dict[str, Any]:
    """A task with the words to say, where there are any."""
    import json

    message = task.message
    words = json.loads(message.rendered) if message is not None and message.rendered else {}
    return {
        "case": task.case,
        "external_id": task.external_id,
        "task": task.task,
        "kind": task.kind,
        "template": task.template,
        "owner": task.owner,
        "address": None if message is None else message.address,
        "since": None if message is None else message.settled_at,
        "reason": task.reason,
        "subject": words.get("subject"),
        "text": words.get("text"),
    }


def tasks_page(rows: list[dict[str, Any]]) -> RenderableType:
    """Tasks for a terminal."""
    columns = ["case", "task", "what", "template", "owner", "since", "whom, or why"]
    cells = [
        [
            *(row["case"], row["task"], row["kind"], row["template"], row["owner"]),
            *((row["since"] or "")[:16], row["reason"] or row["address"]),
        ]
        for row in rows
    ]
    return table(None, columns, cells)
