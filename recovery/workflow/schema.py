"""The JSON Schema of workflow files, for editors: made from the model, never written by hand.

`python -m recovery.workflow.schema FILE` writes it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from recovery.workflow.model import WorkflowShape

PUBLISHED = "docs/reference/workflow.schema.json"
"""Where the schema is published, from the repository's root."""


def workflow_schema() -> dict[str, Any]:
    """The schema of a workflow file, JSON Schema 2020-12."""
    made = WorkflowShape.model_json_schema(by_alias=True, mode="validation")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A service recovery workflow",
        **{key: _plain(value) for key, value in made.items() if key != "title"},
    }


def schema_text() -> str:
    """The schema as it is published."""
    return json.dumps(workflow_schema(), indent=2, ensure_ascii=False) + "\n"


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
    Path(sys.argv[1] if len(sys.argv) > 1 else PUBLISHED).write_text(schema_text(), encoding="utf-8")
