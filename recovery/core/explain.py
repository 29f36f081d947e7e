"""Why a case stands where it stands: what it waits for, what is open to whom, what to say and what not."""

from __future__ import annotations

from typing import Any

from recovery.core.case import Case
from recovery.core.facts import FactType, Text
from recovery.core.guards import why
from recovery.core.spec import AnyOf, Need, Transition, Workflow


def words(text: Text, language: str) -> str:
    """A text in a language, else in English, else in whatever there is."""
    return text.get(language) or text.get("en") or next(iter(text.values()), "")


def explain(workflow: Workflow, case: Case, language: str = "en") -> dict[str, Any]:
    """Everything an agent needs to know now, as plain data.

    Returns:
        `step` (id, title, purpose, worth, do, never), `waits_for` (a row for each exit fact that is missing:
        what, the question that gets it, who may say it, why it is needed), `owner`, `offered_to`,
        `messages` (on their way), `undelivered`, `tasks` (for people), `transitions` (each with whether it is
        open and why not), `rules` (to be looked at on leaving, and how they stand), `quarantine`,
        `erased_at`.
    """
    step = workflow.steps.get(case.step)
    guidance: dict[str, Any] = {"id": case.step}
    if step is None:
        guidance["title"] = words(workflow.ends[case.step].title, language)
    else:
        guidance |= {
            "title": words(step.title, language),
            "purpose": words(step.purpose, language),
            "worth": words(step.worth, language),
            "do": [words(text, language) for text in step.do],
            "never": [words(text, language) for text in step.never],
        }
    return {
        "case": case.id,
        "workflow": workflow.id,
        "step": guidance,
        "owner": case.owner,
        "offered_to": case.offered_to,
        "level": workflow.escalation[case.level],
        "severity": case.severity,
        "cycle": case.cycle,
        "waits_for": [] if step is None else _waits(workflow, case, language),
        "rules": [] if step is None else _rules(workflow, case),
        "transitions": []
        if case.erased_at is not None
        else [_transition(t, case, language) for t in workflow.moves.leaving(case.step)],
        "messages": [{"effect": key, "template": row[0]} for key, row in case.awaiting.items()],
        "undelivered": [
            {"effect": key, "template": row[0], "reason": row[1]} for key, row in case.undelivered.items()
        ],
        "tasks": [{"task": key, "kind": row[0], "template": row[1]} for key, row in case.tasks.items()],
        "merged_into": case.merged_into,
        "quarantine": case.quarantine,
        "erased_at": case.erased_at,
    }


def _waits(workflow: Workflow, case: Case, language: str) -> list[dict[str, Any]]:
    return [
        {
            "need": str(need),
            "any_of": [_need(workflow, case, one, language) for one in need.of],
        }
        if isinstance(need, AnyOf)
        else _need(workflow, case, need, language)
        for need in workflow.steps[case.step].missing(case)
    ]


def _need(workflow: Workflow, case: Case, need: Need, language: str) -> dict[str, Any]:
    kind = workflow.facts[need.fact]
    fact = case.fact(need.fact)
    awaited = [row[0] for row in case.awaiting.values() if need.fact in row[1]]
    return {
        "need": str(need),
        "fact": need.fact,
        "ask": words(kind.ask, language),
        "accepts": accepts(kind),
        "said_by": sorted(kind.said_by),
        "on_record": None if fact is None else fact.value,
        "because": None if need.when is None else why(need.when, case),
        "comes_with": awaited[0] if awaited else None,
    }


def accepts(kind: FactType) -> str:
    """What values a fact takes, in a few words."""
    if kind.choices:
        return "one of " + ", ".join(kind.choices)
    if kind.minimum is not None or kind.maximum is not None:
        low = "" if kind.minimum is None else f" from {kind.minimum}"
        high = "" if kind.maximum is None else f" to {kind.maximum}"
        return f"{kind.kind}{low}{high}"
    return kind.kind


def _rules(workflow: Workflow, case: Case) -> list[dict[str, Any]]:
    return [
        {"line": rule.line, "if": why(rule.when, case), "fires": rule.when.evaluate(case)}
        for rule in workflow.steps[case.step].on_leave
        if rule.when is not None
    ]


def _transition(move: Transition, case: Case, language: str) -> dict[str, Any]:
    answer = True if move.when is None else move.when.evaluate(case)
    return {
        "name": move.name,
        "title": words(move.title, language),
        "to": move.to,
        "by": sorted(move.by),
        "open": None if answer is None else bool(answer),
        "because": None if move.when is None else why(move.when, case),
        "needs": [str(need) for need in move.needs if not need.met(case)],
    }
