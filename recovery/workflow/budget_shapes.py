"""The shape of budgets: limits of what people may spend, as people write them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from recovery.core.empowerment.budgets import Period, Subject
from recovery.workflow.basics import Shape, StateId, Word, Words, one_or_many


def _by_role(value: Any) -> Any:
    return {"": value} if isinstance(value, str) else value


def _approval(value: Any) -> Any:
    return {"by": value} if isinstance(value, (str, list)) else value


class ApprovalShape(Shape):
    """Who approves what is above a limit."""

    by: Words = Field(description="The role that is asked, one alone: an approval that needs another waits.")
    send: Annotated[
        list[StateId],
        BeforeValidator(one_or_many, json_schema_input_type=StateId | list[StateId]),
    ] = Field([], description="The templates by which it is asked, such as `[approval-request, brief]`.")
    within: Word | None = Field(
        None,
        description="How long an answer is waited for; then the level above is asked. 4 hours when left out.",
    )


class StoriesShape(Shape):
    """How whoever spends is asked for the story: what happened, what was done, how the customer felt."""

    within: Word | None = Field(
        None, description="How long after they gave something they are asked; a day when left out."
    )
    send: Annotated[
        list[StateId],
        BeforeValidator(one_or_many, json_schema_input_type=StateId | list[StateId]),
    ] = Field([], description="The templates by which they are asked, such as `story-due`.")
    block_at: int | None = Field(
        None,
        ge=1,
        description="In so many cases asked for and not told, they may give nothing more until they tell; "
        "left out, nobody is kept from it.",
    )


class BudgetShape(Shape):
    """A limit, and what happens above it."""

    limit: Annotated[
        dict[str, Word],
        Field(min_length=1),
        BeforeValidator(_by_role, json_schema_input_type=Word | dict[StateId, Word]),
    ] = Field(description="An amount for everybody, such as `2000 USD`, or role to amount.")
    per: Period = Field(
        "day", description="For how long: a local day, week or month, a `case`, or an `incident`."
    )
    subject: Subject = Field(
        "person",
        description="Whose it is: a person's, their team's, the case's, or the customer's (`guest`).",
    )
    approval: (
        Annotated[ApprovalShape, BeforeValidator(_approval, json_schema_input_type=ApprovalShape | Word)]
        | None
    ) = Field(
        None, description="Who approves what is above it; the second level of escalation when left out."
    )
    hold_for: Word | None = Field(
        None, description="How long an offer stands that nobody accepts; 14 days when left out."
    )
    late: StateId | None = Field(
        None, description="The template that tells the owner of a payment that is late."
    )
    pay: StateId | None = Field(
        None,
        description="The template that tells whoever pays what is due, over the channel `payment`; without "
        "one a person pays, as a task.",
    )
    stories: StoriesShape | None = Field(
        None, description="How whoever spends is asked for the story; left out, nobody is."
    )
