"""What a template says, held against its workflow: nothing the case may not know, and no bargain."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from recovery.core.brief import BRIEF
from recovery.core.contact import RATING
from recovery.core.facts import FactType
from recovery.core.phrases.rules import INTERNAL, kind_of
from recovery.workflow.findings import Finding, Position, guess
from recovery.workflow.template_words import FOR_THE_READER, GIVEN, NOT_ALWAYS, Use
from recovery.workflow.templates import Template

TAKES: Mapping[str, tuple[str, ...]] = {**FOR_THE_READER, "join": ("list",)}
"""The filters that take facts of certain types alone."""

RAW = {"instant": "when", "date": "date", "money": "money"}
"""Types of facts that nobody should read as they are kept, and the filter that says each."""

BRIEFED = ("reminder",)
"""Purposes of templates that may say the brief, beside those that no customer reads."""

_RATINGS = re.compile(
    r"\b(?:leav|writ|post|giv)(?:e|ing) (?:us |me )?(?:a |an )?(?:\w+ )?(?:review|rating)s?\b"
    r"|\brat(?:e|ing) us\b|\b(?:five|5)[- ]stars?\b|\bstars? (?:rating|review)"
    r"|好评|五星|点评|晒单|(?:写|留|发|给)(?:个|条|一[个条下])?(?:\w{0,2})评[价论]",
    re.IGNORECASE,
)
_OFFERS = re.compile(
    r"\b(?:coupons?|vouchers?|discounts?|gifts?|presents?|rewards?|refunds?|rebates?|cash ?back|credits?"
    r"|prizes?|free of charge|for free|bonus(?:es)?|(?:loyalty|extra) points)\b|\d+ ?% off\b"
    r"|优惠|折扣|代金券|礼券|礼品|礼物|赠品|赠送|返现|红包|退款|积分|抽奖|奖品|奖励|免费",
    re.IGNORECASE,
)
_OFFER_FACTS = re.compile(r"facts\.(?:goodwill|offer|coupon|gift|compensation|refund)\b|coupon\.|payment\.")
_JINJA = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


def check_template(template: Template, facts: Mapping[str, FactType], workflow: str) -> list[Finding]:
    """Everything a template says that a workflow cannot keep, or must not say.

    Args:
        facts: the facts of the workflow that sends it.
        workflow: its name, for the message.
    """
    findings = []
    for number, name in enumerate(template.states):
        if name not in facts and template.head is not None:
            message = f"{name} is not a fact of workflow {workflow}, which sends this."
            findings.append(
                template.head.finding(("states", number), "unknown_fact", message, guess(name, facts))
            )
    stated = {*template.states, "problem.statement"}
    for use in template.uses:
        finding = _unknown(template, use, facts, workflow)
        if finding is None and use.fact is not None:
            finding = _ill_said(template, use, facts[use.fact])
        if use.name in GIVEN:
            finding = _ill_said(template, use, FactType(use.name, GIVEN[use.name])) or _spelt(template, use)
        if use.name == BRIEF:
            finding = _brief(template, use)
        finding = finding or _unstated(template, use, stated)
        if finding is not None:
            findings.append(finding)
    return [*findings, *_bargains(template, facts)]


def _unknown(template: Template, use: Use, facts: Mapping[str, FactType], workflow: str) -> Finding | None:
    if use.fact is None or use.fact in facts:
        return None
    message = f"{use.name} is not a fact of workflow {workflow}, which sends this."
    return Finding(template.file, *use.place, "unknown_fact", message, guess(use.fact, facts))


def _unstated(template: Template, use: Use, stated: set[str]) -> Finding | None:
    """Something a case may not know, said as if it did."""
    is_given = use.name in GIVEN and use.name not in NOT_ALWAYS
    if use.safe or (use.fact or use.name) in stated or is_given or use.name == BRIEF:
        return None
    message = f"The text says {use.name}, which a case may not know."
    hint = "Add it to `states`, or put the sentence under {% if … %}."
    if use.fact is None and use.name != "owner":
        hint = "Give it a `default`, or put the sentence under {% if … %}."
    return Finding(template.file, *use.place, "unstated_fact", message, hint)


def _ill_said(template: Template, use: Use, kind: FactType) -> Finding | None:
    """A fact said in a way its type does not have, or as nobody would write it."""
    at = (template.file, *use.place)
    if use.looped and kind.kind != "list":
        return Finding(*at, "wrong_type", f"{use.name} is of type {kind.kind}; `for` wants a list.")
    if use.filters is None:
        return None
    typed = next((name for name in use.filters if name != "default"), None)
    wants = TAKES.get(typed or "", (kind.kind,))
    if kind.kind not in wants:
        wanted = " or ".join(wants)
        message = f"{use.name} is of type {kind.kind}; the filter {typed} wants {wanted}."
        return Finding(*at, "wrong_type", message)
    if kind.kind in RAW and typed not in FOR_THE_READER:
        message = f"{use.name} would be said as it is kept, which is not how people write it."
        return Finding(*at, "raw_value", message, f"Write {{{{ {use.name} | {RAW[kind.kind]} }}}}.")
    return None


def _brief(template: Template, use: Use) -> Finding | None:
    """The brief is for colleagues (domain.md §2); no customer reads what they noted of them."""
    if kind_of(template.purpose) == INTERNAL or template.purpose in BRIEFED:
        return None
    message = f"The brief is for colleagues, and a text with the purpose {template.purpose} is not."
    return Finding(
        template.file, *use.place, "brief_to_customer", message, "Say what the customer should know."
    )


def _spelt(template: Template, use: Use) -> Finding | None:
    """A code is said letter by letter as it was drawn."""
    if use.name != "coupon.code" or not use.filters:
        return None
    message = f"A code is said as it is, without the filter {use.filters[0]}."
    return Finding(template.file, *use.place, "wrong_filter", message)


def _bargains(template: Template, facts: Mapping[str, FactType]) -> Iterator[Finding]:
    """A rating ask that carries an offer: money is never traded for a review (domain.md §4)."""
    text = f"{template.subject}\n{template.body}\n{template.postscript or ''}"
    if template.purpose != RATING and not _RATINGS.search(_without_words(text)):
        return
    offers = list(_places(template, _OFFERS))
    for use in template.uses:
        kind = facts.get(use.fact or "")
        if _OFFER_FACTS.match(use.name) or (kind is not None and kind.kind == "money"):
            offers.append((use.place, use.name))
    for place, offer in offers:
        message = f"A request for a rating carries no offer; here stands “{offer}”."
        hint = "Send them as two messages that do not speak of each other."
        yield Finding(template.file, *place, "offer_with_rating", message, hint)


def _places(template: Template, pattern: re.Pattern[str]) -> Iterator[tuple[Position, str]]:
    """Where the template's own words hold something."""
    found = pattern.search(_without_words(template.subject))
    if found and template.head is not None:
        yield template.head.at(("subject",)), found[0]
    body = _without_words(template.body)
    for found in pattern.finditer(body):
        line = body.count("\n", 0, found.start())
        column = found.start() - (body.rfind("\n", 0, found.start()) + 1) + 1
        yield Position(template.first_line + line, column), found[0]


def _without_words(text: str) -> str:
    """A text with its Jinja2 words blanked, so that everything else stays where it stands."""
    return _JINJA.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
