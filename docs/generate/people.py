"""The file of people: its keys."""

from __future__ import annotations

from docs.generate.compensation import keys_of
from recovery.workflow.people import PeopleShape, PersonShape, TeamShape

SECTIONS = {"The file": PeopleShape, "A team": TeamShape, "A person": PersonShape}


def keys() -> str:
    """A table of keys for each part of the file."""
    return "\n\n".join(f"### {title}\n\n{keys_of(one)}" for title, one in SECTIONS.items())
