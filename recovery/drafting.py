"""Drafts: a message as it would be, with what the phrase guard says of it. Nothing is sent or kept."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from recovery.core.brief import BRIEF
from recovery.core.case import Case
from recovery.core.conversation import WRITTEN, sayable
from recovery.core.decide import decide
from recovery.core.draft import context
from recovery.core.errors import NotFound, RecoveryError, Refusal, closest, sentence
from recovery.core.events import MessageWritten
from recovery.core.phrases.rules import INTERNAL, Hit, kind_of
from recovery.delivery.render import Rendered, RenderFailed, render
from recovery.delivery.written import letter_of
from recovery.engine import Engine
from recovery.guarding import guarded, hits_in
from recovery.workflow.bundle import template as read_template
from recovery.workflow.findings import BadFile


class Sayable(NamedTuple):
    """A template that people may write from.

    Attributes:
        to: who it is meant for: `customer`, or `owner` for what only colleagues read.
        sent_as: the effect by which it has gone out, where it may go only once for now; else None.
    """

    template: str
    purpose: str
    to: str
    sent_as: str | None


class Draft(NamedTuple):
    """A message as it would be.

    Attributes:
        address: where it would go; None where nobody is known by name.
        text: the words to be edited; `letter` is what they make.
        hits: what the phrase guard finds, the harmless too.
        refusal: why it could not be sent as it is; None when it could.
    """

    case: int
    template: str | None
    to: str
    address: str | None
    channel: str
    language: str
    subject: str | None
    text: str
    letter: Rendered
    hits: list[Hit]
    refusal: Refusal | None


def sayable_in(engine: Engine, case: Case) -> list[Sayable]:
    """What can be said in a case."""
    bundle = engine.bundle(case.bundle)
    made = []
    for name in sayable(engine.workflow(case.bundle)):
        purpose = read_template(bundle, name, case.language).purpose
        keys = (name, f"{name}@{case.cycle}")
        sent_as = next((case.sent[key] for key in keys if key in case.sent), None)
        made.append(Sayable(name, purpose, _meant_for(purpose), sent_as))
    return made


def filled(engine: Engine, case: Case, event: MessageWritten) -> MessageWritten:
    """A message with the words of its template where it has none of its own: no text, no subject.

    Raises:
        NotFound: there is nothing of that name to be said here.
        RecoveryError: the template states what the case does not know.
    """
    if event.template is None or (event.text and event.subject):
        return event
    bundle = engine.bundle(case.bundle)
    language = event.language or (case.language if event.to == "customer" else "en")
    about = context(case)
    if event.to != "customer":
        about[BRIEF] = engine.brief(case, language).as_text()
    try:
        made = render(bundle, event.template, language, about)
    except (RenderFailed, BadFile) as failed:
        hint = "Record what is missing, or write without the template."
        raise RecoveryError(f"{event.template} cannot be filled: {failed}", hint=hint) from None
    return replace(event, text=event.text or made.text, subject=event.subject or made.subject)


def meant_for(engine: Engine, case: Case, template: str | None) -> str:
    """Who a message from a template goes to, unless somebody says otherwise.

    Raises:
        NotFound: there is nothing of that name to be said here.
    """
    if template is None:
        return "customer"
    names = sayable(engine.workflow(case.bundle))
    if template not in names:
        hint = sentence(closest(template, names)) or f"There is {', '.join(names) or 'none'}."
        raise NotFound(f"There is no template {template} to be said here.", hint=hint)
    return _meant_for(read_template(engine.bundle(case.bundle), template, case.language).purpose)


def draft(engine: Engine, case: Case, event: MessageWritten) -> Draft:
    """A message as it would be, now."""
    bundle = engine.bundle(case.bundle)
    to_customer = event.to == "customer"
    language = event.language or (case.language if to_customer else "en")
    looked_at = guarded(event, case, bundle)
    answer = (
        looked_at
        if isinstance(looked_at, Refusal)
        else decide(engine.workflow(case.bundle), case, looked_at, event.occurred_at)
    )
    said = {"subject": event.subject, "text": event.text, "by": event.by, "free": event.template is None}
    return Draft(
        case.id,
        event.template,
        event.to,
        {"customer": case.customer.get("address"), "owner": case.owner}.get(event.to),
        event.channel or (case.channel if to_customer else "desk"),
        language,
        event.subject,
        event.text,
        letter_of({**context(case, ()), WRITTEN: said}, event.to, language),
        hits_in(event, case, bundle),
        answer if isinstance(answer, Refusal) else None,
    )


def _meant_for(purpose: str) -> str:
    return "owner" if kind_of(purpose) == INTERNAL else "customer"
