"""`spend`, `budget` and `compensation …`: what is given to customers, within limits and above them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recovery.cli.case_commands import answer
from recovery.cli.money_pages import compensations_page
from recovery.cli.options import By, CaseName, Database, Json, Key, find_case, project
from recovery.cli.output import as_json, say, table

if TYPE_CHECKING:
    from recovery.commands import Outcome
    from recovery.core.case import Case
    from recovery.engine import Engine
    from recovery.standing import Allowance

compensation = typer.Typer(
    help="Compensations: offered, accepted, approved, fulfilled.", no_args_is_help=True, rich_markup_mode=None
)

What = Annotated[
    str,
    typer.Argument(metavar="KIND[=AMOUNT]", help='What it is, such as "refund=40 USD" or apology_letter.'),
]
Number = Annotated[str, typer.Argument(metavar="N", help="The compensation's number in its case.")]
OfferName = Annotated[
    str | None, typer.Option("--offer", help="What the offer is called (default: its kind).")
]
To = Annotated[str, typer.Option("--to", help="Who gets it: the customer, or another one's name.")]
Note = Annotated[str | None, typer.Option("--note", help="Why; whoever approves it reads it.")]
Because = Annotated[
    str | None,
    typer.Option("--because", help="Why a part is refunded, or later, or more than allowed; or postage."),
]
Hours = Annotated[
    str | None,
    typer.Option("--hours", help="Hours of an agent that went into it, such as 1.5: they cost too."),
]
Receipt = Annotated[str | None, typer.Option("--receipt", help="The reference of the payment.")]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.command(epilog='Example: recovery spend 12 "comfort_gesture=12 USD" --by agent:li')(spend)
    app.command(epilog="Example: recovery budget --by agent:li")(budget)
    app.add_typer(compensation, name="compensation")
    for command, example in (
        (offer, '12 "credit=40 USD" --by agent:li --pay-within 3'),
        (accept, "12 1"),
        (decline, "12 1"),
        (revoke, '12 1 --reason "A wrong amount." --by agent:li'),
        (fulfil, "12 1 --receipt T-7104 --by agent:bo"),
        (approve, "12 1 --by supervisor:eva"),
        (refuse, '12 1 --reason "Offer a repair first." --by supervisor:eva'),
        (delegate, "12 1 max --by supervisor:eva"),
    ):
        compensation.command(epilog=f"Example: recovery compensation {command.__name__} {example}")(command)
    compensation.command(epilog="Example: recovery compensation review --at-least 3 --one-in 5")(review)
    compensation.command("list", epilog="Example: recovery compensation list 12")(list_)


def spend(
    case: CaseName,
    what: What,
    by: By,
    offer: OfferName = None,
    to: To = "customer",
    receipt: Receipt = None,
    note: Note = None,
    because: Because = None,
    hours: Hours = None,
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Give something at once: no yes of the customer is waited for.

    Every employee may, up to a limit. Above it a supervisor is asked, and it is due once they approve.
    """
    kind, amount = _what(what)
    _do(
        case,
        database,
        json,
        lambda engine, id: engine.spend(
            id,
            kind,
            amount,
            by=by,
            offer=offer,
            to=to,
            receipt=receipt,
            note=note,
            because=because,
            hours=hours,
            key=key,
        ),
    )


def offer(
    case: CaseName,
    what: What,
    by: By,
    name: OfferName = None,
    to: To = "customer",
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="TIME", help="Until when, 2026-12-01T15:00Z.")
    ] = None,
    pay_within: Annotated[
        int | None,
        typer.Option(
            "--pay-within", metavar="DAYS", help="After their yes; by the policy when left out.", min=0
        ),
    ] = None,
    customer_pays_postage: Annotated[
        bool, typer.Option("--customer-pays-postage", help="Goods are sent back at the customer's cost.")
    ] = False,
    note: Note = None,
    because: Because = None,
    hours: Hours = None,
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Offer the customer something. It is kept for them until they answer, or the offer ends."""
    kind, amount = _what(what)
    until = None if expires is None else _moment(expires)
    _do(
        case,
        database,
        json,
        lambda engine, id: engine.offer_compensation(
            id,
            kind,
            amount,
            by=by,
            offer=name,
            to=to,
            expires_at=until,
            pay_within=pay_within,
            postage="customer" if customer_pays_postage else None,
            note=note,
            because=because,
            hours=hours,
            key=key,
        ),
    )


def accept(
    case: CaseName,
    number: Number,
    by: By = "customer",
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """The customer takes it: from now on it is owed to them."""
    _do(case, database, json, lambda engine, id: engine.accept_compensation(id, number, by=by, key=key))


def decline(
    case: CaseName,
    number: Number,
    by: By = "customer",
    reason: Annotated[str | None, typer.Option("--reason", help="What they said.")] = None,
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """The customer does not take it."""
    _do(
        case,
        database,
        json,
        lambda engine, id: engine.decline_compensation(id, number, by=by, reason=reason, key=key),
    )


def revoke(
    case: CaseName,
    number: Number,
    by: By,
    reason: Reason,
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Take back what has not been given. What was accepted only a supervisor takes back."""
    _do(
        case,
        database,
        json,
        lambda engine, id: engine.revoke_compensation(id, number, reason, by=by, key=key),
    )


def fulfil(
    case: CaseName,
    number: Number,
    by: By,
    receipt: Receipt = None,
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Put on record that the customer has it, with the receipt."""
    _do(
        case,
        database,
        json,
        lambda engine, id: engine.fulfil_compensation(id, number, by=by, receipt=receipt, key=key),
    )


def approve(
    case: CaseName, number: Number, by: By, key: Key = None, database: Database = None, json: Json = False
) -> None:
    """Approve what is above somebody's limit, within your own."""
    _do(case, database, json, lambda engine, id: engine.approve(id, number, by=by, key=key))


def refuse(
    case: CaseName,
    number: Number,
    by: By,
    reason: Reason,
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Do not approve it."""
    _do(case, database, json, lambda engine, id: engine.refuse_approval(id, number, reason, by=by, key=key))


def delegate(
    case: CaseName,
    number: Number,
    to: Annotated[str, typer.Argument(metavar="NAME", help="Who answers in your place.")],
    by: By,
    reason: Annotated[str | None, typer.Option("--reason", help="Why.")] = None,
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Let somebody else answer about an approval, within your limit."""
    _do(
        case,
        database,
        json,
        lambda engine, id: engine.delegate_approval(id, number, to, by=by, reason=reason, key=key),
    )


def list_(case: CaseName, database: Database = None, json: Json = False) -> None:
    """List the compensations of a case. What waits for somebody in any case: `recovery tasks list`."""
    from recovery.bootstrap import reading
    from recovery.core.empowerment.state import rows

    with reading(project(database)) as engine:
        found: Case = engine.case(find_case(engine, case))
    data = rows(found.compensations)
    if json:
        as_json({"case": found.id, "compensations": data})
        return
    say(compensations_page(data) if data else "Nothing was offered.")


def budget(
    by: Annotated[
        str | None, typer.Option("--by", metavar="ROLE:NAME", help="Only this person's limits.")
    ] = None,
    case: Annotated[
        str | None,
        typer.Option("--case", metavar="CASE", help="With --by: in this case, and its own."),
    ] = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Show what is used, reserved and left of each person's limit today."""
    from recovery.bootstrap import reading
    from recovery.core.errors import RecoveryError

    if case is not None and by is None:
        raise RecoveryError("A case's limits are somebody's.", hint="Give --by as well.")
    with reading(project(database)) as engine:
        if by is None:
            found = engine.limits_now()
        else:
            found = engine.limits_of(by, None if case is None else find_case(engine, case))
    data = [_left(one) for one in found]
    if json:
        as_json({"budgets": data})
        return
    columns = ["budget", "who", "limit", "used", "reserved", "left"]
    keys = ["budget", "by", "limit", "used", "reserved", "left"]
    cells = [[one[key] for key in keys] for one in data]
    say(table(None, columns, cells) if cells else "Nobody has spent anything today.")


def review(
    days: Annotated[int, typer.Option("--days", help="Of the last so many days.", min=1)] = 90,
    at_least: Annotated[int, typer.Option("--at-least", help="Paid so often.", min=1)] = 3,
    one_in: Annotated[int, typer.Option("--one-in", help="One of so many, always the same.", min=1)] = 1,
    salt: Annotated[str, typer.Option("--salt", help="Any word: another one chooses others.")] = "",
    database: Database = None,
    json: Json = False,
) -> None:
    """List whoever was paid again and again, or a sample of them, to be looked at."""
    from datetime import timedelta

    from recovery.bootstrap import reading
    from recovery.core.money import written_out
    from recovery.workflow.rates import decimals

    with reading(project(database)) as engine:
        since = engine.clock.now() - timedelta(days=days)
        found = engine.repeat_payees(since, at_least=at_least, one_in=one_in, salt=salt)
    data = [
        {
            **one._asdict(),
            "sums": [written_out(units, decimals(of), of) for of, units in sorted(one.sums.items())],
        }
        for one in found
    ]
    if json:
        as_json({"payees": data})
        return
    cells = [
        [
            "a customer" if one["payee"].startswith("guest:") else one["payee"],
            one["times"],
            *(", ".join(map(str, one[key])) for key in ("sums", "cases", "by")),
        ]
        for one in data
    ]
    say(
        table(None, ["to", "times", "in all", "cases", "by"], cells) if cells else "Nobody was paid so often."
    )


def _left(one: Allowance) -> dict[str, Any]:
    from recovery.core.money import written_out

    amounts = {"limit": one.limit, "used": one.used, "reserved": one.reserved, "left": one.left}
    return {
        "budget": one.budget,
        "by": one.by,
        "account": one.account,
        **{name: written_out(units, one.decimals, one.currency) for name, units in amounts.items()},
    }


def _what(word: str) -> tuple[str, str | None]:
    """`refund=40 USD` as kind and amount."""
    kind, equals, amount = word.partition("=")
    return kind.strip(), amount.strip() if equals else None


def _moment(text: str) -> datetime:
    from recovery.core.errors import RecoveryError
    from recovery.core.instants import from_text

    try:
        return from_text(text)
    except ValueError:
        raise RecoveryError(
            f"{text!r} is no moment.", hint="With its zone, such as 2026-12-01T15:00Z."
        ) from None


def _do(case: str, database: str | None, json: bool, work: Callable[[Engine, int], Outcome]) -> None:
    from recovery.bootstrap import working

    with working(project(database)) as engine:
        outcome = work(engine, find_case(engine, case))
    answer(outcome, json)
