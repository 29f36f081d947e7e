"""An explanation as a page for people: what a case waits for, its deadlines, and what comes next."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from recovery.cli.output import visible
from recovery.core.clocks.telling import local

if TYPE_CHECKING:
    from rich.console import RenderableType


def explanation_page(data: dict[str, Any]) -> list[RenderableType]:
    """An explanation for a terminal."""
    step = data["step"]
    lines = [f"Case {data['case']} stands in {step['id']}: {step['title']}"]
    lines += [step[part] for part in ("purpose", "worth") if step.get(part)]
    lines += [f"  do     {text}" for text in step.get("do", [])]
    lines += [f"  never  {text}" for text in step.get("never", [])]
    if data["quarantine"]:
        lines.append(f"In quarantine: {data['quarantine']}. It moves again when that is mended and lifted.")
    if data["erased_at"]:
        lines.append(
            f"Whoever it was about was erased at {data['erased_at']}. Nothing is put into it any more."
        )
    if data["offered_to"]:
        lines.append(f"Offered to {data['offered_to']}; {data['owner']} owns it until they accept.")
    if data["waits_for"]:
        lines.append("It waits for:")
    for need in data["waits_for"]:
        alternatives = need.get("any_of")
        if alternatives:
            lines.append("  any one of")
            lines += [f"    {_wait(one)}" for one in alternatives]
        else:
            lines.append(f"  {_wait(need)}")
    lines += _promises(data)
    lines += _deadlines(data)
    lines += [f"On its way: {m['template']} ({m['effect']}){_leaves(m)}" for m in data["messages"]]
    lines += [f"Not delivered: {m['template']} ({m['effect']}): {m['reason']}" for m in data["undelivered"]]
    lines += [f"Waits for a person: {t['kind']}, {t['template']} ({t['task']})" for t in data["tasks"]]
    lines += [f"On leaving, line {rule['line']}: {rule['if']}" for rule in data["rules"]]
    if data["transitions"]:
        lines.append("It can be moved by:")
    for move in data["transitions"]:
        state = {True: "open", False: "closed", None: "unknown"}[move["open"]]
        because = f", because {move['because']}" if move["because"] else ""
        needs = f"; needs {', '.join(move['needs'])}" if move["needs"] else ""
        lines.append(f"  {move['name']} → {move['to']} by {', '.join(move['by'])}: {state}{because}{needs}")
    lines.append("The last event, and why:")
    lines += [f"  {line}" for line in data["why"]]
    return [visible(line) for line in lines]


def _wait(need: dict[str, Any]) -> str:
    parts = [need["need"]]
    if need["ask"]:
        parts.append(f"“{need['ask']}”")
    parts.append(
        f"({need['accepts']}{', from the ' + ' or '.join(need['said_by']) if need['said_by'] else ''})"
    )
    if need["comes_with"]:
        parts.append(f"comes when {need['comes_with']} is delivered")
    if need["on_record"] is not None:
        parts.append(f"on record: {need['on_record']}")
    if need["because"]:
        parts.append(f"because {need['because']}")
    return " ".join(parts)


def _deadlines(data: dict[str, Any]) -> list[str]:
    """Its clocks, what keeps the others from running, and what they will do."""
    lines = ["Its deadlines:"] if data["clocks"] else []
    for clock in data["clocks"]:
        lines += [f"  {line}" for line in _clock(clock)]
    if data["not_started"]:
        lines.append("Deadlines that do not run yet:")
    for clock in data["not_started"]:
        lines.append(f"  {_named(clock)}: {'; '.join(clock['waits_for'])} ({clock['rule']})")
    if data["coming"]:
        lines.append("What comes, if nothing happens before:")
    for row in data["coming"]:
        condition = f"; {'' if row['fires'] else 'not as it stands: '}{row['if']}" if row["if"] else ""
        later = f", to leave at {row['leaves_at'][:16]}Z" if row["leaves_at"] not in (None, row["at"]) else ""
        does = ", ".join(row["does"])
        lines.append(f"  {_at(row['at_local'])}  {row['clock']}, on {row['on']}: {does}{later}{condition}")
    return lines


def _promises(data: dict[str, Any]) -> list[str]:
    lines = ["What was promised:"] if data["promises"] else []
    for one in data["promises"]:
        theirs = one["by_when_for_customer"]
        when = f"{_at(theirs)} on the customer's clock" if theirs else f"{_at(one['by_when'])} UTC"
        kept = f" {_at(one['kept_at'])} UTC" if one["kept_at"] else ""
        note = f" ({one['note']})" if one["note"] else ""
        late = "" if one["status"] != "broken" else ", kept late" if kept else ", not kept"
        what = f"to the {one['to']}: {one['what']}, by {when}"
        lines.append(f"  {one['promise']}  {what}: {one['status']}{late}{kept}{note}")
    return lines


def _clock(clock: dict[str, Any]) -> list[str]:
    state = {
        "running": "runs",
        "paused": "is paused; it ran",
        "breached": "has run out; it ran",
        "stopped": "is stopped; it ran",
        "off": "is off: what started it was taken back; it ran",
    }[clock["status"]]
    zone = clock["zone"]
    within = f", {clock['limit']}" if clock["limit"] else ""
    since = _at(local(clock["starts_at"], zone))
    lines = [f"{_named(clock)} {state} from {since}, by {clock['starts_by']}{within}"]
    if clock["due_local"] is not None:
        theirs = clock["due_for_customer"]
        customer = f", {_at(theirs)} for the customer" if theirs not in (None, clock["due_local"]) else ""
        lines.append(f"    due {_at(clock['due_local'])} {zone}{customer}")
    elif clock["status"] == "running" and clock["breached_at"] is None:
        lines.append(f"    never due: calendar {clock['calendar']} has no such time in the years it knows")
    told = [f"{_lasting(clock['accrued_seconds'])} of its time had passed"]
    for word, key in (("warned", "warned_at"), ("ran out", "breached_at"), ("stopped", "stopped_at")):
        if clock[key] is not None:
            told.append(f"{word} {_at(local(clock[key], zone))}")
    if clock["runs"] > 1:
        told.append(f"ran out {clock['runs']} times")
    lines.append(f"    {', '.join(told)}")
    for start, end in clock["pauses"]:
        until = _at(local(end, zone)) if end is not None else "now"
        lines.append(f"    paused from {_at(local(start, zone))} to {until}")
    stops = f"stops by {', '.join(clock['stops_by'])}; " if clock["stops_by"] else ""
    source = f" ({clock['source']})" if clock["source"] else ""
    lines.append(f"    {stops}by {clock['rule']}{source}, calendar {clock['calendar']}")
    return lines


def _named(clock: dict[str, Any]) -> str:
    return f"{clock['name']} “{clock['title']}”" if clock["title"] else str(clock["name"])


def _at(local: str | None) -> str:
    """A local time as people read it: `Mon 2026-11-23 12:55`."""
    return "never" if local is None else f"{datetime.fromisoformat(local):%a %Y-%m-%d %H:%M}"


def _lasting(seconds: int) -> str:
    hours, rest = divmod(seconds, 3_600)
    return f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min"


def _leaves(message: dict[str, Any]) -> str:
    """Where a message stands in the outbox."""
    if "status" not in message:
        return ""
    if message["status"] == "held":
        return f", held{': ' + message['note'] if message['note'] else ''}"
    note = f" ({message['note']})" if message["note"] else ""
    return f" to the {message['to']}, {message['status']}, may leave from {message['leaves_at'][:16]}Z{note}"
