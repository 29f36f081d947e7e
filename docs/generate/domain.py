"""The core: events, changes, effects, facts, conditions and the actions of rules."""

from __future__ import annotations

import re
import typing
from dataclasses import MISSING, Field, fields
from typing import Any

from docs.generate.markdown import attributes, code, described, meaning, only, table
from recovery.core import case as core_case
from recovery.core import events as ev
from recovery.core import spec
from recovery.core.decision import Effect
from recovery.core.facts import BUILT_IN, KINDS, SOURCES, FactType
from recovery.core.guards import CASE_VALUES, OPERATORS
from recovery.workflow.rule_shapes import ACTIVE_VERBS, SIBLINGS, RuleShape

COMMON = ("by", "occurred_at", "hold")

ACTIONS = {
    "send": spec.Send,
    "escalate": spec.Escalate,
    "raise": spec.RaiseSeverity,
    "count": spec.CountFailure,
    "record": spec.Record,
    "go": spec.Go,
    "take_back": spec.TakeBack,
}
"""The verb of a rule and what the core makes of it."""

NOT_A_VALUE = object()


def events() -> str:
    """A section for each event, with its own fields."""
    parts = []
    for name, cls in ev.EVENTS.items():
        parts += [f"### {name}", described(cls)]
        rows = [_field(field) for field in fields(cls) if field.name not in COMMON]
        if rows:
            parts.append(table(["field", "type", "when left out"], rows))
    return "\n\n".join(parts)


def _field(field: Field[Any]) -> list[str]:
    hints = {"Source": "a source", "Mode": "`live` or `history`"}
    kind = hints.get(str(field.type), code(str(field.type).replace("typing.", "")))
    if field.default is not MISSING:
        default = "nothing" if field.default is None else code(field.default)
    elif field.default_factory is not MISSING:
        default = "empty"
    else:
        default = "**required**"
    return [code(field.name), kind, default]


def changes() -> str:
    """Every kind of change, as the log keeps it."""
    found = ["open", *core_case.APPLY]
    only("changes", found)
    return table(["change", "meaning"], [[code(name), meaning("changes", name)] for name in found])


def effect_fields() -> str:
    """What an effect holds."""
    said = attributes(Effect)
    names = list(Effect._fields)
    only("effect", [name for name in names if name not in said])
    rows = [[code(name), said[name] if name in said else meaning("effect", name)] for name in names]
    return table(["field", "meaning"], rows)


def effect_statuses() -> str:
    """What can become of an effect in the outbox."""
    from recovery.store.records import OutboxRow

    found = re.findall(r"`(\w+)`", attributes(OutboxRow)["status"])
    only("statuses", found)
    return table(["status", "meaning"], [[code(name), meaning("statuses", name)] for name in found])


def fact_types() -> str:
    """Every type a fact can have, with what it accepts in the words of its refusal."""
    only("facts", KINDS)
    rows = [[code(kind), _accepts(kind), meaning("facts", kind)] for kind in KINDS]
    return table(["type", "a value is", "notes"], rows)


def _accepts(kind: str) -> str:
    try:
        FactType("fact", kind, choices=("one", "of", "its", "values")).check(NOT_A_VALUE)
    except ValueError as error:
        return str(error).partition(" is not ")[2].replace("one of one, of, its, values", "one of its values")
    raise LookupError(f"a fact of type {kind} takes anything")


def fact_sources() -> str:
    """Who a fact can come from."""
    only("sources", SOURCES)
    return table(["source", "meaning"], [[code(name), meaning("sources", name)] for name in SOURCES])


def built_in_facts() -> str:
    """The facts that every workflow has."""
    rows = [[code(kind.name), code(kind.kind), kind.ask["en"]] for kind in BUILT_IN.values()]
    return table(["fact", "type", "the question"], rows)


def operators() -> str:
    """Everything that can join facts and values in a condition."""
    words = [*OPERATORS, "is known", "is unknown", "and", "or", "not"]
    only("operators", words)
    return table(["operator", "meaning"], [[code(word), meaning("operators", word)] for word in words])


def case_values() -> str:
    """What a condition may ask of the case itself."""
    only("case_values", CASE_VALUES)
    rows = [[code(f"case.{name}"), meaning("case_values", name)] for name in CASE_VALUES]
    return table(["value", "meaning"], rows)


def actions() -> str:
    """What a rule can do: each verb with what it means and the keys that may stand beside it."""
    assert set(ACTIONS) == set(ACTIVE_VERBS), "every active verb has an action of the core"
    assert len(typing.get_args(spec.Action)) == len(ACTIONS) + 1, "and every action a verb; `forget` is two"
    rows = []
    for verb in ACTIVE_VERBS:
        beside = [sibling for sibling, owner in SIBLINGS.items() if owner == verb]
        rows.append(
            [
                code(verb),
                described(ACTIONS[verb]),
                "<br>".join(f"`{name}`: {_about(name)}" for name in beside),
            ]
        )
    return table(["verb", "what it does", "keys beside it"], rows)


def _about(key: str) -> str:
    for name, field in RuleShape.model_fields.items():
        if (field.alias or name) == key:
            return str(field.description)
    raise LookupError(key)
