"""The languages people write: the workflow's keys from its JSON Schema, and what a template may say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from docs.generate.markdown import code, listed, meaning, only, table
from recovery.workflow.schema import workflow_schema
from recovery.workflow.template_words import CONTEXT, FILTERS
from recovery.workflow.templates import Head

PARTS = {
    "A workflow": "",
    "A fact": "facts",
    "A step": "StepShape",
    "A need": "NeedTest",
    "A rule": "RuleShape",
    "A coupon": "CouponShape",
    "A transition": "TransitionShape",
    "An end": "EndShape",
    "A clock": "ClockShape",
    "A row of a derived fact": "DerivedRow",
    "A part of a letter": "PartShape",
    "A source": "SourceShape",
}
"""The title of each section and the definition of the schema it is about."""

FACTS = ("PlainFact", "NumberFact", "ChoiceFact")

FOR_PEOPLE = "text for people"

COMMON_OF_FACTS = ("said_by", "ask")

NAMES = {
    **dict.fromkeys(FACTS, "a fact"),
    "ClockShape": "a clock",
    "CouponShape": "a coupon",
    "DerivedRow": "a row",
    "EndShape": "an end",
    "NeedShape": "a need",
    "NeedTest": "a need",
    "Needs": "needs",
    "PartShape": "a part",
    "RuleShape": "a rule",
    "SourceShape": "a source",
    "StepShape": "a step",
    "TransitionShape": "a transition",
}
"""What the definitions of the schema are called in a table."""


def sections() -> str:
    """A table of keys for each part of a workflow file."""
    schema = workflow_schema()
    parts = []
    for title, name in PARTS.items():
        rows: dict[tuple[str, str], list[str]] = {}
        for node in _nodes(schema, name):
            needed = node.get("required", ())
            for key in sorted(node["properties"], key=lambda key: _place(name, key)):
                inner = node["properties"][key]
                if "description" not in inner:
                    raise LookupError(
                        f"{key} of {name or 'a workflow'} has no description in workflow/model.py."
                    )
                kind = _kind(schema, inner)
                rows[key, kind] = [code(key), kind, "yes" if key in needed else "", inner["description"]]
        if name == "facts":
            rows = dict(sorted(rows.items(), key=lambda row: row[0][0] in COMMON_OF_FACTS))
        parts += [f"### {title}", table(["key", "value", "required", "meaning"], rows.values())]
    return "\n\n".join(parts)


def _place(name: str, key: str) -> bool:
    """Of a fact the type comes first; everything else stays in the order of the model."""
    return name == "facts" and key != "type"


def _nodes(schema: dict[str, Any], name: str) -> list[dict[str, Any]]:
    if not name:
        return [schema]
    if name == "facts":
        return [schema["$defs"][one] for one in FACTS]
    return [schema["$defs"][name]]


def _kind(schema: dict[str, Any], node: dict[str, Any]) -> str:
    """What a value may be, in a few words."""
    kinds = list(dict.fromkeys(_kinds(schema, node)))
    if FOR_PEOPLE in kinds:  # a plain text is its short form
        kinds = [kind for kind in kinds if kind != "text"]
    return " or ".join(kinds)


def _kinds(schema: dict[str, Any], node: dict[str, Any]) -> Iterator[str]:
    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        yield NAMES.get(name) or _kind(schema, schema["$defs"][name])
    elif "anyOf" in node or "oneOf" in node:
        for option in (*node.get("anyOf", ()), *node.get("oneOf", ())):
            if option.get("type") != "null":
                yield from _kinds(schema, option)
    elif "const" in node:
        yield code(node["const"])
    elif "enum" in node:
        yield listed(node["enum"])
    elif node.get("type") == "array":
        yield f"list of {_kind(schema, node['items'])}" if "items" in node else "list"
    elif node.get("type") == "object":
        inside = [*node.get("patternProperties", {}).values()]
        more = node.get("additionalProperties")
        inside += [more] if isinstance(more, dict) else []
        held = " or ".join(dict.fromkeys(_kind(schema, one) for one in inside))
        language = node.get("required") == ["en"]
        yield FOR_PEOPLE if language else f"mapping of name to {held}" if held else "mapping"
    else:
        yield {
            "string": "text",
            "integer": "whole number",
            "boolean": "`true`, `false`",
            "null": "nothing",
        }.get(str(node.get("type")), "anything")


def template_head() -> str:
    """The keys of a template's head."""
    rows = []
    undescribed = []
    for name, field in Head.model_fields.items():
        about = field.description
        if about is None:
            undescribed.append(name)
            about = meaning("template_head", name)
        rows.append([code(name), "yes" if field.is_required() else "", about])
    only("template_head", undescribed)
    return table(["key", "required", "meaning"], rows)


def template_names() -> str:
    """What a template may name."""
    names = [f"{root}.{part}" for root, parts in CONTEXT.items() for part in parts]
    names += [root for root, parts in CONTEXT.items() if not parts]
    only("template_names", ["facts.…", *names])
    rows = [[code(name), meaning("template_names", name)] for name in ["facts.…", *names]]
    return table(["name", "meaning"], rows)


def template_filters() -> str:
    """The filters a template may use."""
    only("template_filters", FILTERS)
    takes = {str: "a text", int: "a number from 1 to 1,000"}
    rows = [
        [code(name), ", ".join(takes[kind] for kind in kinds), meaning("template_filters", name)]
        for name, kinds in FILTERS.items()
    ]
    return table(["filter", "takes", "meaning"], rows)
