"""`open`, `list`, `show`, `record`, `do`, `explain`: work on cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from recovery.cli.options import By, CaseName, Database, Json, Key, Source, find_case, project, read_facts
from recovery.cli.output import as_json, say, table, visible

if TYPE_CHECKING:
    from recovery.commands import Outcome

Facts = Annotated[
    list[str] | None,
    typer.Option("--fact", metavar="NAME=VALUE", help="A fact that is known (repeat for more)."),
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command("open", epilog='Example: recovery open "My order never came." --from ana@example.org')(open_)
    app.command("list", epilog="Example: recovery list --step resolve --json")(list_)
    app.command(epilog="Example: recovery show 12")(show)
    app.command(epilog="Example: recovery record 12 owner=li policy.refs=returns-4 --by agent:li")(record)
    app.command(epilog="Example: recovery do 12 withdraw --by customer")(do)
    app.command(epilog="Example: recovery explain 12 --language zh")(explain)


def open_(
    text: Annotated[str, typer.Argument(help="What the customer said, in their own words.")],
    sender: Annotated[str | None, typer.Option("--from", help="The customer's address.")] = None,
    name: Annotated[str | None, typer.Option(help="The customer's name.")] = None,
    language: Annotated[str, typer.Option(help="The customer's language.")] = "en",
    channel: Annotated[str | None, typer.Option(help="Where to answer: mail, phone, portal …")] = None,
    subject: Annotated[str | None, typer.Option(help="What it is about, in a few words.")] = None,
    external_id: Annotated[str | None, typer.Option(help="The case's name in your helpdesk.")] = None,
    severity: Annotated[int, typer.Option(help="How severe it is, from 1.")] = 1,
    workflow: Annotated[str | None, typer.Option(help="The workflow (default: the project's).")] = None,
    fact: Facts = None,
    signal: Annotated[
        bool, typer.Option("--signal", help="Nobody complained: the text is what was noticed, by an agent.")
    ] = False,
    by: By = "customer",
    source: Source = "customer",
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Open a case for a complaint. A text is all it takes; the same external id opens nothing twice."""
    from recovery.bootstrap import working

    if signal and by == source == "customer":
        by = source = "agent"
    customer = {"address": sender, "name": name}
    with working(project(database), make=True) as engine:
        outcome = engine.open_case(
            text,
            by=by,
            customer={field: value for field, value in customer.items() if value},
            external_id=external_id,
            workflow=workflow,
            key=key,
            channel=channel,
            language=language,
            subject=subject,
            severity=severity,
            facts=read_facts(engine.current(workflow), fact or []),
            source=source,
            signal=signal,
        )
    answer(outcome, json)


def list_(
    step: Annotated[str | None, typer.Option(help="Only cases in this step or end.")] = None,
    owner: Annotated[str | None, typer.Option(help="Only cases of this owner.")] = None,
    workflow: Annotated[str | None, typer.Option(help="Only cases of this workflow.")] = None,
    state: Annotated[str, typer.Option(help="open, ended or all.")] = "all",
    limit: Annotated[int, typer.Option(help="At most so many.", min=1, max=10_000)] = 50,
    before: Annotated[
        int | None, typer.Option(help="Go on below this case (`next` before).", max=2**53)
    ] = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """List cases, the newest first."""
    from recovery.bootstrap import reading
    from recovery.cli.showing import case_row
    from recovery.core.errors import RecoveryError

    if state not in ("open", "ended", "all"):
        raise RecoveryError(f"{state} is no state to list.", hint="One of open, ended, all.")
    ended = {"open": False, "ended": True, "all": None}[state]
    with reading(project(database)) as engine:
        rows = engine.store.list_cases(
            engine.tenant,
            step=step,
            owner=owner,
            workflow=workflow,
            ended=ended,
            before=before,
            limit=limit,
        )
    if json:
        following = rows[-1].id if len(rows) == limit else None
        as_json({"cases": [case_row(row) for row in rows], "next": following})
        return
    columns = ["case", "external id", "step", "owner", "severity", "received", "updated"]
    cells = [
        [r.id, r.external_id, r.step, r.owner, r.severity, r.received_at[:16], r.updated_at[:16]]
        for r in rows
    ]
    say(table(None, columns, cells) if rows else "No cases.")


def show(case: CaseName, database: Database = None, json: Json = False) -> None:
    """Show a case: its facts with who said them and when, its owner, its messages and its whole log.

    With --json its brief is there, too.
    """
    from recovery.bootstrap import reading
    from recovery.cli.showing import case_data, case_page

    with reading(project(database)) as engine:
        data = case_data(engine, find_case(engine, case))
    if json:
        as_json(data)
        return
    say(*case_page(data))


def record(
    case: CaseName,
    facts: Annotated[list[str], typer.Argument(metavar="NAME=VALUE…", help="Facts, such as owner=li.")],
    by: By = "agent",
    source: Source = "agent",
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Put facts on record; the case walks on as far as they carry it."""
    from recovery.bootstrap import working

    with working(project(database)) as engine:
        id = find_case(engine, case)
        found = engine.store.case(engine.tenant, id)
        assert found is not None
        outcome = engine.record(
            id, read_facts(engine.workflow(found.bundle), facts), by=by, source=source, key=key
        )
    answer(outcome, json)


def do(
    case: CaseName,
    what: Annotated[str, typer.Argument(metavar="WHAT", help="A transition or a move, see above.")],
    facts: Annotated[list[str] | None, typer.Argument(metavar="NAME=VALUE…", help="Facts it needs.")] = None,
    to: Annotated[str | None, typer.Option(help="A person, a step or a case, as the move wants.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why.")] = None,
    by: By = "agent",
    source: Source = "agent",
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Move a case by a transition of its workflow, or by a move every case has.

    Moves every case has: hand_off --to PERSON, accept, decline, give --to PERSON --reason WHY,
    retract --to FACT --reason WHY, merge --to CASE, unmerge, force --to STEP --reason WHY, and
    lift --reason WHY, which takes a case out of quarantine.
    """
    from recovery.bootstrap import working
    from recovery.cli.moves import event_for

    with working(project(database)) as engine:
        id = find_case(engine, case)
        found = engine.store.case(engine.tenant, id)
        assert found is not None
        given = read_facts(engine.workflow(found.bundle), facts or [])
        event = event_for(engine, what, by=by, facts=given, source=source, to=to, reason=reason)
        outcome = engine.handle(event, id, key=key)
    answer(outcome, json)


def explain(
    case: CaseName,
    language: Annotated[str, typer.Option(help="The language of the guidance.")] = "en",
    database: Database = None,
    json: Json = False,
) -> None:
    """Say what a case waits for, how its deadlines stand, what comes next, and why a rule did not fire."""
    from recovery.bootstrap import reading
    from recovery.cli.explaining import explanation_page

    with reading(project(database)) as engine:
        id = find_case(engine, case)
        data = engine.explain(id, language)
        data["why"] = engine.store.log(engine.tenant, id)[-1].why
    if json:
        as_json(data)
        return
    say(*explanation_page(data))


def answer(outcome: Outcome, json: bool) -> None:
    """Print what an event led to."""
    from recovery.commands import plain

    if json:
        as_json({**plain(outcome), "repeated": outcome.repeated})
        return
    again = " Nothing was done now." if outcome.repeated else ""
    lines = (f"  {visible(line)}" for line in outcome.why)
    say(f"Case {outcome.case} stands in {outcome.step}.{again}", *lines)
