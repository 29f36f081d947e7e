"""What somebody writes is held to the phrase rules at once, before it is accepted (domain.md §5).

The rules are those of the version the case runs on. What they block is refused with every place, why, and a
better sentence. A supervisor may let it pass on record, but nobody an untruth.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from recovery.core.case import Case
from recovery.core.errors import Refusal
from recovery.core.events import MessageWritten, NoteAdded, PromiseMade
from recovery.core.facts import shown
from recovery.core.phrases.account import ACCOUNT, another_cause
from recovery.core.phrases.language import language_of
from recovery.core.phrases.rules import INTERNAL, Hit, blocked, kind_of, untruths
from recovery.core.stories.events import PraiseGiven, StoryTold

if TYPE_CHECKING:
    from recovery.workflow.bundle import Bundle
    from recovery.workflow.templates import Template

PROMISE = "promise"
"""The kind of text that says what is promised: nothing in it may be vague."""

Written = MessageWritten | NoteAdded | PromiseMade | StoryTold | PraiseGiven
"""What somebody says in words of their own."""

WRITTEN: frozenset[type[Written]] = frozenset(
    {MessageWritten, NoteAdded, PromiseMade, StoryTold, PraiseGiven}
)


def guarded(event: Written, case: Case, bundle: Bundle) -> Written | Refusal:
    """The event as it may be accepted, with what the guard found in it, or why it may not.

    Args:
        event: one whose fields are of their types.
    """
    hits = hits_in(event, case, bundle)
    wrong = blocked(hits)
    if not isinstance(event, MessageWritten):
        return _refused(wrong, overridable=False) if wrong else event
    missing = _unstated(event, case, bundle)
    if missing:
        message = f"{shown(event.template)} states {', '.join(missing)}, which the case does not know."
        return Refusal("untruth", message, "Record it first, or write without the template.")
    if wrong and event.despite is None:
        return _refused(wrong, overridable=True)
    if any(not hit.overridable for hit in wrong):
        return _refused([hit for hit in wrong if not hit.overridable], overridable=False)
    doubts = {hit.rule: " ".join(hit.matched.split()) for hit in hits}
    return event if event.doubts == doubts else replace(event, doubts=doubts)


def hits_in(event: Written, case: Case, bundle: Bundle) -> list[Hit]:
    """Every place in somebody's words that breaks a rule; those of a message with its subject first."""
    if isinstance(event, PromiseMade):
        return check(bundle, event.what, case.language, PROMISE, case)
    if isinstance(event, (NoteAdded, PraiseGiven)):
        return check(bundle, event.text, case.language, INTERNAL, case)
    if isinstance(event, StoryTold):
        parts = filter(None, (event.happened, event.done, event.felt))
        return [hit for text in parts for hit in check(bundle, text, case.language, INTERNAL, case)]
    language = event.language or case.language
    kind = INTERNAL
    if event.to == "customer":
        made = _template(event, case, bundle)
        kind = kind_of(made.purpose) if made is not None else "message"
        kind = "message" if kind == INTERNAL else kind
    texts = (event.subject or "", event.text)
    hits = [hit for text in texts for hit in check(bundle, text, language, kind, case)]
    account = case.facts.get(ACCOUNT)
    if event.to == "customer" and isinstance(account, str):
        spoken, quotes = language_of(event.text, language), said_by_customer(case)
        hits += another_cause(event.text, account, spoken, quotes)
    return hits


def check(bundle: Bundle, text: str, language: str, kind: str, case: Case | None = None) -> list[Hit]:
    """Every place in a text that breaks a rule of a version.

    Args:
        case: whose facts bear out what the text claims, and whose customer may be quoted; without one every
            claim and every quotation is a hit.
    """
    from recovery.workflow.wording import guard_in

    guard = guard_in(bundle, language_of(text, language))
    if guard is None:
        return []
    if case is None:
        return guard.check(text, kind=kind)
    return guard.check(text, kind=kind, quotes=said_by_customer(case), facts=case.facts)


def said_by_customer(case: Case) -> list[str]:
    """The customer's own words, as far as they are on record as facts."""
    facts = [fact for name in case.facts if (fact := case.fact(name)) is not None]
    return [fact.value for fact in facts if fact.source == "customer" and isinstance(fact.value, str)]


def _unstated(event: MessageWritten, case: Case, bundle: Bundle) -> list[str]:
    """What the template of a message asserts and the case does not know."""
    made = _template(event, case, bundle)
    return untruths(made.states, case.facts) if made else []


def _template(event: MessageWritten, case: Case, bundle: Bundle) -> Template | None:
    from recovery.workflow.bundle import template
    from recovery.workflow.findings import BadFile

    if event.template is None:
        return None
    try:
        return template(bundle, event.template, event.language or case.language)
    except BadFile:  # deciding says that there is none
        return None


def told(hit: Hit) -> str:
    """A place in one line: what stands there, why not, and what to say instead."""
    lacks = f" Not on record: {', '.join(hit.lacks)}." if hit.lacks else ""
    words = shown(" ".join(hit.matched.split()))
    return f"{words} is {hit.cls.replace('_', '-')}: {hit.why}{lacks} Say, for example: {hit.say_instead}"


def _refused(hits: Sequence[Hit], *, overridable: bool) -> Refusal:
    first, *rest = map(told, hits)
    hint = "Change it and send it again."
    if overridable and all(hit.overridable for hit in hits):
        hint = "Change it, or let a supervisor send it, who says why."
    return Refusal("phrase_blocked", first, hint, details=tuple(rest))
