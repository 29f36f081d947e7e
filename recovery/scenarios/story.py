"""A scenario that has been read: plain data, with the place of everything that can turn out otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from recovery.play.script import Line
from recovery.workflow.bundle import Bundle
from recovery.workflow.findings import Position

THE_CASE = "case"
"""What a story's case is called where it has no name."""


class Expected(NamedTuple):
    """One thing that is expected.

    Attributes:
        what: a key of `comparing.WHAT`, such as `step` or `facts`.
        name: of the fact or the clock; else empty.
    """

    what: str
    name: str
    value: Any
    place: Position


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody does.

    Attributes:
        line: as a play has it.
        is_anybody: nobody was named who does it.
        is_filled: a message whose words are those of its template.
    """

    line: Line
    place: Position
    is_anybody: bool = False
    is_filled: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """One moment.

    Attributes:
        case: the external id of the case it is about.
        expected: what is then so; None where nothing is said about it.
        restart: whatever runs begins anew, first of all.
        publish: the version that is then published.
        again: the act comes twice.
    """

    at: datetime
    case: str
    place: Position
    act: Act | None = None
    delivery: str | None = None
    expected: tuple[Expected, ...] | None = None
    restart: bool = False
    publish: Bundle | None = None
    again: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story about a workflow.

    Attributes:
        file: as the reader of a finding would type it.
        workflow: the name of the workflow; `version` the hash of its bundle.
        zone: whose clock the story is told by.
        given: fields of each complaint, where it does not have them itself.
        facts: on record as soon as a case opens.
    """

    name: str
    file: str
    line: int
    workflow: str
    version: str
    zone: str
    story: tuple[Moment, ...]
    rule: str | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
