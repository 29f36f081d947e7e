"""`offers`: what the compensation policy recommends in a case, and whether something else may be given."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recovery.cli.options import Database, Json, project
from recovery.cli.output import as_json, say

if TYPE_CHECKING:
    from recovery.core.compensation.facts import Situation, Value
    from recovery.core.compensation.judging import Verdict
    from recovery.core.compensation.offers import Offer
    from recovery.core.compensation.policy import Policy
    from recovery.core.compensation.recommending import Recommendation

FITS = {True: "yes", False: "no", None: "unknown"}


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command(epilog='Example: recovery offers 12 --fact "price=80 USD" --give "refund=80 USD"')(offers)


def offers(
    case: Annotated[
        str | None, typer.Argument(metavar="[CASE]", help="A case's number or external id.")
    ] = None,
    facts: Annotated[
        list[str] | None,
        typer.Option("--fact", metavar="NAME=VALUE", help="What the case does not say; wins over it."),
    ] = None,
    give: Annotated[
        list[str] | None,
        typer.Option(
            "--give", metavar="KIND[=AMOUNT]", help="What you would give; the policy says whether you may."
        ),
    ] = None,
    because: Annotated[
        str, typer.Option("--because", help="Why a part is refunded, or the customer pays the postage.")
    ] = "",
    customer_pays_postage: Annotated[
        bool, typer.Option("--customer-pays-postage", help="Goods are sent back at the customer's cost.")
    ] = False,
    hours: Annotated[
        str, typer.Option("--hours", help="Hours of an agent that the recovery takes, for its cost.")
    ] = "0",
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="DATE", help="Whose tariffs (default: the complaint's day, or today)."),
    ] = None,
    language: Annotated[str, typer.Option("--language", help="Of the texts, such as zh.")] = "en",
    database: Database = None,
    json: Json = False,
) -> None:
    """Show what the compensation policy offers, up to which ceiling, and why earlier rules did not fit."""
    from recovery.core.compensation.judging import judge
    from recovery.core.compensation.recommending import recommend
    from recovery.core.errors import EventRefused, Refusal

    policy, situation = _situation(case, facts or [], on, database)
    spent = _hours(hours)
    if give:
        wanted = tuple(_wanted(policy, one, customer_pays_postage) for one in give)
        answer: Any = judge(policy, situation, wanted, because=because, hours=spent)
    else:
        answer = recommend(policy, situation, spent)
    if isinstance(answer, Refusal):
        raise EventRefused(answer)
    if give:
        _verdict(answer, situation, language, json)
    elif json:
        as_json(recommendation_data(answer, situation))
    else:
        say(*_told(answer, situation, language))


def _situation(
    case: str | None, facts: list[str], on: str | None, database: str | None
) -> tuple[Policy, Situation]:
    """The project's policy, and what it may know of the case."""
    from recovery.clock import SystemClock
    from recovery.core.compensation.facts import Situation, known_of
    from recovery.core.errors import NotFound
    from recovery.workflow.compensation import FILE, policy_of
    from recovery.workflow.rates import rates_of

    here = project(database)
    policy = policy_of(here.root)
    if policy is None:
        raise NotFound(f"The project has no {FILE}.", hint="`recovery init` makes one in a new project.")
    known: dict[str, Value] = {}
    day = SystemClock().now().date()
    if case is not None:
        from recovery.bootstrap import reading
        from recovery.cli.options import find_case

        with reading(here) as engine:
            found = engine.store.case(engine.tenant, find_case(engine, case))
            assert found is not None
            known = known_of(found, policy.facts)
            day = date.fromisoformat(found.received_at[:10])
    known |= dict(_given(policy, word) for word in facts)
    return policy, Situation(known, _day(on) if on else day, rates_of(here.root))


def _given(policy: Policy, word: str) -> tuple[str, Value]:
    from recovery.workflow.findings import guess

    name, _, text = word.partition("=")
    fact = policy.facts.get(name)
    if fact is None:
        message = f"{name} is nothing the policy can ask. {guess(name, policy.facts)}"
        raise typer.BadParameter(message, param_hint="--fact")
    try:
        return name, fact.read(text)
    except ValueError:
        message = f"{text or 'Nothing'} is nothing that {name} can be: it is {fact.wanted()}."
        raise typer.BadParameter(message, param_hint="--fact") from None


def _wanted(policy: Policy, word: str, customer_pays_postage: bool) -> Offer:
    """`refund=40 USD`, `gift`, or `gift=12 USD` with what it costs."""
    from recovery.core.compensation.offers import Offer
    from recovery.core.compensation.policy import OFFER_KINDS, PAID
    from recovery.workflow.compensation_words import WordProblem, money
    from recovery.workflow.findings import guess

    kind, _, text = word.partition("=")
    if kind not in OFFER_KINDS:
        raise typer.BadParameter(f"{kind} is no offer. {guess(kind, OFFER_KINDS)}", param_hint="--give")
    if kind in PAID and not text:
        raise typer.BadParameter(f"How much? Such as {kind}={policy.disputing_costs}.", param_hint="--give")
    try:
        cost = money(text) if text else None
    except WordProblem as problem:
        raise typer.BadParameter(f"{problem.message} {problem.hint}".strip(), param_hint="--give") from None
    postage = "customer" if customer_pays_postage and kind == "refund" else "ours"
    return Offer(kind, cost if kind in PAID else None, cost=cost, postage=postage)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text} is no date. Such as 2026-11-22.", param_hint="--on") from None


def _hours(text: str) -> Decimal:
    from recovery.core.facts import read_decimal

    hours = read_decimal(text) if len(text) < 12 else None
    if hours is None or hours < 0:
        raise typer.BadParameter(f"{text} is no number of hours. Such as 1.5.", param_hint="--hours")
    return hours


def _words(text: Mapping[str, str] | None, language: str) -> str:
    return "" if text is None else text.get(language, text["en"])


def _offer_line(offer: Offer, language: str) -> str:
    from recovery.core.money import spoken

    parts = [offer.kind.replace("_", " ")]
    if offer.amount is not None:
        parts[0] += f" {spoken(offer.amount)}"
    elif offer.unknown:
        parts.append(f"amount not known ({offer.unknown})")
    elif offer.detail is not None:
        parts[0] += f": {_words(offer.detail, language)}"
    parts += [f"costs {spoken(offer.cost)}"] if offer.amount is None and offer.cost is not None else []
    parts += [f"good for {offer.days} days"] if offer.days is not None else []
    if offer.kind in ("refund", "payment"):
        parts.append(f"within {offer.pay_within} days" if offer.pay_within else "at once")
    parts += ["owed by law"] if offer.owed else []
    parts += ["postage paid by the customer"] if offer.postage == "customer" else []
    parts += [f"because: {_words(offer.because, language)}"] if offer.because else []
    return f"  {', '.join(parts)}"


def _told(found: Recommendation, situation: Situation, language: str) -> list[str]:
    from recovery.core.money import spoken

    lines = [f"Rule {found.rule} fits." if found.rule else "No rule fits."]
    if found.settle_at_once:
        lines.append("The claim is smaller than the cost of disputing it: it is settled at once.")
    lines += [_offer_line(offer, language) for offer in found.offers]
    ceiling = "not known" if found.ceiling is None else spoken(found.ceiling)
    lines.append(f"In all {spoken(found.total)}; ceiling {ceiling} ({'; '.join(found.ceiling_why)}).")
    if found.agent_time.amount:
        lines.append(f"The agent's time costs {spoken(found.agent_time)}.")
    currencies = {offer.cost.currency for offer in found.offers if offer.cost} | {found.total.currency}
    if len(currencies) > 1:
        lines.append(f"Compared at the rates of {situation.rates.as_of}.")
    lines += _stake_lines(found, situation)
    lines += [f"Note: {_words(found.note, language)}"] if found.note else []
    lines += [f"Warning: {warned.message}" for warned in found.warnings]
    lines.append("Why:")
    lines += [f"  {look.rule}: {FITS[look.fits]} ({'; '.join(look.reasons)})" for look in found.looks]
    return lines


def _stake_lines(found: Recommendation, situation: Situation) -> list[str]:
    from recovery.core.money import spoken

    value = situation.money("value")
    if found.at_stake is None or value is None:
        return []
    rates = situation.rates
    lost = spoken(rates.money(found.at_stake.at_stake, value.currency))
    kept = spoken(rates.money(found.at_stake.worth_recovering, value.currency))
    return [f"At stake: {lost} of {spoken(value)}; satisfying them quickly keeps {kept} of that."]


def _stake(amount: Fraction, situation: Situation) -> str:
    """A part of the customer's value, in its currency."""
    value = situation.money("value")
    assert value is not None, "what is at stake was told, so the value is known"
    return str(situation.rates.money(amount, value.currency))


def _verdict(found: Verdict, situation: Situation, language: str, json: bool) -> None:
    from recovery.core.money import spoken

    if json:
        as_json(
            {
                "offers": [offer.as_dict() for offer in found.offers],
                "total": str(found.total),
                "ceiling": None if found.ceiling is None else str(found.ceiling),
                "warnings": [warned._asdict() for warned in found.warnings],
                "recommended": recommendation_data(found.recommended, situation),
            }
        )
        return
    ceiling = "not known" if found.ceiling is None else spoken(found.ceiling)
    say(
        f"This may be given: {spoken(found.total)} in all, ceiling {ceiling}.",
        *(f"Warning: {warned.message}" for warned in found.warnings),
        f"The policy (rule {found.recommended.rule or 'none'}) recommends:",
        *(_offer_line(offer, language) for offer in found.recommended.offers),
    )


def recommendation_data(found: Recommendation, situation: Situation) -> dict[str, Any]:
    """A recommendation as plain data, amounts as text."""
    return {
        "rule": found.rule,
        "offers": [offer.as_dict() for offer in found.offers],
        "total": str(found.total),
        "ceiling": None if found.ceiling is None else str(found.ceiling),
        "ceiling_why": list(found.ceiling_why),
        "settle_at_once": found.settle_at_once,
        "agent_time": str(found.agent_time),
        "at_stake": None if found.at_stake is None else _stake(found.at_stake.at_stake, situation),
        "worth_recovering": (
            None if found.at_stake is None else _stake(found.at_stake.worth_recovering, situation)
        ),
        "note": None if found.note is None else dict(found.note),
        "warnings": [warned._asdict() for warned in found.warnings],
        "looks": [look._asdict() | {"reasons": list(look.reasons)} for look in found.looks],
    }
