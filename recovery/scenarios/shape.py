"""The shape of a scenario file: the source of its checks, its JSON Schema and its page in the reference."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from recovery.core.empowerment.state import CompensationStatus
from recovery.core.events import TASKS
from recovery.core.promises import PromiseStatus
from recovery.play.script import LINES
from recovery.workflow.basics import FactName, Language, Line, Scalar, Shape, StateId, Word, one_or_many

ACTS = tuple(name for name in LINES if name != "tick")
"""What can happen at a moment, as in a play; nothing but time passes at a moment without one."""

CLOCK = "clock "
"""What a key of an expectation begins with when it is about a clock."""

Delivery = Literal["works", "fails", "stands still"]
Status = Literal["running", "paused", "stopped", "breached", "off"]
TaskKind = Literal["phone", "letter", "undelivered", "approval", "payment", "receipt", "story"]
assert TaskKind.__args__ == TASKS  # type: ignore[attr-defined]


def _none_or_many(value: Any) -> Any:
    return [] if value is None else one_or_many(value)


Names = Annotated[list[Word], BeforeValidator(_none_or_many, json_schema_input_type=Word | list[Word] | None)]
Kinds = Annotated[
    list[TaskKind], BeforeValidator(_none_or_many, json_schema_input_type=TaskKind | list[TaskKind] | None)
]
Promises = Annotated[
    list[PromiseStatus],
    BeforeValidator(_none_or_many, json_schema_input_type=PromiseStatus | list[PromiseStatus] | None),
]
Compensations = Annotated[
    list[CompensationStatus],
    BeforeValidator(
        _none_or_many, json_schema_input_type=CompensationStatus | list[CompensationStatus] | None
    ),
]
Value = Scalar | list[Word] | None


class CustomerShape(Shape):
    """The customer."""

    name: Word | None = Field(None, description="What they are called.")
    address: Word | None = Field(None, description="Where they are answered.")
    zone: Word | None = Field(None, description="The time zone they live in, where it is known.")


class GivenShape(Shape):
    """How things stand when the story begins."""

    zone: Word | None = Field(
        None,
        description="The time zone that the story's times are in; left out, that of `calendar`.",
    )
    calendar: Word | None = Field(
        None,
        description="A calendar of the project whose time zone counts; left out, the workflow's own. UTC "
        "where there is none.",
    )
    severity: int | None = Field(None, description="Of each case; 1 when left out.")
    language: Language | None = Field(None, description="The customer's language; `en` when left out.")
    channel: Word | None = Field(None, description="Where the customer is answered.")
    customer: CustomerShape = Field(CustomerShape(), description="Who complains: `name`, `address`, `zone`.")
    facts: dict[FactName, Value] = Field(
        {}, description="What is on record as soon as a case opens, each from whoever may say it."
    )


class ClockShape(Shape):
    """What is expected of a clock."""

    due: Word | None = Field(
        None, description="The moment at which it runs out, or did; nothing: it is due at no moment."
    )
    status: Status | None = Field(
        None,
        description="How it stands; `breached`: it ran out and nothing has stopped it since; `off`: it has "
        "not started, or what had started it was taken back.",
    )
    warned: bool | None = Field(None, description="Whether it has warned.")
    runs: int | None = Field(None, description="How often it has run out since it started.")


class ExpectShape(Shape):
    """What is expected; whatever is not named may be as it is. Keys `clock NAME` are about that clock."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, ClockShape]

    step: StateId | None = Field(None, description="The step or end the case stands in.")
    open: bool | None = Field(None, description="Whether it stands in a step, not in an end.")
    owner: Word | None = Field(None, description="The owner; nothing: nobody owns it.")
    level: StateId | None = Field(None, description="The level of escalation, by its name.")
    severity: int | None = Field(None, description="The severity.")
    cycle: int | None = Field(None, description="1, and one more for each failure of the recovery.")
    facts: dict[FactName, Value] = Field({}, description="Values on record; nothing: the fact is not known.")
    sent: Names = Field(
        [],
        description="The messages, by template, that have reached the customer since the last `expect` of "
        "this case: these and no others, in any order. Free words are `written`.",
    )
    sent_over: Names = Field(
        [], description="The channels by which those messages left, in any order: one for each."
    )
    sent_in: Names = Field([], description="The languages of those messages, in any order: one for each.")
    not_sent: Names = Field(
        [], description="Messages of which none has reached anybody since the last `expect` of this case."
    )
    sent_to_owner: Names = Field([], description="As `sent`, of messages to the owner.")
    sent_to_supervisor: Names = Field([], description="As `sent`, of messages to a supervisor.")
    sent_to_teller: Names = Field([], description="As `sent`, of messages to whoever owes a story.")
    promises: Promises = Field(
        [],
        description="How the promises of the case stand: these and no others, in any order. What was kept "
        "late is broken.",
    )
    compensations: Compensations = Field(
        [], description="How the compensations of the case stand: these and no others, in any order."
    )
    left: dict[Word, Word] = Field(
        {},
        description="What somebody may still spend of the first budget: `role:name` to amount.",
    )
    tasks: Kinds = Field([], description="What waits for people: these kinds and no others, in any order.")
    asked: Names = Field(
        [],
        description="The facts that the step still needs, as far as that is known: these and no others, in "
        "any order. Of alternatives all.",
    )
    not_asked: Names = Field([], description="Facts of which the step needs none any more.")
    breached: Names = Field(
        [],
        description="The clocks that have run out since they last started, whether anything stopped them "
        "afterwards or not: these and no others. Those that run out again and again do not count.",
    )
    version: int | None = Field(
        None,
        description="Which version it runs on: 1 as the story begins, one more for each `publish`.",
    )
    why: Names = Field(
        [],
        description="Words of the reasons that the engine gave in this case since the last `expect` of it, "
        "for what it did or did not do: each is in one of them.",
    )
    reports: Literal["unchanged"] | None = Field(
        None,
        description="`unchanged`: what reports count over all cases of the story is what it was before this "
        "moment's act.",
    )
    nowhere: Names = Field(
        [],
        description="Words that stand nowhere in what is kept of the story: in no case, no log, no message.",
    )
    refused: Word | None = Field(
        None, description="The code of the refusal that the act of this moment meets."
    )


class MomentShape(Shape):
    """One moment: when, at most one act, and what is then expected."""

    at: Word = Field(
        description="When: `Fri 2026-11-20 17:55` on the story's clock, the same with an offset "
        "(`2026-11-20T17:55Z`), or `+2 hours`, `+3 days` after the moment before."
    )
    case: Word | None = Field(
        None, description="Which case, where the story has several; any name, the same for the same case."
    )
    by: Word | None = Field(
        None,
        description="Who acts, `role:name`. Left out: the customer for `complaint` and `message`, else the "
        "owner, or somebody of the lowest level.",
    )
    from_: Literal["customer", "agent", "import"] | None = Field(
        None,
        alias="from",
        description="Who the facts of `record` or `do` come from; `agent` when left out.",
    )
    delivery: Delivery | None = Field(
        None,
        description="From here on messages are delivered (`works`), are refused by their receivers "
        "(`fails`), or neither messages nor clocks run until it `works` again (`stands still`).",
    )
    restart: Literal[True] | None = Field(
        None, description="Whatever runs is ended, and begun anew on the same database."
    )
    edit: dict[Word, dict[Any, Any]] = Field(
        {},
        description="Somebody edits files: under each file's path, words that stand in it once, and what "
        "they become. Nothing changes for any case until they are published.",
    )
    publish: Literal[True] | None = Field(
        None, description="The files as they have been edited become the version that new cases run on."
    )
    again: Literal[True] | None = Field(
        None,
        description="The act comes twice, as from a program that heard no answer: the second time it must "
        "change nothing.",
    )
    complaint: Any = Field(None, description="A complaint opens the case: its text, or its fields.")
    record: Any = Field(None, description="Facts become known: names with values.")
    retract: Any = Field(None, description="A fact turned out wrong: `{fact: …, reason: …}`.")
    do: Any = Field(None, description="Somebody asks for a transition: its name, or its fields.")
    force: Any = Field(None, description="A supervisor puts the case somewhere: `{to: …, reason: …}`.")
    message: Any = Field(None, description="The customer writes again: the text, or its fields.")
    say: Any = Field(
        None,
        description="Somebody of the house writes: the template, or its fields (`text` for free words). It "
        "leaves at once unless it says `wait`.",
    )
    promise: Any = Field(
        None, description="Somebody promises something: `{what: …, by_when: …}`, or an `estimate`."
    )
    kept: Any = Field(None, description="A promise was kept: its number in quotes, or its fields.")
    release: Any = Field(None, description="A promise holds no longer: `{promise: …, reason: …}`.")
    offer: Any = Field(
        None,
        description="The customer is offered something: `{refund: 40 USD}`.",
    )
    spend: Any = Field(None, description="Something is given at once: `{comfort_gesture: 12 USD}`.")
    accept_offer: Any = Field(None, description="The customer takes an offer: its number in quotes.")
    decline_offer: Any = Field(None, description="The customer does not: the number, or its fields.")
    revoke: Any = Field(None, description="A compensation is taken back: `{compensation: …, reason: …}`.")
    fulfil: Any = Field(None, description="A compensation was paid: `{compensation: …, receipt: …}`.")
    approve: Any = Field(None, description="A compensation above a limit is approved: its number in quotes.")
    refuse: Any = Field(None, description="It is not approved: `{compensation: …, reason: …}`.")
    delegate: Any = Field(None, description="Somebody else answers: `{compensation: …, to: …}`.")
    ask: Any = Field(None, description="Somebody is asked to help: `{of: …, what: …, by_when: …}`.")
    answer: Any = Field(None, description="Who was asked has answered: its number in quotes, or its fields.")
    tell: Any = Field(
        None, description="Whoever gave something tells the story: how the customer felt, or its fields."
    )
    praise: Any = Field(None, description="Somebody is thanked: `{to: …, text: …}`.")
    note: Any = Field(None, description="A note for colleagues: its text.")
    hand_off: Any = Field(None, description="The case is offered to somebody: who, or its fields.")
    accept: Any = Field(None, description="Who was asked takes the case; it has no value.")
    give: Any = Field(None, description="A supervisor gives the case to somebody: `{to: …, reason: …}`.")
    decline: Any = Field(None, description="Who was asked does not: nothing, or the reason.")
    merge: Any = Field(None, description="The case goes on in another one: that one's name.")
    unmerge: Any = Field(None, description="The merge was a mistake; it has no value.")
    lift: Any = Field(None, description="A quarantine ends: the reason.")
    erase: Any = Field(
        None, description="The person is taken out of the case: the reason, or its fields (`despite`)."
    )
    expect: ExpectShape | None = Field(None, description="What is then so.")


assert set(ACTS) <= set(MomentShape.model_fields)


class ScenarioShape(Shape):
    """A scenario."""

    scenario: Line = Field(description="What is shown, in a sentence.")
    rule: Line | None = Field(None, description="The rule it shows.")
    source: Line | None = Field(None, description="Where the rule stands.")
    workflow: Word | None = Field(
        None, description="The workflow; left out, the one complaints open in by `config/recovery.yaml`."
    )
    given: GivenShape = Field(GivenShape(), description="How things stand at the beginning.")
    story: Annotated[list[MomentShape], Field(min_length=1, max_length=500)] = Field(
        description="The moments, in their order."
    )
