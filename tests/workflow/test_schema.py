"""The published JSON Schema: current, valid, and of one mind with the loader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from recovery.workflow.model import WorkflowShape
from recovery.workflow.reader import read_yaml
from recovery.workflow.schema import CALENDARS_PUBLISHED, OVERLAY_PUBLISHED, PUBLISHED, published
from recovery.workflow.shape import check_shape
from tests.real_data import ROOT
from tests.workflow.small import WORKFLOW, places
from tests.workflow.test_bad_workflows import SHAPE, changed
from tests.workflow.test_ways import FREE, RIGHT

SHIPPED = sorted((ROOT / "workflows").glob("*.yaml"))
PUBLIC = Draft202012Validator(json.loads((ROOT / PUBLISHED).read_text(encoding="utf-8")))
OVERLAY = Draft202012Validator(json.loads((ROOT / OVERLAY_PUBLISHED).read_text(encoding="utf-8")))

ONLY_YAML_CAN_TELL = {"a doubled key", "two doubled facts"}
"""Wrong in the file, and right once it has been read: no schema can find them."""

RULES = {
    "values from two places": ("from: kinds}", "from: kinds, of: [a]}"),
    "values from nowhere": ("{type: choice, from: kinds}", "{type: choice}"),
    "two tests of one need": ("happy: true", "mark: {is: 1, at_least: 1}"),
    "a sibling without its verb": ("go: hear", "go: hear\n        once: case"),
    "a rule that does nothing": ("        go: hear\n", ""),
}


def data_of(text: str) -> Any:
    document, _ = read_yaml(text.encode(), "x.yaml")
    assert document is not None
    return document.value


def loads(text: str) -> bool:
    document, _ = read_yaml(text.encode(), "x.yaml")
    assert document is not None
    return check_shape(document, WorkflowShape)[0] is not None


@pytest.mark.parametrize("place", [PUBLISHED, OVERLAY_PUBLISHED, CALENDARS_PUBLISHED])
def test_the_published_schemas_are_current(place: str) -> None:
    text = (ROOT / place).read_text(encoding="utf-8")
    assert text == published()[place], "run: python -m recovery.workflow.schema"


def test_the_schema_of_calendars_takes_the_shipped_ones_and_refuses_unknown_keys() -> None:
    schema = Draft202012Validator(json.loads((ROOT / CALENDARS_PUBLISHED).read_text(encoding="utf-8")))
    Draft202012Validator.check_schema(schema.schema)
    shipped = (ROOT / "config" / "calendars.yaml").read_text(encoding="utf-8")
    assert schema.is_valid(data_of(shipped))
    for old, new in (("zone:", "zoen:"), ("country: CN", "land: CN"), ("00:00-24:00", "{}")):
        assert not schema.is_valid(data_of(shipped.replace(old, new)))


def test_the_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(PUBLIC.schema)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_workflow_fits_the_schema(path: Path) -> None:
    data = data_of(path.read_text(encoding="utf-8"))
    schema = OVERLAY if "extends" in data else PUBLIC
    assert [error.message for error in schema.iter_errors(data)] == []


@pytest.mark.parametrize("text", [WORKFLOW, FREE, *RIGHT.values()])
def test_what_the_loader_takes_the_schema_takes(text: str) -> None:
    assert loads(text)
    assert PUBLIC.is_valid(data_of(text))


@pytest.mark.parametrize("name", [name for name in SHAPE if name not in ONLY_YAML_CAN_TELL])
def test_what_the_loader_refuses_the_schema_refuses(name: str) -> None:
    _, old, new, _ = SHAPE[name]
    text, _ = places(changed(old, new))
    assert not loads(text)
    assert not PUBLIC.is_valid(data_of(text))


@pytest.mark.parametrize("name", RULES)
def test_rules_between_keys_are_in_the_schema_too(name: str) -> None:
    assert not PUBLIC.is_valid(data_of(changed(*RULES[name])))
