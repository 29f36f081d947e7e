"""`outbox`: what waits to be sent, and what people do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from recovery.cli.codes import OK, PROBLEMS, REFUSED
from recovery.cli.message_options import (
    AskedBefore,
    Channel,
    Effect,
    Everything,
    Note,
    OfCase,
    OfWorkflow,
    OlderThan,
    Status,
    Template,
    meant,
    which_of,
)
from recovery.cli.options import By, CaseName, Database, Json, find_case, project
from recovery.cli.output import as_json, notice, say, table

if TYPE_CHECKING:
    from recovery.tended import Tended

outbox = typer.Typer(
    help="Messages: what waits, what failed, and what to do about it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]
Why = Annotated[str, typer.Option("--reason", help="Why.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(outbox, name="outbox")
    outbox.command("list", epilog="Example: recovery outbox list --status failed --json")(list_)
    outbox.command(epilog="Example: recovery outbox show 12 4.0")(show)
    outbox.command(epilog="Example: recovery outbox release --note another-shop --by agent:li")(release)
    outbox.command(
        epilog="Example: recovery outbox hold --template follow-up --reason 'wrong price in it' --by agent:li"
    )(hold)
    outbox.command(epilog="Example: recovery outbox cancel --case 12 --reason 'told by phone' --by agent:li")(
        cancel
    )
    outbox.command(epilog="Example: recovery outbox resend --note 'Mailbox full' --dry-run --by agent:li")(
        resend
    )
    outbox.command(
        epilog="Example: recovery outbox pause --channel mail --reason 'new server' --by agent:li"
    )(pause)
    outbox.command(epilog="Example: recovery outbox resume --channel mail")(resume)
    outbox.command("take-over", epilog="Example: recovery outbox take-over --by agent:li")(take_over)


def list_(
    status: Status = None,
    channel: Channel = None,
    template: Template = None,
    case: OfCase = None,
    workflow: OfWorkflow = None,
    older_than: OlderThan = None,
    asked_before: AskedBefore = None,
    note: Note = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=500)] = 50,
    cursor: Annotated[str | None, typer.Option(help="Go on after this (`next` before).")] = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """List messages in the order they were asked for, and say what keeps them from leaving."""
    from recovery.bootstrap import reading
    from recovery.cli.outbox_pages import message_row, messages_page, warnings

    here = project(database)
    with reading(here) as engine:
        which = which_of(
            engine, status, channel, template, case, None, workflow, older_than, asked_before, note
        )
        page = engine.list_outbox(which, cursor=cursor, limit=limit)
        said = warnings(engine, here)
    if json:
        rows = [message_row(row) for row in page.messages]
        as_json({"messages": rows, "next": page.cursor, "warnings": said})
        return
    say(messages_page(page.messages) if page.messages else "No messages.")
    if page.cursor is not None:
        say(f"More: --cursor {page.cursor}")
    for line in said:
        notice(line)


def show(
    case: CaseName,
    effect: Annotated[str, typer.Argument(metavar="EFFECT", help="The message, such as 4.0.")],
    database: Database = None,
    json: Json = False,
) -> None:
    """Show a message with all its words: as they were sent, or as they will be."""
    from recovery.bootstrap import reading
    from recovery.cli.outbox_pages import message_data, message_page
    from recovery.core.errors import NotFound
    from recovery.store.choosing import Messages

    with reading(project(database)) as engine:
        id = find_case(engine, case)
        found = engine.list_outbox(Messages(case=id, effect=effect)).messages
        if not found:
            raise NotFound(f"Case {id} has no message {effect}.", hint=f"`recovery show {id}` lists them.")
        data = message_data(engine, found[0])
    if json:
        as_json(data)
        return
    say(*message_page(data))


def release(
    by: By,
    status: Status = None,
    channel: Channel = None,
    template: Template = None,
    case: OfCase = None,
    effect: Effect = None,
    workflow: OfWorkflow = None,
    older_than: OlderThan = None,
    asked_before: AskedBefore = None,
    note: Note = None,
    everything: Everything = False,
    reason: Why = "",
    dry_run: DryRun = False,
    database: Database = None,
    json: Json = False,
) -> int:
    """Let held messages leave."""
    from recovery.bootstrap import working

    with working(project(database)) as engine:
        filters = (status, channel, template, case, effect, workflow, older_than, asked_before, note)
        which = meant(which_of(engine, *filters), everything)
        done = engine.release(which, by=by, reason=reason or None, dry_run=dry_run)
    return _answer("released", done, dry_run, json)


def hold(
    by: By,
    reason: Why,
    status: Status = None,
    channel: Channel = None,
    template: Template = None,
    case: OfCase = None,
    effect: Effect = None,
    workflow: OfWorkflow = None,
    older_than: OlderThan = None,
    asked_before: AskedBefore = None,
    note: Note = None,
    everything: Everything = False,
    dry_run: DryRun = False,
    database: Database = None,
    json: Json = False,
) -> int:
    """Keep due messages back until they are released. Later ones of their cases may leave before them."""
    from recovery.bootstrap import working

    with working(project(database)) as engine:
        filters = (status, channel, template, case, effect, workflow, older_than, asked_before, note)
        which = meant(which_of(engine, *filters), everything)
        done = engine.hold(which, by=by, reason=reason, dry_run=dry_run)
    return _answer("held", done, dry_run, json)


def cancel(
    by: By,
    reason: Why,
    status: Status = None,
    channel: Channel = None,
    template: Template = None,
    case: OfCase = None,
    effect: Effect = None,
    workflow: OfWorkflow = None,
    older_than: OlderThan = None,
    asked_before: AskedBefore = None,
    note: Note = None,
    everything: Everything = False,
    dry_run: DryRun = False,
    database: Database = None,
    json: Json = False,
) -> int:
    """Take messages back that are due or held; failed and handed ones with --status. Their cases say why."""
    from recovery.bootstrap import working

    with working(project(database)) as engine:
        filters = (status, channel, template, case, effect, workflow, older_than, asked_before, note)
        which = meant(which_of(engine, *filters), everything)
        done = engine.cancel(which, by=by, reason=reason, dry_run=dry_run)
    return _answer("cancelled", done, dry_run, json)


def resend(
    by: By,
    status: Status = None,
    channel: Channel = None,
    template: Template = None,
    case: OfCase = None,
    effect: Effect = None,
    workflow: OfWorkflow = None,
    older_than: OlderThan = None,
    asked_before: AskedBefore = None,
    note: Note = None,
    everything: Everything = False,
    dry_run: DryRun = False,
    database: Database = None,
    json: Json = False,
) -> int:
    """Try messages again that could not be delivered, with the same words, as often as new ones."""
    from recovery.bootstrap import working

    with working(project(database)) as engine:
        filters = (status, channel, template, case, effect, workflow, older_than, asked_before, note)
        which = meant(which_of(engine, *filters), everything)
        done = engine.resend(which, by=by, dry_run=dry_run)
    return _answer("due again", done, dry_run, json)


def pause(
    by: By,
    reason: Why,
    channel: Annotated[str | None, typer.Option("--channel", help="Nothing leaves by this channel.")] = None,
    workflow: Annotated[str | None, typer.Option("--workflow", help="Nothing of this workflow.")] = None,
    tenant: Annotated[bool, typer.Option("--tenant", help="Nothing at all.")] = False,
    database: Database = None,
    json: Json = False,
) -> None:
    """Send nothing by a channel, of a workflow, or at all, until it is resumed. Messages stay due."""
    from recovery.bootstrap import working
    from recovery.store.choosing import Messages

    kind, name = _pausable(channel, workflow, tenant)
    with working(project(database)) as engine:
        if kind == "workflow":
            engine.current(name)
        is_new = engine.pause(kind, name, by=by, reason=reason)
        which = Messages(status="due", channel=channel, workflow=workflow)
        waiting = engine.store.count_chosen(engine.tenant, which, ("due",))
    if json:
        as_json({"kind": kind, "name": name or engine.tenant, "paused": is_new, "waiting": waiting})
        return
    was = "is paused" if is_new else "was paused already"
    say(f"{_named(kind, name)} {was}. {waiting:,} messages wait.")


def resume(
    channel: Annotated[str | None, typer.Option("--channel", help="Messages leave by it again.")] = None,
    workflow: Annotated[str | None, typer.Option("--workflow", help="Its messages leave again.")] = None,
    tenant: Annotated[bool, typer.Option("--tenant", help="All messages leave again.")] = False,
    database: Database = None,
    json: Json = False,
) -> None:
    """Send again what was paused."""
    from recovery.bootstrap import working

    kind, name = _pausable(channel, workflow, tenant)
    with working(project(database)) as engine:
        was_paused = engine.resume(kind, name)
    if json:
        as_json({"kind": kind, "name": name or engine.tenant, "resumed": was_paused})
        return
    say(f"{_named(kind, name)} {'is sent again' if was_paused else 'was not paused'}.")


def take_over(by: By, database: Database = None, json: Json = False) -> None:
    """Make this installation the one that sends. What was due is held until you release it."""
    from recovery.bootstrap import working
    from recovery.installation import may_send
    from recovery.installation import take_over as take

    here = project(database)
    with working(here) as engine:
        was_ours = may_send(engine, here)
        held = 0 if was_ours else take(engine, here, by)
        installation = engine.store.sender_id()
    if json:
        as_json({"installation": installation, "taken": not was_ours, "held": held})
        return
    if was_ours:
        say(f"This database is this installation's already ({installation}).")
        return
    say(f"This database is this installation's now ({installation}). {held:,} messages are held.")
    say("See `recovery outbox list --status held`; then `recovery outbox release` or `cancel`.")


def _pausable(channel: str | None, workflow: str | None, tenant: bool) -> tuple[str, str | None]:
    given: list[tuple[str, str | None]] = []
    given += [("channel", channel)] if channel is not None else []
    given += [("workflow", workflow)] if workflow is not None else []
    given += [("tenant", None)] if tenant else []
    if len(given) != 1:
        raise typer.BadParameter("Give one of --channel, --workflow, --tenant.")
    return given[0]


def _named(kind: str, name: str | None) -> str:
    return "Everything" if name is None else f"The {kind} {name}"


def _answer(what: str, done: Tended, dry_run: bool, json: bool) -> int:
    """Say what was done; code 3 when all of it was refused, 1 when some of it was."""
    from recovery.cli.outbox_pages import message_row, messages_page

    refused: list[dict[str, Any]] = [
        {"case": one.case, "effect": one.effect, **one.refusal.as_dict()} for one in done.refused
    ]
    if json:
        first = [message_row(row) for row in done.first]
        as_json(
            {"found": done.found, "done": done.done, "dry_run": dry_run, "refused": refused, "first": first}
        )
    elif dry_run:
        say(*([messages_page(done.first)] if done.first else []))
        more = f" These are the first {len(done.first)}." if done.found > len(done.first) else ""
        say(f"{done.found:,} messages would be {what}.{more}")
    else:
        rows = [[one["case"], one["effect"], one["message"], one["hint"]] for one in refused]
        say(*([table("Refused", ["case", "message", "why", "what then"], rows)] if rows else []))
        say(f"{done.done:,} messages are {what}." + (f" {len(rows):,} were refused." if rows else ""))
    if not done.refused:
        return OK
    return PROBLEMS if done.done else REFUSED
