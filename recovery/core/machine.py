"""The table of moves: the one place where `transitions` is used.

`transitions.Machine` validates nothing and its callbacks leave a half-moved state behind when they raise, so
it is only a table here: built once per workflow version, without a model, without automatic triggers and
without callbacks. `decide` evaluates the guards itself; two open moves are an error, never "the first wins".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from transitions import Machine

if TYPE_CHECKING:
    from recovery.core.spec import Transition, Workflow

WALK_ON = "walk_on"
"""The trigger by which a case goes from one step to the next in an `in_order` workflow."""


class MoveTable:
    """Look-ups over one workflow's moves."""

    def __init__(self, workflow: Workflow) -> None:
        self._transitions = workflow.transitions
        self.names = tuple(dict.fromkeys(t.name for t in workflow.transitions))
        machine = Machine(
            model=None,
            states=[*workflow.steps, *workflow.ends],
            initial=workflow.start,
            auto_transitions=False,
        )
        if workflow.order == "in_order":
            for source, to in workflow.next_of.items():
                machine.add_transition(WALK_ON, source, to)
        for number, move in enumerate(workflow.transitions):
            for source in sorted(move.sources):
                machine.add_transition(
                    self._trigger(number), source, source if move.to == "same" else move.to
                )
        self._machine = machine
        walking = machine.events.get(WALK_ON)
        moves = walking.transitions if walking else {}
        self.following = {state: str(found[0].dest) for state, found in moves.items() if found}.get
        """Where walking on leads from a step; None where nothing walks."""

    @staticmethod
    def _trigger(number: int) -> str:
        return f"move_{number}"

    def named(self, name: str, state: str) -> list[tuple[Transition, str]]:
        """The transitions of this name that start from this state, each with its destination."""
        found = []
        for number, move in enumerate(self._transitions):
            if move.name == name and state in move.sources:
                (row,) = self._machine.events[self._trigger(number)].transitions[state]
                found.append((move, str(row.dest)))
        return found

    def leaving(self, state: str) -> list[Transition]:
        """Every transition that starts from this state, in the order declared."""
        return [move for move in self._transitions if state in move.sources]
