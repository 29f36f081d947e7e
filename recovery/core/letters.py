"""What becomes of messages: delivered, failed, given to a person, cancelled, tried again."""

from __future__ import annotations

from typing import Any

from recovery.core import events as ev
from recovery.core.clocks.state import FIRST_ANSWER, HEARD, sent_mark
from recovery.core.draft import Draft, Refused
from recovery.core.empowerment import paying
from recovery.core.moves import reasoned
from recovery.core.stories.telling import STORY, not_by_hand
from recovery.core.walk import facts_changed

BY_HAND = ("phone", "letter", "payment")
"""Tasks that are themselves the delivery of a message."""


def is_by_hand(task: str, kind: str) -> bool:
    """Whether a task is itself the delivery of a message; what is only about a compensation (`c1`) is not."""
    return kind in BY_HAND and task[0] != "c"


def delivered(draft: Draft, event: ev.EffectDelivered) -> None:
    """The receiver has it: facts that waited for that are on record now."""
    settle(draft, event.effect)
    if draft.case.compensations:
        paying.told(draft, event.effect, event.receipt)


def failed(draft: Draft, event: ev.EffectFailed) -> None:
    """It will not be tried again by itself: somebody has to see to it."""
    template, _ = _awaited(draft, event.effect)
    if event.effect in draft.case.tasks:
        draft.change("done", event.effect)
    draft.change("settled", event.effect, event.reason)
    draft.change("task", event.effect, "undelivered", template)
    draft.why.append(f"{template} could not be delivered: {event.reason}")


def handed(draft: Draft, event: ev.EffectHanded) -> None:
    """A person has it: it is delivered when the task is done."""
    template, _ = _awaited(draft, event.effect)
    if event.task not in BY_HAND:
        raise Refused("wrong_task", f"{event.task} delivers nothing.", f"One of {', '.join(BY_HAND)}.")
    if event.task == "payment" and not paying.is_order(draft, event.effect):
        raise Refused("wrong_task", f"{template} is no payment order.", "A person writes or calls.")
    if event.effect in draft.case.tasks:
        raise Refused("already_handed", f"{template} has been given to a person already.")
    draft.change("task", event.effect, event.task, template)
    draft.why.append(f"{template} was given to a person: {event.task}")


def cancelled(draft: Draft, event: ev.EffectCancelled) -> None:
    """It does not go out; whether it is on its way just now the shell knows."""
    reasoned(event.reason, "Cancelling a message")
    found = draft.case.undelivered.get(event.effect) or _awaited(draft, event.effect)
    if event.effect in draft.case.tasks:
        draft.change("done", event.effect)
    draft.change("cancelled", event.effect)
    draft.why.append(f"{found[0]} cancelled: {event.reason}")
    if draft.case.compensations:
        paying.not_told(draft, event.effect)


def retried(draft: Draft, event: ev.EffectRetried) -> None:
    """A dead letter is on its way again."""
    found = draft.case.undelivered.get(event.effect)
    if found is None:
        failures = ", ".join(draft.case.undelivered) or "none"
        raise Refused(
            "not_undelivered", f"No delivery of {event.effect} has failed.", f"Undelivered: {failures}."
        )
    if event.effect in draft.case.tasks:
        draft.change("done", event.effect)
    draft.change("retry", event.effect)
    draft.why.append(f"{found[0]} is tried again")


def done(draft: Draft, event: ev.TaskDone) -> None:
    """A task is done; when it was the delivery of a message, that is delivered."""
    found = draft.case.tasks.get(event.task)
    if found is None:
        tasks = ", ".join(draft.case.tasks) or "none"
        raise Refused("no_such_task", f"There is no task {event.task}.", f"Waiting: {tasks}.")
    kind, template = found
    if kind == STORY:
        not_by_hand()
    if draft.case.compensations and paying.done(draft, event, kind):
        return
    draft.change("done", event.task)
    draft.why.append(f"task done: {kind}, {template}" + (f" ({event.note})" if event.note else ""))
    if kind in BY_HAND:
        settle(draft, event.task)


def settle(draft: Draft, effect: str) -> None:
    """Put on record that a message was delivered."""
    template, facts = _awaited(draft, effect)
    if effect in draft.case.tasks:
        draft.change("done", effect)
    inside = effect in draft.case.inside
    draft.change("settled", effect, None)
    draft.why.append(f"{template} was delivered")
    if not inside:
        _heard(draft, template, int(effect.partition(".")[0]))
    if facts:
        draft.record(facts, "engine", "workflow")
        facts_changed(draft, list(facts))


def _heard(draft: Draft, template: str, asked: int) -> None:
    """The customer has heard something."""
    draft.mark(HEARD, asked)
    if template not in draft.workflow.acknowledgements:
        draft.mark(FIRST_ANSWER, asked)
    draft.mark(sent_mark(template), asked)


def _awaited(draft: Draft, effect: str) -> tuple[str, dict[str, Any]]:
    found = draft.case.awaiting.get(effect)
    if found is None:
        awaited = ", ".join(draft.case.awaiting) or "none"
        raise Refused("not_awaited", f"No delivery of {effect} is awaited.", f"Awaited: {awaited}.")
    return found
