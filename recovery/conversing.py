"""A case's whole conversation, read from its log and its outbox."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from recovery.core.conversation import WRITTEN
from recovery.delivery.mail import answered
from recovery.store.records import OutboxRow, Record

Direction = Literal["in", "out", "internal"]
"""From the customer, to the customer, or among colleagues, which no customer ever sees."""


@dataclass(frozen=True, slots=True)
class Said:
    """Something that was said.

    Attributes:
        at: when (text instant): what was delivered then, what was not, when it was asked for.
        seq: the number of the event within the case.
        by: `role:name`; `engine` for what a rule sent.
        kind: `complaint`, `message`, `auto` (what a machine answered for them), `missed` (a
            call nobody answered), `note` or `file`.
        text: the words; None for a message whose template has not been filled yet.
        template: of a message to somebody that was made from one.
        effect: of a message to somebody, `seq.n`; `status` what became of it, `due_at` when it may leave.
        message_id: of the customer's mail.
        answers: what it answers: an effect of ours where that is known, else the Message-ID.
        files: names of files that came with it.
    """

    at: str
    seq: int
    by: str
    direction: Direction
    kind: str
    text: str | None
    subject: str | None = None
    channel: str | None = None
    to: str | None = None
    template: str | None = None
    effect: str | None = None
    status: str | None = None
    due_at: str | None = None
    message_id: str | None = None
    answers: str | None = None
    files: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        return asdict(self)


def conversation(log: Sequence[Record], outbox: Iterable[OutboxRow], thread: str) -> list[Said]:
    """Everything that was said, in the order of time.

    Args:
        thread: `installation:tenant:case`, by which mails of ours are known again.
    """
    told = [said for record in log if (said := _told(record, thread)) is not None]
    told += [_sent(row) for row in outbox]
    return sorted(told, key=lambda said: (said.at, said.seq))


def _told(record: Record, thread: str) -> Said | None:
    event, at, seq, by = record.event, record.occurred_at, record.seq, record.by
    inwards: Direction = "in" if by.startswith("customer") else "internal"
    match record.kind:
        case "ComplaintReceived":
            channel = record.changes[0][3]["channel"]
            return Said(at, seq, by, "in", "complaint", event.get("text", ""), event.get("subject"), channel)
        case "MessageReceived":
            asked = event.get("in_reply_to")
            return Said(
                at,
                seq,
                by,
                "in",
                "auto" if event.get("auto") else "missed" if event.get("missed") else "message",
                event["text"],
                event.get("subject"),
                event.get("channel"),
                message_id=event.get("message_id"),
                answers=(answered(asked, thread) or asked) if asked else None,
                files=list(event.get("attachments", {}).values()),
            )
        case "NoteAdded":
            return Said(at, seq, by, "internal", "note", event["text"])
        case "AttachmentAdded" if record.changes:
            return Said(at, seq, by, inwards, "file", None, files=[event["name"]])
        case _:
            return None


def _sent(row: OutboxRow) -> Said:
    rendered = json.loads(row.rendered) if row.rendered else {}
    written = row.context.get(WRITTEN)
    words = rendered or written or {}
    return Said(
        row.settled_at if row.status == "delivered" and row.settled_at else row.asked_at,
        int(row.effect.partition(".")[0]),
        written["by"] if written else "engine",
        "out" if row.recipient == "customer" else "internal",
        "message",
        words.get("text"),
        words.get("subject"),
        row.channel,
        row.recipient,
        None if written and written["free"] else row.template,
        row.effect,
        row.status,
        row.due_at,
        answers=written["in_reply_to"] if written else None,
    )
