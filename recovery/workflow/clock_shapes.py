"""The shape of clocks: deadlines as people write them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from recovery.workflow.basics import FactName, Guard, Shape, StateId, Text, Word, Words
from recovery.workflow.pack_shapes import IsoDay
from recovery.workflow.rule_shapes import Rules


class LimitShape(Shape):
    """One row of how long a clock runs: the first that fits a case counts."""

    severity: Annotated[int, Field(ge=1, le=9)] | None = Field(None, description="Of the case.")
    received_from: IsoDay | None = Field(None, description="Cases received on this local date or later.")
    received_before: IsoDay | None = Field(None, description="Cases received before this local date.")
    when: Guard | None = Field(None, alias="if", description="Cases for which this is true.")
    is_: Word = Field(alias="is", description="How long: `3 business days`, `8 weeks`, `4 business hours`.")


def _rows(value: Any) -> Any:
    if isinstance(value, str):
        return [{"is": value}]
    if isinstance(value, dict) and "is" not in value:
        return [_severity_row(key, item) for key, item in value.items()]
    return [value] if isinstance(value, dict) else value


def _severity_row(key: str, item: Any) -> Any:
    number = key.removeprefix("severity ")
    if number.isdigit() and key != number:
        return {"severity": int(number), "is": item}
    return {"is": item} if key == "any severity" else {key: item}


Limits = Annotated[
    list[LimitShape],
    Field(min_length=1, max_length=50),
    BeforeValidator(_rows, json_schema_input_type=Word | dict[str, Word] | list[LimitShape]),
]


class ClockShape(Shape):
    """A deadline: what starts it, what stops it, how long it runs, and what happens when it runs out."""

    title: Text | None = Field(None, description="What people call it.")
    when: Guard | None = Field(None, alias="if", description="It runs only in cases for which this is true.")
    starts: Word | None = Field(
        None,
        description="`received` (also when left out), `message`, `heard`, `first_answer`, `closed`, "
        "`hand_off`, `hand_off_answered`, `step NAME`, `sent TEMPLATE`, a fact that comes on record, or a "
        "condition that becomes true.",
    )
    stops: Words | None = Field(None, description="What stops it, any of several; as in `starts`.")
    restarts: Word | None = Field(None, description="What lets it count anew while it runs; as in `starts`.")
    while_: Word | None = Field(
        None, alias="while", description="As long as what it runs: `open`, `step NAME`, a fact, a condition."
    )
    within: Limits | None = Field(
        None, description="How long; or a mapping `severity N` to how long; or rows, the first that fits."
    )
    every: Limits | None = Field(None, description="Instead of `within`: it runs out again and again.")
    times: Annotated[int, Field(ge=1, le=1_000)] | None = Field(
        None, description="With `every`: how often it runs out at most."
    )
    due: FactName | None = Field(None, description="Instead of `within`: the moment this fact names.")
    from_: FactName | None = Field(
        None, alias="from", description="The date or instant, a fact, that it counts from."
    )
    before: FactName | None = Field(
        None, description="The date or instant, a fact, that it counts back from."
    )
    calendar: Word | None = Field(None, description="Whose hours and days; else the workflow's `calendar`.")
    after_hours: Literal["same_day", "next_business_day"] = Field(
        "same_day", description="What receipt at or after close counts as."
    )
    pause_while: Word | None = Field(
        None,
        description="While what it does not count; as in `while`. Hours keep what has passed; a due day "
        "moves by the whole days covered.",
    )
    legal: bool = Field(False, description="A law sets it: it never pauses, and goes on at side ends.")
    in_ends: bool = Field(False, description="It runs in every end, too, also when the case is closed.")
    warn_at: Word | None = Field(None, description="When it warns: `75%` of the time, or `2 days` before.")
    on_warn: Rules = Field([], description="What happens when it warns.")
    on_breach: Rules = Field([], description="What happens when it runs out.")
    at_last: Rules = Field([], description="What happens when it has run out `times` times.")
    send: StateId | None = Field(None, description="Short for `on_breach: [{send: …, once: always}]`.")
    source: Word | None = Field(None, description="Where the rule comes from, such as `DISP 1.6.2`.")

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [how]} for how in ("within", "every", "due")]}
    )
