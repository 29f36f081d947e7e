"""The shapes of what regulation packs say beside a workflow: from when on, by which law, what follows."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from recovery.workflow.basics import FactName, Guard, Language, Scalar, Shape, Text, Word


def _day(value: str) -> str:
    try:
        if date.fromisoformat(value).isoformat() == value:
            return value
    except ValueError:
        pass
    raise PydanticCustomError("no_date", "Input should be a date such as 2026-04-01")


IsoDay = Annotated[str, AfterValidator(_day), Field(json_schema_extra={"format": "date"})]
"""A date, `2026-04-01`."""


class SourceShape(Shape):
    """Where a rule comes from."""

    title: Word = Field(description="What the text is called.")
    reference: Word = Field(description="Where in it the rules stand, such as `DISP 1.6.2 R`.")
    url: Annotated[Word, Field(pattern=r"^https://\S+$")] | None = Field(
        None, description="Where it can be read."
    )


class DerivedRow(Shape):
    """One row of a derived fact's table: the first whose `if` holds gives the value."""

    when: Guard | None = Field(None, alias="if", description="The row fits when this is true.")
    received_from: IsoDay | None = Field(None, description="Cases received on this local date or later.")
    received_before: IsoDay | None = Field(None, description="Cases received before this local date.")
    is_: Scalar | None = Field(None, alias="is", description="The fact's value.")
    least_of: Annotated[list[FactName], Field(min_length=2, max_length=20)] | None = Field(
        None, description="Instead of `is`: whole numbers, facts too; once all are known, the least of them."
    )

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [how]} for how in ("is", "least_of")]}
    )


class PartShape(Shape):
    """Something that a letter must say."""

    what: Text = Field(description="What it is, such as *the ombudsman's website*.")
    any_of: list[Word] | dict[Language, list[Word]] = Field(
        [], description="Wordings, one of which every letter holds; or a mapping from language to wordings."
    )
    says: list[FactName] = Field([], description="Facts that it states and says.")
