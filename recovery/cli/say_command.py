"""`say`: draft a message, look at it, edit it, send it with a moment to take it back."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recovery.cli.codes import OK, PROBLEMS
from recovery.cli.options import By, CaseName, Database, Json, Key, find_case, project
from recovery.cli.output import as_json, notice, say, table, visible

if TYPE_CHECKING:
    from recovery.desk import Desk
    from recovery.drafting import Draft
    from recovery.project import Project

SUBJECT = "Subject: "


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("say", epilog='Example: recovery say 12 --text "I have found it." --by agent:li --send')(say_)


def say_(
    case: CaseName,
    template: Annotated[
        str | None, typer.Argument(metavar="[TEMPLATE]", help="What to write from, such as apology.")
    ] = None,
    text: Annotated[
        str | None,
        typer.Option("--text", metavar="WORDS", help="The words, a file with them, or - for standard input."),
    ] = None,
    subject: Annotated[str | None, typer.Option(help="The subject (default: the template's).")] = None,
    edit: Annotated[bool, typer.Option("--edit", help="Open the draft in $EDITOR first.")] = False,
    send: Annotated[bool, typer.Option("--send", help="Send it; without this it is only shown.")] = False,
    wait: Annotated[str, typer.Option(help="How long it can be taken back: 60s, 2m, at most 1h.")] = "60s",
    to: Annotated[str | None, typer.Option(help="customer, owner or supervisor.")] = None,
    language: Annotated[str | None, typer.Option(help="Such as zh (default: the case's).")] = None,
    channel: Annotated[str | None, typer.Option(help="Such as mail (default: the case's).")] = None,
    despite: Annotated[
        str | None,
        typer.Option(metavar="WHY", help="Why a supervisor sends what the phrase guard would stop."),
    ] = None,
    cancel: Annotated[
        str | None, typer.Option("--cancel", metavar="EFFECT", help="Take back this message, such as 5.0.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why it is taken back.")] = None,
    by: By = "agent",
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> int:
    """Write to a customer. Without TEMPLATE and --text it lists what can be said; without --send it shows.

    A message made from a template stands for it: an apology written here is the apology of its case, and is
    not sent a second time by a rule.
    """
    from recovery.bootstrap import reading, working
    from recovery.cli.words import seconds, words
    from recovery.desk import Desk

    here, waits = project(database), seconds(wait)
    if cancel is not None:
        return _cancel(here, case, cancel, reason, by, json)
    if template is None and text is None and not edit:
        with reading(here) as engine:
            return _list(Desk(engine), find_case(engine, case), json)
    options: dict[str, Any] = {"to": to, "language": language, "channel": channel, "despite": despite}
    given = None if text is None else words(text)
    with working(here) if send or edit else reading(here) as engine:
        desk, id = Desk(engine), find_case(engine, case)
        kept = None
        if edit:
            first = _first(desk, id, template, given, subject, by, options)
            given, subject, kept = _edited(id, *first)
        draft = desk.draft(id, template, by=by, text=given, subject=subject, **options)
        if not json:
            _show(draft)
        asked = edit and not send and not json and draft.refusal is None and sys.stdin.isatty()
        if not send and not (asked and typer.confirm("Send it?")):
            return _only_shown(draft, kept, json)
        try:
            _send(desk, draft, waits, by, key, options, json)
        except BaseException:
            if kept is not None:
                notice(f"Your words are in {kept}; --text takes them.")
            raise
        if kept is not None:
            kept.unlink(missing_ok=True)
        return OK


def _list(desk: Desk, case: int, json: bool) -> int:
    found = desk.sayable(case)
    if json:
        as_json({"case": case, "say": [one._asdict() for one in found]})
        return OK
    rows = [[one.template, one.purpose, one.to, one.sent_as and f"sent as {one.sent_as}"] for one in found]
    say(
        table(None, ["template", "purpose", "to", ""], rows)
        if rows
        else "Nothing but words of your own: --text."
    )
    return OK


def _first(
    desk: Desk, case: int, template: str | None, text: str | None, subject: str | None, by: str, options: Any
) -> tuple[str, str]:
    """The words and the subject that an editor begins with."""
    if template is None and text is None:
        return "", subject or ""
    draft = desk.draft(case, template, by=by, text=text, subject=subject, **options)
    return draft.text, draft.subject or ""


def _edited(case: int, text: str, subject: str) -> tuple[str, str | None, Path]:
    """Words and subject as they were left in the editor, and the file that keeps them until they are sent."""
    from recovery.cli.words import edited

    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix=f"say-{case}-", suffix=".md", delete=False
    ) as file:
        file.write(f"{SUBJECT}{subject}\n\n{text}")
    left = edited(Path(file.name))
    head, _, rest = left.partition("\n")
    if not head.startswith(SUBJECT.strip()):
        return left.strip("\n"), subject or None, Path(file.name)
    return rest.strip("\n"), head.removeprefix(SUBJECT.strip()).strip() or None, Path(file.name)


def _show(draft: Draft) -> None:
    where = f"{draft.address} by {draft.channel}" if draft.address else draft.channel
    say(
        f"To: the {draft.to}, {where}",
        f"Subject: {draft.letter.subject}",
        "",
        draft.letter.text.rstrip("\n"),
        "",
    )
    from recovery.cli.guard_commands import LEVELS
    from recovery.guarding import told

    for hit in draft.hits:
        say(f"The phrase guard, {LEVELS[hit.level]}: {told(hit)}")


def _only_shown(draft: Draft, kept: Path | None, json: bool) -> int:
    if json:
        as_json(_as_dict(draft) | {"sent": None})
    elif draft.refusal is not None:
        say(f"It would be refused: {draft.refusal.message}", draft.refusal.hint)
    else:
        say("Nothing was sent. With --send it is.")
    if kept is not None:
        notice(f"Your words are in {kept}; --text takes them.")
    return OK if draft.refusal is None else PROBLEMS


def _send(
    desk: Desk,
    draft: Draft,
    wait: int,
    by: str,
    key: str | None,
    options: dict[str, Any],
    json: bool,
) -> None:
    outcome = desk.say(
        draft.case,
        draft.text,
        by=by,
        subject=draft.subject,
        template=draft.template,
        wait=wait,
        key=key,
        **options | {"to": draft.to},
    )
    (effect,) = outcome.effects
    rows = desk.engine.store.outbox(desk.engine.tenant, case=draft.case)
    due_at = next(row.due_at for row in rows if row.effect == effect)
    if json:
        as_json(
            _as_dict(draft) | {"sent": {"effect": effect, "due_at": due_at, "repeated": outcome.repeated}}
        )
        return
    say(
        f"Message {effect} of case {draft.case} leaves at {due_at[:19].replace('T', ' ')} UTC, "
        "with the next worker.",
        f"Until then it can be taken back: recovery say {draft.case} --cancel {effect} --reason WHY",
    )


def _as_dict(draft: Draft) -> dict[str, Any]:
    letter = draft.letter
    return {
        **draft._asdict(),
        "letter": {"subject": letter.subject, "text": letter.text, "html": letter.html},
        "hits": [hit.as_dict() for hit in draft.hits],
        "refusal": draft.refusal and draft.refusal.as_dict(),
    }


def _cancel(here: Project, case: str, effect: str, reason: str | None, by: str, json: bool) -> int:
    from recovery.bootstrap import working
    from recovery.core.errors import RecoveryError
    from recovery.desk import Desk

    if not reason:
        raise RecoveryError("--cancel needs --reason WHY.")
    with working(here) as engine:
        id = find_case(engine, case)
        Desk(engine).cancel(id, effect, reason, by=by)
    if json:
        as_json({"case": id, "cancelled": effect})
    else:
        say(f"Message {visible(effect)} of case {id} is not sent.")
    return OK
