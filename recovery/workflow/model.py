"""The shape of a workflow file: one model, the source of the checks and of the published JSON Schema.

Short forms are widened before they are checked (a text that is only English, a need that is only a value), so
that every part has one shape and an error has one place. What a value *means* is checked in `meaning.py`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    StringConstraints,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from typing_extensions import TypeAliasType

from recovery.core.facts import SOURCES
from recovery.workflow.basics import (
    FactName,
    Guard,
    Scalar,
    Shape,
    StateId,
    Text,
    Word,
    Words,
    one_or_many,
)
from recovery.workflow.budget_shapes import BudgetShape
from recovery.workflow.clock_shapes import ClockShape
from recovery.workflow.pack_shapes import DerivedRow, IsoDay, PartShape, SourceShape
from recovery.workflow.rule_shapes import Rules

WORKFLOW_ID = r"^[a-z][a-z0-9-]*$"
ANY_NEED = r"^any( .+)?$"


def _nothing(value: Any) -> Any:
    return {} if value is None else value


# --- Facts

Source = Literal["customer", "agent", "engine", "import"]
assert Source.__args__ == SOURCES  # type: ignore[attr-defined]


class _Fact(Shape):
    said_by: (
        Annotated[
            list[Source],
            Field(min_length=1),
            BeforeValidator(one_or_many, json_schema_input_type=Source | list[Source]),
        ]
        | None
    ) = Field(None, description="Who this can be known from; left out, from anybody.")
    ask: Text | None = Field(None, description="The question that gets it.")
    personal: bool | None = Field(
        None,
        description="Whether it tells of a person, and goes when they are erased; left out, text, list and "
        "person do (the owner does not), and all other types do not.",
    )


class PlainFact(_Fact):
    type: Literal["text", "boolean", "money", "date", "instant", "person", "list"] = Field(
        description="What its values are."
    )


class NumberFact(_Fact):
    type: Literal["integer", "decimal"] = Field(description="What its values are.")
    least: int | None = Field(None, alias="from", description="The smallest value.")
    most: int | None = Field(None, alias="to", description="The largest value.")


class ChoiceFact(_Fact):
    type: Literal["choice"] = Field(description="What its values are.")
    of: Annotated[list[Word], Field(min_length=1, max_length=1_000)] | None = Field(
        None, description="The values it can have."
    )
    source: Word | None = Field(
        None, alias="from", description="The list under `lists` that holds its values."
    )

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": ["of"]}, {"required": ["from"]}]},
    )


FactShape = Annotated[PlainFact | NumberFact | ChoiceFact, Field(discriminator="type")]


# --- Needs


class NeedTest(Shape):
    """What a needed fact must be; nothing but its name means any value."""

    is_: Scalar = Field(None, alias="is", description="Exactly this value.")
    in_: Annotated[list[Scalar], Field(min_length=1)] | None = Field(
        None, alias="in", description="One of these."
    )
    at_least: int | None = Field(None, description="A number, or a list of so many items.")
    when: Guard | None = Field(None, alias="if", description="It is needed only when this is true.")

    model_config = ConfigDict(
        json_schema_extra={
            "not": {
                "anyOf": [
                    {"required": ["is", "in"]},
                    {"required": ["is", "at_least"]},
                    {"required": ["in", "at_least"]},
                ]
            }
        }
    )


def _test(value: Any) -> Any:
    if value is None:
        return {}
    return {"is": value} if isinstance(value, (str, int)) else value


NeedShape = TypeAliasType(
    "NeedShape",
    Annotated[NeedTest, BeforeValidator(_test, json_schema_input_type=NeedTest | str | int | bool | None)],
)
_Alternative = Annotated[dict[FactName, NeedShape], Field(min_length=1, max_length=1)]


def _alternatives(value: Any) -> Any:
    return [{key: item} for key, item in value.items()] if isinstance(value, dict) else value


AnyShape = Annotated[
    list[_Alternative],
    Field(min_length=1),
    BeforeValidator(
        _alternatives,
        json_schema_input_type=Annotated[list[_Alternative], Field(min_length=1)]
        | Annotated[dict[FactName, NeedShape], Field(min_length=1)],
    ),
]

EVERY, ANY = "(every)", "(any)"


class Needs(Shape):
    """Exit facts: each name with what it must be; `any` and `any NAME` hold alternatives."""

    every: dict[FactName, NeedShape] = Field(alias=EVERY)
    any_of: dict[str, AnyShape] = Field(alias=ANY)

    @model_validator(mode="before")
    @classmethod
    def _sort(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        alternatives = {key: item for key, item in value.items() if is_any(key)}
        return {EVERY: {k: v for k, v in value.items() if k not in alternatives}, ANY: alternatives}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        made = handler.resolve_ref_schema(handler(core))
        every, alternatives = made["properties"][EVERY], made["properties"][ANY]
        ((pattern, need),) = every["patternProperties"].items()
        return {
            "type": "object",
            "description": made["description"],
            "patternProperties": {
                ANY_NEED: alternatives["additionalProperties"],
                f"^(?!any$){pattern.removeprefix('^')}": need,
            },
            "additionalProperties": False,
        }


def is_any(key: str) -> bool:
    """Whether a key of `needs` holds alternatives."""
    return key == "any" or key.startswith("any ")


# --- Steps, moves, the whole


class StepShape(Shape):
    title: Text = Field(description="What people call it.")
    purpose: Text | None = Field(None, description="What the step is for.")
    worth: Text | None = Field(None, description="What the step is worth to the customer.")
    do: list[Text] = Field([], description="What the agent does.")
    never: list[Text] = Field([], description="What the agent never does.")
    on_enter: Rules = Field([], description="What happens when a case comes here.")
    on_leave: Rules = Field([], description="What happens when its needs are met, before the case goes on.")
    needs: Annotated[Needs | None, Field(description="What must be on record before the step is left.")] = (
        None
    )
    after: StateId | None = Field(
        None, description="Of a new step in a workflow that extends another: the step it comes after."
    )


class EndShape(Shape):
    title: Text | None = Field(None, description="What people call it.")


class TransitionShape(Shape):
    title: Text | None = Field(None, description="What people call it.")
    sources: Annotated[
        list[StateId],
        Field(min_length=1),
        BeforeValidator(one_or_many, json_schema_input_type=StateId | list[StateId]),
    ] = Field(alias="from", description="A step or an end, several of them, or `any` step.")
    to: StateId = Field(description="A step, an end, or `same` to stay.")
    by: Words = Field(description="The roles that may ask for it.")
    when: Guard | None = Field(None, alias="if", description="It is open when this is true.")
    needs: dict[FactName, NeedShape] = Field({}, description="Facts that must be on record or come along.")
    forget: list[FactName] | None = Field(None, description="Facts to be established anew.")
    then: Rules = Field([], description="What happens when it is made, before the case moves.")


_Alternatives = Annotated[
    list[TransitionShape],
    Field(min_length=1),
    BeforeValidator(one_or_many, json_schema_input_type=TransitionShape | list[TransitionShape]),
]


class WorkflowShape(Shape):
    """A workflow: the steps a case walks, what must be known to leave each, and the moves people may make."""

    workflow: Annotated[str, StringConstraints(pattern=WORKFLOW_ID, max_length=60)] = Field(
        description="The name, the same as the file's."
    )
    extends: StateId | None = Field(
        None,
        description="The workflow of the same folder that this one is laid over; the rest is what differs.",
    )
    without: list[Word] = Field(
        [], description="What of it is taken away: names with dots, such as `steps.big_picture`."
    )
    title: Text = Field(description="What people call it.")
    jurisdiction: Word | None = Field(None, description="Where the law holds that it follows.")
    valid_from: IsoDay | None = Field(None, description="The first day on which it holds.")
    valid_to: IsoDay | None = Field(None, description="The last day on which it holds.")
    sources: list[SourceShape] = Field([], description="The texts it follows.")
    note: Text | None = Field(None, description="What whoever relies on it must know.")
    order: Literal["in_order", "free"] = Field(
        "in_order", description="`in_order` walks on by itself; in `free` only transitions move."
    )
    calendar: Word | None = Field(
        None, description="A calendar of `config/calendars.yaml`, by which its clocks count."
    )
    contact_hours: Word | None = Field(
        None,
        description="A calendar, read on the customer's own clock: when messages may reach them that answer "
        "nobody just then.",
    )
    contact_cap: Annotated[int, Field(ge=1, le=100)] = Field(
        2,
        description="How many messages that nobody waits for (purposes `holding`, `follow-up`, `rating-ask`, "
        "`greeting`, `marketing`) a customer gets a day, of all cases together; more wait until tomorrow.",
    )
    on_message: Rules = Field([], description="What happens when the customer writes.")
    acknowledgements: list[StateId] = Field(
        ["acknowledgement"], description="Templates that only say that a message has arrived."
    )
    escalation: Annotated[list[StateId], Field(min_length=1)] = Field(
        ["agent", "supervisor", "manager"], description="The roles, from the lowest level up."
    )
    severities: Annotated[int, Field(ge=1, le=9)] = Field(3, description="How many severities there are.")
    lists: dict[str, Annotated[list[Word], Field(min_length=1, max_length=1_000)]] = Field(
        {}, description="Values that facts of type `choice` share, by name."
    )
    facts: dict[FactName, FactShape] = Field({}, description="What can be known about a case.")
    derived: dict[FactName, Annotated[list[DerivedRow], Field(min_length=1)]] = Field(
        {}, description="Facts that follow from others: rows, of which the first that fits gives the value."
    )
    letters: dict[StateId, Annotated[list[PartShape], Field(min_length=1)]] = Field(
        {}, description="What letters must say, by their templates."
    )
    steps: Annotated[dict[StateId, StepShape], Field(min_length=1)] = Field(
        description="In the order they are walked."
    )
    ends: (
        Annotated[
            dict[
                StateId,
                Annotated[EndShape, BeforeValidator(_nothing, json_schema_input_type=EndShape | None)],
            ],
            Field(min_length=1),
        ]
        | None
    ) = Field(None, description="The first is where the last step leads to.")
    transitions: dict[StateId, _Alternatives] = Field({}, description="The named moves beside walking on.")
    say: list[StateId] = Field(
        [], description="Templates that people send by hand, beside those that rules send."
    )
    clocks: dict[StateId, ClockShape] = Field({}, description="Deadlines, by their names.")
    budgets: dict[StateId, BudgetShape] = Field(
        {},
        description="What people may spend without asking, by names. Left out: 2,000 US dollars per person "
        "and local day, ten times as much for each level above.",
    )
