"""The shape of `config/compensation.yaml`: what may stand where. What it means is read in `compensation`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from recovery.workflow.basics import FactName, Line, Shape, StateId, Text, Word, one_or_many

PolicyName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
Tests = dict[PolicyName, Any]


class OfferShape(Shape):
    """One offer: a kind and what it is, with what goes beside it."""

    apology_letter: Text | None = Field(None, description="A letter; which, in words.")
    coupon: Word | None = Field(None, description="An amount; `expires` stands beside it.")
    refund: Word | None = Field(
        None, description="An amount, given back of what was paid. Whole and at once."
    )
    credit: Word | None = Field(None, description="An amount, for the next bill.")
    payment: Word | None = Field(
        None, description="An amount, paid beyond what was paid, such as a tariff's."
    )
    free_item: Text | None = Field(None, description="What is given for nothing; `cost` beside it.")
    extra_service: Text | None = Field(None, description="What is done for nothing; `cost` beside it.")
    gift: Text | None = Field(None, description="What it is; `cost` beside it.")
    comfort_gesture: Text | None = Field(None, description="What it is; `cost` beside it.")
    expires: Word | None = Field(None, description="How long a coupon is good, such as 60 days.")
    cost: Word | None = Field(None, description="What it costs the house; of what is paid, its amount.")
    pay_within: Word | None = Field(
        None, description="How long payment may take, such as 7 days; left out, it is paid at once."
    )
    postage: Literal["ours", "customer"] | None = Field(
        None, description="Who pays for sending goods back; left out, the house."
    )
    because: Text | None = Field(
        None, description="Why only a part is refunded, or the customer pays the postage."
    )


class RuleShape(Shape):
    """One rule."""

    rule: StateId = Field(description="Its name.")
    when: Tests = Field(description="What must be true of the case, all of it; `{}` fits every case.")
    offer: Annotated[list[OfferShape], Field(min_length=1, max_length=20)] = Field(
        description="The base remedy: what everybody gets whose case it fits."
    )
    ceiling: Word | None = Field(
        None, description="The most that may be given in all; left out, what the offers come to."
    )
    note: Text | None = Field(None, description="Why, for the agent.")


class FactShape(Shape):
    """A fact that conditions may ask about, beside those every policy has."""

    type: Literal["word", "integer", "decimal", "boolean", "money"] = Field(description="What it is.")
    from_: FactName = Field(alias="from", description="The fact of a case it is read from.")
    of: list[Word] | None = Field(None, description="Of a `word`, what it can be.")


class TariffRowShape(Shape):
    """One row of a tariff; the first that fits counts."""

    when: Tests = Field(description="What must be true; `{}` fits always.")
    amount: Word = Field(description="What is owed then.")


class TariffShape(Shape):
    """One version of a tariff: `rows`, or `per_day` with `days`."""

    law: Line | None = Field(
        None, description="The law that fixes it. Then it is owed: no ceiling and no share of a price counts."
    )
    source: Line = Field(description="Where the figures come from.")
    valid_from: Word | None = Field(None, description="The first day it counts.")
    valid_to: Word | None = Field(None, description="The last day it counts.")
    rows: Annotated[list[TariffRowShape], Field(max_length=100)] = Field([], description="Its rows.")
    per_day: Word | None = Field(None, description="An amount for each day.")
    days: PolicyName | None = Field(None, description="The fact that counts the days.")
    after: Annotated[int, Field(ge=0, le=9_999)] = Field(0, description="Days before the first that is paid.")
    at_most: Annotated[int, Field(ge=1, le=9_999)] | None = Field(None, description="Days that are paid.")


class RaiseShape(Shape):
    """A customer's value that raises ceilings."""

    from_: Word = Field(alias="from", description="An amount; customers worth so much or more.")
    by: Word = Field(description="An amount, or a share of the ceiling such as 25%.")


class WarnShape(Shape):
    """Where compensation begins to bring less."""

    share_of_price: Word = Field(description="Such as 150%.")
    source: Line = Field(description="Where the figure comes from.")


class AgentTimeShape(Shape):
    """What an agent's time costs."""

    day: Word = Field(description="What a day costs.")
    hours: Annotated[int, Field(ge=1, le=24)] = Field(description="How many hours it has.")


class LoyaltyRowShape(Shape):
    """How many of a hundred customers buy again after a loss, by how it ended."""

    loss: Word = Field(description="The loss it was asked for, such as 5 USD.")
    silent: Word = Field(description="They said nothing.")
    unsatisfied: Word = Field(description="They complained and were not satisfied.")
    satisfied: Word = Field(description="They were satisfied.")
    quickly_satisfied: Word = Field(description="They were satisfied quickly.")


class LoyaltyShape(Shape):
    """The loyalty table, for the value at stake. Between the two losses the shares go in a straight line."""

    source: Line = Field(description="Where the figures come from.")
    small: LoyaltyRowShape = Field(description="Holds up to its loss.")
    large: LoyaltyRowShape = Field(description="Holds from its loss on.")


Versions = Annotated[
    list[TariffShape],
    Field(min_length=1, max_length=50),
    BeforeValidator(one_or_many, json_schema_input_type=TariffShape | list[TariffShape]),
]


class PolicyShape(Shape):
    """A compensation policy."""

    currency: Word = Field(description="The currency of sums and ceilings.")
    agent_time: AgentTimeShape = Field(description="What an agent's time costs.")
    disputing_costs: Word = Field(description="A claim below this amount is settled at once.")
    warn_above: WarnShape = Field(description="Where compensation begins to bring less.")
    loyalty: LoyaltyShape = Field(description="How many customers stay, for the value at stake.")
    value_raises_ceiling: Annotated[list[RaiseShape], Field(max_length=50)] = Field(
        [], description="What a customer's value adds to a ceiling; the highest that is reached counts."
    )
    facts: dict[PolicyName, FactShape] = Field({}, description="Further facts that conditions may ask about.")
    tariffs: dict[StateId, Versions] = Field(
        {}, description="Tariffs by name, each in one or several versions."
    )
    rules: Annotated[list[RuleShape], Field(min_length=1, max_length=500)] = Field(
        description="The rules; the first that fits counts."
    )
