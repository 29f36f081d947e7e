"""Who is to own a case: by skill, language, who knows the customer, and what each has to do (domain.md §1).

Pure: what is known of people and of the case goes in, the choice and every reason come out. Who is away, has
left, has said no to this case, or has as many cases as they are given at most is never chosen. Of the others
skill comes first, then language, then that the customer meets somebody they know, then the fewest open cases.
Nobody with the skill or the language is no reason to leave a case with nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from recovery.core.people import Directory, Person


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the choice hangs on.

    Attributes:
        role: of whoever is to own it: a level of the escalation.
        category: the kind of trouble; None where nobody has said.
        language: the customer's.
        known_to: who owned other cases of this customer → the latest of those cases.
        loads: how many open cases people own; who is not named owns none.
        not_: who owns it now, and who has said no to it.
    """

    role: str
    category: str | None
    language: str
    known_to: Mapping[str, int] = field(default_factory=dict)
    loads: Mapping[str, int] = field(default_factory=dict)
    not_: Collection[str] = ()


class Candidate(NamedTuple):
    """One person, and what speaks for and against them.

    Attributes:
        out: why they cannot be chosen; None where they can.
    """

    person: str
    reasons: tuple[str, ...]
    out: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """It as plain data."""
        return {"person": self.person, "reasons": list(self.reasons), "out": self.out}


class Choice(NamedTuple):
    """Who is to own a case; None where nobody can. `candidates` are all, the best first."""

    person: str | None
    candidates: tuple[Candidate, ...]

    def as_dict(self) -> dict[str, Any]:
        """It as plain data."""
        return {"person": self.person, "candidates": [one.as_dict() for one in self.candidates]}


def choose(directory: Directory, wanted: Wanted, now: datetime) -> Choice:
    """Choose among everybody on the list. The same question always has the same answer.

    Args:
        now: aware; who is away then is not chosen.
    """
    ranked = sorted(_rank(one, directory, wanted, now) for one in directory.people.values())
    candidates = tuple(candidate for *_, candidate in ranked)
    best = next((one.person for one in candidates if one.out is None), None)
    return Choice(best, candidates)


def _rank(
    one: Person, directory: Directory, wanted: Wanted, now: datetime
) -> tuple[bool, bool, bool, bool, int, str, Candidate]:
    """What a person is sorted by, the better the lower, and the person."""
    load = wanted.loads.get(one.id, 0)
    skilled = wanted.category is None or not one.skills or wanted.category in one.skills
    speaks = wanted.language.partition("-")[0] in {name.partition("-")[0] for name in one.languages}
    knows = wanted.known_to.get(one.id)
    reasons = []
    if wanted.category is not None:
        reasons.append(f"{'knows' if skilled else 'does not know'} {wanted.category}")
    reasons.append(f"{'writes' if speaks else 'does not write'} {wanted.language}")
    if knows is not None:
        reasons.append(f"this customer knows them, from case {knows}")
    reasons.append(f"{load} open case{'' if load == 1 else 's'}")
    out = _out(one, directory, wanted, now, load)
    candidate = Candidate(one.id, tuple(reasons), out)
    return out is not None, not skilled, not speaks, knows is None, load, one.id, candidate


def _out(one: Person, directory: Directory, wanted: Wanted, now: datetime, load: int) -> str | None:
    """Why somebody cannot be chosen at all."""
    if one.left:
        return "works here no longer"
    if one.is_away(now, directory.zone):
        return "is away"
    if one.id in wanted.not_:
        return "owns it, or has said no to it"
    if one.role != wanted.role:
        return f"is of another level than {wanted.role}"
    if one.cases and load >= one.cases:
        return f"has {load} open cases, and is given {one.cases} at most"
    return None
