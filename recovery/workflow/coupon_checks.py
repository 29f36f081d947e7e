"""Coupons in a workflow: a letter says each one's code, and none goes out beside a request for a rating."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from recovery.core.contact import RATING
from recovery.core.guards import Guard
from recovery.core.money import read_money
from recovery.core.spec import Send
from recovery.workflow.build import Built
from recovery.workflow.currencies import unpayable
from recovery.workflow.findings import Finding, shown
from recovery.workflow.rules import PlacedRule
from recovery.workflow.template_words import COUPON
from recovery.workflow.templates import Template

CODE = "coupon.code"

Templates = Mapping[str, Sequence[Template]]


def check_coupons(
    built: Built, templates: Templates, can_both_hold: Callable[[Guard | None, Guard | None], bool]
) -> Iterator[Finding]:
    """Everything that is wrong with the coupons that rules offer.

    Args:
        templates: the readable templates, by name.
        can_both_hold: whether the conditions of two rules may be true at once.
    """
    document = built.document
    sends = [
        (placed, send) for placed in built.rules for send in placed.rule.actions if isinstance(send, Send)
    ]
    for placed, send in sends:
        letters = templates.get(send.template, ())
        if send.coupon is None:
            for said in _first(_speaking(letters)):
                message = f"{said} speaks of a coupon, and this rule gives it none."
                yield document.finding(
                    (*placed.path, "send"), "no_coupon", message, "Write `coupon` beside `send`."
                )
            continue
        here = (*placed.path, "coupon")
        wrong = unpayable(send.coupon.value) or _worthless(send.coupon.value)
        if wrong:
            message = f"{shown(send.coupon.value)}: {wrong}."
            yield document.finding((*here, "value"), "wrong_value", message)
        for silent in _first(letter.file for letter in letters if CODE not in _names(letter)):
            message = f"{silent} never says {CODE}: the customer would not learn the code."
            yield document.finding((*placed.path, "send"), "coupon_unsaid", message)
        if _asks_for_rating(letters):
            yield document.finding(here, "offer_with_rating", *_BARGAIN, key=True)
    for number, name in enumerate(built.workflow.say):
        for said in _first(_speaking(templates.get(name, ()))):
            message = f"{said} speaks of a coupon, and what people write by hand has none."
            hint = "`recovery coupon offer` sends the letter of an offer."
            yield document.finding(("say", number), "no_coupon", message, hint)
    asking = [placed for placed, send in sends if _asks_for_rating(templates.get(send.template, ()))]
    for placed in asking:
        if any(
            other.coupon is not None and _together(placed, beside, can_both_hold) for beside, other in sends
        ):
            yield document.finding((*placed.path, "send"), "offer_with_rating", *_BARGAIN)


_BARGAIN = (
    "A request for a rating and a coupon would go out together.",
    "Money is never traded for a review: let their conditions exclude each other, or send one of them later.",
)


def _worthless(value: str) -> str:
    return "" if read_money(value).amount > 0 else "a coupon is worth more than nothing"


def _together(one: PlacedRule, other: PlacedRule, can_both_hold: Callable[..., bool]) -> bool:
    """Whether two rules of one list may fire at once. One rule with both is found by itself."""
    apart = one.path != other.path and one.path[:-1] == other.path[:-1]
    return apart and can_both_hold(one.rule.when, other.rule.when)


def _asks_for_rating(letters: Sequence[Template]) -> bool:
    return any(letter.purpose == RATING for letter in letters)


def _speaking(letters: Sequence[Template]) -> Iterator[str]:
    """The files that speak of a coupon."""
    return (letter.file for letter in letters if not COUPON.keys().isdisjoint(_names(letter)))


def _names(letter: Template) -> set[str]:
    return {use.name for use in letter.uses}


def _first(files: Iterator[str]) -> list[str]:
    """One finding is enough for all languages."""
    return sorted(files)[:1]
