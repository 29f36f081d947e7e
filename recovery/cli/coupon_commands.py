"""`coupon offer`, `show`, `redeem`, `revoke`, `reissue`, `list`: codes that are worth money.

A code is read from the command line, or better from standard input (`-`): what stands on a command line can
be read by others on the machine, and stays in the shell's history. Codes are printed with `--reveal` alone.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recovery.cli.case_commands import answer
from recovery.cli.options import By, CaseName, Database, Json, Key, find_case, project
from recovery.cli.output import as_json, say, table, visible

if TYPE_CHECKING:
    from recovery.store.records import Coupon

coupon = typer.Typer(
    help="Coupons: offered, redeemed once, replaced when lost.", no_args_is_help=True, rich_markup_mode=None
)

Code = Annotated[
    str,
    typer.Argument(
        metavar="CODE", help="The code, as the customer gives it; - reads it from standard input."
    ),
]
OfferName = Annotated[
    str, typer.Argument(metavar="OFFER", help="goodwill@1, or goodwill for that of the latest cycle.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why.")]
Serial = Annotated[
    int | None, typer.Option("--serial", help="Which of its codes (default: the latest).", min=1)
]


def add_to(app: typer.Typer) -> None:
    """Register the commands."""
    app.add_typer(coupon, name="coupon")
    coupon.command("offer", epilog='Example: recovery coupon offer 12 "25 USD" --days 60 --by agent:li')(
        offer
    )
    coupon.command("show", epilog="Example: recovery coupon show -")(show)
    coupon.command("redeem", epilog="Example: recovery coupon redeem - --by agent:till --reference 7104")(
        redeem
    )
    coupon.command(
        "revoke", epilog='Example: recovery coupon revoke 12 goodwill --reason "An error." --by agent:li'
    )(revoke)
    coupon.command(
        "reissue", epilog="Example: recovery coupon reissue 12 goodwill --reason lost --by agent:li"
    )(reissue)
    coupon.command("list", epilog="Example: recovery coupon list --status expired --json")(list_)


def offer(
    case: CaseName,
    value: Annotated[str, typer.Argument(metavar="VALUE", help='What it is worth, such as "25 USD".')],
    by: By,
    days: Annotated[int, typer.Option("--days", help="How many days it is good.", min=1)],
    named: Annotated[str, typer.Option("--offer", help="An offer of the case's workflow.")] = "goodwill",
    note: Annotated[str | None, typer.Option("--note", help="Why, for the log.")] = None,
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Offer a coupon by hand. The letter of the offer hands its code over, once in each cycle of a case."""
    from recovery.bootstrap import working

    with working(project(database)) as engine:
        id = find_case(engine, case)
        outcome = engine.offer_coupon(id, named, value, days=days, by=by, note=note, key=key)
    answer(outcome, json)


def show(code: Code, database: Database = None, json: Json = False) -> None:
    """Look a coupon up by its code, without redeeming it."""
    from recovery.bootstrap import reading

    with reading(project(database)) as engine:
        found = engine.coupon(_read(code))
    _print(found, json)


def redeem(
    code: Code,
    by: By,
    reference: Annotated[
        str | None, typer.Option("--reference", help="The order or bill it is used for.")
    ] = None,
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Use a coupon. It works once, whoever tries at the same time."""
    from recovery.bootstrap import working

    with working(project(database)) as engine:
        used = engine.redeem(_read(code), by=by, reference=reference, key=key)
    _print(used, json)


def revoke(
    case: CaseName,
    offer: OfferName,
    by: By,
    reason: Reason,
    serial: Serial = None,
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Take a coupon back: its code is worth nothing from now on."""
    from recovery.bootstrap import working

    with working(project(database)) as engine:
        id = find_case(engine, case)
        outcome = engine.revoke_coupon(id, offer, by=by, reason=reason, serial=serial, key=key)
    answer(outcome, json)


def reissue(
    case: CaseName,
    offer: OfferName,
    by: By,
    reason: Reason,
    serial: Serial = None,
    key: Key = None,
    database: Database = None,
    json: Json = False,
) -> None:
    """Replace a lost code: the old one is worth nothing from now on, and the letter goes out with another."""
    from recovery.bootstrap import working

    with working(project(database)) as engine:
        id = find_case(engine, case)
        outcome = engine.reissue_coupon(id, offer, by=by, reason=reason, serial=serial, key=key)
    answer(outcome, json)


def list_(
    case: Annotated[str | None, typer.Option("--case", metavar="CASE", help="Only this case's.")] = None,
    status: Annotated[
        str | None, typer.Option("--status", help="issued, redeemed, revoked or expired.")
    ] = None,
    expires_before: Annotated[
        str | None,
        typer.Option("--expires-before", metavar="DATE", help="Only those no longer good on this day."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="At most so many.", min=1, max=500)] = 50,
    after: Annotated[
        str | None, typer.Option("--after", help="Go on after this one (`next` before).")
    ] = None,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show the codes, to read one to its customer.")
    ] = False,
    database: Database = None,
    json: Json = False,
) -> None:
    """List coupons in the order of their cases."""
    from recovery.bootstrap import reading

    before = None if expires_before is None else _end_of(expires_before)
    with reading(project(database)) as engine:
        page = engine.list_coupons(
            case=None if case is None else find_case(engine, case),
            status=status,
            expires_before=before,
            cursor=after,
            limit=limit,
        )
        codes: dict[tuple[int, str, int], str] = {}
        for id in dict.fromkeys(one.case for one in page.coupons) if reveal else ():
            codes |= {(id, *which): code for which, code in engine.coupon_codes(id).items()}
    rows = [{**_data(one), **_revealed(one, codes, reveal)} for one in page.coupons]
    if json:
        as_json({"coupons": rows, "next": page.cursor})
        return
    columns = ["case", "offer", "serial", "value", "status", "good until", *(["code"] if reveal else [])]
    keys = ["case", "offer", "serial", "value", "status", "good_until", "code"]
    cells = [[row[key] for key in keys[: len(columns)]] for row in rows]
    say(table(None, columns, cells) if rows else "No coupons.")


def _read(code: str) -> str:
    """A code, from standard input when it is `-`."""
    if code != "-":
        return code
    import sys

    return sys.stdin.readline()


def _end_of(text: str) -> datetime:
    """When a day has ended everywhere; coupons that were good up to an earlier one have expired before."""
    from recovery.core.errors import RecoveryError
    from recovery.core.instants import end_of, from_text

    try:
        return from_text(end_of(f"{date.fromisoformat(text)}T00:00:00Z", 0))
    except ValueError:
        raise RecoveryError(f"{text} is no date.", hint="Write it as 2027-01-31.") from None


def _revealed(one: Coupon, codes: dict[tuple[int, str, int], str], reveal: bool) -> dict[str, Any]:
    return {"code": codes.get((one.case, one.offer, one.serial))} if reveal else {}


def _data(one: Coupon) -> dict[str, Any]:
    """A coupon as plain data, without its code."""
    from recovery.core.instants import last_day

    return {**one._asdict(), "good_until": last_day(one.expires_at)}


def _print(one: Coupon, json: bool) -> None:
    data = _data(one)
    if json:
        as_json(data)
        return
    named = f"{one.value}, {one.offer} of case {one.case}: {one.status}"
    lines = [f"{named}." if one.settled_at is None else f"{named} by {one.settled_by} at {one.settled_at}."]
    lines += [f"Good until {data['good_until']}."] if one.status in ("issued", "expired") else []
    lines += [f"Said then: {one.note}"] if one.note else []
    say(*map(visible, lines))
