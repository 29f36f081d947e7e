"""The words and small values that every file people write is made of, as pydantic types.

Short forms are widened before they are checked (a text that is only English), so that every part has one
shape and an error has one place.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

FACT_NAME = r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$"
STATE_ID = r"^[a-z][a-z0-9_-]*$"
LANGUAGE = r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$"

FactName = Annotated[str, StringConstraints(pattern=FACT_NAME, max_length=100)]
StateId = Annotated[str, StringConstraints(pattern=STATE_ID, max_length=60)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=10_000, pattern=r"\S")]
Language = Annotated[str, StringConstraints(pattern=LANGUAGE)]


def _text(value: Any) -> Any:
    return {"en": value} if isinstance(value, str) else value


def _english(value: dict[str, str]) -> dict[str, str]:
    if "en" not in value:
        raise PydanticCustomError("no_english", "The text has no English (`en`)")
    return value


def one_or_many(value: Any) -> Any:
    """One thing as a list of it, for a `BeforeValidator`."""
    return [value] if isinstance(value, (str, dict)) else value


def _scalar(value: Any) -> Any:
    if value is None or isinstance(value, (dict, list)):
        raise PydanticCustomError("scalar", "A text, a whole number, true or false is wanted")
    return value


_Texts = Annotated[dict[Language, Line], Field(json_schema_extra={"required": ["en"]})]
Text = Annotated[
    dict[Language, Line],
    AfterValidator(_english),
    BeforeValidator(_text, json_schema_input_type=Line | _Texts),
]
"""A text for people: a map from language to text with `en` in it, or a plain English text."""

Words = Annotated[
    list[Word], Field(min_length=1), BeforeValidator(one_or_many, json_schema_input_type=Word | list[Word])
]
Scalar = Annotated[Any, BeforeValidator(_scalar, json_schema_input_type=str | int | bool)]
Guard = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]


class Shape(BaseModel):
    """What every part has: no unknown keys, no silent conversions."""

    # What reads a file of a kind is built when the first one is read: most commands read none.
    model_config = ConfigDict(
        extra="forbid", strict=True, populate_by_name=True, title=None, defer_build=True
    )
