"""The shape of rules: what the engine does by itself, in steps, transitions, clocks and on messages."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from recovery.workflow.basics import FactName, Guard, Scalar, Shape, StateId

DAYS = r"^([2-9]|[1-9][0-9]{1,3}) days$|^1 day$"

ACTIVE_VERBS = ("send", "escalate", "raise", "count", "record", "go", "take_back")

SIBLINGS = {
    "when_delivered": "send",
    "once": "send",
    "to": "send",
    "coupon": "send",
    "over": "send",
    "forget": "go",
}
"""Keys of a rule that belong to a verb beside them."""


class CouponShape(Shape):
    """A coupon that a message hands over: one in each cycle of a case, whatever is retried."""

    offer: StateId = Field(description="What the offer is called, such as `goodwill`.")
    value: Annotated[str, StringConstraints(max_length=40)] = Field(
        description="What it is worth: an amount with its currency, `10 USD`."
    )
    expires: Annotated[str, StringConstraints(pattern=DAYS)] = Field(
        description="How long it is good, such as `60 days`."
    )


class RuleShape(Shape):
    """`if` a guard holds, do what the verbs say, in the order they are written."""

    when: Guard | None = Field(None, alias="if", description="The rule fires when this is true.")
    send: StateId | None = Field(None, description="A template to send.")
    when_delivered: Annotated[dict[FactName, Scalar], Field(min_length=1)] | None = Field(
        None, description="Facts to put on record once the message has arrived."
    )
    once: Literal["cycle", "case", "always"] | None = Field(
        None, description="How often it may be sent; once per cycle of the case when left out."
    )
    to: Literal["customer", "owner", "supervisor"] | None = Field(None, description="Who gets it.")
    over: Annotated[list[StateId], Field(min_length=1, max_length=20)] | None = Field(
        None,
        description="In a clock with `every`: over which channel the message to the customer leaves, time by "
        "time, such as `[own, own, phone]`; `own` is the case's, the last one stays.",
    )
    coupon: CouponShape | None = Field(None, description="A coupon whose code the message says.")
    escalate: Annotated[int, Field(ge=1, le=9)] | None = Field(None, description="Levels to go up.")
    raise_: Literal["severity"] | None = Field(None, alias="raise", description="One level, up to the top.")
    count: Literal["failures"] | None = Field(None, description="One more; a new cycle begins.")
    record: Annotated[dict[FactName, Scalar], Field(min_length=1)] | None = Field(
        None, description="Facts the engine puts on record."
    )
    go: StateId | None = Field(None, description="The step or end to move to.")
    take_back: Literal["hand_off"] | None = Field(
        None, description="The offer of a hand-off that nobody has answered; the owner stays."
    )
    forget: list[FactName] | None = Field(
        None,
        description="Facts to be established anew after `go`; in `clocks` and `on_message` also alone.",
    )

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": [verb]} for verb in (*ACTIVE_VERBS, "forget")],
            "dependentRequired": {
                sibling: [verb] for sibling, verb in SIBLINGS.items() if sibling != "forget"
            },
        }
    )


Rules = list[RuleShape]
