"""The keys of a scenario file."""

from __future__ import annotations

from docs.generate.markdown import code, table
from recovery.scenarios import shape
from recovery.workflow.basics import Shape


def file_keys() -> str:
    """The keys of the file."""
    return _keys(shape.ScenarioShape)


def given_keys() -> str:
    """The keys of `given`."""
    return _keys(shape.GivenShape)


def moment_keys() -> str:
    """The keys of a moment, acts aside."""
    return _keys(shape.MomentShape, without=shape.ACTS)


def act_keys() -> str:
    """The acts."""
    fields = shape.MomentShape.model_fields
    return table(["act", "meaning"], [[code(name), str(fields[name].description)] for name in shape.ACTS])


def expect_keys() -> str:
    """What can be expected."""
    return _keys(shape.ExpectShape)


def clock_keys() -> str:
    """What can be expected of a clock."""
    return _keys(shape.ClockShape)


def _keys(model: type[Shape], without: tuple[str, ...] = ()) -> str:
    fields = {field.alias or name: field for name, field in model.model_fields.items() if name not in without}
    needed = any(field.is_required() for field in fields.values())
    rows = [
        [code(name), *(["yes" if field.is_required() else ""] if needed else []), str(field.description)]
        for name, field in fields.items()
    ]
    return table(["key", *(["required"] if needed else []), "meaning"], rows)
