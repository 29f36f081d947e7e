"""The JSON Schemas of the files people write, for editors: made from the models, never written by hand.

`python -m recovery.workflow.schema` writes them.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from recovery.workflow.basics import Shape
from recovery.workflow.calendars import CalendarsShape
from recovery.workflow.compensation_shape import PolicyShape
from recovery.workflow.model import WorkflowShape

PUBLISHED = "docs/reference/workflow.schema.json"
OVERLAY_PUBLISHED = "docs/reference/overlay.schema.json"
CALENDARS_PUBLISHED = "docs/reference/calendars.schema.json"
POLICY_PUBLISHED = "docs/reference/compensation.schema.json"
"""Where the schemas are published, from the repository's root."""


def workflow_schema() -> dict[str, Any]:
    """The schema of a workflow file, JSON Schema 2020-12."""
    return _schema("A service recovery workflow", WorkflowShape)


def overlay_schema() -> dict[str, Any]:
    """The schema of a workflow file that extends another: what is required may stand in that one."""
    schema = _loosened(workflow_schema())
    title = "A service recovery workflow that extends another"
    return {**schema, "title": title, "required": ["workflow", "extends"]}


def calendars_schema() -> dict[str, Any]:
    """The schema of a file of calendars, JSON Schema 2020-12."""
    return _schema("Calendars of service recovery", CalendarsShape)


def policy_schema() -> dict[str, Any]:
    """The schema of a compensation policy, JSON Schema 2020-12."""
    return _schema("A compensation policy of service recovery", PolicyShape)


def _schema(title: str, model: type[Shape]) -> dict[str, Any]:
    made = model.model_json_schema(by_alias=True, mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        **{key: _plain(value) for key, value in made.items() if key != "title"},
    }


def published() -> dict[str, str]:
    """Every schema as it is published, by its place."""
    schemas = {
        PUBLISHED: workflow_schema(),
        OVERLAY_PUBLISHED: overlay_schema(),
        CALENDARS_PUBLISHED: calendars_schema(),
        POLICY_PUBLISHED: policy_schema(),
    }
    return {
        place: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for place, schema in schemas.items()
    }


def _loosened(node: Any, *, names: bool = False) -> Any:
    """Without everything that asks for a key, so that a part of a mapping is enough."""
    if isinstance(node, list):
        return [_loosened(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {
        "anyOf" if key == "oneOf" and not names else key: _loosened(
            value, names=key in ("properties", "patternProperties", "$defs") and not names
        )
        for key, value in node.items()
        if names or key not in _ASKING
    }
    if not names and "anyOf" in made and all(option == {} for option in made["anyOf"]):
        del made["anyOf"]
    return made


_ASKING = ("required", "dependentRequired", "minProperties", "not", "discriminator")


def _plain(node: Any, *, names: bool = False) -> Any:
    """Without the titles made from field names; where keys have a pattern, other keys are refused."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {
        key: _plain(value, names=key in ("properties", "$defs") and not names)
        for key, value in node.items()
        if names or key != "title" or not isinstance(value, str)
    }
    if "patternProperties" in made and not names:
        made.setdefault("additionalProperties", False)
    return made


if __name__ == "__main__":
    for place, text in published().items():
        Path(place).write_text(text, encoding="utf-8")
