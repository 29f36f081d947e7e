"""What is said in a case: by the customer, by the house, and among colleagues."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from recovery.core import events as ev
from recovery.core.attachments import BYTES_OF_A_CASE, MEGABYTE, wrong_with
from recovery.core.clocks.state import MESSAGE
from recovery.core.decision import Effect
from recovery.core.draft import Draft, Refused, context, once_key
from recovery.core.errors import closest, sentence
from recovery.core.facts import is_blank, shown
from recovery.core.instants import from_text, to_text
from recovery.core.letter_parts import lacking
from recovery.core.moves import reasoned, supervisors
from recovery.core.spec import Workflow
from recovery.core.walk import act

WRITTEN = "written"
"""The template of a message that was made from none; in a context, the part that holds a person's words."""

RECIPIENTS = ("customer", "owner", "supervisor")

WORDS_AT_MOST = 20_000
"""Characters of a message that a person writes; a long letter has 4,000."""

WAIT_AT_MOST = 3_600
"""Seconds. Later messages of the case wait for it too, so that they arrive in their order."""


def received(draft: Draft, event: ev.MessageReceived) -> None:
    """The customer wrote: it is on record; whether anything moves by it the workflow says.

    What a machine answered for them moves nothing: no clock, no rule, or two machines would write on.
    """
    if is_blank(event.text) and not event.attachments and not event.missed:
        raise Refused("no_text", "A message needs a text.")
    missing = [name for sha256, name in event.attachments.items() if sha256 not in draft.case.attachments]
    if missing:
        raise Refused(
            "not_attached",
            f"{shown(missing[0])} is not attached to the case.",
            "Attach it first, then say so.",
        )
    if event.auto:
        draft.why.append("no person wrote it: nothing is answered by it, and it asks for no answer")
        return
    if event.missed:
        draft.why.append("a call nobody answered: it waits for an answer as a letter does")
    draft.change("count", "messages")
    draft.mark(MESSAGE)
    act(draft, draft.workflow.on_message, "the customer wrote")


def written(draft: Draft, event: ev.MessageWritten) -> None:
    """Ask for a message in a person's own words.

    One that is made from a template stands for that template: its delivery puts the same facts on record,
    and no rule sends it a second time.
    """
    case = draft.case
    in_the_house(draft, event.by, "write for the house")
    not_merged(draft)
    _writable(draft, event)
    _complete(draft, event)
    once, facts = _standing_for(draft, event)
    to_customer = event.to == "customer"
    template = event.template or WRITTEN
    due_at = None
    if event.wait:
        due_at = to_text(from_text(draft.stamp.recorded_at) + timedelta(seconds=event.wait))
    key = f"{draft.stamp.seq}.{len(draft.effects)}"
    draft.effects.append(
        Effect(
            key,
            len(draft.effects),
            template,
            event.to,
            {"customer": case.customer.get("address"), "owner": case.owner}.get(event.to),
            event.channel or (case.channel if to_customer else "desk"),
            event.language or (case.language if to_customer else "en"),
            {**context(case, ()), WRITTEN: _words(event)},
            event.hold,
            due_at,
        )
    )
    draft.change("effect", key, template, once, facts, *(() if to_customer else (event.to,)))
    what = "in their own words" if event.template is None else f"from {template}"
    held = " (held)" if event.hold else ""
    draft.why.append(f"{event.by} writes to the {event.to}, {what}, to leave at {due_at or 'once'}{held}")
    for rule, words in event.doubts.items():
        draft.why.append(f"the phrase guard on {rule}: {words}")
    if event.despite is not None:
        draft.why.append(f"sent despite the phrase guard: {event.despite}")


def noted(draft: Draft, event: ev.NoteAdded) -> None:
    """A word for colleagues. It is never sent."""
    in_the_house(draft, event.by, "write notes")
    not_merged(draft)
    if is_blank(event.text):
        raise Refused("no_text", "A note needs a text.")
    draft.why.append(f"a note by {event.by}")


def attached(draft: Draft, event: ev.AttachmentAdded) -> None:
    """A file belongs to the case; its content is kept outside the log, once however often it comes."""
    case = draft.case
    wrong = wrong_with(event.name, event.type, event.size, event.sha256)
    if wrong:
        raise Refused("wrong_attachment", f"{shown(event.name)} cannot be attached.", wrong)
    known = case.attachments.get(event.sha256)
    if known is not None:
        draft.why.append(f"{event.name} is attached already, as {known[0]}")
        return
    size = event.size + sum(row[2] for row in case.attachments.values())
    if size > BYTES_OF_A_CASE:
        raise Refused(
            "too_much_attached",
            f"With {shown(event.name)} the files of the case would have {size:,} bytes.",
            f"A case takes {BYTES_OF_A_CASE // MEGABYTE} MB.",
        )
    draft.change("attach", event.sha256, event.name, event.type, event.size)
    draft.why.append(f"{event.name} attached")


def sayable(workflow: Workflow) -> tuple[str, ...]:
    """The templates that people may write from: those of `say`, then those that rules send.

    None that hands over a coupon: its code is drawn with the message, so that nobody has it to write down.
    """
    handing_over = {send.template for send in workflow.offers.values()}
    names = dict.fromkeys([*workflow.say, *(send.template for send in workflow.sends())])
    return tuple(name for name in names if name not in handing_over)


def _writable(draft: Draft, event: ev.MessageWritten) -> None:
    workflow = draft.workflow
    if draft.case.mode == "history":
        raise Refused("history", "The case is history: it never sends anything.", "Open a live case.")
    if event.to not in RECIPIENTS:
        raise Refused(
            "wrong_recipient", f"{shown(event.to)} is nobody to write to.", f"One of {', '.join(RECIPIENTS)}."
        )
    if is_blank(event.text):
        raise Refused("no_text", "A message needs a text.")
    if len(event.text) > WORDS_AT_MOST:
        raise Refused(
            "too_long", f"The message has {len(event.text):,} characters.", f"At most {WORDS_AT_MOST:,}."
        )
    if event.wait > WAIT_AT_MOST:
        raise Refused("too_long_a_wait", f"{event.wait} seconds are too long.", f"At most {WAIT_AT_MOST:,}.")
    if event.despite is not None:
        reasoned(event.despite, "Overruling the phrase guard")
        if not workflow.may(ev.role(event.by), supervisors(workflow)):
            raise Refused(
                "not_allowed", f"{event.by} may not overrule the phrase guard.", "A supervisor may."
            )


def _complete(draft: Draft, event: ev.MessageWritten) -> None:
    """A letter that a law asks for has every part of it, whoever wrote the words."""
    parts = draft.workflow.letters.get(event.template or "", ())
    if not parts or event.to != "customer":
        return
    language = event.language or draft.case.language
    missing = lacking(parts, event.text, language)
    if missing:
        first, *rest = missing
        words = first.wordings(language)
        raise Refused(
            "incomplete_letter",
            f"{event.template} must say this, and does not: {first.what['en']}.",
            f"Such as: {words[0]}" if words else f"Nobody has said how it is worded in {language}.",
            details=tuple(part.what["en"] for part in rest),
        )


def _standing_for(draft: Draft, event: ev.MessageWritten) -> tuple[str, dict[str, Any]]:
    """What keeps a message from being sent twice, and the facts its delivery puts on record."""
    case, workflow, template = draft.case, draft.workflow, event.template
    if template is None:
        return "", {}
    names = sayable(workflow)
    if template not in names:
        guess = sentence(closest(template, names)) or f"One of {', '.join(names) or 'none'}."
        raise Refused("unknown_template", f"{shown(template)} is nothing to be said here.", guess)
    rules = [send for send in workflow.sends() if send.template == template and send.to == event.to]
    if not rules:
        return "", {}
    rule = next((send for send in rules if send.when_delivered), rules[0])
    once = once_key(rule, case)
    if once and once in case.sent:
        raise Refused(
            "already_sent",
            f"{template} has been sent already, as {case.sent[once]}.",
            "Cancel that one while it waits, or write without the template.",
        )
    return once, dict(rule.when_delivered)


def _words(event: ev.MessageWritten) -> dict[str, Any]:
    """What the renderer needs to know of a message that is written already."""
    return {
        "subject": event.subject,
        "text": event.text,
        "by": event.by,
        "free": event.template is None,
        "in_reply_to": event.in_reply_to,
    }


def in_the_house(draft: Draft, by: str, what: str) -> None:
    """Refuse what only people of the house may do.

    Raises:
        Refused: `not_allowed`.
    """
    workflow = draft.workflow
    if not workflow.may(ev.role(by), frozenset({"agent", *workflow.escalation[:1]})):
        raise Refused("not_allowed", f"{by} may not {what}.", f"Allowed: {', '.join(workflow.escalation)}.")


def not_merged(draft: Draft) -> None:
    """Refuse what belongs to the case in which this one goes on.

    Raises:
        Refused: `merged`.
    """
    if draft.case.merged_into is not None:
        into = draft.case.merged_into
        raise Refused("merged", f"The case goes on in case {into}.", f"Write it in case {into}.")
