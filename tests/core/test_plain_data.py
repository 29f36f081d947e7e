"""What travels through the core is plain data that nobody can change on the way."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from dataclasses import fields, is_dataclass
from typing import Any, get_args

import pytest

import recovery.core
import recovery.core.empowerment
import recovery.core.stories
from recovery.core.case import Case
from recovery.core.decision import Decision, Effect
from recovery.core.events import EVENTS, Event
from recovery.core.facts import FactType
from recovery.core.spec import Action, End, Need, Rule, Workflow
from tests.core.builders import step, transition, workflow

CHANGING = {Case, Workflow}
"""The snapshot is changed by `apply` alone; a workflow completes itself once, when it is made."""


def data_classes() -> list[type]:
    found: dict[str, type] = {}
    things: list[tuple[str, Any]] = []
    core = recovery.core
    for package in (core, core.empowerment, core.stories):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            things += vars(importlib.import_module(module.name)).items()
    for name, thing in things:
        if inspect.isclass(thing) and is_dataclass(thing) and thing.__module__.startswith("recovery."):
            found[name] = thing
    return [found[name] for name in sorted(found)]


@pytest.mark.parametrize("kind", data_classes(), ids=lambda kind: kind.__name__)
def test_data_is_frozen_and_takes_no_further_attribute(kind: Any) -> None:
    assert kind.__dataclass_params__.frozen is (kind not in CHANGING)
    assert ("__slots__" in vars(kind)) is (kind not in CHANGING)
    if issubclass(kind, Event):
        assert all(field.kw_only for field in fields(kind))


def test_every_kind_of_data_of_the_core_is_looked_at() -> None:
    assert {"Case", "Refusal", "Rule", "Send", "And", "FactType"} <= {
        kind.__name__ for kind in data_classes()
    }
    assert {*EVENTS.values(), *get_args(Action)} <= set(data_classes())


def test_what_is_not_said_has_a_plain_default() -> None:
    assert Rule(()).line == transition("t", "one", "two").line == 0
    assert Need("a").test == "known"
    assert FactType("a", "text").ask == {}
    assert Decision._field_defaults == {"also": (), "draws": ()}
    assert Effect._field_defaults == {"held": False, "due_at": None}


def test_a_workflow_shown_to_a_developer_leaves_out_what_it_computed_itself() -> None:
    shown = repr(workflow(step("one")))
    assert "escalation=('agent', 'supervisor', 'manager')" in shown
    assert "severities=3" in shown
    assert not [name for name in ("index=", "next_of=", "steps_needing=", "moves=") if name in shown]


def test_a_workflow_is_itself_and_no_other_however_alike() -> None:
    one, other = workflow(step("one")), workflow(step("one"))
    assert one != other
    assert len({one, other}) == 2


def test_ends_have_titles() -> None:
    assert End("closed", {"en": "Closed", "zh": "已结案"}).title["zh"] == "已结案"
